"""What somebody's week probably looks like: from last week's pattern, else from assignments."""

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


@dataclass(frozen=True, slots=True)
class Assigned:
    """Minutes of an assignment that are not worked yet."""

    project_id: int
    task_id: int
    left_minutes: int


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
) -> list[Suggestion]:
    """Fill the free capacity of each day, never more than it.

    A day takes last week's pattern of its weekday first, in order, then assignments in equal
    parts of a quarter of an hour, none beyond what is left of it.
    Source  docs/rules/timeexpense.md, T-5.
    """
    left = {(row.project_id, row.task_id): row.left_minutes for row in assigned}
    found: list[Suggestion] = []
    for number, on in enumerate(week.days):
        free = free_minutes.get(on, 0)
        for row in earlier:
            minutes = min(row.minutes, free) if row.day == number else 0
            if minutes > 0:
                found.append(Suggestion(row.project_id, row.task_id, on, minutes, "last week"))
                free -= minutes
        found += _from_assignments(on, free, left)
    return found


def _from_assignments(on: date, free: int, left: dict[tuple[int, int], int]) -> list[Suggestion]:
    found = []
    open_work = [key for key, minutes in left.items() if minutes > 0]
    for position, key in enumerate(open_work):
        share = free // (len(open_work) - position)
        minutes = min(share // STEP_MINUTES * STEP_MINUTES, left[key])
        if minutes > 0:
            found.append(Suggestion(key[0], key[1], on, minutes, "your assignment"))
            left[key] -= minutes
            free -= minutes
    return found
