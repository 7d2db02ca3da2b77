"""One change of a plan's rows each, on a locked project; who calls schedules the plan afterwards."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import ProtectedError

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger.models import Actual
from sales.models import ChargeabilityRule

from ..events import ProjectEvent
from ..models import ContractLineLink, Project, Task
from ..rules import outline
from ..rules.outline import Node
from . import deleted_tasks, progress, timing
from . import plan_rows as rows
from .locking import apply, check_fresh, task_of
from .task_values import checked

TASK: Final = "projects.Task"
Arrange = Callable[[list[Node]], list[Node]]

# What comes from the tasks below a summary.
_ROLLED_UP: Final = frozenset(
    {
        "effort_minutes", "remaining_minutes", "starts_on", "finishes_on", "is_completed",
        "is_milestone", "duration_minutes", "percent_complete", "actual_start_at",
        "actual_finish_at", "mode", "is_effort_driven", "levelling_delay_minutes",
        "is_levelling_delay_elapsed",
    }
)  # fmt: skip
_OF_PROGRESS: Final = frozenset(
    {"percent_complete", "is_completed", "actual_start_at", "actual_finish_at"}
)
EDITABLE: Final = _ROLLED_UP | {
    "name", "role_id", "open_role", "billing_type", "external_reference", "description", "constraint_kind",
    "constrained_to", "deadline_at", "priority", "calendar_id",
}  # fmt: skip


def add_row(
    project: Project,
    values: Mapping[str, Any],
    *,
    after_id: int | None = None,
    as_child: bool = False,
) -> Task:
    """A task made behind another on its level (or as its last subtask), or at the plan's end."""
    if after_id is not None:
        task_of(project, after_id)
    clean = new_values(project, values)
    [key] = rows.reserve_ids(1)
    new = outline.Addition(key, after_id, as_child)
    return add_rows(project, rows.nodes_of(project), [new], [clean])[0]


def new_values(project: Project, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a new task is stored with. Raises  DomainError naming the field."""
    clean = checked(dict(values))
    _check_of_draft(project, clean)
    return timing.timed(project, Task(), clean)


def add_rows(
    project: Project,
    nodes: Sequence[Node],
    additions: Sequence[outline.Addition],
    values: Sequence[Mapping[str, Any]],
) -> list[Task]:
    """Tasks under reserved ids, made in one insert, and the plan's places written once."""
    placed = outline.inserted_all(nodes, additions)
    places = {row.key: row for row in outline.numbered(placed)}
    made = []
    for new, clean in zip(additions, values, strict=True):
        place = places[new.key]
        made.append(
            Task(
                id=new.key,
                tenant_id=project.tenant_id,
                project=project,
                parent_id=place.parent_key,
                position=place.position,
                outline=place.outline,
                depth=place.depth,
                is_summary=place.is_summary,
                **{"remaining_minutes": clean.get("effort_minutes", 0), **clean},
            )
        )
    Task.objects.bulk_create(made, batch_size=1000)
    rows.write_places(placed)
    return made


def edit_row(
    project: Project,
    task_id: int,
    lock_version: int | None,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    at: datetime,
) -> tuple[Task, str]:
    """A task changed, and the names of what changed as words; "" when nothing did."""
    task = task_of(project, task_id)
    check_fresh(task, lock_version)
    given = checked(dict(values), task)
    _check_of_draft(project, given)
    rolled_up = sorted(given.keys() & _ROLLED_UP)
    if task.is_summary and rolled_up:
        raise DomainError(
            f"{task} is a summary: its dates, effort and progress come from the tasks below it.",
            field=rolled_up[0],
        )
    given = timing.timed(project, task, given)
    effort = given.get("effort_minutes", task.effort_minutes)
    untouched = task.remaining_minutes == task.effort_minutes
    if "remaining_minutes" not in given and untouched and effort != task.effort_minutes:
        given["remaining_minutes"] = effort
    stood = progress.standing_of(task)
    changes = apply(task, given)
    if project.draft_of_id is None:
        stands = progress.standing_of(task)
        progress.remember(project, [(task.pk, stood, stands)], actor=actor, at=at)
    words = ", ".join(k.replace("_", " ") for k in changes if k != "lock_version")
    if changes:
        audit.record(
            actor=actor, at=at, event=ProjectEvent.TASK_EDITED, record_type=TASK,
            record_id=task.pk, sentence=f"changed {words} of {task}", changes=changes,
        )  # fmt: skip
    return task, words


def _check_of_draft(project: Project, values: Mapping[str, Any]) -> None:
    """Of a template nothing has been done yet, and only a template asks for roles by name alone."""
    done = sorted(name for name in _OF_PROGRESS if values.get(name))
    if project.draft_of_id is not None and done:
        raise DomainError("Nothing of a template has been done yet.", field=done[0])
    if project.draft_of_id is None and values.get("open_role"):
        raise DomainError(
            "Only a template asks for roles that the firm does not have.", field="open_role"
        )


def arrange_row(
    project: Project, task_id: int, arrange: Arrange, verb: str, parent_id: int | None = None
) -> str:
    """A task moved in the tree; what was done as words."""
    before = str(task_of(project, task_id))
    if parent_id is not None:
        task_of(project, parent_id)
    rows.write_places(arrange(rows.nodes_of(project)))
    rows.check_links(project)
    return f"{verb} task {before}, now {task_of(project, task_id).outline}"


def delete_rows(project: Project, task_id: int) -> tuple[int, str]:
    """A task and its subtasks deleted: how many, and what was done as words. What hung on them is
    kept for an undo."""
    task = task_of(project, task_id)
    nodes = rows.nodes_of(project)
    ids = outline.subtree_keys(nodes, task_id)
    if Actual.objects.filter(project_id=project.pk, task_id__in=ids).exists():
        raise rows.in_use(task)
    if ChargeabilityRule.objects.filter(task_id__in=ids).exists():
        raise DomainError(f"{task} is named in the terms of a contract and cannot be deleted.")
    if ContractLineLink.objects.filter(task_id__in=ids).exists():
        raise DomainError(
            f"{task}, or a task below it, is linked to a contract line. Remove the link first."
        )
    try:
        _delete(project, nodes, ids)
    except ProtectedError as error:
        raise rows.in_use(task) from error
    return len(ids), f"deleted task {task}"


def delete_many(project: Project, task_ids: Sequence[int]) -> list[str] | None:
    """Tasks and all below them deleted at once, and what was done to each as words.

    None, and nothing is deleted, where one of them cannot be: `delete_rows` of each says why.
    """
    found = Task.objects.filter(project_id=project.pk).in_bulk(task_ids)
    nodes = rows.nodes_of(project)
    gone: dict[int, None] = {}
    for task_id in task_ids:
        if task_id not in found or task_id in gone:
            return None
        gone.update(dict.fromkeys(outline.subtree_keys(nodes, task_id)))
    is_held = (
        Actual.objects.filter(project_id=project.pk, task_id__in=gone).exists()
        or ChargeabilityRule.objects.filter(task_id__in=gone).exists()
        or ContractLineLink.objects.filter(task_id__in=gone).exists()
    )
    if is_held:
        return None
    try:
        with transaction.atomic():
            _delete(project, nodes, gone)
    except ProtectedError:
        return None
    return [f"deleted task {task}" for task in map(found.__getitem__, task_ids)]


def _delete(project: Project, nodes: Sequence[Node], task_ids: Collection[int]) -> None:
    deleted_tasks.remember(project, task_ids)
    Task.objects.filter(id__in=task_ids).delete()
    gone = set(task_ids)
    rows.write_places([node for node in nodes if node.key not in gone])
