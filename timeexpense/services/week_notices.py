"""Telling people of their weeks: reminded, escalated, nudged, past the cut-off; each once."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import DomainError, NotFound
from psa.core.notifications import services as notifications
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, TimeEntry, WeekNotice
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import validation
from timeexpense.rules.validation import day
from timeexpense.rules.week import Week, week_of
from timeexpense.selectors import compliance, deciders, routing
from timeexpense.selectors.compliance import ComplianceRow

Kind = WeekNotice.Kind
NAMES_TOLD = 12


@transaction.atomic
def tell_due(
    *, kind: str, week_starts_on: date, zones: Collection[str], actor: Actor, at: datetime
) -> int:
    """Tell those in some zones whose moment has come, each once for the week; how many were told.

    A reminder goes to whose week is not complete, an escalation to their managers, a cut-off to
    the approvers for whom work of the week, or before it, still waits.
    Source  docs/rules/timeexpense.md, T-11.
    """
    week = Week(week_starts_on)
    if kind == Kind.CUTOFF:
        return _tell_approvers(week, zones, at)
    people = Resource.objects.filter(membership__time_zone__in=zones, membership__is_active=True)
    missing = [row for row in compliance.standing_of(people, week) if not row.is_complete]
    told = _noted(kind, week, [row.membership_id for row in missing], told_on=week_starts_on, at=at)
    fresh = [row for row in missing if row.membership_id in told]
    if kind == Kind.REMINDER:
        for row in fresh:
            _remind(row, week, at)
        return len(fresh)
    return _tell_managers(fresh, week, at)


@transaction.atomic
def nudge(
    *, resource_ids: Collection[int], week_starts_on: date, actor: Actor, at: datetime
) -> tuple[int, int]:
    """Remind people of a week that is not complete: how many were told, how many were today.

    Each at most once a day, whoever nudges.
    Raises  PermissionDenied; NotFound for somebody whose weeks the actor does not see; DomainError
            when none of these weeks lacks anything.
    """
    if not actor.has(TimeExpensePermission.VIEW_ALL):
        actor.require(TimeExpensePermission.APPROVE)
    week = week_of(week_starts_on, starts_weekday=org.parameters().week_starts_on)
    seen = compliance.seen_by(actor).filter(id__in=resource_ids, membership__is_active=True)
    if seen.count() != len(set(resource_ids)):
        raise NotFound("There is no such person, or their weeks are not yours to see.")
    missing = [row for row in compliance.standing_of(seen, week) if not row.is_complete]
    if not missing:
        raise DomainError("Nothing is missing from these weeks any more.")
    members = [row.membership_id for row in missing]
    told = _noted(Kind.NUDGE, week, members, told_on=at.date(), at=at, by=actor.membership_id)
    for row in missing:
        if row.membership_id in told:
            _remind(row, week, at)
    if told:
        audit.record(
            actor=actor,
            at=at,
            event=TimeExpenseEvent.NUDGED,
            record_type="org.Resource",
            record_id=missing[0].id,
            sentence=f"Reminded {counted(len(told), 'person', 'people')} of the week of "
            f"{day(week.starts_on)}.",
        )
    return len(told), len(missing) - len(told)


def _remind(row: ComplianceRow, week: Week, at: datetime) -> None:
    said = []
    if row.missing_minutes:
        said.append(f"{validation.clock(row.missing_minutes)} hours are missing")
    if row.drafts:
        said.append(f"{counted(row.drafts, 'entry is', 'entries are')} not submitted")
    notifications.notify(
        membership_ids=[row.membership_id],
        event=TimeExpenseEvent.WEEK_DUE,
        title=f"Hand in your week of {day(week.starts_on)}",
        body=f"{' and '.join(said)}.".capitalize(),
        path=_path("timeexpense:week_of", week.starts_on.isoformat()),
        at=at,
        email=True,
    )


def _tell_managers(fresh: Sequence[ComplianceRow], week: Week, at: datetime) -> int:
    """One message to each manager, with the names; how many people it was about."""
    by_manager: dict[int, list[str]] = defaultdict(list)
    for row in fresh:
        if row.manager_id is not None:
            by_manager[row.manager_id].append(row.name)
    able = routing.approving_members() if by_manager else set()
    path = f"{_path('timeexpense:compliance')}?week={week.starts_on.isoformat()}"
    for manager_id, names in sorted(by_manager.items()):
        more = f" and {len(names) - NAMES_TOLD} more" if len(names) > NAMES_TOLD else ""
        notifications.notify(
            membership_ids=[manager_id],
            event=TimeExpenseEvent.WEEKS_MISSING,
            title=f"{counted(len(names), 'week', 'weeks')} of your people not handed in",
            body=f"Week of {day(week.starts_on)}: {', '.join(sorted(names)[:NAMES_TOLD])}{more}.",
            path=path if manager_id in able else "",
            at=at,
            email=True,
        )
    return sum(len(names) for names in by_manager.values())


def _tell_approvers(week: Week, zones: Collection[str], at: datetime) -> int:
    waiting = deciders.desks(worked_before=week.ends_on)
    there = compliance.members_in(zones, waiting)
    told = _noted(Kind.CUTOFF, week, sorted(there), told_on=week.starts_on, at=at)
    for member_id in sorted(told):
        desk = waiting[member_id]
        notifications.notify(
            membership_ids=[member_id],
            event=TimeExpenseEvent.PAST_CUTOFF,
            title=f"{counted(desk.count, 'entry', 'entries')} past the cut-off",
            body=f"They wait for your decision; the oldest is of {day(desk.oldest_on)}.",
            path=_path("timeexpense:approvals"),
            at=at,
            email=True,
            decides_on={"until": week.ends_on.isoformat()},
        )
    return len(told)


def tell_handed_in(
    *, resource: Resource, week: Week, entry_ids: Collection[int], at: datetime
) -> None:
    """Tell those who decide on a week that it is there, if they or a channel of the firm want that.

    Each is told of what waits for them alone. Three queries where nobody wants to be told.
    """
    if not entry_ids or not notifications.anybody_wants(TimeExpenseEvent.HANDED_IN):
        return
    rows = TimeEntry.objects.filter(id__in=entry_ids, state=EntryState.SUBMITTED).values_list(
        "awaits", "project_id", "route_id", "resource_id", "minutes"
    )
    waits = [(deciders.Waits(*row[:4]), row[4]) for row in rows]
    members = deciders.deciders_of({one for one, _ in waits})
    shares: dict[int, list[int]] = defaultdict(list)
    for one, minutes in waits:
        for member_id in members[one]:
            shares[member_id].append(minutes)
    for member_id, of_each in sorted(shares.items()):
        notifications.notify(
            membership_ids=[member_id],
            event=TimeExpenseEvent.HANDED_IN,
            title=f"{resource.name} handed in the week of {day(week.starts_on)}",
            body=f"{counted(len(of_each), 'entry waits', 'entries wait')} for your decision, "
            f"{validation.clock(sum(of_each))} hours.",
            path=_path("timeexpense:approvals"),
            at=at,
            decides_on={
                "kind": "time",
                "resource": resource.pk,
                "from": week.starts_on.isoformat(),
                "until": week.ends_on.isoformat(),
            },
        )


def _noted(
    kind: str,
    week: Week,
    member_ids: Sequence[int],
    *,
    told_on: date,
    at: datetime,
    by: int | None = None,
) -> set[int]:
    """Note that members are told; those who had not been. One statement, so two runs tell once."""
    if not member_ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeexpense_weeknotice "
            "(tenant_id, membership_id, week_starts_on, kind, told_on, told_at, told_by_id) "
            "SELECT m.tenant_id, m.id, %s, %s, %s, %s, %s FROM access_membership m "
            "WHERE m.id = ANY(%s) ORDER BY m.id ON CONFLICT DO NOTHING RETURNING membership_id",
            [week.starts_on, kind, told_on, at, by, list(member_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def _path(url_name: str, *args: str) -> str:
    return reverse(url_name, urlconf=settings.TENANT_URLCONF, args=args)
