"""What needs a person today, and their own numbers: from all rooms, by each room's own sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q

from projects.selectors.milestones import MilestoneRow, milestones
from projects.selectors.projects import ProjectRow, my_project_rows
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.selectors import visible_to as jobs_visible_to
from psa.core.org.models import Resource
from timeexpense.permissions import TimeExpensePermission

from .needs import Need, needs
from .panels import Panel, PanelToCome, panels, panels_to_come
from .standing import Figure, Standing
from .week import MyWeek, my_week, own_hours

SOON: Final = timedelta(days=14)
RUNNING: Final = (JobRun.State.QUEUED, JobRun.State.RUNNING)


@dataclass(frozen=True, slots=True)
class HomePage:
    """The home of one person; parts their role has nothing to do with are empty."""

    today: date
    figures: tuple[Figure, ...]
    needs: tuple[Need, ...]
    panels: tuple[Panel, ...]
    to_come: tuple[PanelToCome, ...]
    week: MyWeek | None
    projects: tuple[ProjectRow, ...]
    sees_cost: bool
    sees_bill: bool
    milestones: tuple[MilestoneRow, ...]
    jobs: tuple[JobRun, ...]


def home_page(*, actor: Actor, today: date) -> HomePage:
    """All of it; the number of queries does not depend on how much there is."""
    me = Resource.objects.filter(membership_id=actor.membership_id).first()
    enters = me is not None and actor.has(TimeExpensePermission.ENTER)
    hours = own_hours(me, today) if me is not None and enters else None
    rows = (
        tuple(my_project_rows(actor=actor, as_of=today)) if actor.has("projects.view_own") else ()
    )
    near = _near(milestones(actor=actor, as_of=today, mine=True), today) if rows else ()
    running, last = _jobs(actor)
    standing = Standing(actor=actor, hours=hours, projects=rows, today=today)
    figures = standing.figures()
    return HomePage(
        today=today,
        figures=figures,
        needs=needs(actor=actor, me=me, projects=rows, hours=hours, last_job=last, today=today),
        panels=panels(
            actor=actor,
            me=me if enters else None,
            columns=standing.columns,
            unbilled=standing.unbilled,
            has_projects=bool(rows),
            today=today,
        ),
        to_come=panels_to_come(actor),
        week=my_week(me, hours, today) if me is not None and hours is not None else None,
        projects=rows,
        sees_cost=any(row.eac is not None or row.cpi is not None for row in rows),
        sees_bill=any(row.contract is not None or row.unbilled is not None for row in rows),
        milestones=near,
        jobs=running,
    )


def _near(rows: Sequence[MilestoneRow], today: date) -> tuple[MilestoneRow, ...]:
    dated = [r for r in rows if r.state in ("overdue", "soon") and r.due_on]
    return tuple(dated[:6])


def _jobs(actor: Actor) -> tuple[tuple[JobRun, ...], JobRun | None]:
    """What runs now, and the last that the actor started. One query."""
    visible = jobs_visible_to(actor)
    own = JobRun.objects.filter(requested_by_id=actor.membership_id).order_by("-id")
    rows = visible.filter(Q(state__in=RUNNING) | Q(pk__in=own.values("pk")[:1])).order_by("-id")
    found = list(rows[:6])
    mine = [run for run in found if run.requested_by_id == actor.membership_id]
    return tuple(run for run in found if run.state in RUNNING)[:5], mine[0] if mine else None
