"""Weeks handed in: one person's history, and everybody's week against its deadline."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum

from projects import selectors as projects
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.notifications.services import zone_of
from psa.core.org import selectors as org
from psa.core.org.models import OrgUnit, Resource
from psa.core.org.rules import working_time
from timeexpense import policies
from timeexpense.models import EntryState, TimeEntry, WeekNotice, WeekUnlock
from timeexpense.permissions import TimeExpensePermission
from timeexpense.policies import EDITABLE
from timeexpense.rules import deadlines as deadline_rules
from timeexpense.rules.week import Week, week_of

from .deadlines import terms_of
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
    """Those on the teams of the projects that the actor approves for, and whose manager they are.

    As somebody's deputy too.
    """
    wanted = Q()
    for member_id in (actor.membership_id, *policies.stands_in_for(actor)):
        teams = projects.projects_approved_by(member_id).values("team__resource_id")
        wanted |= Q(id__in=teams) | Q(manager__membership_id=member_id)
    found: QuerySet[Resource] = Resource.objects.filter(wanted)
    return found


def seen_by(actor: Actor) -> "QuerySet[Resource]":
    """Those whose weeks the actor sees: `people_of`, or everybody with view_all."""
    if actor.has(TimeExpensePermission.VIEW_ALL):
        return Resource.objects.all()
    return people_of(actor)


def members_in(zones: Collection[str], member_ids: Iterable[int]) -> set[int]:
    """Those of some members whose time zone is one of these. One query."""
    return set(
        Membership.objects.filter(id__in=list(member_ids), time_zone__in=zones).values_list(
            "id", flat=True
        )
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
    team: str
    membership_id: int
    manager_id: int | None = None
    reminded_at: datetime | None = None


def compliance(*, actor: Actor, on: date, team: int | None = None) -> list[ComplianceRow]:
    """Who has handed in a week and who has not, those who lack most first. Nine queries.

    `team` narrows it to an organisation unit and those below it.
    """
    week = week_containing(on)
    seen = seen_by(actor)
    if team is not None:
        seen = seen.filter(org_unit_id__in=org.units_below(team))
    return standing_of(seen, week)


def locks(rows: Collection[ComplianceRow], week: Week, *, at: datetime) -> dict[int, str]:
    """Whose week is past the late lock, where they are: "locked", or "unlocked" by an approver.

    Three queries.
    """
    zones = dict(
        Membership.objects.filter(id__in=[row.membership_id for row in rows]).values_list(
            "id", "time_zone"
        )
    )
    terms = terms_of(org.parameters())
    opened = set(
        WeekUnlock.objects.filter(
            week_starts_on=week.starts_on, resource_id__in=[row.id for row in rows]
        ).values_list("resource_id", flat=True)
    )
    return {
        row.id: "unlocked" if row.id in opened else "locked"
        for row in rows
        if at >= deadline_rules.locked_at(week, terms, zone_of(zones[row.membership_id]))
    }


def teams() -> list[tuple[int, str]]:
    """The units that weeks can be narrowed to, by name. One query."""
    return list(OrgUnit.objects.order_by("name").values_list("id", "name"))


def standing_of(people: "QuerySet[Resource]", week: Week) -> list[ComplianceRow]:
    """How far the week of each of these people is, those who lack most first. Six queries.

    Who has no access, or was not employed in the week, is left out.
    """
    seen = people.filter(
        Q(employed_until__isnull=True) | Q(employed_until__gt=week.starts_on),
        employed_from__lt=week.ends_on,
        membership__isnull=False,
    )
    known = {
        row[0]: row[1:]
        for row in seen.values_list(
            "id", "name", "org_unit__name", "membership_id", "manager__membership_id"
        )
    }
    sums: dict[int, Any] = {
        row["resource_id"]: row
        for row in TimeEntry.objects.filter(
            resource_id__in=known, work_on__gte=week.starts_on, work_on__lt=week.ends_on
        )
        .values("resource_id")
        .annotate(
            worked=Sum("minutes"),
            drafts=Count("id", filter=Q(state__in=EDITABLE)),
            waiting=Count("id", filter=Q(state=EntryState.SUBMITTED)),
            decided=Count("id", filter=Q(state=EntryState.APPROVED)),
        )
    }
    reminded = dict(
        WeekNotice.objects.filter(
            week_starts_on=week.starts_on,
            kind__in=(WeekNotice.Kind.REMINDER, WeekNotice.Kind.NUDGE),
        )
        .values_list("membership_id")
        .annotate(Max("told_at"))
    )
    specs = org.working_spec(known, week.starts_on, week.ends_on)
    rows = []
    for resource_id, (name, team, membership_id, manager_id) in known.items():
        got = sums.get(resource_id, {})
        spec = specs[resource_id]
        capacity = sum(working_time.capacity_by_day(spec, week.starts_on, week.ends_on).values())
        minutes = got.get("worked", 0)
        missing = max(0, capacity - minutes)
        rows.append(
            ComplianceRow(
                resource_id, name, minutes, capacity, got.get("drafts", 0), got.get("waiting", 0),
                got.get("decided", 0), missing, missing == 0 and not got.get("drafts", 0),
                team, membership_id, manager_id, reminded.get(membership_id),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row.is_complete, -row.missing_minutes, row.name))
