"""Entering time: one cell or a hundred thousand lines, by the same rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from projects import selectors as projects
from psa.core.actor import Actor
from psa.core.errors import NotFound, PermissionDenied
from psa.core.org import selectors as org
from psa.core.org.models import JobRole, Resource
from timeexpense.models import WeekUnlock
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import validation
from timeexpense.rules.spans import Span
from timeexpense.rules.validation import Finding, TimeFact
from timeexpense.rules.week import locked_from, week_of
from timeexpense.selectors import people, validation_facts

from . import storage

BILLING_TYPES = ("", "chargeable", "non_chargeable", "complimentary")
LATE = Finding(
    "late_lock",
    "The week is locked: its deadline is long past. Ask an approver to unlock it.",
    True,
    "work_on",
)
BILLING_TYPE_FIXED = Finding(
    "billing_type_fixed",
    "The task and its contract line decide what is chargeable. Leave the billing type empty.",
    True,
    "billing_type",
)


@dataclass(frozen=True, slots=True)
class TimeDraft:
    """Time to enter, in minutes. Without a role: the team's on that day, else the person's own."""

    resource_id: int
    project_id: int
    work_on: date
    minutes: int
    task_id: int | None = None
    role_id: int | None = None
    description: str = ""
    internal_note: str = ""
    activity: str = ""
    billing_type: str = ""
    client_key: UUID | None = None
    spans: tuple[Span, ...] = ()


class TimeOutcome(NamedTuple):
    """What became of one draft: its entry, or none and the findings that refused it.

    `was_there`: its key had entered it before, or earlier in the same batch.
    """

    entry_id: int | None
    findings: tuple[Finding, ...] = ()
    was_there: bool = False

    @property
    def is_entered(self) -> bool:
        return self.entry_id is not None


@transaction.atomic
def enter_time(*, entries: Sequence[TimeDraft], actor: Actor, at: datetime) -> list[TimeOutcome]:
    """Store drafts that pass the tenant's rules; one outcome each, in the order given.

    A client key that is stored already gives its entry again. Locks the people in order of id, so
    that two calls can't fill one day beyond 24 hours together. The number of queries does not grow
    with the number of entries.
    Raises  PermissionDenied for other people's time without the permission.
    Source  docs/rules/timeexpense.md, T-4.
    """
    if not entries:
        return []
    resource_ids = {entry.resource_id for entry in entries}
    roles = lock_people(resource_ids, actor)
    locked = late_days(
        [(entry.resource_id, entry.work_on) for entry in entries], actor=actor, at=at
    )
    stored = _stored_keys(entries)
    facts_of = [fact_of(entry) for entry in entries]
    known_roles = set(JobRole.objects.values_list("id", flat=True))
    may_choose = may_choose_billing_type(entries, actor)
    refusals = {
        index: finding
        for index, entry in enumerate(entries)
        if (finding := _refused(entry, roles, known_roles, locked, stored)) is not None
        or (finding := misshapen(entry, may_choose)) is not None
    }
    again = {
        index: stored[entry.client_key][0]
        for index, entry in enumerate(entries)
        if index not in refusals and stored and entry.client_key in stored
    }
    repeats = _repeats(entries)
    wanted = [
        index
        for index in range(len(entries))
        if index not in refusals and index not in again and index not in repeats
    ]
    found = validation.validate(
        [facts_of[index] for index in wanted],
        facts=validation_facts.gather([facts_of[index] for index in wanted]),
        switches=people.rule_modes(),
    )
    accepted = [i for i, said in zip(wanted, found, strict=True) if not _blocked(said)]
    ids = storage.insert_time(
        _new_rows([entries[index] for index in accepted], roles), tenant_id=actor.tenant_id
    )
    entry_ids = dict(zip(accepted, ids, strict=True)) | again
    said_of = dict(zip(wanted, found, strict=True))
    outcomes = []
    for index in range(len(entries)):
        source = index
        if index not in refusals and index not in again:
            source = repeats.get(index, index)
        findings = (refusals[index],) if index in refusals else said_of.get(source, ())
        outcomes.append(
            TimeOutcome(entry_ids.get(source), findings, index in again or source != index)
        )
    return outcomes


def fact_of(entry: TimeDraft) -> TimeFact:
    """The draft as the rules see it."""
    return TimeFact(
        entry.resource_id, entry.project_id, entry.task_id, entry.work_on, entry.minutes,
        entry.description, entry.internal_note, entry.billing_type, entry.spans,
    )  # fmt: skip


def lock_people(resource_ids: Collection[int], actor: Actor) -> dict[int, int]:
    """Lock these people's time until the end of the transaction; resource id → own role id.

    Raises  PermissionDenied unless they are the actor, or the actor may enter for others.
    """
    rows = list(
        Resource.objects.select_for_update(no_key=True, of=("self",))
        .filter(id__in=resource_ids)
        .order_by("id")
        .values_list("id", "job_role_id", "membership_id")
    )
    if not actor.has(TimeExpensePermission.ENTER_FOR_OTHERS):
        actor.require(TimeExpensePermission.ENTER)
        known = {resource_id for resource_id, _, _ in rows}
        if known != set(resource_ids):
            raise NotFound("There is no such person, or their time is not yours to enter.")
        if any(membership_id != actor.membership_id for _, _, membership_id in rows):
            raise PermissionDenied("You enter your own time only. Ask the person to enter theirs.")
    return {resource_id: role_id for resource_id, role_id, _ in rows}


def late_days(
    days: Sequence[tuple[int, date]], *, actor: Actor, at: datetime
) -> set[tuple[int, date]]:
    """Those (person, day) that lie in a week past its late lock, unless it was unlocked.

    The lock falls at midnight where the person is. Whoever enters for others is the unlock: imports
    and corrections are not late. Two queries, a third on the days on which zones differ.
    """
    if actor.has(TimeExpensePermission.ENTER_FOR_OTHERS):
        return set()
    parameters = org.parameters()
    locks = {
        on: locked_from(
            week_of(on, starts_weekday=parameters.week_starts_on),
            business_days=parameters.late_lock_business_days,
            weekday=parameters.submission_deadline_weekday,
        )
        for on in {on for _, on in days}
        if validation.is_plausible(on)
    }
    # Nowhere is the date more than a day away from that in UTC.
    perhaps = {
        (person, on)
        for person, on in days
        if on in locks and locks[on] <= at.date() + timedelta(days=1)
    }
    if not perhaps:
        return set()
    if all(locks[on] <= at.date() - timedelta(days=1) for _, on in perhaps):
        late = perhaps
    else:
        today_of = people.local_days({person for person, _ in perhaps}, at=at)
        late = {(person, on) for person, on in perhaps if locks[on] <= today_of[person]}
    week_of_day = {
        on: week_of(on, starts_weekday=parameters.week_starts_on).starts_on for _, on in late
    }
    unlocked = set(
        WeekUnlock.objects.filter(
            resource_id__in={person for person, _ in late}, week_starts_on__in=week_of_day.values()
        ).values_list("resource_id", "week_starts_on")
    )
    return {(person, on) for person, on in late if (person, week_of_day[on]) not in unlocked}


def _stored_keys(entries: Sequence[TimeDraft]) -> Mapping[UUID | None, tuple[int, int]]:
    keys = {entry.client_key for entry in entries if entry.client_key is not None}
    if not keys:
        return {}
    return storage.entries_by_key(keys)


def _repeats(entries: Sequence[TimeDraft]) -> dict[int, int]:
    """Those whose key came earlier in the same batch, each with where it came first."""
    first: dict[UUID, int] = {}
    repeats: dict[int, int] = {}
    for index, entry in enumerate(entries):
        if entry.client_key is not None:
            earlier = first.setdefault(entry.client_key, index)
            if earlier != index:
                repeats[index] = earlier
    return repeats


def _refused(
    entry: TimeDraft,
    roles: dict[int, int],
    known_roles: set[int],
    locked: set[tuple[int, date]],
    stored: Mapping[UUID | None, tuple[int, int]],
) -> Finding | None:
    """What stands in the way before any rule is asked."""
    if entry.resource_id not in roles:
        return Finding("unknown_person", "There is no such person.", True, "resource")
    if (entry.resource_id, entry.work_on) in locked:
        return LATE
    if stored and entry.client_key in stored and stored[entry.client_key][1] != entry.resource_id:
        return Finding("key_taken", "This entry was sent before by somebody else.", True)
    if entry.role_id is not None and entry.role_id not in known_roles:
        return Finding("unknown_role", "There is no such role.", True, "role")
    return None


def misshapen(entry: TimeDraft, may_choose_billing: bool) -> Finding | None:
    """What of a row no rule needs to be asked about."""
    if entry.billing_type not in BILLING_TYPES:
        return Finding("unknown_billing_type", "There is no such billing type.", True)
    if entry.billing_type and not may_choose_billing:
        return BILLING_TYPE_FIXED
    if len(entry.activity) > 40 or "\0" in entry.activity:
        return Finding("text_unreadable", "An activity has at most 40 characters.", True)
    return None


def may_choose_billing_type(entries: Sequence[TimeDraft], actor: Actor) -> bool:
    """Whether rows of the actor may carry a billing type. Asks only when one does."""
    if not any(entry.billing_type for entry in entries):
        return True
    if actor.has(TimeExpensePermission.ENTER_FOR_OTHERS):
        return True
    return bool(org.parameters().billing_type_on_rows)


def _blocked(findings: tuple[Finding, ...]) -> bool:
    return any(finding.blocks for finding in findings)


def _new_rows(entries: Sequence[TimeDraft], roles: dict[int, int]) -> list[storage.NewTime]:
    team = projects.team_roles(
        {entry.project_id for entry in entries}, {entry.resource_id for entry in entries}
    )
    rows = []
    for entry in entries:
        role_id = entry.role_id
        if role_id is None:
            places = team.get((entry.project_id, entry.resource_id), ())
            role_id = next(
                (place.role_id for place in places if place.covers(entry.work_on)),
                roles[entry.resource_id],
            )
        rows.append(
            storage.NewTime(
                entry.resource_id, entry.project_id, entry.task_id, role_id, entry.activity,
                entry.billing_type, entry.work_on, entry.minutes, entry.description,
                entry.internal_note, entry.client_key, entry.spans,
            )
        )  # fmt: skip
    return rows
