"""The grid's autosave: each cell saved, refused or in conflict by itself."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense.models import TimeEntry
from timeexpense.services import cells, filling, weeks
from timeexpense.services.cells import CellDraft


def cell(scene: Scene, typed: str | None = "7.5", **changes: object) -> CellDraft:
    values: dict[str, object] = {
        "ref": "c",
        "project_id": scene.work.project.pk,
        "task_id": scene.work.build.pk,
        "work_on": MONDAY,
        "typed": typed,
    }
    return CellDraft(**(values | changes))  # type: ignore[arg-type]


def save(scene: Scene, *drafts: CellDraft, name: str = "ben"):
    return cells.save_cells(cells=drafts, actor=scene.actor(name), at=NOW)


def test_stores_changes_and_clears_a_cell(scene: Scene) -> None:
    (made,) = save(scene, cell(scene, client_key=uuid.uuid4()))
    assert (made.status, made.minutes, made.lock_version) == ("saved", 450, 1)
    (changed,) = save(scene, cell(scene, "7.33", entry_id=made.entry_id, lock_version=1))
    assert (changed.status, changed.minutes, changed.lock_version) == ("saved", 440, 2)
    (noted,) = save(
        scene,
        cell(scene, None, entry_id=made.entry_id, lock_version=2, description="Interfaces"),
    )
    entry = TimeEntry.objects.get(pk=made.entry_id)
    assert (entry.minutes, entry.description, noted.lock_version) == (440, "Interfaces", 3)
    (gone,) = save(scene, cell(scene, "", entry_id=made.entry_id, lock_version=3))
    assert gone.status == "deleted"
    assert not TimeEntry.objects.exists()


def test_keeps_a_cell_sent_twice_once(scene: Scene) -> None:
    key = uuid.uuid4()
    first, again = (save(scene, cell(scene, client_key=key))[0] for _ in range(2))
    assert (first.entry_id, again.status) == (again.entry_id, "saved")
    assert TimeEntry.objects.count() == 1


def test_keeps_what_somebody_else_typed_meanwhile(scene: Scene) -> None:
    (made,) = save(scene, cell(scene))
    save(scene, cell(scene, "4", entry_id=made.entry_id, lock_version=1))
    (stale,) = save(scene, cell(scene, "6", entry_id=made.entry_id, lock_version=1))
    assert stale.status == "conflict"
    assert "4:00" in stale.sentence
    assert TimeEntry.objects.get().minutes == 240
    (blind,) = save(scene, cell(scene, "6", client_key=uuid.uuid4()))
    assert blind.status == "conflict"


def test_refuses_one_cell_and_saves_the_others(scene: Scene) -> None:
    done = save(
        scene,
        cell(scene, "8", ref="a"),
        cell(scene, "25h", ref="b", work_on=MONDAY + timedelta(days=1)),
        cell(scene, "NaN", ref="c", work_on=MONDAY + timedelta(days=2)),
        cell(scene, "-1", ref="d", work_on=MONDAY + timedelta(days=3)),
        cell(scene, "1e400", ref="e", work_on=MONDAY + timedelta(days=4)),
    )
    assert [(one.ref, one.status) for one in done] == [
        ("a", "saved"), ("b", "failed"), ("c", "failed"), ("d", "failed"), ("e", "failed"),
    ]  # fmt: skip
    assert all(one.sentence for one in done[1:])


def test_cannot_touch_somebody_elses_entry(scene: Scene) -> None:
    (made,) = save(scene, cell(scene))
    (tried,) = save(scene, cell(scene, "1", entry_id=made.entry_id), name="bea")
    assert tried.status == "failed"
    assert TimeEntry.objects.get().minutes == 450


def test_leaves_submitted_time_alone(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    (tried,) = save(scene, cell(scene, "1", entry_id=entry_id))
    assert tried.status == "failed"
    assert "Take it back first" in tried.sentence


def test_submits_takes_back_and_copies_a_week(scene: Scene) -> None:
    save(scene, cell(scene, "8"), cell(scene, "6:30", work_on=MONDAY + timedelta(days=1)))
    done = weeks.submit_week(week_starts_on=MONDAY, actor=scene.actor("ben"), at=NOW)
    assert [one.is_submitted for one in done] == [True, True]
    flagged = TimeEntry.objects.first().flags
    assert flagged[0]["code"] == "blank_external_description"
    assert weeks.recall_week(week_starts_on=MONDAY, actor=scene.actor("ben"), at=NOW) == 2
    next_week = MONDAY + timedelta(days=7)
    copied = filling.copy_last_week(week_starts_on=next_week, actor=scene.actor("ben"), at=NOW)
    assert [one.is_entered for one in copied] == [True, True]
    again = filling.copy_last_week(week_starts_on=next_week, actor=scene.actor("ben"), at=NOW)
    assert again == []
    assert TimeEntry.objects.filter(work_on__gte=next_week).count() == 2


def test_keeps_a_blocked_entry_a_draft_and_submits_the_rest(scene: Scene) -> None:
    ids = scene.enter(scene.draft(minutes=60), scene.draft(minutes=60, task_id=scene.work.fixed.pk))
    scene.work.fixed.is_completed = True
    scene.work.fixed.save()
    done = weeks.submit_entries(entry_ids=ids, actor=scene.actor("ben"), at=NOW)
    assert [one.is_submitted for one in done] == [True, False]
    assert done[1].findings[0].code == "task_completed"


@pytest.mark.parametrize("count", [5, 25])
def test_asks_few_queries_however_many_cells(scene: Scene, count: int) -> None:
    drafts = [cell(scene, "0:15", ref=str(n), activity=f"a{n}") for n in range(count)]
    with CaptureQueriesContext(connection) as asked:
        save(scene, *drafts)
    assert len(asked) <= 45
