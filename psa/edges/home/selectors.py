"""What needs a person today, and their own numbers: from all rooms, by each room's own sight."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Count, Max, Min, Sum
from django.urls import NoReverseMatch, reverse

from billing.models import Proposal
from billing.permissions import BillingPermission
from billing.selectors.visibility import milestones_visible_to, proposals_visible_to
from projects.selectors import approvable_projects
from projects.selectors.milestones import MilestoneRow, milestones
from projects.selectors.projects import ProjectRow, my_project_rows
from psa.core.access.permissions import LedgerPermission, PricingPermission
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.selectors import visible_to as jobs_visible_to
from psa.core.ledger.models import FiscalPeriod
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from psa.core.pricing.models import UnpricedEntry
from psa.core.web.formats import day_short_text, day_text, hours_text
from sales.permissions import SalesPermission
from sales.selectors.visibility import opportunities_visible_to
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.permissions import TimeExpensePermission

from .standing import Figure, standing

WEEK: Final = timedelta(days=7)
SOON: Final = timedelta(days=14)
BAR_HEIGHT: Final = 46


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that waits for the reader: why, since when, and the button that deals with it."""

    icon: str
    tone: str
    title: str
    detail: str
    url: str = ""
    action: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the reader's week; `top` and `height` place its bar in a box of 40 × 46."""

    on: date
    label: str
    minutes: int
    capacity_minutes: int
    is_today: bool
    top: str
    height: str


@dataclass(frozen=True, slots=True)
class MyWeek:
    number: int
    days: tuple[Day, ...]
    minutes: int
    capacity_minutes: int
    url: str


@dataclass(frozen=True, slots=True)
class HomePage:
    """The home of one person; parts their role has nothing to do with are empty."""

    today: date
    figures: tuple[Figure, ...]
    needs: tuple[Need, ...]
    week: MyWeek | None
    projects: tuple[ProjectRow, ...]
    sees_cost: bool
    sees_bill: bool
    milestones: tuple[MilestoneRow, ...]
    jobs: tuple[JobRun, ...]


def home_page(*, actor: Actor, today: date) -> HomePage:
    """All of it; the number of queries does not depend on how much there is."""
    me = Resource.objects.filter(membership_id=actor.membership_id).first()
    rows = (
        tuple(my_project_rows(actor=actor, as_of=today)) if actor.has("projects.view_own") else ()
    )
    near = _near(milestones(actor=actor, as_of=today, mine=True), today) if rows else ()
    running = jobs_visible_to(actor).filter(state__in=(JobRun.State.QUEUED, JobRun.State.RUNNING))
    needs = [
        *_projects(rows),
        *_returned(me),
        *_approvals(actor, me),
        *_proposals(actor),
        *_milestones_ready(actor, today),
        *_unpriced(actor),
        *_opportunities(actor, today),
        *_periods(actor, today),
        *_failed_jobs(actor),
    ]
    return HomePage(
        today=today,
        figures=standing(actor=actor, me=me, projects=rows, today=today),
        needs=tuple(needs),
        week=_week(me, today) if me and actor.has(TimeExpensePermission.ENTER) else None,
        projects=rows,
        sees_cost=any(row.eac is not None or row.cpi is not None for row in rows),
        sees_bill=any(row.contract is not None or row.unbilled is not None for row in rows),
        milestones=near,
        jobs=tuple(running.order_by("-id")[:5]),
    )


