"""An amendment comes into force in every room at once, or is tried out and rolled back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from billing.services import amended_schedules
from billing.services.schedules import LineSchedule, NewMilestone
from projects import selectors as projects
from projects.services import change_amendments
from psa.core.actor import Actor
from psa.core.org.models import Resource
from revenue.services import obligations
from revenue.services.obligations import LineCost
from sales.models import ContractAmendment, ContractLine
from sales.rules.line_terms import MilestoneInput
from sales.selectors import amendments as selectors
from sales.selectors import contracts as contract_selectors
from sales.selectors.contracts import Balance
from sales.services import amending, parked
from sales.services.amending import Amended
from timeexpense.services import term_replays
from timeexpense.services.term_replays import ReplayedEntry, TermReplay

# As many rows as a reader looks through; the totals are of all.
SHOWN_ROWS = 200


@dataclass(frozen=True, slots=True)
class LineImpact:
    """One contract line before and after, in the contract's currency."""

    line_id: int
    name: str
    value_before: Money
    value_after: Money
    unbilled_before: Money
    unbilled_after: Money
    parked_before: Money
    parked_after: Money

    @property
    def unbilled_difference(self) -> Money:
        return self.unbilled_after - self.unbilled_before


@dataclass(frozen=True, slots=True)
class EntryImpact:
    """One approved entry that is priced again."""

    work_on: date
    person: str
    line: str
    minutes: int | None
    before: Money
    after: Money
    parked_after: Money


@dataclass(frozen=True, slots=True)
class Impact:
    """What an amendment does to contract and ledger."""

    amendment_id: int
    value_before: Money
    value_after: Money
    lines: tuple[LineImpact, ...]
    entries: tuple[EntryImpact, ...]
    entry_count: int
    invoiced_count: int
    released: Money

    @property
    def unbilled_difference(self) -> Money:
        zero = Money(0, self.value_before.currency)
        return sum((line.unbilled_difference for line in self.lines), zero)


class _RolledBack(Exception):
    """Ends a trial: nothing of it stays."""


@transaction.atomic
def put_in_force(*, amendment_id: int, actor: Actor, at: datetime, today_on: date) -> Impact:
    """Bring an accepted amendment into force: all rooms, or nothing.

    1. timeexpense: the entries to be priced again are locked, as approvals lock them
    2. sales: the terms, with the former ones kept as a version; contract and lines locked
    3. billing: milestones and retainer months that are not due yet
    4. revenue: obligations, so that the next estimate catches up
    5. timeexpense: work since the effective day that was never invoiced, reversed and accrued anew
    6. sales: parked work takes the room that came free
    7. projects: the change requests that it came from are in the contract
    Raises  NotFound, PermissionDenied, Conflict, ApprovalRequired; EntryHeld naming the draft;
            DomainError naming what does not fit.
    """
    _lock_work(amendment_id, actor)
    before = _Before(amendment_id, actor)
    done = amending.put_in_force(amendment_id=amendment_id, actor=actor, at=at)
    impact = _follow(done, before, actor, at, today_on)
    change_amendments.mark_amended(amendment_id=amendment_id, on=today_on, actor=actor, at=at)
    ContractAmendment.objects.filter(pk=amendment_id).update(impact=_kept(impact))
    return impact


def preview(*, amendment_id: int, actor: Actor, at: datetime, today_on: date) -> Impact:
    """What an amendment would do, whatever is still to be accepted or approved; nothing stays.

    Raises  as `put_in_force`, but for acceptance and approval.
    """
    found: list[Impact] = []
    with _rolled_back():
        _lock_work(amendment_id, actor)
        before = _Before(amendment_id, actor)
        done = amending.try_out(amendment_id=amendment_id, actor=actor, at=at)
        found.append(_follow(done, before, actor, at, today_on))
    return found[0]


@contextmanager
def _rolled_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise _RolledBack
    except _RolledBack:
        pass


def _lock_work(amendment_id: int, actor: Actor) -> None:
    row = selectors.get_amendment(actor=actor, amendment_id=amendment_id)
    line_ids = selectors.repriced_line_ids(row)
    if line_ids:
        term_replays.lock_entries(contract_line_ids=line_ids, from_on=row.effective_on)


