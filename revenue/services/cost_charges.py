"""What a period's close takes of capitalised contract costs: amortisation, and impairment."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod
from psa.core.ledger.rules.journals import EntryHeader, JournalDraft, ProfileLine, profile_entry
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot
from psa.core.ledger.services import journals
from revenue.cost_selectors import Standing, costs_to_charge, recoverable_by_contract, standings
from revenue.events import RevenueEvent
from revenue.models import ContractCost, ContractCostCharge
from revenue.permissions import RevenuePermission
from revenue.rules.contract_costs import amortisation_for, impairments_for
from sales.models import Contract

from .closing_rates import closing_rates, last_day
from .contract_costs import dimensions_of
from .rights import rights_of_contracts

PERIOD = "period"


@dataclass(frozen=True, slots=True)
class _Due:
    """One cost's charge of the period, before it is stored."""

    cost: ContractCost
    standing: Standing
    amortised: Money
    impaired: Money
    recoverable: Money | None

    @property
    def carrying(self) -> Money:
        return self.standing.carrying - self.amortised - self.impaired


@transaction.atomic
def charge_contract_costs(*, period_id: int, actor: Actor, at: datetime) -> int:
    """Amortise what the entity has capitalised up to the period's end; returns how many costs.

    Evenly by day over each cost's term; a period that was left out is caught up. Then each
    contract is tested: what its costs carry beyond what it is still expected to bring is impaired,
    for good. Charging again changes nothing; a cost that came later is charged by itself.
    Raises  PermissionDenied, NotFound, PeriodClosed, RateMissing, PostingProfileMissing.
    Source  docs/rules/revenue.md, R-12 and R-13.
    """
    actor.require(RevenuePermission.POST)
    period = ledger.get_period(period_id=period_id)
    _lock_costs(period)
    # The lock keeps two runs of one period apart, as it keeps a posting from a close.
    FiscalPeriod.objects.select_for_update().filter(pk=period_id).first()
    due = _due(period)
    if not due:
        return 0
    book = ledger.profile_book()
    drafts: list[JournalDraft] = []
    entry_of: dict[int, int] = {}
    for one in due:
        if (one.amortised + one.impaired).amount:
            entry_of[one.cost.pk] = len(drafts)
            drafts.append(_draft(one, period, book))
    entries = journals.post_entries(drafts=drafts, actor=actor, at=at, is_closing=True)
    ContractCostCharge.objects.bulk_create(
        [
            ContractCostCharge(
                tenant_id=actor.tenant_id,
                cost=one.cost,
                period=period,
                amortised_amount=one.amortised.amount,
                impaired_amount=one.impaired.amount,
                carrying_amount=one.carrying.amount,
                recoverable_amount=None if one.recoverable is None else one.recoverable.amount,
                journal_entry=entries[entry_of[one.cost.pk]] if one.cost.pk in entry_of else None,
                posted_at=at,
            )
            for one in due
        ],
        batch_size=1000,
    )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.COSTS_AMORTISED,
        record_type="ledger.FiscalPeriod", record_id=period.pk,
        sentence=f"charged {len(due)} capitalised contract costs to {period.title}",
    )  # fmt: skip
    return len(due)


def _lock_costs(period: FiscalPeriod) -> None:
    """No cost is taken back, written off or has a charge reversed while it is charged.

    Before the period, as those lock them.
    """
    list(
        ContractCost.objects.select_for_update()
        .filter(legal_entity_id=period.legal_entity_id, taken_back_at__isnull=True)
        .order_by("pk")
        .values_list("pk")
    )


def _due(period: FiscalPeriod) -> list[_Due]:
    """The charges of a period; a constant number of queries."""
    costs = list(costs_to_charge(period).select_related("contract"))
    if not costs:
        return []
    by_contract: dict[int, list[ContractCost]] = defaultdict(list)
    for cost in costs:
        by_contract[cost.contract_id].append(cost)
    currencies = Contract.objects.filter(pk__in=by_contract).values_list("currency", flat=True)
    quotes = closing_rates(set(currencies), period)
    bears = recoverable_by_contract(
        sorted(by_contract), period, rights_of_contracts(sorted(by_contract), period, quotes)
    )
    found = standings(
        ContractCost.objects.filter(contract_id__in=by_contract, taken_back_at__isnull=True)
    )
    due = []
    for contract_id, group in sorted(by_contract.items()):
        taken = [amortisation_for(found[c.pk].base, until_on=period.ends_on) for c in group]
        left = [found[c.pk].carrying - part for c, part in zip(group, taken, strict=True)]
        lost = impairments_for(left, _room(bears[contract_id], contract_id, group, found))
        due += [
            _Due(cost, found[cost.pk], amortised, impaired, bears[contract_id])
            for cost, amortised, impaired in zip(group, taken, lost, strict=True)
        ]
    return due


def _room(
    bears: Money | None,
    contract_id: int,
    group: Sequence[ContractCost],
    found: Mapping[int, Standing],
) -> Money | None:
    """What a contract bears beyond its costs that the period has charged already."""
    if bears is None:
        return None
    mine = {cost.pk for cost in group}
    others = [
        standing.carrying
        for cost_id, standing in found.items()
        if cost_id not in mine and standing.contract_id == contract_id
    ]
    zero = Money(0, bears.currency)
    return max(bears - sum(others, zero), zero)


def _draft(one: _Due, period: FiscalPeriod, book: ProfileBook) -> JournalDraft:
    number = one.cost.contract.number
    again = f"/{one.standing.charge_count + 1}" if one.standing.charge_count else ""
    own = dimensions_of(one.cost)
    header = EntryHeader(
        event=JournalEvent.CONTRACT_COST,
        legal_entity_id=period.legal_entity_id,
        currency=period.legal_entity.currency,
        posting_on=last_day(period),
        source_kind=PERIOD,
        source_ref=f"{period.name}/{number}/contract-cost-{one.cost.pk}{again}",
        description=f"Contract cost {period.name}, {number}: {one.cost.description}"[:200],
    )
    return profile_entry(
        header,
        book,
        [
            ProfileLine(Slot.CONTRACT_COST_AMORTISATION, one.amortised.amount, own),
            ProfileLine(Slot.CONTRACT_COST_AMORTISATION, one.impaired.amount, own),
            ProfileLine(
                Slot.CAPITALISED_CONTRACT_COST, -(one.amortised + one.impaired).amount, own
            ),
        ],
    )
