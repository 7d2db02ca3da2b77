"""What was pressed of the timer, with or without a network: each press done once (ADR 60)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import Resource
from timeexpense.models import SyncedChange, WorkTimer
from timeexpense.selectors import people
from timeexpense.selectors.rows import RowKey

from . import time_entries, timers
from .synced_changes import SOMEBODY_ELSES

STARTED: Final = "started"
STOPPED: Final = "stopped"
DISCARDED: Final = "discarded"
ENDED_BEFORE: Final = "ended_before"
FAILED: Final = "failed"


class Press(StrEnum):
    START = "start"
    STOP = "stop"
    DISCARD = "discard"


@dataclass(frozen=True, slots=True)
class TimerStep:
    """One press, at its moment by this clock.

    A start names its row, and brings `until` when its device has stopped it since. A stop and a
    discarding name the run they mean by when that `began`.
    """

    change_id: UUID
    does: Press
    moment: datetime
    row: RowKey | None = None
    description: str = ""
    until: datetime | None = None
    began: datetime | None = None


@dataclass(frozen=True, slots=True)
class StepAnswer:
    """What became of a press; `minutes` that it entered, None where nothing was to enter."""

    change_id: str
    status: str
    began: str | None = None
    minutes: int | None = None
    sentence: str = ""


@transaction.atomic
def sync_steps(
    *, steps: Sequence[TimerStep], actor: Actor, at: datetime, zone: ZoneInfo
) -> list[StepAnswer]:
    """Do each press once, in order; sent again, it is answered as before. Refusals are not kept.

    A start ends what ran until then. Where another run began after it, on another device, it ends
    there, as it would have with a network: its minutes are entered and the later run goes on. A
    stop of a run that has ended does nothing.
    Raises  NotFound for one who books no time.
    Source  docs/rules/timeexpense.md, T-14.
    """
    me = people.my_resource(actor)
    time_entries.lock_people({me.pk}, actor)
    return [_once(step, me, actor, at, zone) for step in steps]


def _once(step: TimerStep, me: Resource, actor: Actor, at: datetime, zone: ZoneInfo) -> StepAnswer:
    known = SyncedChange.objects.filter(change_id=step.change_id).first()
    if known is not None:
        if known.resource_id != me.pk or "began" not in known.answer:
            return StepAnswer(str(step.change_id), FAILED, sentence=SOMEBODY_ELSES)
        return StepAnswer(**known.answer)
    try:
        with transaction.atomic():
            status, began, minutes = _do(step, me, actor, at, zone)
    except DomainError as refusal:
        return StepAnswer(str(step.change_id), FAILED, sentence=refusal.message)
    answer = StepAnswer(str(step.change_id), status, began.isoformat() if began else None, minutes)
    SyncedChange.objects.create(
        tenant_id=me.tenant_id,
        resource_id=me.pk,
        change_id=step.change_id,
        answer=asdict(answer),
        synced_at=at,
    )
    return answer


def _do(
    step: TimerStep, me: Resource, actor: Actor, at: datetime, zone: ZoneInfo
) -> tuple[str, datetime | None, int | None]:
    timer = WorkTimer.objects.filter(resource_id=me.pk).first()
    if step.does == Press.START:
        return _start(step, timer, actor, at, zone)
    if timer is None or timer.stopped_at is not None or timer.started_at != step.began:
        return ENDED_BEFORE, step.began, None
    if step.does == Press.DISCARD:
        timers.discard_timer(actor=actor, at=at)
        return DISCARDED, step.began, None
    # Two answers of the network apart: a stop is never before its start.
    stopped_at = max(step.moment, timer.started_at)
    stopped = timers.stop_timer(actor=actor, at=at, zone=zone, stopped_at=stopped_at)
    return STOPPED, step.began, stopped.minutes


def _start(
    step: TimerStep, timer: WorkTimer | None, actor: Actor, at: datetime, zone: ZoneInfo
) -> tuple[str, datetime, int | None]:
    if step.row is None:
        raise DomainError("Choose what to time.", "row")
    began = step.moment
    if timer is not None and timer.started_at > began:
        until = min(step.until or timer.started_at, timer.started_at)
        ran = timers.enter_run(
            row=step.row, description=step.description, started_at=began,
            stopped_at=max(until, began), actor=actor, at=at, zone=zone,
        )  # fmt: skip
        return ENDED_BEFORE, began, ran.minutes
    before = timers.start_timer(
        row=step.row, description=step.description, actor=actor, at=at, zone=zone, started_at=began
    )
    if step.until is None:
        return STARTED, began, before.minutes if before else None
    stopped = timers.stop_timer(actor=actor, at=at, zone=zone, stopped_at=max(step.until, began))
    return STOPPED, began, stopped.minutes