class _Before:
    """Values and balances as they were."""

    def __init__(self, amendment_id: int, actor: Actor) -> None:
        row = selectors.get_amendment(actor=actor, amendment_id=amendment_id)
        self.currency = str(row.contract.currency)
        self.values: dict[int, Decimal] = dict(row.contract.lines.values_list("pk", "value_amount"))
        self.balances = _balances(list(self.values), self.currency)

    @property
    def value(self) -> Money:
        return Money(sum(self.values.values(), Decimal(0)), self.currency)


def _balances(line_ids: list[int], currency: str) -> Mapping[int, Balance]:
    return contract_selectors.balances_by_line(contract_line_ids=line_ids, currency=currency)


def _follow(done: Amended, before: _Before, actor: Actor, at: datetime, today_on: date) -> Impact:
    contract, effective_on = done.contract, done.amendment.effective_on
    amended_schedules.follow_amendment(
        added=[_schedule(line, parts) for line, parts in done.added],
        changed=[_schedule(line, parts) for line, parts in done.scheduled],
        effective_on=effective_on,
        project_id=projects.sole_project_id(contract.pk),
        actor=actor,
    )
    obligations.follow_amendment(
        contract=contract,
        added=[LineCost(line, None) for line, _ in done.added],
        changed=list(done.revalued.values()),
        actor=actor,
    )
    replay = TermReplay()
    if done.repriced_line_ids:
        replay = term_replays.replay_under_new_terms(
            contract_line_ids=sorted(set(done.repriced_line_ids)),
            from_on=effective_on,
            actor=actor,
            at=at,
        )
    released = parked.release_freed_room(
        contract_ids=[contract.pk], actor=actor, at=at, today_on=today_on
    )
    return _impact(done, before, replay, released)


def _schedule(line: ContractLine, milestones: tuple[MilestoneInput, ...]) -> LineSchedule:
    return LineSchedule(
        line, tuple(NewMilestone(one.name, one.due_on, one.amount) for one in milestones)
    )


def _impact(done: Amended, before: _Before, replay: TermReplay, released: Decimal) -> Impact:
    currency = before.currency
    lines = list(done.contract.lines.order_by("position"))
    after = _balances([line.pk for line in lines], currency)
    zero = Money(0, currency)
    none = Balance(zero, zero, zero)
    rows = tuple(
        LineImpact(
            line.pk,
            line.name,
            Money(before.values.get(line.pk, Decimal(0)), currency),
            Money(line.value_amount, currency),
            before.balances.get(line.pk, none).unbilled,
            after[line.pk].unbilled,
            before.balances.get(line.pk, none).parked,
            after[line.pk].parked,
        )
        for line in lines
    )
    return Impact(
        amendment_id=done.amendment.pk,
        value_before=before.value,
        value_after=sum((row.value_after for row in rows), zero),
        lines=rows,
        entries=_entries(replay, {line.pk: line.name for line in lines}, currency),
        entry_count=len(replay.entries),
        invoiced_count=replay.invoiced_count,
        released=Money(released, currency),
    )


def _entries(
    replay: TermReplay, names: Mapping[int, str], currency: str
) -> tuple[EntryImpact, ...]:
    shown: list[ReplayedEntry] = sorted(
        replay.entries, key=lambda one: (one.work_on, one.kind, one.entry_id)
    )[:SHOWN_ROWS]
    people = dict(
        Resource.objects.filter(pk__in={one.resource_id for one in shown}).values_list("pk", "name")
    )
    return tuple(
        EntryImpact(
            one.work_on,
            people.get(one.resource_id, ""),
            names.get(one.contract_line_id, ""),
            one.minutes,
            Money(one.accrued_before + one.parked_before, currency),
            Money(one.accrued_after + one.parked_after, currency),
            Money(one.parked_after, currency),
        )
        for one in shown
    )


def _kept(impact: Impact) -> dict[str, object]:
    """The totals, as the amendment keeps them for its page."""
    return {
        "value_before": f"{impact.value_before.amount:f}",
        "value_after": f"{impact.value_after.amount:f}",
        "unbilled_difference": f"{impact.unbilled_difference.amount:f}",
        "released": f"{impact.released.amount:f}",
        "entry_count": impact.entry_count,
        "invoiced_count": impact.invoiced_count,
    }
