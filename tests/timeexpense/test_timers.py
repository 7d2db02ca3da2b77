"""One timer a person: into the cell, across days, and never lost to a refusal."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from projects.models import TeamMember
from psa.core.errors import DomainError
from psa.core.org.models import TenantParameters
from tests.edges.api.callers import Caller, token_of
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import TimeEntry, WorkTimer
from timeexpense.selectors.rows import RowKey
from timeexpense.services import timers

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 7, 6, 7, 0, tzinfo=UTC)  # in Berlin


def row(scene: Scene, **changes: object) -> RowKey:
    return RowKey(scene.work.project.pk, scene.work.build.pk)._replace(**changes)


def start(
    scene: Scene,
    at: datetime = NINE,
    text: str = "Interfaces",
    name: str = "ben",
    **changes: object,
):
    return timers.start_timer(
        row=row(scene, **changes), description=text, actor=scene.actor(name), at=at, zone=BERLIN
    )


def stop(scene: Scene, at: datetime, **more: object):
    return timers.stop_timer(actor=scene.actor("ben"), at=at, zone=BERLIN, **more)


def stored() -> list[tuple[int, int, list[list[int]], str]]:
    return [
        (entry.work_on.day, entry.minutes, entry.spans, entry.description)
        for entry in TimeEntry.objects.order_by("work_on", "id")
    ]


def test_lands_in_the_cell_of_its_row_and_adds_to_what_it_holds(scene: Scene) -> None:
    scene.enter(scene.draft(minutes=60, description="Kick-off"))
    start(scene)
    done = stop(scene, NINE + timedelta(minutes=45, seconds=40))
    assert done.minutes == 46
    assert stored() == [(6, 106, [[540, 585]], "Kick-off; Interfaces")]
    timers.continue_timer(actor=scene.actor("ben"), at=NINE + timedelta(hours=2), zone=BERLIN)
    stop(scene, NINE + timedelta(hours=3))
    assert stored() == [(6, 166, [[540, 585], [660, 720]], "Kick-off; Interfaces")]


def test_starting_another_stops_the_first(scene: Scene) -> None:
    start(scene)
    other = start(scene, NINE + timedelta(hours=1), "Blueprint", task_id=scene.work.fixed.pk)
    assert other is not None and other.minutes == 60
    assert WorkTimer.objects.count() == 1
    stop(scene, NINE + timedelta(hours=1, seconds=20))
    assert stored() == [(6, 60, [[540, 600]], "Interfaces")]


def test_is_divided_at_midnight_where_the_person_is(scene: Scene) -> None:
    start(scene, datetime(2026, 7, 6, 21, 0, tzinfo=UTC))
    stop(scene, datetime(2026, 7, 6, 23, 0, tzinfo=UTC))
    assert stored() == [
        (6, 60, [[1380, 1440]], "Interfaces"),
        (7, 60, [[0, 60]], "Interfaces"),
    ]


def test_discards_what_runs(scene: Scene) -> None:
    start(scene)
    timers.discard_timer(actor=scene.actor("ben"), at=NINE + timedelta(hours=1))
    assert WorkTimer.objects.get().stopped_at is not None
    assert stored() == []


def test_becomes_an_entry_beside_what_was_handed_in(scene: Scene) -> None:
    scene.submitted(scene.draft(minutes=60))
    start(scene)
    stop(scene, NINE + timedelta(minutes=30))
    assert [(minutes, spans) for _, minutes, spans, _ in stored()] == [(60, []), (30, [[540, 570]])]


def test_runs_on_when_it_was_forgotten_or_a_rule_refuses_its_time(scene: Scene) -> None:
    start(scene)
    with pytest.raises(DomainError, match="since 6 Jul 2026, 09:00"):
        stop(scene, NINE + timedelta(hours=25))
    with pytest.raises(DomainError, match="between the start and now"):
        stop(scene, NINE + timedelta(hours=1), stopped_at=NINE - timedelta(minutes=1))
    scene.enter(scene.draft(minutes=60, task_id=scene.work.fixed.pk, spans=((600, 660),)))
    with pytest.raises(DomainError, match="overlaps other time.*runs on"):
        stop(scene, NINE + timedelta(hours=2))
    assert WorkTimer.objects.get().stopped_at is None
    done = stop(scene, NINE + timedelta(hours=2), stopped_at=NINE + timedelta(hours=1))
    assert done.minutes == 60


def test_does_not_start_on_what_cannot_be_booked(scene: Scene) -> None:
    for refused in (
        {"project_id": 10**9},
        {"role_id": 10**9},
        {"billing_type": "free"},
        {"activity": "\0"},
    ):
        with pytest.raises(DomainError):
            start(scene, **refused)
    TeamMember.objects.all().delete()
    with pytest.raises(DomainError, match="Not on the team"):
        start(scene)
    TenantParameters.objects.update(billing_type_on_rows=False)
    with pytest.raises(DomainError, match="Leave the billing type empty"):
        start(scene, billing_type="non_chargeable")
    assert not WorkTimer.objects.exists()


def test_pages_and_programs_start_and_stop_the_same_timer(db: None, settings: object) -> None:
    settings.PSA_NOW = NOW  # type: ignore[attr-defined]
    scene = make_scene()
    ben = scene.firm.client("ben")
    url = scene.firm.url
    owner = f"acme/{scene.actor('ben').membership_id}"

    def press(does: str, status: int = 200, **more: object) -> dict[str, Any]:
        step = {"id": str(uuid4()), "does": does, "ago": 0, **more}
        answer = ben.post(
            url("time/timer/sync/"), {"owner": owner, "steps": [step]}, "application/json"
        )
        assert answer.status_code == status, answer.content
        return answer.json()

    assert ben.get(url("time/timer/")).json()["timer"] is None
    assert press("start", row="junk")["answers"][0]["told"] == "Choose what to time."
    for unreadable in ({"ago": "no"}, {"ago": 10**400}, {"id": "no"}, {"began": "no"}):
        press("stop", status=400, **unreadable)
    press("leap", status=400)
    key = row(scene).text
    began = press("start", row=key, description="Interfaces")
    assert (began["timer"]["running"], began["timer"]["task"]) == (True, "Build")
    assert b"Build" in ben.get(url("time/timer/choices/")).content
    program = Caller(token_of(scene.firm, "ben"))
    assert program.get("/timer")["timer"]["is_running"]
    settings.PSA_NOW = NOW + timedelta(minutes=90)  # type: ignore[attr-defined]
    page = ben.get(url("time/log/")).content.decode()
    assert "Start and stop" in page
    stopped = press("stop", began=began["timer"]["began"], ago=1_800_000)
    assert stopped["answers"][0]["told"] == "1:00 entered in your week."
    assert program.post("/timer/continue")["timer"]["is_running"]
    settings.PSA_NOW = NOW + timedelta(minutes=120)  # type: ignore[attr-defined]
    assert program.post("/timer/stop")["minutes"] == 30
    assert program.post("/timer/stop", status=422)
    assert not program.post("/timer/discard")["timer"]["is_running"]
    with scene.firm.scope():
        assert TimeEntry.objects.get().work_on == date(2026, 7, 9)
        assert TimeEntry.objects.get().minutes == 90
    assert MONDAY.isoformat() in ben.get(url("time/log/2026-07-06/")).content.decode()
