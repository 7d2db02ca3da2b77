"""The history of progress: every change of what is left of a task is kept, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psa.core.actor import Actor

from ..models import Project, Task, TaskProgress


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a task is: minutes left, percent said to be done, and whether it is completed."""

    remaining_minutes: int
    percent_complete: int
    is_completed: bool


def standing_of(task: Task) -> Standing:
    return Standing(task.remaining_minutes, task.percent_complete, task.is_completed)


def remember(
    project: Project,
    changes: Iterable[tuple[int, Standing, Standing]],
    *,
    actor: Actor,
    at: datetime,
) -> None:
    """Keep how tasks stood before and stand now, in the transaction that changes them.

    Whoever changes the work left, the percentage or the completion of a task calls this; what
    stays as it was leaves no row. One insert.
    """
    TaskProgress.objects.bulk_create(
        [
            TaskProgress(
                tenant_id=project.tenant_id,
                project=project,
                task_id=task_id,
                on=at.date(),
                recorded_at=at,
                recorded_by_id=actor.membership_id,
                was_remaining_minutes=was.remaining_minutes,
                remaining_minutes=now.remaining_minutes,
                was_percent_complete=was.percent_complete,
                percent_complete=now.percent_complete,
                was_completed=was.is_completed,
                is_completed=now.is_completed,
            )
            for task_id, was, now in changes
            if was != now
        ],
        batch_size=1000,
    )
