"""A plan in a spreadsheet made a project: the whole table, or nothing of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import IO, Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.documents.tables import read_table_file
from psa.core.errors import DomainError

from ..models import Assignment, Dependency, PlanResource, Project, Task
from ..mspdi.parsing import MAX_BYTES
from ..rules import outline
from ..rules.plan_table import TableTask, read_plan_table
from ..rules.refusals import Refusals
from ..selectors.plan_people import people_named
from . import plan_rows as rows
from .plan_imports import ImportedPlan, Tell, imported, join_team, tell_nobody
from .projects import create_project
from .task_changes import add_rows, new_values

MAX_ROWS: Final = outline.MAX_TASKS


@transaction.atomic
def import_plan_table(
    *,
    content: IO[bytes],
    filename: str,
    manager_id: int,
    actor: Actor,
    at: datetime,
    name: str = "",
    starts_on: date | None = None,
    is_matching_people: bool = False,
    tell: Tell = tell_nobody,
) -> ImportedPlan:
    """Make a project of a CSV file or workbook with a row a task, and schedule it.

    It starts on the earliest day in the table unless a day is given; the finish of a task counts
    where it has no length of its own. Who is named becomes a resource of the plan, or the firm's
    person of that name.
    Raises  DomainError naming row and column; RefusedRows; CircularDependencies;
            PermissionDenied.
    """
    tell(5, "Reading the file.")
    table = read_table_file(content, filename=filename, max_rows=MAX_ROWS, max_bytes=MAX_BYTES)
    lines = read_plan_table(table.header, [(row.number, row.cells) for row in table.rows])
    begins = starts_on or min((line.starts_on for line in lines if line.starts_on), default=None)
    if begins is None:
        raise DomainError("No task has a start. Say when the project starts.", "starts_on")
    project = create_project(
        name=name or filename.rsplit(".", 1)[0][:160] or "Imported plan",
        manager_id=manager_id,
        starts_on=begins,
        actor=actor,
        at=at,
    )
    tell(25, "Writing the tasks.")
    tasks = _add_tasks(project, lines)
    tell(55, "Writing links and assignments.")
    links = _add_links(project, lines, tasks)
    count = _add_people(project, lines, tasks, is_matching_people)
    change = rows.finish(
        project, actor, at, f"imported a table of {len(tasks)} tasks and {links} links"
    )
    return imported(project, change, len(tasks), links, count, 0, table.notes)


def _add_tasks(project: Project, lines: Sequence[TableTask]) -> list[Task]:
    keys = rows.reserve_ids(len(lines))
    values = []
    refusals = Refusals()
    for at, line in enumerate(lines):
        is_summary = at + 1 < len(lines) and lines[at + 1].depth > line.depth
        called = f"Row {line.row} “{line.name[:40]}”"
        with refusals.of(called):
            try:
                values.append(new_values(project, _values(line, is_summary)))
            except DomainError as error:
                raise DomainError(f"{called}: {error}", "file") from None
    refusals.check()
    additions = outline.additions_of(keys, [line.depth for line in lines])
    return add_rows(project, [], additions, values)


def _values(line: TableTask, is_summary: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": line.name, "description": line.note}
    if is_summary:
        return found
    effort = 0 if line.is_milestone else line.effort_minutes
    if effort is None:
        effort = line.duration_minutes or 0
    found |= {
        "is_milestone": line.is_milestone,
        "effort_minutes": effort,
        # A row that waits for others begins when they let it, not on the day it was saved with.
        "starts_on": None if line.links else line.starts_on,
        "percent_complete": line.percent_complete,
    }
    if line.is_milestone:
        found["finishes_on"] = found["starts_on"]
    elif line.duration_minutes:
        found["duration_minutes"] = line.duration_minutes
    elif not line.links:
        found["finishes_on"] = line.finishes_on
    return found


def _add_links(project: Project, lines: Sequence[TableTask], tasks: Sequence[Task]) -> int:
    made: dict[tuple[int, int], Dependency] = {}
    for line, task in zip(lines, tasks, strict=True):
        for link in line.links:
            before = tasks[link.before]
            if before.pk == task.pk:
                raise DomainError(f"Row {line.row} “{line.name[:40]}” waits for itself.", "file")
            made[before.pk, task.pk] = Dependency(
                tenant_id=project.tenant_id,
                project=project,
                predecessor=before,
                successor=task,
                kind=link.kind,
                lag_minutes=link.lag_minutes,
                lag_percent=link.lag_percent,
                is_lag_elapsed=link.is_elapsed,
            )
    Dependency.objects.bulk_create(made.values(), batch_size=1000)
    return len(made)


def _add_people(
    project: Project, lines: Sequence[TableTask], tasks: Sequence[Task], is_matching: bool
) -> int:
    """Resources of the plan, or people of the firm, and their parts; how many are named."""
    names = list(dict.fromkeys(name for line in lines for name, _ in line.people))
    known = people_named(names) if is_matching else {}
    own = PlanResource.objects.bulk_create(
        PlanResource(tenant_id=project.tenant_id, project=project, uid=uid, name=name)
        for uid, name in enumerate((n for n in names if n not in known), start=1)
    )
    resources: Mapping[str, PlanResource] = {row.name: row for row in own}
    join_team(project, [person.id for person in known.values()])
    made = []
    for line, task in zip(lines, tasks, strict=True):
        if task.is_summary or line.is_milestone:
            continue
        total = sum(units for _, units in line.people)
        for name, units in line.people:
            person = known.get(name)
            made.append(
                Assignment(
                    tenant_id=project.tenant_id,
                    task=task,
                    resource_id=person.id if person else None,
                    plan_resource=None if person else resources[name],
                    units=units,
                    minutes=int(task.effort_minutes * units / total),
                )
            )
    Assignment.objects.bulk_create(made, batch_size=1000)
    return len(names)
