"""Presses of the timer that a device kept: each done once, one run at a time, nothing timed lost."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.timeexpense.conftest import Scene
from tests.timeexpense.test_timers import BERLIN, NINE, row, start, stored
from timeexpense.models import SyncedChange, WorkTimer
from timeexpense.services import timer_steps
from timeexpense.services.timer_steps import Press, StepAnswer, TimerStep


def after(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def began_step(scene: Scene, minutes: float, **more: Any) -> TimerStep:
    values = {"row": row(scene), "description": "Interfaces"} | more
    return TimerStep(uuid4(), Press.START, after(minutes), **values)


def ended_step(minutes: float, began: float, does: Press = Press.STOP) -> TimerStep:
    return TimerStep(uuid4(), does, after(minutes), began=after(began))


def sync(scene: Scene, *steps: TimerStep, at: float, name: str = "ben") -> list[StepAnswer]:
    return timer_steps.sync_steps(steps=steps, actor=scene.actor(name), at=after(at), zone=BERLIN)


def test_starts_and_stops_when_it_was_pressed_not_when_it_arrived(scene: Scene) -> None:
    began, ended = sync(scene, began_step(scene, 0), ended_step(90, began=0), at=300)
    assert (began.status, ended.status, ended.minutes) == ("started", "stopped", 90)
    assert stored() == [(6, 90, [[540, 630]], "Interfaces")]


def test_does_each_press_once_however_often_it_comes(scene: Scene) -> None:
    pressed, released = began_step(scene, 0), ended_step(60, began=0)
    first = sync(scene, pressed, at=10) + sync(scene, released, at=70)
    again = sync(scene, pressed, at=80) + sync(scene, released, at=90)
    assert first == again
    assert stored() == [(6, 60, [[540, 600]], "Interfaces")]
    assert WorkTimer.objects.get().stopped_at == after(60)


def test_a_start_that_comes_late_brings_its_stop_so_that_it_ends_there(scene: Scene) -> None:
    """At the desk something else was begun after the phone had stopped, before it had a network."""
    start(scene, after(60), "Blueprint", task_id=scene.work.fixed.pk)
    phone = began_step(scene, 0, until=after(30))
    answers = sync(scene, phone, ended_step(30, began=0), at=120)
    assert [one.status for one in answers] == ["ended_before", "ended_before"]
    assert [one.minutes for one in answers] == [30, None]
    assert stored() == [(6, 30, [[540, 570]], "Interfaces")]
    assert WorkTimer.objects.get().task_id == scene.work.fixed.pk


def test_a_run_ends_where_a_later_one_began_elsewhere(scene: Scene) -> None:
    start(scene, after(60), "Blueprint", task_id=scene.work.fixed.pk)
    (answer,) = sync(scene, began_step(scene, 0), at=120)
    assert (answer.status, answer.minutes) == ("ended_before", 60)
    timer = WorkTimer.objects.get()
    assert (timer.started_at, timer.stopped_at) == (after(60), None)


def test_a_start_ends_what_ran_until_then(scene: Scene) -> None:
    start(scene)
    (answer,) = sync(scene, began_step(scene, 40, row=row(scene, activity="Review")), at=100)
    assert (answer.status, answer.minutes) == ("started", 40)
    assert stored() == [(6, 40, [[540, 580]], "Interfaces")]
    assert WorkTimer.objects.get().started_at == after(40)


def test_a_stop_of_a_run_that_ended_elsewhere_changes_nothing(scene: Scene) -> None:
    start(scene)
    start(scene, after(60))
    answers = sync(scene, ended_step(70, began=0), ended_step(70, 0, Press.DISCARD), at=80)
    assert [one.status for one in answers] == ["ended_before"] * 2
    assert WorkTimer.objects.get().stopped_at is None


def test_discards_the_run_that_it_names(scene: Scene) -> None:
    start(scene)
    assert sync(scene, ended_step(5, 0, Press.DISCARD), at=5)[0].status == "discarded"
    assert stored() == [] and WorkTimer.objects.get().stopped_at is not None


def test_keeps_no_refusal_so_that_it_may_be_sent_again(scene: Scene) -> None:
    refused = began_step(scene, 0, row=row(scene, project_id=10**9))
    assert sync(scene, refused, began_step(scene, 0, row=None), at=1)[0].status == "failed"
    (long,) = sync(scene, began_step(scene, 0, until=after(25 * 60)), at=30 * 60)
    assert long.status == "failed" and "since 6 Jul 2026, 09:00" in long.sentence
    assert not SyncedChange.objects.exists() and not WorkTimer.objects.exists()


def test_takes_nothing_of_somebody_else(scene: Scene) -> None:
    pressed = began_step(scene, 0)
    sync(scene, pressed, at=1)
    (answer,) = sync(scene, pressed, at=2, name="priya")
    assert answer.status == "failed" and "somebody else" in answer.sentence
