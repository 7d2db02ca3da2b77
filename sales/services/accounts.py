"""Customers, prospects and vendors, and their contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from psa.core import outcomes
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.custom_fields.services import values as custom_values
from psa.core.documents.language import LANGUAGES
from psa.core.errors import DomainError, NotFound
from psa.core.money.rounding import currency_of
from psa.core.outcomes import Outcome
from psa.core.pricing import owners
from psa.core.pricing.models import PriceList
from sales import policies
from sales.models import Account, Contact
from sales.permissions import SalesPermission
from sales.rules.account_duplicates import AccountName, duplicates_of
from sales.selectors import visibility
from sales.services import changes, numbers

RECORD = "sales.Account"


class PossibleDuplicate(DomainError):
    """The account may exist already; naming it again after looking is allowed."""


class AccountInUse(DomainError):
    """Something happened to the record since it was added: it is not taken back."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a form or an import says about an account."""

    name: str
    country: str
    currency: str
    kind: str = Account.Kind.PROSPECT
    legal_name: str = ""
    address: str = ""
    tax_id: str = ""
    is_consumer: bool = False
    industry: str = ""
    payment_terms_days: int = 30
    credit_limit_amount: Decimal | None = None
    email: str = ""
    language: str = ""
    owner_id: int | None = None
    parent_id: int | None = None


@transaction.atomic
def create_account(
    *,
    facts: AccountFacts,
    is_no_duplicate: bool = False,
    actor: Actor,
    at: datetime,
    custom: Mapping[str, object] | None = None,
) -> Account:
    """Add a customer, prospect or vendor under the next number, with the firm's own fields.

    Raises  PossibleDuplicate naming visible accounts that look the same, unless the caller says
            that it is none; DomainError for an unknown currency.
    """
    actor.require(SalesPermission.MANAGE)
    _check(facts, actor=actor)
    if not is_no_duplicate:
        check_is_new(name=facts.name, tax_id=facts.tax_id, actor=actor)
    account: Account = Account.objects.create(
        tenant_id=actor.tenant_id,
        code=numbers.next_number(kind="account", tenant_id=actor.tenant_id),
        **_values(facts, default_owner_id=actor.membership_id),
    )
    audit.record(
        actor=actor, at=at, event="sales.account.created", record_type=RECORD,
        record_id=account.pk, sentence=f"created {account.code} {account.name}",
    )  # fmt: skip
    custom_values.set_with_record(
        record_type=RECORD, record_id=account.pk, values=custom, actor=actor, at=at
    )
    return account


@transaction.atomic
def edit_account(
    *,
    account_id: int,
    lock_version: int,
    facts: AccountFacts,
    actor: Actor,
    at: datetime,
    custom: Mapping[str, object] | None = None,
) -> Account:
    """Change an account's facts. Raises  Conflict if somebody changed it meanwhile; NotFound."""
    actor.require(SalesPermission.MANAGE)
    account = visibility.get_account(actor=actor, account_id=account_id, lock=True)
    policies.check_version(account, lock_version)
    _check(facts, actor=actor)
    if facts.parent_id == account.pk:
        raise DomainError("An account cannot be its own parent. Choose another.", field="parent_id")
    changed = changes.apply(account, _values(facts, default_owner_id=account.owner_id))
    changes.save(account, changed)
    if changed:
        audit.record(
            actor=actor, at=at, event="sales.account.edited", record_type=RECORD,
            record_id=account.pk, sentence=f"changed {_fields_text(changed)}", changes=changed,
        )  # fmt: skip
    custom_values.set_with_record(
        record_type=RECORD, record_id=account.pk, values=custom, actor=actor, at=at
    )
    return account


