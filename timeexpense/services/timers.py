"""The one timer of a person: started, stopped into a cell, gone on with, thrown away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import JobRole, Resource
from timeexpense.models import TimeEntry, WorkTimer
from timeexpense.policies import EDITABLE
from timeexpense.rules import validation
from timeexpense.rules.timing import LONGEST, Part, parts_of
from timeexpense.rules.typed_time import Typed
from timeexpense.selectors import people, validation_facts
from timeexpense.selectors.rows import RowKey, key_of_work, usual_roles

from . import cells, time_entries
from .cells import CellDraft
from .time_entries import TimeDraft

# What would be refused whenever the timer is stopped; the rest is for the stop to say.
ASKED_AT_START = frozenset(
    {"unknown_work", "not_on_team", "outside_project_dates", "contract_on_hold", "task_completed"}
)


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a stopped timer left: minutes by day, none when it ran less than half a minute."""

    parts: tuple[Part, ...]

    @property
    def minutes(self) -> int:
        return sum(part.minutes for part in self.parts)


@transaction.atomic
def start_timer(
    *,
    row: RowKey,
    description: str,
    actor: Actor,
    at: datetime,
    zone: ZoneInfo,
    started_at: datetime | None = None,
) -> Stopped | None:
    """Start timing a row; what ran is stopped first, into its cell, and returned.

    `started_at` is when work really began, when that was earlier.

    Raises  NotFound for one who books no time; DomainError for work that cannot be booked on, and
            when what ran cannot be entered: then it runs on.
    """
    me = _locked(actor)
    began = started_at or at
    running = _timer(me)
    stopped = None
    if running is not None and running.stopped_at is None:
        stopped = _stop(running, me, actor, at, zone, began)
    _check_can_start(row, description, me, actor, began.astimezone(zone))
    values = {
        "project_id": row.project_id,
        "task_id": row.task_id,
        "role_id": row.role_id,
        "billing_type": row.billing_type,
        "activity": row.activity,
        "description": description.strip(),
        "started_at": began,
        "stopped_at": None,
    }
    WorkTimer.objects.update_or_create(
        tenant_id=actor.tenant_id, resource_id=me.pk, defaults=values
    )
    return stopped


@transaction.atomic
def stop_timer(
    *, actor: Actor, at: datetime, zone: ZoneInfo, stopped_at: datetime | None = None
) -> Stopped:
    """Stop the timer into the cell of its row, on each day that it ran on.

    `stopped_at` is when work really stopped, when that was earlier. What the cell holds already is
    added to; beside time that was handed in, it becomes an entry of its own.
    Raises  DomainError when nothing runs, when it ran for more than a day, or when a rule refuses
            the time: then it runs on.
    Source  docs/rules/timeexpense.md, T-14.
    """
    me = _locked(actor)
    timer = _timer(me)
    if timer is None or timer.stopped_at is not None:
        raise DomainError("No timer runs; it was stopped elsewhere.")
    until = stopped_at or at
    if not timer.started_at <= until <= at:
        raise DomainError("Choose a time between the start and now.", "stopped_at")
    return _stop(timer, me, actor, at, zone, until)


@transaction.atomic
def continue_timer(*, actor: Actor, at: datetime, zone: ZoneInfo) -> None:
    """Start again what ran last. Raises  DomainError when nothing ran yet, or something runs."""
    me = _locked(actor)
    timer = _timer(me)
    if timer is None:
        raise DomainError("There is no timer to go on with. Start one.")
    if timer.stopped_at is None:
        raise DomainError("The timer runs already.")
    start_timer(
        row=key_of_work(timer), description=timer.description, actor=actor, at=at, zone=zone
    )


@transaction.atomic
def enter_run(
    *,
    row: RowKey,
    description: str,
    started_at: datetime,
    stopped_at: datetime,
    actor: Actor,
    at: datetime,
    zone: ZoneInfo,
) -> Stopped:
    """Enter a run that is over, and leave the timer as it is. Raises  as `stop_timer`."""
    me = _locked(actor)
    _check_can_start(row, description, me, actor, started_at.astimezone(zone))
    ran = WorkTimer(
        tenant_id=actor.tenant_id,
        resource_id=me.pk,
        project_id=row.project_id,
        task_id=row.task_id,
        role_id=row.role_id,
        billing_type=row.billing_type,
        activity=row.activity,
        description=description.strip(),
        started_at=started_at,
    )
    return _entered(ran, me, actor, at, zone, stopped_at)


@transaction.atomic
def discard_timer(*, actor: Actor, at: datetime) -> None:
    """Throw away what runs; nothing is entered. Nothing to throw away is no failure."""
    me = _locked(actor)
    WorkTimer.objects.filter(resource_id=me.pk, stopped_at__isnull=True).update(stopped_at=at)


def _locked(actor: Actor) -> Resource:
    me = people.my_resource(actor)
    time_entries.lock_people({me.pk}, actor)
    return me


