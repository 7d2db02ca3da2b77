"""Rows of a plan: their order and places, written together; and how a change of a plan ends."""

from datetime import datetime

from django.db import connection

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError

from ..events import ProjectEvent
from ..models import ContractLineLink, Project, Task
from ..rules import outline
from ..rules.contract_lines import LineLink, conflicting
from ..rules.outline import Node
from .schedule import PlanChange, reschedule

RECORD = "projects.Project"


def nodes_of(project: Project) -> list[Node]:
    """The plan in order, as the outline's rules take it."""
    rows = Task.objects.filter(project=project).order_by("position").values_list("id", "depth")
    return [Node(task_id, depth) for task_id, depth in rows]


def write_places(nodes: list[Node]) -> None:
    """Write places, parents and summaries of the rows that differ, in one UPDATE.

    A summary that loses its last subtask has no length of its own unless it had one before: the
    schedule finds one.
    """
    rows = outline.numbered(nodes)
    columns = (
        [r.key for r in rows],
        [r.parent_key for r in rows],
        [r.position for r in rows],
        [r.outline for r in rows],
        [r.depth for r in rows],
        [r.is_summary for r in rows],
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE projects_task AS task
               SET parent_id = place.parent_id, position = place.position,
                   outline = place.outline, depth = place.depth, is_summary = place.is_summary,
                   duration_minutes = CASE
                       WHEN task.is_summary AND NOT place.is_summary AND NOT task.is_milestone
                       THEN NULLIF(task.duration_minutes, 0)
                       ELSE task.duration_minutes END
              FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::text[], %s::int[], %s::bool[])
                   AS place (id, parent_id, position, outline, depth, is_summary)
             WHERE task.id = place.id
               AND (task.parent_id, task.position, task.outline, task.depth, task.is_summary)
                   IS DISTINCT FROM (place.parent_id, place.position, place.outline::varchar,
                                     place.depth, place.is_summary)
            """,
            columns,
        )


def check_links(project: Project) -> None:
    """After a move: no task may have come under a second contract line of one class."""
    seen: list[LineLink] = []
    names: dict[int, str] = {}
    rows = ContractLineLink.objects.filter(project=project).values_list(
        "task__outline", "transaction_class", "contract_line_id", "contract_line__name"
    )
    for task_outline, transaction_class, line_id, name in rows:
        names[line_id] = name
        link = LineLink(project.pk, task_outline or "", transaction_class, line_id)
        other = conflicting(seen, link)
        if other is not None:
            raise DomainError(
                f"There the work would belong to two contract lines, “{names[line_id]}” and "
                f"“{names[other.contract_line_id]}”. Change the links first."
            )
        seen.append(link)


def reserve_ids(count: int) -> list[int]:
    """Ids for new tasks, so that parents are known before the insert."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('projects_task', 'id')) "
            "FROM generate_series(1, %s)",
            [count],
        )
        return [row[0] for row in cursor.fetchall()]


def in_use(task: Task) -> DomainError:
    """The refusal to delete what work was booked on."""
    return DomainError(
        f"Work was booked on {task}, or on a task below it. Mark it completed instead of deleting."
    )


def finish(
    project: Project,
    actor: Actor,
    at: datetime,
    sentence: str,
    event: ProjectEvent = ProjectEvent.PLAN_CHANGED,
) -> PlanChange:
    """Schedule the changed plan and tell the trail what was done to it, once a transaction.

    Raises  as `reschedule`.
    """
    change = reschedule(project)
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=project.pk,
        sentence=sentence, changes={"plan_revision": (change.revision - 1, change.revision)},
    )  # fmt: skip
    return change
