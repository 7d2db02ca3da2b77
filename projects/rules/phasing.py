"""When planned work should be done: shares of working time. Source: docs/rules/projects.md, P-3."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise

from psa.core.money.rounding import EXACT, allocate_whole

from .scheduling import Gaps


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """Working minutes of a calendar from `first_on`: `totals[n]` is what the first n days hold."""

    first_on: date
    totals: tuple[int, ...]

    @classmethod
    def of(cls, first_on: date, minutes_by_day: list[int]) -> "WorkingTime":
        """From the minutes of each day, beginning with `first_on`."""
        return cls(first_on, tuple(accumulate(minutes_by_day, initial=0)))

    def before(self, on: date) -> int:
        """Working minutes from the first day up to but not including `on`; none outside."""
        days = (on - self.first_on).days
        return self.totals[max(0, min(days, len(self.totals) - 1))]


@dataclass(frozen=True, slots=True)
class Split:
    """Work that pauses: so many minutes of it, and its pauses, in the time of who does it."""

    minutes: int
    gaps: Gaps

    @classmethod
    def of(cls, minutes: int, gaps: Gaps) -> "Split | None":
        """None for work that does not pause: pauses after its end are none."""
        within = tuple(gap for gap in gaps if gap[0] < minutes)
        return cls(minutes, within) if within else None

    def done(self, passed: int, whole: int) -> int:
        """What is done once `passed` of the `whole` working time of a task's days are over.

        In parts of which `whole × minutes` are all, so that it is exact. The days are those of the
        project's calendar, hence the pauses count for their part of them.
        """
        at = passed * (self.minutes + sum(length for _, length in self.gaps))
        paused = before = 0
        for after, length in self.gaps:
            begins = (after + before) * whole
            paused += min(max(at - begins, 0), length * whole)
            before += length
        return at - paused


def planned_share(
    time: WorkingTime,
    *,
    starts_on: date | None,
    finishes_on: date | None,
    as_of: date,
    split: Split | None = None,
) -> Decimal:
    """The part of a task's working time on or before `as_of`, 0 to 1; both dates of a task count.

    Where the work pauses, so does the part.

    Without a finish a task counts as planned once it should have begun; without any date it is
    never planned. A task without working time between its dates counts in full from its finish.
    Source  docs/rules/projects.md, P-3.
    """
    starts_on = starts_on or finishes_on
    finishes_on = finishes_on or starts_on
    if starts_on is None or finishes_on is None or as_of < starts_on:
        return Decimal(0)
    if as_of >= finishes_on:
        return Decimal(1)
    next_day = timedelta(days=1)
    begun = time.before(starts_on)
    whole = time.before(finishes_on + next_day) - begun
    if whole <= 0:
        return Decimal(0)
    passed = time.before(as_of + next_day) - begun
    if split is not None:
        return EXACT.divide(Decimal(split.done(passed, whole)), Decimal(whole * split.minutes))
    return EXACT.divide(Decimal(passed), Decimal(whole))


def spread_over(
    time: WorkingTime,
    *,
    minutes: int,
    starts_on: date | None,
    finishes_on: date | None,
    from_on: date,
    split: Split | None = None,
) -> list[tuple[date, int]]:
    """Work left by day: even over the working time of a task's days from `from_on` on.

    What is overdue, and what has no working time left, falls on the next working day; [] if none
    is known. While the work pauses no day has any; `time` then begins with the task or before it.
    The parts sum to `minutes`.
    Source  docs/rules/sales.md, S-24.
    """
    starts_on = starts_on or finishes_on
    if starts_on is None or minutes <= 0:
        return []
    first = max(starts_on, from_on)
    last = max(finishes_on or starts_on, first)
    days = [
        (time.first_on + timedelta(days=number), before, until)
        for number, (before, until) in enumerate(pairwise(time.totals))
        if until > before
    ]
    within = [day for day in days if first <= day[0] <= last]
    rooms = [until - before for _, before, until in within]
    if split is not None:
        begun = time.before(starts_on)
        whole = time.before(last + timedelta(days=1)) - begun
        rooms = [
            split.done(until - begun, whole) - split.done(before - begun, whole)
            for _, before, until in within
        ]
    if not any(rooms):
        within = [day for day in days if day[0] >= first][:1]
        rooms = [1] * len(within)
    if not within:
        return []
    parts = allocate_whole(minutes, rooms)
    return [(on, part) for (on, _, _), part in zip(within, parts, strict=True) if part]
