"""The chart of accounts: adding, changing and removing accounts without touching what is posted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.deletion import ProtectedError

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.models import JournalLine, LedgerAccount, PostingProfile
from psa.core.org.models import TransactionCategory
from psa.core.outcomes import Outcome, of_each

RECORD = "ledger.LedgerAccount"
CHANGED = "ledger.account_changed"


class AccountInUse(DomainError):
    """What is posted, or set up, names the account."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """An account as the chart has it; monetary ones are revalued at period end."""

    code: str
    name: str
    kind: str
    is_monetary: bool = False


@transaction.atomic
def add_account(*, facts: AccountFacts, actor: Actor, at: datetime) -> LedgerAccount:
    """Put an account into the chart; every legal entity books on it.

    Raises  PermissionDenied, DomainError for a wrong fact, Conflict if the number is taken.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    account = LedgerAccount(tenant_id=actor.tenant_id, **asdict(_checked(facts)))
    _save(account)
    _tell(actor, at, "ledger.account_added", account, f"Added account {account}.")
    return account


@transaction.atomic
def change_account(
    *, account_id: int, facts: AccountFacts, actor: Actor, at: datetime
) -> LedgerAccount:
    """Change an account. Once it is posted to, its name alone may change, and its number neither
    when a category names it: what was booked keeps its meaning.

    Raises  PermissionDenied, NotFound, DomainError, Conflict, AccountInUse.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    account = _locked(account_id)
    given = asdict(_checked(facts))
    changes = {k: (getattr(account, k), v) for k, v in given.items() if getattr(account, k) != v}
    if not changes:
        return account
    words = str(account)
    for field in ("code", "kind", "is_monetary"):
        if field in changes and is_posted_to(account_id):
            raise AccountInUse(
                f"{words} is posted to, so its number, kind and revaluation stay. Add another "
                "account for what is to come, and change the posting profile to it.",
                field,
            )
    if "code" in changes and _categories_of(account.code):
        raise AccountInUse(
            f"A category names {words}, so its number stays. Give the category another first.",
            "code",
        )
    for field, value in given.items():
        setattr(account, field, value)
    _save(account)
    _tell(actor, at, CHANGED, account, f"Changed account {words}.", changes)
    return account


@transaction.atomic
def remove_account(*, account_id: int, actor: Actor, at: datetime) -> None:
    """Take an account that nothing names out of the chart.

    Raises  PermissionDenied, NotFound, AccountInUse naming what holds it.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    account = _locked(account_id)
    words = str(account)
    if is_posted_to(account_id):
        raise AccountInUse(f"{words} is posted to; it stays.")
    if PostingProfile.objects.filter(account_id=account_id).exists():
        raise AccountInUse(f"A posting profile names {words}; give that another account first.")
    if _categories_of(account.code):
        raise AccountInUse(f"A category names {words}; give that another account first.")
    try:
        with transaction.atomic():
            account.delete()
    except (ProtectedError, IntegrityError):
        raise AccountInUse(f"{words} is used by other records; it stays.") from None
    account.pk = account_id
    _tell(actor, at, "ledger.account_removed", account, f"Removed account {words}.")


def remove_accounts(*, account_ids: Sequence[int], actor: Actor, at: datetime) -> list[Outcome]:
    """`remove_account` for each of them; what is in use stays, with the reason."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    names = {
        account.pk: str(account)
        for account in LedgerAccount.objects.filter(pk__in=account_ids).order_by("code")
    }
    return of_each(names, lambda pk: remove_account(account_id=pk, actor=actor, at=at))


def is_posted_to(account_id: int) -> bool:
    """Whether a journal line stands on the account."""
    return JournalLine.objects.filter(account_id=account_id).exists()


def facts_of(account: LedgerAccount) -> AccountFacts:
    """An account's facts as they are."""
    return AccountFacts(account.code, account.name, account.kind, account.is_monetary)


def _checked(facts: AccountFacts) -> AccountFacts:
    code, name = facts.code.strip(), " ".join(facts.name.split())
    if not code or len(code) > 12 or not code.isprintable() or " " in code:
        raise DomainError("A number has 1 to 12 letters, digits or signs, without blanks.", "code")
    if not any(sign.isascii() and sign.isalnum() for sign in code):
        raise DomainError("A number needs a letter or a digit: exports go by it.", "code")
    if not name or len(name) > 80:
        raise DomainError("A name has 1 to 80 characters.", "name")
    if facts.kind not in LedgerAccount.Kind.values:
        raise DomainError("Choose asset, liability, equity, income or expense.", "kind")
    if facts.is_monetary and facts.kind not in ("asset", "liability"):
        raise DomainError("Only assets and liabilities are revalued.", "is_monetary")
    return AccountFacts(code, name, facts.kind, facts.is_monetary)


def _locked(account_id: int) -> LedgerAccount:
    # A posting line's foreign key waits for this lock, so nothing is posted meanwhile.
    account = LedgerAccount.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _categories_of(code: str) -> bool:
    return TransactionCategory.objects.filter(
        Q(revenue_account_code=code) | Q(cost_account_code=code)
    ).exists()


def _save(account: LedgerAccount) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        if "ledger_account_code" not in str(error):
            raise
        raise Conflict(f"There is an account {account.code} already.", "code") from None


def _tell(
    actor: Actor,
    at: datetime,
    event: str,
    account: LedgerAccount,
    sentence: str,
    changes: dict[str, tuple[Any, Any]] | None = None,
) -> None:
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=account.pk,
        sentence=sentence, changes=changes,
    )  # fmt: skip
