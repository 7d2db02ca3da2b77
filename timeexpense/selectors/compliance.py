"""Weeks handed in: one person's history, and everybody's week against its deadline."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from projects import selectors as projects
from psa.core.actor import Actor
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from timeexpense.models import EntryState, TimeEntry
from timeexpense.policies import EDITABLE
from timeexpense.rules.week import Week, week_of

from .suggestions import entries_between
from .weeks import state_of, week_containing

HISTORY_WEEKS = 12


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A week in the history: its minutes and the state that asks for something."""

    starts_on: date
    minutes: int
    capacity_minutes: int
    state: str
    approved_at: datetime | None


def history(*, resource: Resource, today: date, count: int = HISTORY_WEEKS) -> list[WeekRow]:
    """The person's last weeks, newest first. Seven queries, whatever the count."""
    this = week_containing(today)
    from_on = this.starts_on - timedelta(days=7 * (count - 1))
    by_week: dict[date, list[TimeEntry]] = defaultdict(list)
    for row in entries_between(resource, from_on, this.ends_on):
        by_week[week_of(row.work_on, starts_weekday=this.starts_on.weekday()).starts_on].append(row)
    spec = org.working_spec([resource.pk], from_on, this.ends_on).get(resource.pk)
    rows = []
    for number in range(count):
        week = Week(this.starts_on - timedelta(days=7 * number))
        found = by_week[week.starts_on]
        rows.append(
            WeekRow(
                week.starts_on,
                sum(row.minutes for row in found),
                sum(working_time.capacity_by_day(spec, week.starts_on, week.ends_on).values())
                if spec
                else 0,
                state_of(found),
                max((row.decided_at for row in found if row.decided_at), default=None),
            )
        )
    return rows


def people_of(actor: Actor) -> "QuerySet[Resource]":
    """Those on the teams of the projects that the actor approves for."""
    return Resource.objects.filter(
        id__in=projects.approvable_projects(actor).values("team__resource_id")
    )


@dataclass(frozen=True, slots=True)
class ComplianceRow:
    """A person's week against its deadline."""

    id: int
    name: str
    minutes: int
    capacity_minutes: int
    drafts: int
    submitted: int
    approved: int
    missing_minutes: int
    is_complete: bool


def compliance(*, actor: Actor, on: date, see_all: bool) -> list[ComplianceRow]:
    """Who has handed in a week and who has not, those who lack most first. Seven queries."""
    week = week_containing(on)
    seen = Resource.objects.all() if see_all else people_of(actor)
    seen = seen.filter(
        Q(employed_until__isnull=True) | Q(employed_until__gt=week.starts_on),
        employed_from__lt=week.ends_on,
        membership__isnull=False,
    )
    names = dict(seen.values_list("id", "name"))
    sums: dict[int, Any] = {
        row["resource_id"]: row
        for row in TimeEntry.objects.filter(
            resource_id__in=names, work_on__gte=week.starts_on, work_on__lt=week.ends_on
        )
        .values("resource_id")
        .annotate(
            worked=Sum("minutes"),
            drafts=Count("id", filter=Q(state__in=EDITABLE)),
            waiting=Count("id", filter=Q(state=EntryState.SUBMITTED)),
            decided=Count("id", filter=Q(state=EntryState.APPROVED)),
        )
    }
    specs = org.working_spec(names, week.starts_on, week.ends_on)
    rows = []
    for resource_id, name in names.items():
        got = sums.get(resource_id, {})
        spec = specs[resource_id]
        capacity = sum(working_time.capacity_by_day(spec, week.starts_on, week.ends_on).values())
        minutes = got.get("worked", 0)
        missing = max(0, capacity - minutes)
        rows.append(
            ComplianceRow(
                resource_id, name, minutes, capacity, got.get("drafts", 0), got.get("waiting", 0),
                got.get("decided", 0), missing, missing == 0 and not got.get("drafts", 0),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row.is_complete, -row.missing_minutes, row.name))
