"""What of last week can be copied: for the preview, and for the copy itself."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from timeexpense.models import TimeEntry
from timeexpense.rules.week import DAYS, Week

from .rows import Names, RowKey, UsualRoles


@dataclass(frozen=True, slots=True)
class LastRow:
    """A row of last week: the minutes that a copy enters on each day of this one."""

    key: str
    task_name: str
    project_name: str
    days: tuple[int, ...]
    is_open: bool

    @property
    def minutes(self) -> int:
        return sum(self.days)


def hours_to_copy(
    week: Week,
    *,
    last: Sequence[TimeEntry],
    current: Sequence[TimeEntry],
    usual: UsualRoles,
    days_off: Collection[date],
) -> dict[RowKey, dict[date, int]]:
    """Minutes by row and day of `week`, in last week's order.

    Left out are cells that are filled already, and days of leave and holidays; a row of which
    nothing is left stays, without days.
    Source  docs/rules/timeexpense.md, T-15.
    """
    filled = {(usual.row_of(row), row.work_on) for row in current}
    found: dict[RowKey, dict[date, int]] = {}
    for row in last:
        key, on = usual.row_of(row), row.work_on + timedelta(days=DAYS)
        minutes = found.setdefault(key, defaultdict(int))
        if (key, on) not in filled and on not in days_off:
            minutes[on] += row.minutes
    return found


def last_rows(
    week: Week,
    hours: Mapping[RowKey, Mapping[date, int]],
    names: Names,
    is_open: Collection[tuple[int, int | None]],
) -> tuple[LastRow, ...]:
    """The preview of a copy; `is_open` are the (project, task) that may be booked on."""
    return tuple(
        LastRow(
            key.text,
            names.task(key),
            names.project(key),
            tuple(minutes.get(on, 0) for on in week.days),
            (key.project_id, key.task_id) in is_open,
        )
        for key, minutes in hours.items()
        if names.knows(key)
    )