@transaction.atomic
def edit_account_value(
    *, account_id: int, name: str, value: Any, actor: Actor, at: datetime
) -> Account:
    """Change one of an account's facts and leave the others. Raises  as `edit_account`."""
    actor.require(SalesPermission.MANAGE)
    account = visibility.get_account(actor=actor, account_id=account_id, lock=True)
    return edit_account(
        account_id=account_id, lock_version=account.lock_version,
        facts=replace(facts_of(account), **{name: value}), actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def take_over(*, account_ids: Sequence[int], actor: Actor, at: datetime) -> list[Outcome]:
    """Make the actor the owner of accounts, each on its own.

    Raises  PermissionDenied; what one of them refuses is its outcome.
    """
    actor.require(SalesPermission.MANAGE)
    rows = visibility.accounts_visible_to(actor).filter(pk__in=account_ids).order_by("name", "pk")
    names = {pk: f"{code} {name}" for pk, code, name in rows.values_list("pk", "code", "name")}

    def take(account_id: int) -> None:
        account = visibility.get_account(actor=actor, account_id=account_id, lock=True)
        if account.owner_id == actor.membership_id:
            raise DomainError("You own this customer already.")
        edit_account_value(
            account_id=account_id, name="owner_id", value=actor.membership_id, actor=actor, at=at
        )

    return outcomes.of_each(names, take)


def facts_of(account: Account) -> AccountFacts:
    """What an account says at present."""
    return AccountFacts(
        **{field.name: getattr(account, field.name) for field in fields(AccountFacts)}
    )


@transaction.atomic
def add_contact(
    *,
    account_id: int,
    name: str,
    email: str = "",
    phone: str = "",
    job_title: str = "",
    is_billing: bool = False,
    actor: Actor,
    at: datetime,
) -> Contact:
    """Add a person at the customer. Raises  NotFound, PermissionDenied."""
    actor.require(SalesPermission.MANAGE)
    account = visibility.get_account(actor=actor, account_id=account_id)
    contact: Contact = Contact.objects.create(
        tenant_id=actor.tenant_id,
        account=account,
        name=name,
        email=email,
        phone=phone,
        job_title=job_title,
        is_billing=is_billing,
    )
    audit.record(
        actor=actor, at=at, event="sales.contact.added", record_type=RECORD,
        record_id=account.pk, sentence=f"added the contact {name}",
    )  # fmt: skip
    return contact


@transaction.atomic
def withdraw_account(account_id: int, *, actor: Actor, at: datetime) -> None:
    """Take back an account that was added by mistake, with its contacts, while nothing names it.

    Raises  NotFound, PermissionDenied; AccountInUse if it was edited since, or is used.
    """
    actor.require(SalesPermission.MANAGE)
    account = visibility.get_account(actor=actor, account_id=account_id, lock=True)
    words = f"{account.code} {account.name}"
    if account.lock_version != 1:
        raise AccountInUse(f"{words} was edited since; it stays.")
    if PriceList.objects.filter(owner_kind=owners.ACCOUNT, owner_id=account.pk).exists():
        raise AccountInUse(f"{words} has a price list; it stays.")
    try:
        with transaction.atomic():
            account.delete()
    except (ProtectedError, IntegrityError):
        raise AccountInUse(f"{words} is used by other records; it stays.") from None
    audit.record(
        actor=actor, at=at, event="sales.account.withdrawn", record_type=RECORD,
        record_id=account_id, sentence=f"took back {words}",
    )  # fmt: skip


@transaction.atomic
def withdraw_contact(contact_id: int, *, actor: Actor, at: datetime) -> None:
    """Take back a contact that was added by mistake. Raises  NotFound, PermissionDenied."""
    actor.require(SalesPermission.MANAGE)
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("This contact is gone already.")
    account = visibility.get_account(actor=actor, account_id=contact.account_id)
    try:
        with transaction.atomic():
            contact.delete()
    except (ProtectedError, IntegrityError):
        raise AccountInUse(f"{contact.name} is used by other records; they stay.") from None
    audit.record(
        actor=actor, at=at, event="sales.contact.withdrawn", record_type=RECORD,
        record_id=account.pk, sentence=f"took back the contact {contact.name}",
    )  # fmt: skip


def check_is_new(*, name: str, tax_id: str, actor: Actor) -> None:
    """Raises  PossibleDuplicate naming what looks the same among the accounts the actor sees."""
    rows = visibility.accounts_visible_to(actor).values_list("id", "name", "tax_id", "code")
    codes = {pk: code for pk, _name, _tax, code in rows}
    found = duplicates_of(name, tax_id, (AccountName(pk, n, t) for pk, n, t, _code in rows))
    if found:
        named = ", ".join(f"{codes[a.account_id]} {a.name}" for a in found[:3])
        raise PossibleDuplicate(
            f"This customer may exist already: {named}. Open that one, or confirm that this is "
            "another.",
            field="name",
        )


def _check(facts: AccountFacts, *, actor: Actor) -> None:
    try:
        currency_of(facts.currency)
    except DomainError as error:
        raise DomainError(error.message, field="currency") from error
    if facts.language not in ("", *dict(LANGUAGES)):
        raise DomainError("Documents are written in English or German.", field="language")
    if facts.parent_id is not None:
        visibility.get_account(actor=actor, account_id=facts.parent_id)


def _values(facts: AccountFacts, *, default_owner_id: int | None) -> dict[str, Any]:
    return {
        "name": facts.name.strip(),
        "country": facts.country.upper(),
        "currency": facts.currency,
        "kind": facts.kind,
        "legal_name": facts.legal_name,
        "address": facts.address,
        "tax_id": facts.tax_id,
        "is_consumer": facts.is_consumer,
        "industry": facts.industry,
        "payment_terms_days": facts.payment_terms_days,
        "credit_limit_amount": facts.credit_limit_amount,
        "email": facts.email,
        "language": facts.language,
        "owner_id": facts.owner_id if facts.owner_id is not None else default_owner_id,
        "parent_id": facts.parent_id,
    }


def _fields_text(changed: Mapping[str, Any]) -> str:
    words = [field.removesuffix("_id").replace("_", " ") for field in changed]
    return ", ".join(words)
