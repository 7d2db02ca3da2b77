"""The plans of the demo firm's engagements: phases, what they wait for, and who does them."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from projects.models import Project, Task
from projects.services import projects, tasks
from projects.services.plan_changes import (
    AddTask,
    AssignTask,
    Edit,
    EditTask,
    LinkTasks,
    change_plan,
)
from projects.services.task_values import NewTask
from psa.core.actor import Actor
from psa.core.org.models import Resource

from .engagements import Deal
from .firm import instant
from .staffing import Staffing

DELIVERY: Final = "Delivery"
FIXED_PRICE: Final = "Fixed-price work package"
# Nobody is given less of a task than this.
LEAST_SHARE: Final = Decimal("0.05")
_Slot = tuple[date, date]


def plan(project_id: int, deal: Deal, hours: int, operator: Actor) -> None:
    """The phases as tasks, one after another over the project's time.

    Below the tasks of the contract's lines where it has some: the first and the last phase are the
    fixed price's, what is between them the delivery's.
    """
    at = instant(deal.starts_on, 9)
    lines = {
        task.name: task for task in Task.objects.filter(project_id=project_id).order_by("position")
    }
    if not lines:
        tasks.add_tasks(
            project_id=project_id,
            tasks=[
                NewTask(
                    name=phase, effort_minutes=hours * 60 // len(deal.phases), starts_on=starts_on,
                    finishes_on=finishes_on,
                )
                for phase, (starts_on, finishes_on) in zip(deal.phases, _slots(deal), strict=True)
            ],
            actor=operator, at=at,
        )  # fmt: skip
    elif {DELIVERY, FIXED_PRICE} & lines.keys():
        edits = [
            AddTask(
                phase, after=line.pk, as_child=True,
                values={
                    "starts_on": starts_on, "finishes_on": finishes_on,
                    "effort_minutes": line.effort_minutes // len(of_line),
                },
            )
            for line, of_line in _phases_of_lines(deal, lines)
            for phase, (starts_on, finishes_on) in of_line
        ]  # fmt: skip
        change_plan(project_id=project_id, edits=edits, actor=operator, at=at)
    projects.change_status(
        project_id=project_id, status=Project.Status.IN_DELIVERY, actor=operator, at=at
    )


def _slots(deal: Deal) -> list[_Slot]:
    """When each phase starts and finishes."""
    length = (deal.ends_on - deal.starts_on) / len(deal.phases)
    return [
        (deal.starts_on + length * i, deal.starts_on + length * (i + 1) - timedelta(days=1))
        for i in range(len(deal.phases))
    ]


def _phases_of_lines(
    deal: Deal, lines: dict[str, Task]
) -> list[tuple[Task, list[tuple[str, _Slot]]]]:
    """Which phases, with their days, each line's task has."""
    phases = list(zip(deal.phases, _slots(deal), strict=True))
    if not {DELIVERY, FIXED_PRICE} <= lines.keys():
        return [(lines[name], phases) for name in (DELIVERY, FIXED_PRICE) if name in lines]
    return [(lines[DELIVERY], phases[1:-1]), (lines[FIXED_PRICE], [phases[0], phases[-1]])]


def tie(project_id: int, deal: Deal, staffing: Staffing, operator: Actor) -> None:
    """Each phase waits for the one before it, the team does its work, and the client accepts it."""
    ids = dict(Resource.objects.values_list("code", "id"))
    work = list(
        Task.objects.filter(project_id=project_id, is_summary=False, is_milestone=False)
        .order_by("starts_on", "position")
        .values_list("id", "name", "effort_minutes", "duration_minutes")
    )
    phases = [task_id for task_id, name, _, _ in work if name in deal.phases]
    edits: list[Edit] = [LinkTasks(*pair) for pair in pairwise(phases)]
    for task_id, _, effort, duration in work:
        # Work is what those who are given it have of the task's days.
        edits.append(EditTask(task_id, {"mode": "fixed_duration", "effort_minutes": 0}))
        for person in staffing.team:
            minutes = effort * staffing.minutes.get(person.code, 0) / (staffing.hours * 60)
            if minutes and duration:
                units = max(Decimal(minutes) / duration, LEAST_SHARE)
                edits.append(AssignTask(task_id, ids[person.code], units))
    edits.append(AddTask("Accepted by the client", called="end", values={"is_milestone": True}))
    edits += [LinkTasks(task_id, "end") for task_id in phases[-1:]]
    change_plan(project_id=project_id, edits=edits, actor=operator, at=instant(deal.starts_on, 11))


def delivered(deal: Deal, elapsed: float) -> float:
    """The share of the delivery's phases that is over; see `_phases_of_lines`."""
    if not deal.has_fixed_line:
        return elapsed
    count = len(deal.phases)
    return min(1.0, max(0.0, elapsed * count - 1) / (count - 2))
