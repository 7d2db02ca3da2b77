"""Approved estimates go into the books, and the latest may be taken back while its period is open."""

from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod, JournalEntry
from psa.core.ledger.rules.journals import (
    Dimensions,
    EntryHeader,
    JournalDraft,
    ProfileLine,
    profile_entry,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot
from psa.core.ledger.rules.postings import revenue_entry
from psa.core.ledger.services import journals
from revenue import selectors
from revenue.events import RevenueEvent
from revenue.models import RevenueEstimate
from revenue.permissions import RevenuePermission

from .estimates import RECORD, State, last_day

PERIOD = "period"


@transaction.atomic
def post_estimates(*, period_id: int, actor: Actor, at: datetime) -> int:
    """Post the approved estimates of a period; returns how many. Posting again changes nothing.

    Per estimate one entry: contract liability up to its balance, then contract asset, against
    revenue; and one more for the change of an onerous provision.
    Raises  PermissionDenied, PeriodClosed, PostingProfileMissing; DomainError if none is approved.
    Source  docs/rules/ledger.md, L-7; docs/rules/revenue.md, R-2.
    """
    actor.require(RevenuePermission.POST)
    period = ledger.get_period(period_id=period_id)
    rows = list(
        RevenueEstimate.objects.select_for_update(of=("self",))
        .select_related("obligation__contract_line__contract")
        .filter(period=period, state=State.APPROVED)
        .order_by("obligation__contract_line__contract_id", "obligation_id")
    )
    if not rows:
        posted = RevenueEstimate.objects.filter(period=period, state=State.POSTED).exists()
        if posted:
            return 0
        raise DomainError(f"There is no approved estimate in {period.name}. Approve them first.")
    book = ledger.profile_book()
    positions = ledger.contract_positions(
        contract_ids={row.obligation.contract_line.contract_id for row in rows},
        legal_entity_id=period.legal_entity_id,
    )
    drafts: list[JournalDraft] = []
    entry_of: dict[int, int] = {}
    for row in rows:
        contract = row.obligation.contract_line.contract
        if row.entity_period_revenue:
            draft, positions[contract.pk] = revenue_entry(
                _header(row, period, JournalEvent.REVENUE_ESTIMATE, "estimate"),
                book,
                amount=row.entity_period_revenue,
                position=positions[contract.pk],
                dimensions=_dimensions(row),
            )
            entry_of[row.pk] = len(drafts)
            drafts.append(draft)
        if row.provision_change_amount:
            drafts.append(_provision(row, period, book))
    entries = journals.post_entries(drafts=drafts, actor=actor, at=at, is_closing=True)
    for row in rows:
        row.state = State.POSTED
        row.journal_entry = entries[entry_of[row.pk]] if row.pk in entry_of else None
    RevenueEstimate.objects.bulk_update(rows, ["state", "journal_entry"], batch_size=1000)
    audit.record(
        actor=actor, at=at, event=RevenueEvent.POSTED, record_type=RECORD, record_id=period.pk,
        sentence=f"posted {len(rows)} revenue estimates of {period.name}",
    )  # fmt: skip
    return len(rows)


@transaction.atomic
def reverse_estimate(
    *, estimate_id: int, reason: str, actor: Actor, at: datetime
) -> RevenueEstimate:
    """Take the latest posted estimate of an obligation back; its period must still be open.

    Raises  PermissionDenied, NotFound, PeriodClosed; Conflict if a later one is posted;
            DomainError without a reason.
    """
    actor.require(RevenuePermission.POST)
    row = selectors.get_estimate(actor=actor, estimate_id=estimate_id, lock=True)
    if row.state != State.POSTED:
        raise Conflict("Only a posted estimate can be reversed.")
    if not reason.strip():
        raise DomainError("Give a reason for the reversal.", field="reason")
    later = RevenueEstimate.objects.filter(
        obligation=row.obligation, state=State.POSTED, period__starts_on__gt=row.period.starts_on
    ).exists()
    if later:
        raise Conflict("A later estimate of this obligation is posted. Reverse that one first.")
    for entry_id in _entries_of(row):
        journals.reverse_entry(
            entry_id=entry_id, posting_on=last_day(row.period), actor=actor, at=at,
            is_closing=True,
        )  # fmt: skip
    row.state = State.REVERSED
    row.save(update_fields=["state"])
    audit.record(
        actor=actor, at=at, event=RevenueEvent.REVERSED, record_type="revenue.RevenueEstimate",
        record_id=row.pk, sentence=f"reversed a revenue estimate: {reason.strip()}",
    )  # fmt: skip
    return row


def _entries_of(row: RevenueEstimate) -> list[int]:
    """What an estimate posted and nothing has taken back: its revenue, and its provision's change."""
    own = [row.journal_entry_id] if row.journal_entry_id is not None else []
    if not row.provision_change_amount:
        return own
    header = _header(row, row.period, JournalEvent.ONEROUS_PROVISION, "provision")
    provisions = JournalEntry.objects.filter(
        legal_entity_id=header.legal_entity_id,
        event=header.event,
        source_kind=PERIOD,
        source_ref=header.source_ref,
        reverses__isnull=True,
    ).values_list("id", flat=True)
    return [*own, *provisions]


def _header(
    row: RevenueEstimate, period: FiscalPeriod, event: JournalEvent, word: str
) -> EntryHeader:
    line = row.obligation.contract_line
    attempt = RevenueEstimate.objects.filter(
        obligation=row.obligation, period=period, state=State.REVERSED
    ).count()
    suffix = f"/{attempt + 1}" if attempt else ""
    return EntryHeader(
        event=event,
        legal_entity_id=period.legal_entity_id,
        currency=period.legal_entity.currency,
        posting_on=last_day(period),
        source_kind=PERIOD,
        source_ref=f"{period.name}/{line.contract.number}/{line.position}/{word}{suffix}",
        description=f"{word.capitalize()} {period.name}, {line.contract.number} {line.name}"[:200],
    )


def _dimensions(row: RevenueEstimate) -> Dimensions:
    contract = row.obligation.contract_line.contract
    return Dimensions(
        contract_id=contract.pk,
        unit_id=contract.contracting_unit_id,
        customer_id=contract.account_id,
    )


def _provision(row: RevenueEstimate, period: FiscalPeriod, book: ProfileBook) -> JournalDraft:
    dimensions = _dimensions(row)
    return profile_entry(
        _header(row, period, JournalEvent.ONEROUS_PROVISION, "provision"),
        book,
        [
            ProfileLine(Slot.PROVISION_EXPENSE, row.provision_change_amount, dimensions),
            ProfileLine(Slot.PROVISION, -row.provision_change_amount, dimensions),
        ],
    )
