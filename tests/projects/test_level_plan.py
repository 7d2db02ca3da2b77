"""Levelling a plan of the firm: looked at first, then kept, and taken back."""

from datetime import date, datetime

import pytest

from projects.models import Project, Task
from projects.services import levelling, tasks
from projects.services.assignments import assign_task
from projects.services.task_values import NewTask
from psa.core.errors import Conflict, DomainError, PermissionDenied
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT

DAY = 480


@pytest.fixture
def scene(acme, engagement):
    """Ben builds for five days and writes for two at once, from Monday 6 July; Bea tests for ten."""
    with acme.scope():
        project = engagement.project
        Task.objects.filter(project=project).delete()
        Project.objects.filter(pk=project.pk).update(starts_on=date(2026, 7, 6))
        acme.doors = {"project_id": project.pk, "actor": acme.actors["priya"], "at": AT}
        build, write, test = tasks.add_tasks(
            tasks=[
                NewTask("Build", 1, 5 * DAY), NewTask("Write", 1, 2 * DAY),
                NewTask("Test", 1, 10 * DAY),
            ],
            **acme.doors,
        )  # fmt: skip
        for task, who in ((build, "ben"), (write, "ben"), (test, "bea")):
            assign_task(task_id=task.pk, resource_id=acme.resources[who].pk, **acme.doors)
        acme.write, acme.project = write, project
        yield acme


def propose(firm, **values):
    return levelling.propose_levelling(
        project_id=firm.project.pk, within_slack=False, actor=firm.actors["priya"], **values
    )


def level(firm, *, revision=None, within_slack=False):
    return levelling.level_plan(within_slack=within_slack, revision=revision, **firm.doors)


def test_is_looked_at_then_kept_then_taken_back(scene):
    found = propose(scene)
    [row] = found.delays
    assert (row.name, row.people, row.start_at.date()) == ("Write", ("Ben",), date(2026, 7, 13))
    assert [one.tasks for one in found.was] == [("1 Build", "2 Write")]
    assert (found.left, found.finish_at) == ((), found.was_finish_at)
    assert Task.objects.get(pk=scene.write.pk).starts_on == date(2026, 7, 6)
    done = level(scene, revision=found.revision)
    task = Task.objects.get(pk=scene.write.pk)
    assert (task.constraint_kind, task.starts_on) == ("snet", date(2026, 7, 13))
    assert propose(scene).was == ()
    with pytest.raises(DomainError, match="nothing to level"):
        level(scene)
    payload = levelling.undo_payload(scene.project.pk, done)
    levelling.restore_levelling(payload=payload, actor=scene.actors["priya"], at=AT)
    task.refresh_from_db()
    assert (task.constraint_kind, task.starts_on) == ("asap", date(2026, 7, 6))


def test_begun_work_stays_and_what_is_left_is_told(scene):
    Task.objects.filter(project=scene.project).update(
        actual_start_at=datetime(2026, 7, 6, 9), percent_complete=10
    )
    found = propose(scene)
    assert (found.delays, [one.name for one in found.left]) == ((), ["Ben"])


def test_a_plan_that_changed_since_is_not_levelled_unseen(scene):
    seen = propose(scene).revision
    tasks.add_task(name="More", **scene.doors)
    with pytest.raises(Conflict, match="has changed since you looked"):
        level(scene, revision=seen)


def test_only_who_manages_the_project_looks(scene):
    for name in ("rae", "fay"):
        with pytest.raises(PermissionDenied):
            levelling.propose_levelling(
                project_id=scene.project.pk, within_slack=False, actor=scene.actors[name]
            )


def test_by_page_and_api(scene, django_assert_max_num_queries):
    client = scene.client("priya")
    path = scene.url(f"projects/{scene.project.pk}/plan/levelling/")
    client.get(path)
    with django_assert_max_num_queries(35):
        page = client.get(path)
    assert "Put 1 task off" in page.content.decode()
    caller = Caller(token_of(scene, "priya"))
    api = f"/projects/{scene.project.pk}/levelling"
    told = caller.get(f"{api}?within_slack=true")
    assert told["delays"][0]["start_at"] == "2026-07-13T09:00:00"
    stale = client.post(path, {"revision": 0, "within_slack": ""})
    assert stale.status_code == 422
    assert "has changed since you looked" in stale.content.decode()
    answer = client.post(path, {"revision": told["revision"], "within_slack": "1"})
    assert answer.status_code == 302
    assert caller.call("POST", api, {}).status_code == 422
