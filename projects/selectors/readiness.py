"""What stands between a task and the invoice of what it delivers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from ..models import Task, TaskAcceptance
from .completion import is_finished


@dataclass(frozen=True, slots=True)
class TaskReadiness:
    """Whether a task is done (a summary with all below it), what its client is to accept, and
    whether they did."""

    task_id: int
    project_id: int
    name: str
    is_completed: bool
    criteria: str
    accepted_on: date | None
    accepted_by_name: str

    @property
    def is_ready(self) -> bool:
        """Done, and accepted where there is something to accept."""
        return self.is_completed and (not self.criteria or self.accepted_on is not None)


def task_readiness(task_ids: Collection[int]) -> dict[int, TaskReadiness]:
    """Per task that exists. Two queries."""
    accepted = {row.task_id: row for row in TaskAcceptance.objects.filter(task_id__in=task_ids)}
    found = {}
    tasks = Task.objects.filter(id__in=task_ids).annotate(finished=is_finished())
    for pk, project_id, name, is_completed in tasks.values_list(
        "id", "project_id", "name", "finished"
    ):
        row = accepted.get(pk)
        found[pk] = TaskReadiness(
            pk,
            project_id,
            name,
            is_completed,
            row.criteria if row else "",
            row.accepted_on if row else None,
            row.accepted_by_name if row else "",
        )
    return found
