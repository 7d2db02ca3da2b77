"""Who does the tasks of a plan of which a template or a copy is made."""

from collections import defaultdict

from ..models import Assignment, Project
from ..rules.scheduling import Gaps, kept_gaps
from ..rules.template_plan import OpenPart
from .pauses import SCHEDULED


class Parts:
    """Who is on the tasks of a plan, and by task the role and the pauses of who does most of it."""

    def __init__(self) -> None:
        self.people: dict[int, list[OpenPart]] = defaultdict(list)
        self.roles: dict[int, tuple[int, str]] = {}
        self.gaps: dict[int, Gaps] = {}


def parts_of(project: Project) -> Parts:
    """Whoever the schedule knows on the tasks of a plan. One query."""
    found = Parts()
    rows = (
        Assignment.objects.filter(SCHEDULED, task__project=project)
        .order_by("-minutes", "id")
        .values_list(
            "task_id", "resource_id", "resource__job_role_id", "resource__job_role__name",
            "gaps", "units", "delay_minutes", "is_delay_elapsed", "levelling_delay_minutes",
            "is_levelling_delay_elapsed",
        )
    )  # fmt: skip
    for task_id, person, role_id, role, kept, units, late, by_night, levelled, is_elapsed in rows:
        gaps = kept_gaps(kept)
        found.gaps.setdefault(task_id, gaps)
        if person is not None:
            found.people[task_id].append(
                OpenPart(person, units, late, by_night, levelled, is_elapsed, gaps)
            )
            found.roles.setdefault(task_id, (role_id, role))
    return found