def _url(name: str, *args: int) -> str:
    """The address of a page, or none where its room is not installed."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _near(rows: list[MilestoneRow], today: date) -> tuple[MilestoneRow, ...]:
    dated = [r for r in rows if r.state in ("overdue", "soon") and r.due_on]
    return tuple(dated[:6])


def _projects(rows: tuple[ProjectRow, ...]) -> Iterator[Need]:
    for row in rows:
        if "bad" not in (row.health, row.computed_health):
            continue
        reasons = []
        if row.over_percent is not None and row.over_percent >= 15:
            reasons.append(f"forecast {row.over_percent:.1f} % over its budget")
        if row.spi is not None and row.spi < 1:
            reasons.append(f"SPI {row.spi:.2f}")
        detail = ", ".join(reasons) or "By its schedule or its cost; see the figures."
        disagrees = row.health != "bad" and row.computed_health == "bad"
        title = f"{row.name} is off track" + (" by the figures" if disagrees else "")
        yield Need(
            icon="alert-square",
            tone="bad",
            title=title,
            detail=detail[0].upper() + detail[1:],
            url=reverse("projects:project", args=[row.id]),
            action="Open",
            due=row.account_name,
        )


def _returned(me: Resource | None) -> Iterator[Need]:
    if me is None:
        return
    found = TimeEntry.objects.filter(resource=me, state=EntryState.RETURNED).aggregate(
        count=Count("id"), first=Min("work_on")
    )
    if found["count"]:
        noun = "entry was" if found["count"] == 1 else "entries were"
        yield Need(
            icon="arrow-back-up",
            tone="bad",
            title=f"{found['count']} time {noun} returned to you",
            detail=f"The oldest is of {day_text(found['first'])}. Correct and submit again.",
            url=_url("timeexpense:week"),
            action="Correct",
        )


def _approvals(actor: Actor, me: Resource | None) -> Iterator[Need]:
    if not actor.has(TimeExpensePermission.APPROVE):
        return
    projects = approvable_projects(actor).values("id")
    # Nobody approves their own work, so it does not wait for them.
    own = me.pk if me else None
    time = (
        TimeEntry.objects.filter(project_id__in=projects, state=EntryState.SUBMITTED)
        .exclude(resource_id=own)
        .aggregate(
            count=Count("id"),
            people=Count("resource_id", distinct=True),
            minutes=Sum("minutes"),
            first=Min("work_on"),
        )
    )
    expenses = (
        ExpenseEntry.objects.filter(project_id__in=projects, state=EntryState.SUBMITTED)
        .exclude(resource_id=own)
        .count()
    )
    if time["count"]:
        entries = "entry" if time["count"] == 1 else "entries"
        people = "1 person" if time["people"] == 1 else f"{time['people']} people"
        waits = "waits" if time["count"] == 1 else "wait"
        yield Need(
            icon="circle-check",
            tone="go",
            title=f"{time['count']} {entries} from {people} {waits} for you",
            detail=f"{hours_text(time['minutes'])} hours, the oldest of {day_text(time['first'])}",
            url=_url("timeexpense:approvals"),
            action="Review",
        )
    if expenses:
        noun = "expense waits" if expenses == 1 else "expenses wait"
        yield Need(
            icon="receipt",
            tone="go",
            title=f"{expenses} {noun} for you",
            detail="Submitted on your projects",
            url=_url("timeexpense:approvals"),
            action="Review",
        )


def _proposals(actor: Actor) -> Iterator[Need]:
    if not actor.has(BillingPermission.REVIEW):
        return
    states = (Proposal.State.DRAFT, Proposal.State.IN_REVIEW, Proposal.State.APPROVED)
    found = (
        proposals_visible_to(actor)
        .filter(state__in=states)
        .aggregate(count=Count("id"), first=Min("cutoff_on"), last=Max("cutoff_on"))
    )
    if found["count"]:
        noun = "proposal is" if found["count"] == 1 else "proposals are"
        yield Need(
            icon="file-invoice",
            tone="go",
            title=f"{found['count']} invoice {noun} ready to review",
            detail=f"Work up to {day_text(found['last'])}",
            url=_url("billing:proposal_list"),
            action="Review",
        )


def _milestones_ready(actor: Actor, today: date) -> Iterator[Need]:
    """Contract milestones whose date has come and that nobody has called reached."""
    if not (actor.has(BillingPermission.PROPOSE) or actor.has(BillingPermission.PROPOSE_OWN)):
        return
    found = (
        milestones_visible_to(actor)
        .filter(state="not_started", due_on__lte=today)
        .aggregate(count=Count("id"), first=Min("due_on"))
    )
    if found["count"]:
        noun = "milestone is" if found["count"] == 1 else "milestones are"
        yield Need(
            icon="flag",
            tone="warn",
            title=f"{found['count']} {noun} due to be invoiced",
            detail=f"The oldest was due on {day_text(found['first'])}. Mark what was reached.",
            url=_url("billing:milestone_list"),
            action="Open",
        )


def _unpriced(actor: Actor) -> Iterator[Need]:
    if not actor.has(PricingPermission.REPLAY_UNPRICED):
        return
    found = UnpricedEntry.objects.filter(resolved_at__isnull=True).aggregate(
        count=Count("id"), first=Min("work_on")
    )
    if found["count"]:
        noun = "piece of work waits" if found["count"] == 1 else "pieces of work wait"
        yield Need(
            icon="currency-off",
            tone="warn",
            title=f"{found['count']} {noun} for a price",
            detail=f"The oldest is of {day_text(found['first'])}. Add the price, then replay.",
            url=_url("pricing:unpriced_list"),
            action="Open queue",
        )


def _opportunities(actor: Actor, today: date) -> Iterator[Need]:
    if not actor.has(SalesPermission.MANAGE):
        return
    late = (
        opportunities_visible_to(actor)
        .filter(owner_id=actor.membership_id, stage__outcome="open", close_on__lt=today)
        .aggregate(count=Count("id"), first=Min("close_on"))
    )
    if late["count"]:
        noun = "opportunity is" if late["count"] == 1 else "opportunities are"
        yield Need(
            icon="target-arrow",
            tone="warn",
            title=f"{late['count']} {noun} past the closing date",
            detail=f"The oldest should have closed on {day_text(late['first'])}.",
            url=_url("sales:opportunity_list"),
            action="Open",
        )


def _periods(actor: Actor, today: date) -> Iterator[Need]:
    if not actor.has(LedgerPermission.MANAGE_PERIODS):
        return
    rows = (
        FiscalPeriod.objects.filter(ends_on__lte=today)
        .exclude(state=FiscalPeriod.State.CLOSED)
        .order_by("starts_on", "legal_entity__code")
        .values_list("name", "legal_entity__code", "state")
    )
    names: dict[str, list[str]] = {}
    for name, code, _ in rows:
        names.setdefault(name, []).append(code)
    if not names:
        return
    name, entities = next(iter(names.items()))
    more = f" {len(names) - 1} more to follow." if len(names) > 1 else ""
    yield Need(
        icon="building-bank",
        tone="warn",
        title=f"{name} is not closed in {', '.join(entities)}",
        detail=f"The period has ended.{more}",
        url=_url("ledger:period_list"),
        action="Open close",
    )


def _failed_jobs(actor: Actor) -> Iterator[Need]:
    run = jobs_visible_to(actor).filter(requested_by_id=actor.membership_id).order_by("-id").first()
    if run is not None and run.state == JobRun.State.FAILED:
        yield Need(
            icon="alert-square",
            tone="bad",
            title=f"{run.title} has failed",
            detail=run.message,
            url=reverse("jobs:run", args=[run.pk]),
            action="Open",
        )


def _week(me: Resource, today: date) -> MyWeek:
    """The reader's hours of the present week, beside what their calendar holds."""
    first_day = org.parameters().week_starts_on
    starts_on = today - timedelta(days=(today.weekday() - first_day) % 7)
    booked = dict(
        TimeEntry.objects.filter(resource=me, work_on__gte=starts_on, work_on__lt=starts_on + WEEK)
        .order_by()
        .values_list("work_on")
        .annotate(total=Sum("minutes"))
    )
    spec = org.working_spec([me.pk], starts_on, starts_on + WEEK).get(me.pk)
    capacity = working_time.capacity_by_day(spec, starts_on, starts_on + WEEK) if spec else {}
    days = []
    for offset in range(7):
        on = starts_on + timedelta(days=offset)
        minutes = booked.get(on, 0)
        height = min(BAR_HEIGHT, BAR_HEIGHT * minutes / 600)
        days.append(
            Day(
                on, day_short_text(on)[:3], minutes, capacity.get(on, 0), on == today,
                f"{BAR_HEIGHT - height:.1f}", f"{height:.1f}",
            )
        )  # fmt: skip
    return MyWeek(
        number=starts_on.isocalendar().week,
        days=tuple(days),
        minutes=sum(booked.values()),
        capacity_minutes=sum(capacity.values()),
        url=_url("timeexpense:week"),
    )
