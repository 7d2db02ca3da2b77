"""What somebody's week probably looks like: from bookings, an earlier week, and assignments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .week import Week

STEP_MINUTES = 15


@dataclass(frozen=True, slots=True)
class Pattern:
    """What was worked on one weekday (0 is the week's first day) of an earlier week."""

    project_id: int
    task_id: int | None
    day: int
    minutes: int
    source: str = "last week"


@dataclass(frozen=True, slots=True)
class Assigned:
    """Minutes of an assignment that are not worked yet, and the days that its task is planned on.

    `until_on` is exclusive; without dates the task may be worked on any day.
    """

    project_id: int
    task_id: int
    left_minutes: int
    from_on: date | None = None
    until_on: date | None = None

    def covers(self, on: date) -> bool:
        return (self.from_on is None or self.from_on <= on) and (
            self.until_on is None or on < self.until_on
        )


@dataclass(frozen=True, slots=True)
class Booked:
    """Minutes that the person is committed to a project on one day."""

    project_id: int
    on: date
    minutes: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A cell to fill in; `source` says where it comes from."""

    project_id: int
    task_id: int | None
    on: date
    minutes: int
    source: str


def suggest(
    week: Week,
    *,
    free_minutes: Mapping[date, int],
    earlier: Sequence[Pattern],
    assigned: Sequence[Assigned],
    booked: Sequence[Booked] = (),
) -> list[Suggestion]:
    """Fill the free capacity of each day, never more than it.

    A day takes its bookings first, each on the tasks that the earlier week's pattern of its
    weekday has for the project, else on those assigned, else on the project itself; then that
    pattern of other projects, in order; then assignments that are planned for the day in equal
    parts of a quarter of an hour, none beyond what is left of it.
    Source  docs/rules/timeexpense.md, T-5.
    """
    left = {(row.project_id, row.task_id): row.left_minutes for row in assigned}
    found: list[Suggestion] = []
    for number, on in enumerate(week.days):
        free = free_minutes.get(on, 0)
        pattern = [row for row in earlier if row.day == number]
        planned = [row for row in assigned if row.covers(on)]
        from_bookings = _from_bookings(
            [row for row in booked if row.on == on], free, pattern, planned, left
        )
        found += from_bookings
        free -= sum(one.minutes for one in from_bookings)
        used = {(one.project_id, one.task_id) for one in from_bookings}
        # What a booking says of a project stands against what an earlier week says of it.
        told = {one.project_id for one in from_bookings}
        for row in pattern:
            minutes = min(row.minutes, free) if row.project_id not in told else 0
            if minutes > 0:
                found.append(Suggestion(row.project_id, row.task_id, on, minutes, row.source))
                used.add((row.project_id, row.task_id))
                free -= minutes
        # A cell holds one suggestion: what the pattern filled, an assignment does not fill again.
        open_work = [
            (row.project_id, row.task_id)
            for row in planned
            if left[row.project_id, row.task_id] > 0 and (row.project_id, row.task_id) not in used
        ]
        found += _from_assignments(on, free, open_work, left)
    return found


def _from_bookings(
    booked: Sequence[Booked],
    free: int,
    pattern: Sequence[Pattern],
    planned: Sequence[Assigned],
    left: dict[tuple[int, int], int],
) -> list[Suggestion]:
    found = []
    for booking in booked:
        project_id = booking.project_id
        tasks: list[int | None] = [r.task_id for r in pattern if r.project_id == project_id]
        tasks = tasks or [
            row.task_id
            for row in planned
            if row.project_id == project_id and left[project_id, row.task_id] > 0
        ]
        tasks = list(dict.fromkeys(tasks)) or [None]
        rest = min(booking.minutes, free)
        for position, task_id in enumerate(tasks):
            others = len(tasks) - position - 1
            share = rest // (others + 1) // STEP_MINUTES * STEP_MINUTES if others else rest
            if share > 0:
                found.append(Suggestion(project_id, task_id, booking.on, share, "your booking"))
                rest -= share
                free -= share
            if task_id is not None and (project_id, task_id) in left:
                left[project_id, task_id] -= share
    return found


def _from_assignments(
    on: date,
    free: int,
    open_work: Sequence[tuple[int, int]],
    left: dict[tuple[int, int], int],
) -> list[Suggestion]:
    found = []
    for position, key in enumerate(open_work):
        share = free // (len(open_work) - position)
        minutes = min(share // STEP_MINUTES * STEP_MINUTES, left[key])
        if minutes > 0:
            found.append(Suggestion(key[0], key[1], on, minutes, "your assignment"))
            left[key] -= minutes
            free -= minutes
    return found
