"""Which fiscal period takes a posting, and how a period may change its state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import PeriodState


class PeriodClosed(DomainError):
    """The posting's period takes no such posting."""


class PeriodTransitionRefused(DomainError):
    """The period may not go from its state to the one asked for."""


@dataclass(frozen=True, slots=True)
class PeriodFact:
    """One fiscal period of one legal entity: `starts_on` up to, not including, `until_on`."""

    period_id: int
    name: str
    starts_on: date
    until_on: date
    state: PeriodState


@dataclass(frozen=True, slots=True)
class PostingSlot:
    """Where a posting lands. `is_late` when that is not the period of the work itself."""

    period_id: int
    posting_on: date
    is_late: bool


TRANSITIONS: dict[PeriodState, frozenset[PeriodState]] = {
    PeriodState.OPEN: frozenset({PeriodState.SOFT_CLOSED}),
    PeriodState.SOFT_CLOSED: frozenset({PeriodState.CLOSED, PeriodState.OPEN}),
    PeriodState.CLOSED: frozenset({PeriodState.OPEN, PeriodState.SOFT_CLOSED}),
}


def period_of(periods: Sequence[PeriodFact], on: date) -> PeriodFact:
    """The period that contains `on`. Raises DomainError if the calendar has none."""
    for period in periods:
        if period.starts_on <= on < period.until_on:
            return period
    raise DomainError(
        f"No fiscal period contains {on.isoformat()}. Add it to the entity's fiscal calendar.",
        field="posting_on",
    )


def posting_slot(
    periods: Sequence[PeriodFact], *, work_on: date, in_soft_closed: bool = False
) -> PostingSlot:
    """The earliest open period at or after the work date, and the posting date in it.

    Work of an open period posts on its own date. Late work keeps its work date and posts on the
    first day of the earliest open period that follows. `in_soft_closed` is finance's right to
    post adjustments, accruals and revaluation into a soft-closed period.
    Raises  PeriodClosed if nothing at or after the work date is open; DomainError if the
            calendar does not contain the work date.
    Source  docs/rules/ledger.md, L-3.
    """
    takes = {PeriodState.OPEN, PeriodState.SOFT_CLOSED} if in_soft_closed else {PeriodState.OPEN}
    own = period_of(periods, work_on)
    if own.state in takes:
        return PostingSlot(own.period_id, work_on, is_late=False)
    later = [p for p in periods if p.starts_on >= own.until_on and p.state in takes]
    if not later:
        raise PeriodClosed(
            f"Period {own.name} is {own.state.replace('_', ' ')} and no later period is open. "
            "Open the next fiscal period, or ask finance to re-open this one.",
            field="posting_on",
        )
    first = min(later, key=lambda p: p.starts_on)
    return PostingSlot(first.period_id, first.starts_on, is_late=True)


def check_takes_posting(
    periods: Sequence[PeriodFact], *, posting_on: date, in_soft_closed: bool = False
) -> PeriodFact:
    """The period of a dated document (invoice, payment, accrual), which must take it as dated.

    Raises  PeriodClosed naming the period.
    """
    period = period_of(periods, posting_on)
    if period.state is PeriodState.OPEN:
        return period
    if period.state is PeriodState.SOFT_CLOSED and in_soft_closed:
        return period
    raise PeriodClosed(
        f"{posting_on.isoformat()} lies in period {period.name}, which is "
        f"{period.state.replace('_', ' ')}. Choose a date in an open period.",
        field="posting_on",
    )


def check_can_become(
    periods: Sequence[PeriodFact], *, period_id: int, state: PeriodState, reason: str = ""
) -> None:
    """Whether one period may take `state`: open → soft-closed → closed, back only with a reason.

    Closing runs in calendar order (every earlier period is closed first); re-opening runs
    backwards (no later period may be closed), so opening balances never move under a closed one.
    Raises  PeriodTransitionRefused with the period that stands in the way.
    Source  docs/rules/ledger.md, L-3.
    """
    period = next((p for p in periods if p.period_id == period_id), None)
    if period is None:
        raise DomainError(f"Fiscal period {period_id} is not in this entity's calendar.")
    if state not in TRANSITIONS[period.state]:
        raise PeriodTransitionRefused(
            f"Period {period.name} is {period.state.replace('_', ' ')} and cannot become "
            f"{state.replace('_', ' ')}. A period is soft-closed before it is closed."
        )
    if state is PeriodState.CLOSED:
        earlier = [
            p
            for p in periods
            if p.starts_on < period.starts_on and p.state is not PeriodState.CLOSED
        ]
        if earlier:
            first = min(earlier, key=lambda p: p.starts_on)
            raise PeriodTransitionRefused(
                f"Period {first.name} is not closed yet. Close it before {period.name}."
            )
        return
    is_reopening = period.state is PeriodState.CLOSED or state is PeriodState.OPEN
    if not is_reopening:
        return
    if not reason.strip():
        raise PeriodTransitionRefused(
            f"Give a reason for re-opening period {period.name}.", field="reason"
        )
    later = [p for p in periods if p.starts_on > period.starts_on and p.state is PeriodState.CLOSED]
    if later:
        last = max(later, key=lambda p: p.starts_on)
        raise PeriodTransitionRefused(
            f"Period {last.name} is closed. Re-open it before {period.name}."
        )
