"""Approved estimates go into the books, and the latest may be taken back while its period is open."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from moneyed import Money

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
    cost_sides,
    profile_entry,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot
from psa.core.ledger.rules.postings import revenue_entry
from psa.core.ledger.services import journals
from revenue import selectors
from revenue.events import RevenueEvent
from revenue.models import RevenueEstimate
from revenue.permissions import RevenuePermission
from sales.models import Contract

from .closing_rates import last_day
from .estimates import RECORD, State

PERIOD = "period"


@transaction.atomic
def post_estimates(*, period_id: int, actor: Actor, at: datetime) -> int:
    """Post the approved estimates of a period; returns how many. Posting again changes nothing.

    Per estimate one entry: contract liability up to its balance, then contract asset, against
    revenue; one more for the change of an onerous provision, and one for the cost that a completed
    contract holds in WIP or, complete, gives up. Revenue set against an advance is worth what the
    advance was booked at; the estimate keeps what was booked. Locks the contracts, as invoices do:
    both move the one position.
    Raises  PermissionDenied, PeriodClosed, PostingProfileMissing; DomainError if none is approved.
    Source  docs/rules/ledger.md, L-7; docs/rules/revenue.md, R-2.
    """
    actor.require(RevenuePermission.POST)
    period = ledger.get_period(period_id=period_id)
    approved = RevenueEstimate.objects.filter(period=period, state=State.APPROVED)
    _lock_contracts(approved)
    rows = list(
        approved.select_for_update(of=("self",))
        .select_related("obligation__contract_line__contract")
        .order_by("obligation__contract_line__contract_id", "obligation_id")
    )
    if not rows:
        posted = RevenueEstimate.objects.filter(period=period, state=State.POSTED).exists()
        if posted:
            return 0
        raise DomainError(f"There is no approved estimate in {period.title}. Approve them first.")
    book = ledger.profile_book()
    contracts = {row.obligation.contract_line.contract for row in rows}
    positions = ledger.contract_positions(
        currencies={contract.pk: contract.currency for contract in contracts},
        legal_entity_id=period.legal_entity_id,
    )
    drafts: list[JournalDraft] = []
    entry_of: dict[int, int] = {}
    for row in rows:
        contract = row.obligation.contract_line.contract
        if row.period_revenue:
            entry = revenue_entry(
                _header(row, period, JournalEvent.REVENUE_ESTIMATE, "estimate"),
                book,
                amount=Money(row.period_revenue, contract.currency),
                worth=row.entity_period_revenue,
                position=positions[contract.pk],
                dimensions=_dimensions(row),
            )
            positions[contract.pk] = entry.position
            row.entity_period_revenue = entry.booked
            entry_of[row.pk] = len(drafts)
            drafts.append(entry.draft)
        if row.provision_change_amount:
            drafts.append(_provision(row, period, book))
        drafts += _held_cost(row, period, book)
    entries = journals.post_entries(drafts=drafts, actor=actor, at=at, is_closing=True)
    for row in rows:
        row.state = State.POSTED
        row.journal_entry = entries[entry_of[row.pk]] if row.pk in entry_of else None
    RevenueEstimate.objects.bulk_update(
        rows, ["state", "journal_entry", "entity_period_revenue"], batch_size=1000
    )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.POSTED, record_type=RECORD, record_id=period.pk,
        sentence=f"posted {len(rows)} revenue estimates of {period.title}",
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
    _lock_contracts(RevenueEstimate.objects.filter(pk=estimate_id))
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


def _lock_contracts(rows: "QuerySet[RevenueEstimate]") -> None:
    ids = set(rows.values_list("obligation__contract_line__contract_id", flat=True))
    list(
        Contract.objects.select_for_update(no_key=True)
        .filter(pk__in=ids)
        .order_by("pk")
        .values_list("pk")
    )


def _entries_of(row: RevenueEstimate) -> list[int]:
    """What an estimate posted and nothing has taken back: revenue, provision, cost held."""
    own = [row.journal_entry_id] if row.journal_entry_id is not None else []
    others = [
        _header(row, row.period, event, word)
        for event, word in (
            (JournalEvent.ONEROUS_PROVISION, "provision"),
            (JournalEvent.COST_HELD, "cost-held"),
            (JournalEvent.CONTRACT_COMPLETED, "cost-held"),
        )
    ]
    beside = JournalEntry.objects.filter(
        legal_entity_id=row.period.legal_entity_id,
        event__in=[header.event for header in others],
        source_kind=PERIOD,
        source_ref__in=[header.source_ref for header in others],
        reverses__isnull=True,
    ).values_list("id", flat=True)
    return [*own, *beside]


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
        contract_line_id=row.obligation.contract_line_id,
    )


def _held_cost(row: RevenueEstimate, period: FiscalPeriod, book: ProfileBook) -> list[JournalDraft]:
    """WIP cost against project cost by what is held now and was not before; back when complete.

    Each amount leaves the very account and dimensions that its cost was booked to.
    """
    change: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for held, sign in (
        (row.inputs.get("held_cost", ()), 1),
        (row.inputs.get("held_before", ()), -1),
    ):
        for *origin, amount in held:
            change[tuple(origin)] += sign * Decimal(amount)
    lines = []
    for (project_id, unit_id, category_id, event), amount in change.items():
        if not amount:
            continue
        dimensions = replace(
            _dimensions(row), project_id=project_id, unit_id=unit_id, category_id=category_id
        )
        slot, _ = cost_sides(JournalEvent(event))
        account_id = book.account_for(
            slot, event=JournalEvent(event), legal_entity_id=period.legal_entity_id,
            category=category_id, unit_id=unit_id,
        )  # fmt: skip
        lines.append(ProfileLine(Slot.WIP_COST, amount, dimensions))
        lines.append(ProfileLine(slot, -amount, dimensions, gl_account_id=account_id))
    if not lines:
        return []
    is_complete = not row.inputs.get("held_cost")
    event = JournalEvent.CONTRACT_COMPLETED if is_complete else JournalEvent.COST_HELD
    return [profile_entry(_header(row, period, event, "cost-held"), book, lines)]


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
