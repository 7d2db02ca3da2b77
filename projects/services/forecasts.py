"""The weekly forecast: what is left of many tasks, saved at once, and who is reminded of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.notifications import services as notifications
from psa.core.notifications.models import Notification

from ..events import ProjectEvent
from ..models import Project, Task
from ..selectors.progress import stale_forecasts
from .locking import lock_project
from .task_values import hours_text
from .tasks import set_remaining


@dataclass(frozen=True, slots=True)
class Typed:
    """Minutes typed for a task, and those that stood there when the page was opened."""

    minutes: int
    seen_minutes: int


@transaction.atomic
def save_forecast(
    *, typed: Mapping[int, Typed], actor: Actor, at: datetime, project_id: int | None = None
) -> int:
    """Set what is left of tasks, of one project or of several, all or none; how many changed.

    What was typed as it stood is no word on it. Projects are locked by id.
    Raises  Conflict if somebody else changed a task meanwhile; NotFound, PermissionDenied,
            DomainError.
    """
    changed = {key: one for key, one in typed.items() if one.minutes != one.seen_minutes}
    if not changed:
        return 0
    rows = {
        row.pk: row
        for row in Task.objects.filter(pk__in=changed).order_by("project_id", "position")
    }
    if len(rows) != len(changed) or (
        project_id is not None and any(row.project_id != project_id for row in rows.values())
    ):
        raise NotFound("One of these tasks is no longer there. Reload the page.")
    by_project: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows.values():
        one = changed[row.pk]
        if row.remaining_minutes not in (one.seen_minutes, one.minutes):
            raise Conflict(
                f"{row} has changed to {hours_text(row.remaining_minutes)} h since you opened the "
                "page. Reload to see it, then make your change.",
                field=f"left_{row.pk}",
            )
        by_project[row.project_id][row.pk] = one.minutes
    return sum(
        set_remaining(project_id=pk, minutes_by_task=by_project[pk], actor=actor, at=at)
        for pk in sorted(by_project)
    )


@transaction.atomic
def choose_methods(
    *, project_id: int, etc_method: str, progress_method: str, actor: Actor, at: datetime
) -> Project:
    """How the estimate to complete is made, and what complete means. Raises  DomainError."""
    project = lock_project(actor=actor, project_id=project_id)
    if etc_method not in Project.EtcMethod.values:
        raise DomainError("Choose one of the three ways.", field="etc_method")
    if progress_method not in Project.ProgressMethod.values:
        raise DomainError("Choose effort, cost or the manager's word.", field="progress_method")
    before = (project.etc_method, project.progress_method)
    if before == (etc_method, progress_method):
        return project
    project.etc_method, project.progress_method = etc_method, progress_method
    project.save(update_fields=["etc_method", "progress_method"])
    audit.record(
        actor=actor, at=at, event=ProjectEvent.EDITED, record_type="projects.Project",
        record_id=project.pk,
        sentence=f"chose how {project.code} is measured: "
        f"{Project.ProgressMethod(progress_method).label}, "
        f"{Project.EtcMethod(etc_method).label}".lower(),
        changes={
            "etc_method": (before[0], etc_method), "progress_method": (before[1], progress_method),
        },
    )  # fmt: skip
    return project


@transaction.atomic
def remind_of_forecasts(*, at: datetime) -> int:
    """Tell each manager that the forecasts of their projects are due, once a week; how many.

    Asked again in the same week it tells nobody.
    """
    rows = Project.objects.filter(
        status=Project.Status.IN_DELIVERY, manager__membership__isnull=False
    ).values_list("manager__membership_id", "id", "code")
    monday_on = at.date() - timedelta(days=at.weekday())
    if Notification.objects.filter(
        event=ProjectEvent.FORECAST_DUE, created_at__date__gte=monday_on
    ).exists():
        return 0
    path = reverse("projects:my_forecast", urlconf=settings.TENANT_URLCONF)
    by_member: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for membership_id, pk, code in rows.order_by("code"):
        by_member[membership_id].append((pk, code))
    stale = stale_forecasts(
        [pk for found in by_member.values() for pk, _ in found], as_of=at.date()
    )
    for membership_id, projects in sorted(by_member.items()):
        codes = [code for _, code in projects]
        old = [code for pk, code in projects if pk in stale]
        shown = ", ".join(codes[:5]) + (f" and {len(codes) - 5} more" if len(codes) > 5 else "")
        body = f"Say what is left of {shown}."
        if old:
            body += f" Not moved for two weeks: {', '.join(old[:5])}."
        notifications.notify(
            membership_ids=[membership_id], event=ProjectEvent.FORECAST_DUE,
            title="The weekly forecast is due", body=body, path=path, at=at,
        )  # fmt: skip
    return len(by_member)
