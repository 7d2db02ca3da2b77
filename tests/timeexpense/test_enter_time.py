"""Entering time: one line or thousands, by the same rules."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.access import actors
from psa.core.errors import NotFound, PermissionDenied
from psa.core.org.models import TimeRule
from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense.models import TimeEntry
from timeexpense.services import time_entries, weeks


def enter(scene: Scene, *drafts: object, name: str = "ben"):
    return time_entries.enter_time(entries=drafts, actor=scene.actor(name), at=NOW)  # type: ignore[arg-type]


def test_stores_drafts_with_the_role_of_the_team(scene: Scene) -> None:
    (done,) = enter(scene, scene.draft())
    entry = TimeEntry.objects.get(pk=done.entry_id)
    assert (entry.minutes, entry.state, entry.role_id) == (480, "draft", scene.firm.roles["SC"].pk)


def test_stores_texts_as_they_were_typed(scene: Scene) -> None:
    texts = ['He said "go", {twice}', "back\\slash, NULL and 'quotes'", "Grüße ☕\nsecond line", ""]
    done = enter(scene, *(scene.draft(minutes=30, description=one) for one in texts))
    rows = TimeEntry.objects.in_bulk([one.entry_id for one in done])
    assert [rows[one.entry_id].description for one in done] == texts


def test_refuses_one_and_takes_the_rest(scene: Scene) -> None:
    done = enter(
        scene,
        scene.draft(minutes=60),
        scene.draft(project_id=10**9),
        scene.draft(minutes=-1),
        scene.draft(minutes=120, description="Other"),
    )
    assert [outcome.is_entered for outcome in done] == [True, False, False, True]
    assert [f.code for f in done[1].findings] == ["unknown_work"]
    assert TimeEntry.objects.count() == 2


def test_keeps_an_entry_sent_twice_once(scene: Scene) -> None:
    key = uuid.uuid4()
    first = enter(scene, scene.draft(client_key=key), scene.draft(client_key=key))
    again = enter(scene, scene.draft(client_key=key))
    assert {outcome.entry_id for outcome in (*first, *again)} == {first[0].entry_id}
    assert TimeEntry.objects.count() == 1


def test_refuses_a_key_that_somebody_else_used(scene: Scene) -> None:
    key = uuid.uuid4()
    enter(scene, scene.draft(client_key=key))
    (done,) = enter(scene, scene.draft("bea", client_key=key), name="bea")
    assert done.findings[0].code == "key_taken"


def test_takes_nobody_elses_time(scene: Scene) -> None:
    with pytest.raises(PermissionDenied):
        enter(scene, scene.draft("bea"))
    with pytest.raises(NotFound):
        enter(scene, scene.draft(resource_id=10**9))


def test_takes_everybodys_time_from_an_import(scene: Scene) -> None:
    importer = actors.for_operator(scene.firm.tenant.pk)
    done = time_entries.enter_time(
        entries=[scene.draft("ben"), scene.draft("bea"), scene.draft(resource_id=10**9)],
        actor=importer,
        at=NOW,
    )
    assert [outcome.is_entered for outcome in done] == [True, True, False]


def test_counts_what_stands_already_towards_the_day(scene: Scene) -> None:
    enter(scene, scene.draft(minutes=900, internal_note="Cut-over"))
    (done,) = enter(scene, scene.draft(minutes=541, description="More", internal_note="Cut-over"))
    assert [f.code for f in done.findings] == ["more_than_a_day"]


def test_obeys_the_tenants_switches(scene: Scene) -> None:
    TimeRule.objects.filter(code="not_on_team").update(mode="off")
    (done,) = enter(scene, scene.draft("rae"), name="rae")
    assert done.is_entered
    TimeRule.objects.filter(code="not_on_team").update(mode="block")
    (done,) = enter(scene, scene.draft("rae", description="Other"), name="rae")
    assert done.findings[0].code == "not_on_team"
    assert not done.is_entered


def test_refuses_a_locked_week_until_it_is_unlocked(scene: Scene) -> None:
    late = scene.draft(work_on=date(2026, 6, 29))
    assert enter(scene, late)[0].is_entered
    late = scene.draft(work_on=date(2026, 6, 22))
    assert [f.code for f in enter(scene, late)[0].findings] == ["late_lock"]
    weeks.unlock_week(
        resource_id=scene.firm.resources["ben"].pk,
        week_starts_on=late.work_on,
        reason="Was ill",
        actor=scene.actor("priya"),
        at=NOW,
    )
    assert enter(scene, late)[0].is_entered


@pytest.mark.parametrize(
    "change",
    [
        {"description": "x" * 1_000_000},
        {"description": "a\0b"},
        {"activity": "\0"},
        {"minutes": 1500},
        {"work_on": date.max},
        {"work_on": date.min},
        {"role_id": 10**9},
        {"task_id": 10**9},
        {"billing_type": "free"},
    ],
)
def test_answers_nonsense_with_a_sentence(scene: Scene, change: dict[str, object]) -> None:
    (done,) = enter(scene, scene.draft(**change))
    assert not done.is_entered
    assert done.findings[0].sentence
    assert TimeEntry.objects.count() == 0


def test_asks_as_many_queries_for_a_hundred_lines_as_for_ten(scene: Scene) -> None:
    def batch(count: int, word: str) -> list[object]:
        return [
            scene.draft(
                minutes=30, work_on=MONDAY + timedelta(days=n % 14), description=f"{word}{n}"
            )
            for n in range(count)
        ]

    with CaptureQueriesContext(connection) as few:
        enter(scene, *batch(10, "a"))
    with CaptureQueriesContext(connection) as many:
        enter(scene, *batch(100, "b"))
    assert len(many) <= len(few) <= 30
