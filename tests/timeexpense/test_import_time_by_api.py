"""Thousands of lines in one request: each by the rules, each with its answer, each once."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.edges.api.callers import Caller, token_of
from tests.factories import make_firm
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import TimeEntry

PATH = "/time-entries/import"


@pytest.fixture
def scene(db: None, settings: Any) -> Iterator[Scene]:
    settings.PSA_NOW = NOW
    yield make_scene()


def line(scene: Scene, **changes: Any) -> dict[str, Any]:
    return {
        "project_id": scene.work.project.pk, "task_id": scene.work.build.pk,
        "work_on": MONDAY.isoformat(), "minutes": 60, "description": "Interfaces built",
    } | changes  # fmt: skip


def post(scene: Scene, *lines: dict[str, Any], name: str = "ben", status: int = 200, **more: str):
    program = Caller(token_of(scene.firm, name))
    return program.post(PATH, {"lines": list(lines)}, status, **more)


def test_answers_each_line_with_the_codes_of_the_rules(scene: Scene) -> None:
    told = post(
        scene,
        line(scene),
        line(scene, minutes=None, duration="1:30", description="Read as typed"),
        line(scene, minutes=-5),
        line(scene, minutes=None, duration="soon"),
        line(scene, minutes=None),
        line(scene, project_id=10**12),
        line(scene, work_on="1026-07-06"),
        line(scene, description="x" * 401),
        line(scene, minutes=None, spans=[[600, 540]]),
        line(scene, minutes=1440),
    )
    assert (told["entered"], told["known"], told["refused"]) == (2, 0, 8)
    assert [one["status"] for one in told["lines"][:3]] == ["entered", "entered", "refused"]
    assert [one["findings"][0]["code"] for one in told["lines"][2:]] == [
        "not_positive", "unreadable_time", "unreadable_time", "unknown_work", "unlikely_date",
        "text_unreadable", "overlapping_times", "more_than_a_day",
    ]  # fmt: skip
    with scene.firm.scope():
        kept = TimeEntry.objects.order_by("id").values_list("minutes", "state")
        assert list(kept) == [(60, "draft"), (90, "draft")]


def test_enters_other_peoples_time_with_the_right_to(scene: Scene) -> None:
    bea = scene.firm.resources["bea"].pk
    told = post(scene, line(scene, resource_id=bea), status=403)
    assert "your own time" in told["detail"]
    theirs = [line(scene, resource_id=scene.firm.resources[name].pk) for name in ("ben", "bea")]
    told = post(scene, *theirs, line(scene, resource_id=10**12), name="ada")
    assert [one["status"] for one in told["lines"]] == ["entered", "entered", "refused"]
    assert told["lines"][2]["findings"][0]["code"] == "unknown_person"


def test_enters_a_line_once_by_its_key_and_a_request_once_by_its_own(scene: Scene) -> None:
    keyed = line(scene, client_key=str(uuid4()))
    first = post(scene, keyed, keyed, idempotency_key="night-1")
    assert [one["status"] for one in first["lines"]] == ["entered", "known"]
    again = post(scene, keyed, line(scene, minutes=30))
    assert [one["status"] for one in again["lines"]] == ["known", "entered"]
    assert again["lines"][0]["entry_id"] == first["lines"][0]["entry_id"]
    program = Caller(token_of(scene.firm, "ben"))
    body = {"lines": [line(scene, minutes=15)]}
    answers = [program.post(PATH, body, idempotency_key="night-2") for _ in range(2)]
    assert answers[0] == answers[1]
    with scene.firm.scope():
        assert TimeEntry.objects.count() == 3


def test_refuses_what_it_cannot_take_in_one_request(scene: Scene) -> None:
    program = Caller(token_of(scene.firm, "ben"))
    for body in ({"lines": []}, {"lines": [line(scene, colour="red")]}, {"lines": [{}]}):
        program.post(PATH, body, 422)
    Caller(token_of(scene.firm, "ben", "time:read")).post(PATH, {"lines": [line(scene)]}, 403)


def test_asks_no_more_for_many_lines_than_for_one(scene: Scene) -> None:
    program = Caller(token_of(scene.firm, "ada"))
    code, outline = scene.firm.resources["ben"].email, scene.work.build.outline

    def queries(count: int) -> int:
        lines = [
            line(scene, person=code, minutes=1, description=f"{count} {n}", task_id=None,
                 task=outline, client_key=str(uuid4()))
            for n in range(count)
        ]  # fmt: skip
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert program.post(PATH, {"lines": lines})["entered"] == count
        return len(asked)

    queries(1)
    assert queries(200) <= queries(2)


def test_takes_work_and_people_by_what_other_tools_call_them(scene: Scene) -> None:
    work, ben = scene.work, scene.firm.resources["ben"]
    with scene.firm.scope():
        work.build.refresh_from_db()
        role = ben.job_role
    by_name = {"project_id": None, "task_id": None, "project": work.project.code}
    told = post(
        scene,
        line(scene, **by_name, task=work.build.outline, person=ben.email.upper(), role=role.code),
        line(scene, task_id=None, task=work.build.name, resource_id=ben.pk, minutes=30),
        line(scene, **by_name | {"project": work.project.name}, person=ben.name, minutes=20),
        line(scene, **by_name | {"project": "P-none"}),
        line(scene, **by_name, task="9.9.9"),
        line(scene, project=work.project.code),
        line(scene, project_id=None, task_id=None),
        name="ada",
    )
    assert [one["status"] for one in told["lines"]] == ["entered"] * 3 + ["refused"] * 4
    found = [one["findings"][0] for one in told["lines"][3:]]
    assert {one["code"] for one in found} == {"unknown_name"}
    assert [one["field"] for one in found] == ["project", "task", "project", "project"]
    with scene.firm.scope():
        kept = TimeEntry.objects.order_by("id").values_list(
            "resource_id", "project_id", "task_id", "role_id", "minutes"
        )
        project = work.project.pk
        assert list(kept) == [
            (ben.pk, project, work.build.pk, role.pk, 60),
            (ben.pk, project, work.build.pk, role.pk, 30),
            (ben.pk, project, None, role.pk, 20),
        ]
    # Who enters their own time alone learns of nobody else, nor of another firm's work.
    bea = scene.firm.resources["bea"]
    told = post(scene, line(scene, person=bea.email), line(scene, person="nobody@x.example"))
    assert [one["findings"][0]["code"] for one in told["lines"]] == ["unknown_name"] * 2
    other = make_firm("globex", cast={"otto": "administrator"})
    with other.scope():
        secret = other.resources["otto"].email
    told = post(scene, line(scene, person=secret), name="ada")
    assert told["lines"][0]["findings"][0]["code"] == "unknown_name"
