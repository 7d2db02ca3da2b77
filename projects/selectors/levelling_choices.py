"""What can be levelled together: projects whose plans go on, and who works on them."""

from collections.abc import Collection
from dataclasses import dataclass

from psa.core.actor import Actor
from psa.core.org.models import Resource

from .. import policies
from ..models import Assignment


@dataclass(frozen=True, slots=True)
class LevelChoice:
    """A project that may be chosen; one that the actor does not manage is counted, not moved."""

    id: int
    code: str
    name: str
    manager_name: str
    can_manage: bool


def projects_to_level(*, actor: Actor) -> list[LevelChoice]:
    """Projects planned or in delivery that the actor sees and that have tasks. One query."""
    rows = (
        policies.visible_to(actor)
        .filter(status__in=policies.PLANNED, scheduled_finish_at__isnull=False)
        .select_related("manager")
        .order_by("code")
    )
    return [
        LevelChoice(row.pk, row.code, row.name, row.manager.name, policies.may_manage(row, actor))
        for row in rows
    ]


def people_of_projects(project_ids: Collection[int]) -> list[tuple[int, str]]:
    """Who has unfinished tasks there, by name. One query."""
    rows = (
        Assignment.objects.filter(
            task__project_id__in=project_ids, task__is_completed=False, resource__isnull=False
        )
        .exclude(resource__kind=Resource.Kind.GENERIC)
        .order_by("resource__name", "resource_id")
    )
    return list(rows.values_list("resource_id", "resource__name").distinct())
