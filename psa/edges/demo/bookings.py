"""Who is booked on what runs today, and what people say to each other about it."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from projects.models import Assignment, Project, Task, TeamMember
from projects.services import discussion
from psa.core.errors import DomainError
from resources.services import bookings

from .firm import cast_actor, instant
from .registers import led_projects

BOOKED_DAYS: Final = 91
_NOTES: Final = ("", "", "Mondays and Tuesdays on site", "Until go-live", "")
_SAID: Final = (
    "@{manager}, the client asks for a walk-through of this before the steering committee.",
    "Test data of the first two plants is in; the third comes with the next load.",
    "I moved the interface of the warehouse behind the data load, @{manager}, please look.",
    "The key users have signed the protocol of the last workshop.",
)


def book_teams(*, today_on: date, seed: int) -> int:
    """The resource manager books the teams of projects in delivery for a quarter, most of them hard.

    How many bookings.
    """
    rae, at = cast_actor("Rae Lindholm"), instant(today_on, 9)
    running = Project.objects.filter(
        is_internal=False, status=Project.Status.IN_DELIVERY, ends_on__gt=today_on
    )
    members = list(
        TeamMember.objects.filter(project__in=running, resource__is_bookable=True)
        .select_related("project")
        .order_by("project_id", "resource_id")
    )
    at_once: dict[int, int] = {}
    for member in members:
        at_once[member.resource_id] = at_once.get(member.resource_id, 0) + 1
    rng = Random(f"{seed}-bookings")
    count = 0
    for member in members:
        is_soft = rng.random() < 0.2
        last_on = min(member.project.ends_on, today_on + timedelta(days=BOOKED_DAYS))
        share = 80 // at_once[member.resource_id] // 5 * 5
        try:
            bookings.book_person(
                project_id=member.project_id, resource_id=member.resource_id,
                role_id=member.role_id, valid_from=today_on,
                valid_until=last_on + timedelta(days=1), status="soft" if is_soft else "hard",
                method="percent", percent=Decimal(max(share, 5)), note=rng.choice(_NOTES),
                actor=rae, at=at,
            )  # fmt: skip
        except DomainError:
            continue  # they leave before, or have no working day in it
        count += 1
    return count


def discuss(*, today_on: date, seed: int) -> int:
    """Comments on the tasks that run today, by who does them and by who manages. How many."""
    count = 0
    for project, manager in led_projects():
        rng = Random(f"{seed}-said-{project.code}")
        task = (
            Task.objects.filter(
                project=project, is_summary=False, is_milestone=False, starts_on__lte=today_on
            )
            .order_by("-starts_on", "-id")
            .first()
        )
        if task is None:
            continue
        for text, days_ago in zip(rng.sample(_SAID, 2), (rng.randrange(5, 9), 2), strict=True):
            said_on = today_on - timedelta(days=days_ago)
            discussion.add_comment(
                project_id=project.pk, task_id=task.pk,
                text=text.format(manager=project.manager.name), actor=manager,
                at=instant(said_on, 14),
            )  # fmt: skip
            count += 1
        doing = (
            Assignment.objects.filter(task=task, resource__membership__isnull=False)
            .exclude(resource=project.manager)
            .order_by("id")
            .values_list("resource__name", flat=True)
            .first()
        )
        if doing is not None:
            discussion.add_comment(
                project_id=project.pk, task_id=task.pk,
                text=f"@{doing}, how far is it? The forecast is due on Friday.", actor=manager,
                at=instant(today_on, 8),
            )  # fmt: skip
            count += 1
    return count
