"""A person's week: submitted, taken back, unlocked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import DomainError, NotFound
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from timeexpense import policies
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, ExpenseEntry, TimeEntry, WeekUnlock
from timeexpense.permissions import TimeExpensePermission
from timeexpense.policies import EDITABLE
from timeexpense.rules import validation
from timeexpense.rules.validation import Finding
from timeexpense.rules.week import week_of
from timeexpense.selectors import (
    compliance,
    findings,
    history,
    people,
    validation_facts,
)

from . import routing, storage, time_entries, week_notices

REASON_LIMIT = 400


@dataclass(frozen=True, slots=True)
class SubmitOutcome:
    """What became of one entry: submitted, or left as it was with the findings that refused it."""

    entry_id: int
    is_submitted: bool
    findings: tuple[Finding, ...] = ()


@transaction.atomic
def submit_week(*, week_starts_on: date, actor: Actor, at: datetime) -> list[SubmitOutcome]:
    """Submit the actor's own drafts and returned entries of a week; who decides is told.

    Raises  DomainError when there is nothing to submit; NotFound for one who books no time.
    """
    me = people.my_resource(actor)
    week = week_of(week_starts_on, starts_weekday=org.parameters().week_starts_on)
    ids = list(
        TimeEntry.objects.filter(
            resource_id=me.pk,
            work_on__gte=week.starts_on,
            work_on__lt=week.ends_on,
            state__in=EDITABLE,
        ).values_list("id", flat=True)
    )
    if not ids:
        raise DomainError("There is nothing to submit in this week. Enter your time first.")
    outcomes = submit_entries(entry_ids=ids, actor=actor, at=at)
    handed_in = [one.entry_id for one in outcomes if one.is_submitted]
    week_notices.tell_handed_in(resource=me, week=week, entry_ids=handed_in, at=at)
    return outcomes


@transaction.atomic
def submit_entries(*, entry_ids: Sequence[int], actor: Actor, at: datetime) -> list[SubmitOutcome]:
    """Hand drafts to their approvers; what a rule blocks stays a draft. Constant queries.

    Warnings stay with the entry for the approver to see. Entries that are submitted or approved
    already are left alone and reported as they are.
    Raises  NotFound, PermissionDenied for other people's entries.
    """
    wanted = TimeEntry.objects.filter(id__in=entry_ids)
    people_of = set(wanted.values_list("resource_id", flat=True))
    time_entries.lock_people(people_of, actor)
    rows = list(wanted.select_for_update(of=("self",)).order_by("work_on", "id"))
    if len(rows) != len(set(entry_ids)):
        raise NotFound("Some of these entries are no longer there. Reload the week.")
    drafts = [row for row in rows if row.state in EDITABLE]
    found = _checked(drafts, actor, at)
    flags: dict[int, list[dict[str, str]]] = {}
    outcomes = {row.pk: SubmitOutcome(row.pk, True) for row in rows}
    for row, said in zip(drafts, found, strict=True):
        blocked = any(finding.blocks for finding in said)
        outcomes[row.pk] = SubmitOutcome(row.pk, not blocked, said)
        if not blocked:
            flags[row.pk] = [{"code": f.code, "sentence": f.sentence} for f in said]
    for entry_id, flag in history.unusual_time([row for row in drafts if row.pk in flags]).items():
        flags[entry_id].append(flag)
    storage.mark_submitted("time", flags, at=at)
    routing.route_entries("time", list(flags))
    if flags:
        minutes = sum(row.minutes for row in drafts if row.pk in flags)
        audit.record(
            actor=actor,
            at=at,
            event=TimeExpenseEvent.SUBMITTED,
            record_type="org.Resource",
            record_id=min(people_of),
            sentence=f"Submitted {counted(len(flags), 'time entry', 'time entries')}, "
            f"{validation.clock(minutes)} hours.",
        )
    return [outcomes[entry_id] for entry_id in entry_ids]


def _checked(drafts: Sequence[TimeEntry], actor: Actor, at: datetime) -> list[tuple[Finding, ...]]:
    facts = [findings.fact_of(row) for row in drafts]
    said = validation.validate(
        facts,
        facts=validation_facts.gather(facts, leaving_out=[row.pk for row in drafts]),
        switches=people.rule_modes(),
    )
    late = time_entries.late_days(
        [(row.resource_id, row.work_on) for row in drafts], actor=actor, at=at
    )
    return [
        (time_entries.LATE,) if (row.resource_id, row.work_on) in late else one
        for row, one in zip(drafts, said, strict=True)
    ]


@transaction.atomic
def recall_submitted(*, entries: Sequence[tuple[str, int]], actor: Actor, at: datetime) -> int:
    """Take the actor's own submitted entries back into drafts; returns how many.

    Raises  NotFound for entries that are not the actor's; DomainError when nobody's decision is
            still awaited on any of them.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    taken: list[tuple[str, int, int]] = []
    for kind, model in (("time", TimeEntry), ("expense", ExpenseEntry)):
        ids = {entry_id for of_kind, entry_id in entries if of_kind == kind}
        rows = list(
            model.objects.select_for_update(of=("self",))
            .filter(id__in=ids, resource_id=me.pk)
            .order_by("id")
        )
        if len(rows) != len(ids):
            raise NotFound("There is no such entry, or it is not yours.")
        chosen = [row for row in rows if row.state == EntryState.SUBMITTED]
        model.objects.filter(id__in=[row.pk for row in chosen]).update(
            state=EntryState.DRAFT, submitted_at=None, flags=[], blocked_reason=""
        )
        taken += [(kind, row.pk, row.revision) for row in chosen]
    if not taken:
        raise DomainError("There is nothing to take back: it was approved or returned meanwhile.")
    storage.record_decisions(taken, decision="taken_back", actor=actor, at=at)
    audit.record(
        actor=actor,
        at=at,
        event=TimeExpenseEvent.TAKEN_BACK,
        record_type="org.Resource",
        record_id=me.pk,
        sentence=f"Took {counted(len(taken), 'submitted entry', 'submitted entries')} back.",
    )
    return len(taken)


