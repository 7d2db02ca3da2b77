"""What hangs on a task outlives its deletion, so that an undo brings back the task with it.

A task that comes back has its former number: its history of progress, its trail, its files and its
own fields are found by it. What names the task in a column is written back from here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Model, OuterRef, Subquery

from psa.core.errors import DomainError, NotFound
from psa.core.web import undo

from ..models import (
    Assignment,
    BaselineTask,
    BudgetLine,
    Comment,
    DeletedTask,
    PlannedExpense,
    PlanResource,
    Project,
    Task,
    TaskAcceptance,
    TeamMember,
)
from ..rules import workload
from . import timing

# Rows that only lose their task, and rows that go with it.
_LOSE: Final[tuple[type[Model], ...]] = (BaselineTask, BudgetLine, Comment)
_GO: Final[tuple[type[Model], ...]] = (TaskAcceptance, PlannedExpense)


def remember(project: Project, task_ids: Collection[int]) -> None:
    """Keep what hangs on tasks that are about to be deleted. Set-based."""
    kept: dict[int, dict[str, Any]] = {task_id: {} for task_id in task_ids}
    tasks = Task.objects.filter(id__in=task_ids).values_list("id", "uid", "gaps", "effort_minutes")
    for task_id, uid, gaps, effort in tasks:
        if uid is not None:
            kept[task_id]["uid"] = uid
        if gaps:
            kept[task_id]["gaps"] = gaps
        kept[task_id]["effort"] = effort
    for part in Assignment.objects.filter(task_id__in=task_ids).order_by("id"):
        kept[part.task_id].setdefault("parts", []).append(undo.row_of(part))
    for model in _LOSE:
        for row_id, task_id in model._default_manager.filter(task_id__in=task_ids).values_list(
            "id", "task_id"
        ):
            kept[task_id].setdefault(model._meta.label, []).append(row_id)
    for model in _GO:
        for row in model._default_manager.filter(task_id__in=task_ids).order_by("id"):
            rows = kept[row.task_id].setdefault(model._meta.label, [])  # type: ignore[attr-defined]
            rows.append(undo.row_of(row))
    name = Task.objects.filter(id=OuterRef("task_id")).values("name")[:1]
    Comment.objects.filter(task_id__in=task_ids).update(task_name=Subquery(name))
    DeletedTask.objects.bulk_create(
        [
            DeletedTask(
                tenant_id=project.tenant_id, project=project, task_number=task_id, kept=rows
            )
            for task_id, rows in kept.items()
        ],
        update_conflicts=True,
        unique_fields=["tenant", "project", "task_number"],
        update_fields=["kept"],
        batch_size=1000,
    )


def check_deleted(project: Project, task_ids: Sequence[int]) -> None:
    """Refuse to give a new task a number that no deleted task of this plan had, or two of them one.

    Raises  NotFound, DomainError.
    """
    wanted = set(task_ids)
    if len(wanted) != len(task_ids):
        raise DomainError("A deleted task comes back once.", field="restores")
    known = DeletedTask.objects.filter(project=project, task_number__in=wanted)
    for number in sorted(wanted - set(known.values_list("task_number", flat=True))):
        raise NotFound(f"Project {project.code} has no deleted task of the number {number}.")


def bring_back(project: Project, task_ids: Collection[int]) -> None:
    """After the tasks were made anew under their numbers: what hung on them does so again."""
    found = DeletedTask.objects.filter(project=project, task_number__in=task_ids)
    lost: dict[type[Model], list[tuple[int, int]]] = defaultdict(list)
    gone: dict[type[Model], list[Model]] = defaultdict(list)
    uids: dict[int, int] = {}
    for one in found:
        for model in _LOSE:
            lost[model] += [(row, one.task_number) for row in one.kept.get(model._meta.label, ())]
        for model in _GO:
            gone[model] += [
                undo.row_from(model, row) for row in one.kept.get(model._meta.label, ())
            ]
        if "uid" in one.kept:
            uids[one.kept["uid"]] = one.task_number
        if "gaps" in one.kept:
            Task.objects.filter(id=one.task_number).update(gaps=one.kept["gaps"])
    for model, pairs in lost.items():
        _point_back(model, pairs)
    for model, rows in gone.items():
        model._default_manager.bulk_create(rows, batch_size=1000)
    _number_again(project, uids)
    _staff_again(project, found)
    found.delete()


def _staff_again(project: Project, found: Iterable[DeletedTask]) -> None:
    """Their parts of the tasks for those who are still there, put off and pausing as they were.

    Of a task that came back with other work than it had, each has as large a part of that.
    """
    kept = {one.task_number: one.kept for one in found if one.kept.get("parts")}
    if not kept:
        return
    on_team = set(TeamMember.objects.filter(project=project).values_list("resource_id", flat=True))
    named = set(PlanResource.objects.filter(project=project).values_list("id", flat=True))
    tasks = Task.objects.filter(id__in=kept, is_summary=False, is_milestone=False)
    back = {task.pk: task for task in tasks}
    parts = [
        part
        for task_id in back
        for part in (undo.row_from(Assignment, row) for row in kept[task_id]["parts"])
        if part.resource_id in on_team or part.plan_resource_id in named
    ]
    Assignment.objects.bulk_create(parts, batch_size=1000)
    for task_id in {part.task_id for part in parts}:
        task = back[task_id]
        if task.effort_minutes != kept[task_id]["effort"]:
            load = timing.workload_of(task)
            timing.write_parts(load, workload.with_effort(load, task.effort_minutes))


def _point_back(model: type[Model], pairs: list[tuple[int, int]]) -> None:
    """Rows that lost their task have it again, in one UPDATE; those given another since keep it."""
    if not pairs:
        return
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE {table} AS kept SET task_id = back.task_id
              FROM unnest(%s::bigint[], %s::bigint[]) AS back (id, task_id)
             WHERE kept.id = back.id AND kept.task_id IS NULL
            """,  # noqa: S608 -- the table is one of ours, by its model
            [[row for row, _ in pairs], [task for _, task in pairs]],
        )


def _number_again(project: Project, uids: dict[int, int]) -> None:
    """The numbers of other programs, unless another task took one meanwhile."""
    taken = set(Task.objects.filter(project=project, uid__in=uids).values_list("uid", flat=True))
    for uid, task_id in uids.items():
        if uid not in taken:
            Task.objects.filter(id=task_id).update(uid=uid)
