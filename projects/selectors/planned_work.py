"""The work that is still to come under a contract, day by day: by bookings, else by the plans."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Final

from psa.core.ledger.rules.types import TransactionClass
from psa.core.money.rounding import allocate_whole
from psa.core.org import booked
from sales.models import ContractLine
from sales.planned_work import PlannedDay, PlannedWork, Source

from ..models import ContractLineLink, Project
from ..rules.phasing import spread_over
from .calendars import working_time_of
from .figure_facts import TaskRow
from .lines_left import tasks_paid_by

# Beyond this a forecast says nothing.
FAR: Final = timedelta(days=3 * 365)


def planned_work(*, contract_id: int, from_on: date) -> PlannedWork | None:
    """Minutes by day and contract line from `from_on` on. A constant number of queries.

    Bookings, hard and soft, count before plans: they say when somebody is there. A booked day of a
    project goes to the lines that its plan has work left for, in proportion. A plan's work left is
    spread evenly over the working time of its task's days that are still to come, without its
    pauses; what is overdue falls on the first of them. A task without dates is not planned.
    Source  docs/rules/sales.md, S-24.
    """
    line_ids = list(
        ContractLine.objects.filter(contract_id=contract_id).values_list("id", flat=True)
    )
    paid = tasks_paid_by(line_ids)
    found = _booked(line_ids, paid, from_on)
    if found:
        return PlannedWork(Source.BOOKINGS, tuple(found))
    found = _planned(paid, from_on)
    return PlannedWork(Source.PLAN, tuple(found)) if found else None


def _booked(
    line_ids: Collection[int], paid: Mapping[int, list[TaskRow]], from_on: date
) -> list[PlannedDay]:
    linked: dict[int, set[int]] = defaultdict(set)
    for project_id, line_id in ContractLineLink.objects.filter(
        contract_line_id__in=line_ids, transaction_class=TransactionClass.TIME
    ).values_list("project_id", "contract_line_id"):
        linked[project_id].add(line_id)
    weights: dict[int, dict[int, int]] = {
        project_id: dict.fromkeys(sorted(lines), 0) for project_id, lines in linked.items()
    }
    for line_id, rows in paid.items():
        for row in rows:
            weights[row.project_id][line_id] += _left(row)
    by_day: dict[tuple[date, int], int] = defaultdict(int)
    if linked:
        for day in booked.booked_days(
            project_ids=set(linked), from_on=from_on, until_on=from_on + FAR
        ):
            shares = weights[day.project_id]
            parts = allocate_whole(
                day.hard_minutes + day.soft_minutes,
                list(shares.values()) if any(shares.values()) else [1] * len(shares),
            )
            for line_id, minutes in zip(shares, parts, strict=True):
                by_day[day.on, line_id] += minutes
    return _days(by_day)


def _planned(paid: Mapping[int, list[TaskRow]], from_on: date) -> list[PlannedDay]:
    open_rows = [
        (line_id, row)
        for line_id, rows in paid.items()
        for row in rows
        if _left(row) and (row.line.starts_on or row.line.finishes_on)
    ]
    if not open_rows:
        return []
    calendar_of = dict(
        Project.objects.filter(pk__in={row.project_id for _, row in open_rows}).values_list(
            "id", "calendar_id"
        )
    )
    last_on = min(
        max((row.line.finishes_on or row.line.starts_on or from_on) for _, row in open_rows),
        from_on + FAR,
    )
    # A week more than the plan, so that what is overdue finds a working day.
    until_on = max(last_on, from_on) + timedelta(days=7)
    # Where work pauses is counted from its start.
    began_on = [row.line.starts_on for _, row in open_rows if row.line.split]
    first_on = min([from_on, *(on for on in began_on if on)])
    times = working_time_of(dict.fromkeys(calendar_of.values(), (first_on, until_on)))
    by_day: dict[tuple[date, int], int] = defaultdict(int)
    for line_id, row in open_rows:
        for on, minutes in spread_over(
            times[calendar_of[row.project_id]],
            minutes=_left(row),
            starts_on=row.line.starts_on,
            finishes_on=row.line.finishes_on,
            from_on=from_on,
            split=row.line.split,
        ):
            by_day[on, line_id] += minutes
    return _days(by_day)


def _left(row: TaskRow) -> int:
    return 0 if row.line.is_completed else row.line.remaining_minutes


def _days(by_day: Mapping[tuple[date, int], int]) -> list[PlannedDay]:
    return [
        PlannedDay(on, line_id, minutes)
        for (on, line_id), minutes in sorted(by_day.items())
        if minutes
    ]
