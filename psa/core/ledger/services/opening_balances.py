"""Opening balances: what an entity's accounts stood at before its books began here."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet

from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger import selectors
from psa.core.ledger.events import LedgerEvent
from psa.core.ledger.models import JournalEntry, JournalLine, LedgerAccount, PostingProfile
from psa.core.ledger.rules.journals import EntryHeader, ProfileLine, profile_entry
from psa.core.ledger.rules.opening_balances import KEPT_BY_RECORDS, OPENING, is_opening, read_lines
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.services import journals
from psa.core.ledger.services.journals import AlreadyJournalled
from psa.core.org.models import LegalEntity


class SettledAgainst(Conflict):
    """A payment rests on the opening balances."""


@transaction.atomic
def post_opening_balances(
    *, legal_entity_id: int, opened_on: date, lines: str, actor: Actor, at: datetime
) -> JournalEntry:
    """Post an entity's opening balances of a day, once; what they differ by is opening equity.

    After `reverse_opening_balances` they can be posted anew. Receivables, contract positions, employee
    payables and project cost are refused: their balances come with the records that they agree with.
    Raises  PermissionDenied, NotFound, PeriodClosed, AlreadyJournalled; DomainError naming the line.
    Source  docs/rules/ledger.md, L-15.
    """
    actor.require(LedgerPermission.POST)
    entity = LegalEntity.objects.filter(pk=legal_entity_id).first()
    if entity is None:
        raise NotFound("There is no such legal entity.")
    wanted = read_lines(lines, entity.currency)
    accounts = {
        row.code: row for row in LedgerAccount.objects.filter(code__in=[w.code for w in wanted])
    }
    kept = set(
        PostingProfile.objects.filter(
            Q(legal_entity=entity) | Q(legal_entity__isnull=True), slot__in=KEPT_BY_RECORDS
        ).values_list("account_id", flat=True)
    )
    for line in wanted:
        account = accounts.get(line.code)
        if account is None:
            raise DomainError(f"There is no account {line.code}.", field="lines")
        if account.pk in kept:
            raise DomainError(
                f"{account} is kept by records. Leave it out: its balance comes with them.",
                field="lines",
            )
    difference = sum((line.amount for line in wanted), Decimal(0))
    name = f"{entity.code}/{opened_on.isoformat()}"
    taken_back = _of_day(entity, name).filter(reversed_by__isnull=False).count()
    draft = profile_entry(
        EntryHeader(
            event=JournalEvent.OPENING_BALANCE,
            legal_entity_id=entity.pk,
            currency=entity.currency,
            posting_on=opened_on,
            source_kind=OPENING,
            source_ref=f"{name}/{taken_back + 1}" if taken_back else name,
            description=f"Opening balances of {entity.name}",
        ),
        selectors.profile_book(),
        [
            *(
                ProfileLine(Slot.OPENING_EQUITY, line.amount, gl_account_id=accounts[line.code].pk)
                for line in wanted
            ),
            ProfileLine(Slot.OPENING_EQUITY, -difference),
        ],
    )
    if _of_day(entity, name).filter(reversed_by__isnull=True).exists():
        raise AlreadyJournalled(
            f"The opening balances of {entity.code} as of {opened_on:%-d %b %Y} are in the books "
            "already. Reverse them to post others."
        )
    entry = journals.post_entries(drafts=[draft], actor=actor, at=at)[0]
    audit.record(
        actor=actor, at=at, event=LedgerEvent.OPENED, record_type="org.LegalEntity",
        record_id=entity.pk,
        sentence=f"Posted opening balances of {entity.code} as of {opened_on.isoformat()}",
    )  # fmt: skip
    return entry


@transaction.atomic
def reverse_opening_balances(
    *, entry_id: int, reason: str, actor: Actor, at: datetime
) -> JournalEntry:
    """Take opening balances back by their mirror of the same day, so that others can be posted.

    What settled against them is looked for under the lock of the journal's series.
    Raises  PermissionDenied, NotFound, PeriodClosed, SettledAgainst, AlreadyJournalled; DomainError
            without a reason, or for an entry that is none of opening balances.
    Source  docs/rules/ledger.md, L-15.
    """
    actor.require(LedgerPermission.POST)
    entry = JournalEntry.objects.select_related("legal_entity").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound("There is no such journal entry.")
    if not is_opening(entry.source_kind, entry.reverses_id):
        raise DomainError(
            f"{entry.number} is no entry of opening balances. What made it is what takes it back."
        )
    if not reason.strip():
        raise DomainError("Say why the opening balances are taken back.", field="reason")
    entity = entry.legal_entity
    mirror = journals.reverse_entry(
        entry_id=entry.pk,
        posting_on=entry.entry_on,
        actor=actor,
        at=at,
        description=f"Opening balances taken back: {reason.strip()}"[:200],
    )
    settled = settled_against(entry)
    if settled is not None:
        raise SettledAgainst(
            f"{settled.number} of {settled.entry_on:%-d %b %Y} settled against {entry.number}. "
            "Reverse that payment first."
        )
    audit.record(
        actor=actor, at=at, event=LedgerEvent.OPENING_REVERSED, record_type="org.LegalEntity",
        record_id=entity.pk,
        sentence=f"Took opening balances of {entity.code} as of {entry.entry_on.isoformat()} back: "
        f"{reason.strip()}",
    )  # fmt: skip
    return mirror


def settled_against(entry: JournalEntry) -> JournalEntry | None:
    """The first payment that stands and moved an opened account to its other side. Two queries.

    Money paid out of an opened bank account counts, and a payable that was paid.
    """
    sides: dict[bool, list[int]] = {True: [], False: []}
    for account_id, debit in JournalLine.objects.filter(entry=entry).values_list(
        "account_id", "debit"
    ):
        sides[debit > 0].append(account_id)
    moved_back = Q(account_id__in=sides[True], credit__gt=0) | Q(
        account_id__in=sides[False], debit__gt=0
    )
    line = (
        JournalLine.objects.filter(
            moved_back,
            entry__legal_entity_id=entry.legal_entity_id,
            entry__event__in=(JournalEvent.PAYMENT_MADE, JournalEvent.PAYMENT_RECEIVED),
            entry__entry_on__gte=entry.entry_on,
            entry__reverses__isnull=True,
            entry__reversed_by__isnull=True,
        )
        .select_related("entry")
        .order_by("entry_id")
        .first()
    )
    return None if line is None else line.entry


def _of_day(entity: LegalEntity, name: str) -> "QuerySet[JournalEntry]":
    """The entries of an entity's opening balances of one day, reversals apart."""
    return JournalEntry.objects.filter(
        Q(source_ref=name) | Q(source_ref__startswith=f"{name}/"),
        legal_entity=entity,
        source_kind=OPENING,
        reverses__isnull=True,
    )