def _timer(me: Resource) -> WorkTimer | None:
    found: WorkTimer | None = (
        WorkTimer.objects.select_for_update(of=("self",)).filter(resource_id=me.pk).first()
    )
    return found


def _check_can_start(
    row: RowKey, description: str, me: Resource, actor: Actor, local: datetime
) -> None:
    if len(description) > validation.TEXT_LIMIT or "\0" in description:
        raise DomainError("A comment has at most 400 characters.", "description")
    draft = TimeDraft(
        me.pk, row.project_id, local.date(), 1, row.task_id, row.role_id, description.strip(),
        "", row.activity, row.billing_type,
    )  # fmt: skip
    wrong = time_entries.misshapen(draft, time_entries.may_choose_billing_type([draft], actor))
    if wrong is not None:
        raise DomainError(wrong.sentence, "row")
    if row.role_id is not None and not JobRole.objects.filter(pk=row.role_id).exists():
        raise DomainError("There is no such role.", "row")
    fact = time_entries.fact_of(draft)
    (found,) = validation.validate(
        [fact], facts=validation_facts.gather([fact]), switches=people.rule_modes()
    )
    refusal = next((f for f in found if f.blocks and f.code in ASKED_AT_START), None)
    if refusal is not None:
        raise DomainError(refusal.sentence, "row")


def _stop(
    timer: WorkTimer, me: Resource, actor: Actor, at: datetime, zone: ZoneInfo, until: datetime
) -> Stopped:
    stopped = _entered(timer, me, actor, at, zone, until)
    WorkTimer.objects.filter(pk=timer.pk).update(stopped_at=until)
    return stopped


def _entered(
    timer: WorkTimer, me: Resource, actor: Actor, at: datetime, zone: ZoneInfo, until: datetime
) -> Stopped:
    if until - timer.started_at > LONGEST:
        since = timer.started_at.astimezone(zone)
        raise DomainError(
            f"The timer has run since {validation.day(since.date())}, {since:%H:%M}. "
            "Say when you stopped, or discard it.",
            "stopped_at",
        )
    parts = parts_of(timer.started_at, until, zone)
    _enter(timer, parts, me, actor, at)
    return Stopped(tuple(parts))


def _enter(
    timer: WorkTimer, parts: Sequence[Part], me: Resource, actor: Actor, at: datetime
) -> None:
    row = key_of_work(timer)
    usual = usual_roles(me, {row.project_id})
    held: dict[object, list[TimeEntry]] = {}
    for entry in TimeEntry.objects.filter(
        resource_id=me.pk, project_id=row.project_id, work_on__in=[part.on for part in parts]
    ).order_by("id"):
        is_usual = row.role_id == usual.role_on(row.project_id, entry.work_on)
        if usual.row_of(entry) == (row._replace(role_id=None) if is_usual else row):
            held.setdefault(entry.work_on, []).append(entry)
    for part in parts:
        there = held.get(part.on, [])
        editable = next((entry for entry in there if entry.state in EDITABLE), None)
        spans = (part.span,) if part.span else ()
        if there and editable is None:
            _add_beside(timer, part, spans, me, actor, at)
        else:
            _add_to_cell(timer, part, spans, editable, actor, at)


def _add_to_cell(
    timer: WorkTimer,
    part: Part,
    spans: tuple[tuple[int, int], ...],
    entry: TimeEntry | None,
    actor: Actor,
    at: datetime,
) -> None:
    minutes, before = (entry.minutes, entry.spans) if entry else (0, [])
    (done,) = cells.save_cells(
        cells=[
            CellDraft(
                ref="timer",
                project_id=timer.project_id,
                task_id=timer.task_id,
                role_id=timer.role_id,
                activity=timer.activity,
                billing_type=timer.billing_type,
                work_on=part.on,
                typed=None,
                time=Typed(minutes + part.minutes, (*validation_facts.spans_from(before), *spans)),
                description=_joined(entry.description if entry else "", timer.description),
                entry_id=entry.pk if entry else None,
                lock_version=entry.lock_version if entry else None,
            )
        ],
        actor=actor,
        at=at,
    )
    if done.status not in (cells.SAVED, cells.UNCHANGED):
        raise DomainError(f"{done.sentence} The timer runs on.")


def _add_beside(
    timer: WorkTimer,
    part: Part,
    spans: tuple[tuple[int, int], ...],
    me: Resource,
    actor: Actor,
    at: datetime,
) -> None:
    draft = TimeDraft(
        me.pk, timer.project_id, part.on, part.minutes, timer.task_id, timer.role_id,
        timer.description, "", timer.activity, timer.billing_type, None, spans,
    )  # fmt: skip
    (done,) = time_entries.enter_time(entries=[draft], actor=actor, at=at)
    if done.entry_id is None:
        refusal = next(f.sentence for f in done.findings if f.blocks)
        raise DomainError(f"{refusal} The timer runs on.")


def _joined(held: str, added: str) -> str:
    if not added or added in held:
        return held
    return f"{held}; {added}"[: validation.TEXT_LIMIT] if held else added
