"""A plan as a table for a spreadsheet, in the columns that come in again (P-11)."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from psa.core.actor import Actor

from ..models import Assignment, Dependency, Task
from ..rules.plan_table import COLUMNS, HOURS_PER_DAY
from .work import get_project


def plan_table(*, actor: Actor, project_id: int) -> list[list[str]]:
    """The header and a row a task, in order; days in ISO form, no rate and no cost.

    Four queries. Raises  NotFound.
    """
    project = get_project(actor=actor, project_id=project_id)
    tasks = list(Task.objects.filter(project_id=project.pk).order_by("position"))
    numbers = {task.pk: at for at, task in enumerate(tasks, start=1)}
    waits: dict[int, list[str]] = defaultdict(list)
    for link in Dependency.objects.filter(project_id=project.pk).order_by("id"):
        waits[link.successor_id].append(f"{numbers[link.predecessor_id]}{link.kind}{_lag(link)}")
    people: dict[int, list[str]] = defaultdict(list)
    for task_id, name, named, units in (
        Assignment.objects.filter(task__project_id=project.pk)
        .order_by("id")
        .values_list("task_id", "resource__name", "plan_resource__name", "units")
    ):
        who = (name or named or "").replace(";", " ").replace(",", " ")
        people[task_id].append(who if units == 1 else f"{who} [{_plain(units * 100)}%]")
    rows = [list(COLUMNS)]
    for task in tasks:
        is_leaf = not task.is_summary
        rows.append(
            [
                str(numbers[task.pk]),
                task.outline,
                task.name,
                _hours(task.effort_minutes, 1) if is_leaf else "",
                _hours(task.duration_minutes or 0, HOURS_PER_DAY) if is_leaf else "",
                task.starts_on.isoformat() if task.starts_on else "",
                task.finishes_on.isoformat() if task.finishes_on else "",
                "; ".join(waits[task.pk]),
                "; ".join(people[task.pk]),
                str(task.percent_complete) if is_leaf else "",
                "yes" if task.is_milestone else "",
                task.description,
            ]
        )
    return rows


def _lag(link: Dependency) -> str:
    if link.lag_percent:
        return f"{link.lag_percent.normalize():+f}%"
    if not link.lag_minutes:
        return ""
    unit = "emin" if link.is_lag_elapsed else "min"
    return f"{link.lag_minutes:+d}{unit}"


def _hours(minutes: int, per: int) -> str:
    exact = Decimal(minutes) / (60 * per)
    return _plain(exact.quantize(Decimal("0.0001"), ROUND_HALF_UP))


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