def recall_week(*, week_starts_on: date, actor: Actor, at: datetime) -> int:
    """Take back what is submitted of the actor's own week. As `recall_submitted`."""
    me = people.my_resource(actor)
    week = week_of(week_starts_on, starts_weekday=org.parameters().week_starts_on)
    ids = TimeEntry.objects.filter(
        resource_id=me.pk,
        work_on__gte=week.starts_on,
        work_on__lt=week.ends_on,
        state=EntryState.SUBMITTED,
    ).values_list("id", flat=True)
    return recall_submitted(entries=[("time", i) for i in ids], actor=actor, at=at)


@transaction.atomic
def unlock_week(
    *, resource_id: int, week_starts_on: date, reason: str, actor: Actor, at: datetime
) -> WeekUnlock:
    """Let a person change a week that is past the late lock. Once; again changes nothing.

    Raises  PermissionDenied, NotFound for a person whose time the actor does not see, DomainError.
    """
    actor.require(TimeExpensePermission.APPROVE)
    reason = reason.strip()
    if not reason or len(reason) > REASON_LIMIT or "\0" in reason:
        raise DomainError("Say in a sentence why the week is opened again.", "reason")
    person = Resource.objects.filter(pk=resource_id).first()
    if person is None or not _answers_for(actor, person):
        raise NotFound("There is no such person, or their time is not yours to unlock.")
    week = week_of(week_starts_on, starts_weekday=org.parameters().week_starts_on)
    found, is_new = WeekUnlock.objects.get_or_create(
        tenant_id=actor.tenant_id,
        resource_id=resource_id,
        week_starts_on=week.starts_on,
        defaults={
            "reason": reason,
            "unlocked_at": at,
            "unlocked_by_id": actor.membership_id,
        },
    )
    if is_new:
        audit.record(
            actor=actor,
            at=at,
            event=TimeExpenseEvent.WEEK_UNLOCKED,
            record_type="org.Resource",
            record_id=resource_id,
            sentence=f"Unlocked the week of {validation.day(week.starts_on)}: {reason}",
        )
    return found


def _answers_for(actor: Actor, person: Resource) -> bool:
    if actor.has(TimeExpensePermission.VIEW_ALL) or policies.is_system(actor):
        return True
    return compliance.people_of(actor).filter(pk=person.pk).exists()
