"""Levelling several plans at once: the figures of docs/rules/projects.md, P-25."""

from datetime import date

import pytest

from projects.models import Project, Task
from projects.services import levelling_together, projects, tasks, team
from projects.services.assignments import assign_task
from projects.services.levelling_together import level_plans, propose_levelling_together
from projects.services.task_values import NewTask
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT

DAY = 480


class Scene:
    """Ben has two days in A and two in B from Monday 6 July; in A he is followed by Bea."""

    def __init__(self, acme):
        self.acme, self.plans = acme, []
        for name in ("A", "B"):
            project = projects.create_project(
                name=name, manager_id=acme.resources["priya"].pk, starts_on=date(2026, 7, 6),
                is_internal=True, actor=acme.actors["priya"], at=AT,
            )  # fmt: skip
            doors = {"project_id": project.pk, "actor": acme.actors["priya"], "at": AT}
            for who in ("ben", "bea"):
                team.add_team_member(
                    resource_id=acme.resources[who].pk, valid_from=date(2026, 7, 6), **doors
                )
            [task] = tasks.add_tasks(tasks=[NewTask(f"Do {name}", 1, 2 * DAY)], **doors)
            assign_task(task_id=task.pk, resource_id=acme.resources["ben"].pk, **doors)
            self.plans.append((project, task, doors))

    def starts(self):
        return [Task.objects.get(pk=task.pk).starts_on.day for _, task, _ in self.plans]

    def asked(self, *priorities, **more):
        keys = [project.pk for project, _, _ in self.plans]
        return {
            "priorities": dict(zip(keys, priorities, strict=True)),
            "actor": self.acme.actors["priya"],
            **more,
        }

    def revisions(self):
        return {
            project.pk: Project.objects.get(pk=project.pk).plan_revision
            for project, _, _ in self.plans
        }


@pytest.fixture
def scene(acme):
    with acme.scope():
        yield Scene(acme)


@pytest.mark.parametrize(
    ("priorities", "starts"), [((500, 400), [6, 8]), ((400, 500), [8, 6]), ((500, 1000), [8, 6])]
)
def test_the_less_important_project_waits(scene, priorities, starts):
    asked = scene.asked(*priorities)
    found = propose_levelling_together(**asked)
    assert len(found.was) == 1
    assert found.was[0].name == "Ben"
    [row] = found.delays
    assert (row.start_at.day, found.left) == (8, ())
    assert scene.starts() == [6, 6]
    level_plans(revisions=scene.revisions(), at=AT, **asked)
    assert scene.starts() == starts
    assert [(one.was_finish_at.day, one.finish_at.day) for one in found.projects] == [
        (7, 7 if day == 6 else 9) for day in starts
    ]


def test_within_slack_nothing_moves_that_ends_a_project(scene):
    found = propose_levelling_together(**scene.asked(500, 400, within_slack=True))
    assert (found.delays, [one.name for one in found.left]) == ((), ["Ben"])


def test_only_those_chosen_are_looked_at(scene):
    bea = scene.acme.resources["bea"].pk
    found = propose_levelling_together(**scene.asked(500, 400, resource_ids=[bea]))
    assert (found.was, found.delays) == ((), ())
    with pytest.raises(DomainError, match="nothing to level"):
        level_plans(revisions=scene.revisions(), at=AT, **scene.asked(500, 400, resource_ids=[bea]))


def test_all_is_taken_back_at_once_or_not_at_all(scene):
    asked = scene.asked(500, 400)
    done = level_plans(revisions=scene.revisions(), at=AT, **asked)
    assert (done.task_count, done.project_count) == (1, 1)
    priya = scene.acme.actors["priya"]
    levelling_together.restore_plans(payload=done.undo, actor=priya, at=AT)
    assert scene.starts() == [6, 6]
    again = level_plans(revisions=scene.revisions(), at=AT, **asked)
    tasks.add_task(name="More", **scene.plans[1][2])
    with pytest.raises(Conflict):
        levelling_together.restore_plans(payload=again.undo, actor=priya, at=AT)


def test_refuses_what_changed_what_is_not_ones_own_and_what_is_empty(scene):
    asked, seen = scene.asked(500, 400), scene.revisions()
    tasks.add_task(name="More", **scene.plans[1][2])
    with pytest.raises(Conflict, match=scene.plans[1][0].code):
        level_plans(revisions=seen, at=AT, **asked)
    with pytest.raises(DomainError, match="Choose the projects"):
        propose_levelling_together(priorities={}, actor=scene.acme.actors["priya"])
    with pytest.raises(NotFound):
        propose_levelling_together(priorities={10**9: 1}, actor=scene.acme.actors["priya"])
    with pytest.raises(PermissionDenied):
        propose_levelling_together(**{**asked, "actor": scene.acme.actors["fay"]})
    assert (
        propose_levelling_together(
            **{**scene.asked(1000, 1000), "actor": scene.acme.actors["fay"]}
        ).delays
        == ()
    )


def test_the_page_and_the_api_look_first(scene):
    client = scene.acme.client("priya")
    path = scene.acme.url("projects/levelling/")
    keys = [project.pk for project, _, _ in scene.plans]
    empty = client.get(path, {"project": keys[0]}).content.decode()
    assert "Do A" not in empty
    asked = {"look": 1, "project": keys, f"priority_{keys[0]}": 500, f"priority_{keys[1]}": 300}
    shown = client.get(path, asked).content.decode()
    assert "Do B" in shown
    sent = {**asked, **{f"revision_{key}": number for key, number in scene.revisions().items()}}
    assert client.post(path, {**sent, f"revision_{keys[1]}": 0}).status_code == 422
    assert client.post(path, sent).status_code == 302
    assert scene.starts() == [6, 8]
    priya = Caller(token_of(scene.acme, "priya"))
    body = {"projects": [{"project_id": key, "priority": 500} for key in keys]}
    assert priya.post("/project-levelling/preview", body)["delays"] == []
    assert priya.post("/project-levelling", body, 409)["detail"].startswith("The plan of")
