"""The schedule by the API: read, and changed by the batch."""

import pytest

from tests.edges.api.callers import Caller, token_of


@pytest.fixture
def caller(acme, engagement):
    return Caller(token_of(acme, "priya"))


def test_reads_changes_and_is_told_what_moved(acme, engagement, caller):
    path = f"/projects/{engagement.project.pk}/schedule"
    plan = caller.get(path)
    build = engagement.build.pk
    edits = [
        {"do": "add", "called": "test", "task": {"name": "Test", "duration_minutes": 480}},
        {"do": "link", "task_called": "test", "predecessor_id": build, "lag_minutes": -480},
        {"do": "edit", "task_called": "test", "task": {"deadline_at": "2026-01-01T18:00"}},
    ]
    done = caller.post(path, {"revision": plan["revision"], "edits": edits}, 200)
    test = done["made"][0]["id"]
    assert done["change"]["revision"] == plan["revision"] + 1
    assert test in {moved["id"] for moved in done["change"]["moved"]}
    assert any(w["kind"] == "deadline_missed" for w in done["change"]["warnings"])
    after = caller.get(path)
    assert after["links"][0]["lag_minutes"] == -480
    row = next(task for task in after["tasks"] if task["id"] == test)
    assert row["deadline_at"] == "2026-01-01T18:00:00"
    stale = caller.post(path, {"revision": plan["revision"], "edits": edits[:1]}, 409)
    assert "added task" in stale["detail"]
    circle = [{"do": "link", "task_id": build, "predecessor_id": test}]
    assert "in a circle" in caller.post(path, {"edits": circle}, 422)["detail"]
    assert caller.get(path) == after


@pytest.mark.parametrize(
    "edit",
    [
        {"do": "add", "task": {"name": "T", "constraint_kind": "mso"}},
        {"do": "add", "task": {"duration_minutes": 5}},
        {"do": "edit", "task": {"name": "T"}},
        {"do": "edit", "task_called": "ghost", "task": {"name": "T"}},
        {"do": "delete"},
        {"do": "assign", "task_called": "ghost"},
        {"do": "edit", "task_id": 1, "task": {"deadline_at": "soon"}},
        {"do": "fly"},
        {"do": "link", "task_id": 1, "predecessor_id": 1, "lag_percent": "99999"},
    ],
)
def test_bad_edits_get_a_sentence(acme, engagement, caller, edit):
    path = f"/projects/{engagement.project.pk}/schedule"
    answer = caller.client.post(
        f"/api/v1{path}", {"edits": [edit]}, "application/json",
        headers={"Authorization": f"Bearer {caller.token}", "Idempotency-Key": "k"},
    )  # fmt: skip
    assert answer.status_code in (404, 422), answer.content
    assert answer.json()["detail"]


def test_marks_of_progress_agree(acme, engagement, caller):
    path = f"/projects/{engagement.project.pk}/schedule"
    begun = {"name": "A", "actual_finish_at": "2026-03-03T12:00"}
    done = caller.post(path, {"edits": [{"do": "add", "called": "a", "task": begun}]}, 200)
    number = done["made"][0]["id"]
    row = next(t for t in caller.get(path)["tasks"] if t["id"] == number)
    assert (row["percent_complete"], row["is_completed"]) == (100, True)
    assert row["actual_start_at"] == "2026-03-03T12:00:00"
    again = {"do": "edit", "task_id": number, "task": {"actual_start_at": None}}
    caller.post(path, {"edits": [again]}, 200)
    open_again = {"do": "edit", "task_id": number, "task": {"is_completed": False}}
    caller.post(path, {"edits": [open_again]}, 200)
    row = next(t for t in caller.get(path)["tasks"] if t["id"] == number)
    assert (row["percent_complete"], row["actual_finish_at"]) == (0, None)
