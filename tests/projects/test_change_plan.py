"""A batch of edits: all or none, scheduled once, and the second saver is told."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from projects.models import Assignment, Dependency, Project, Task
from projects.services import projects, tasks, team
from projects.services.dependencies import Waiting
from projects.services.plan_changes import (
    AddTask,
    ArrangeTask,
    AssignTask,
    DeleteTask,
    EditTask,
    LinkTasks,
    UnlinkTasks,
    change_plan,
)
from projects.services.task_values import NewTask
from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from tests.factories import AT

DAY = 480


@pytest.fixture
def plan(acme):
    """Design 4 days, Build 2 days, from Monday 2 March 2026; Ben is on the team."""
    with acme.scope():
        priya = acme.actors["priya"]
        project = projects.create_project(
            name="Rollout", manager_id=acme.resources["priya"].pk, starts_on=date(2026, 3, 2),
            is_internal=True, actor=priya, at=AT,
        )  # fmt: skip
        doors = {"project_id": project.pk, "actor": priya, "at": AT}
        made = tasks.add_tasks(
            tasks=[NewTask("Design", effort_minutes=4 * DAY), NewTask("Build", effort_minutes=2 * DAY)],
            **doors,
        )  # fmt: skip
        team.add_team_member(
            resource_id=acme.resources["ben"].pk, valid_from=date(2026, 1, 1), **doors
        )
        yield project, *made, doors


def test_makes_links_and_reschedules_once(plan):
    project, design, build, doors = plan
    before = Project.objects.get(id=project.pk).plan_revision
    changed = change_plan(
        revision=before,
        edits=[
            AddTask("Test", after=build.pk, called="test", values={"duration_minutes": DAY}),
            LinkTasks(design.pk, build.pk),
            LinkTasks(build.pk, "test", lag=Waiting(minutes=DAY)),
            EditTask("test", {"deadline_at": datetime(2026, 3, 10, 18)}),
        ],
        **doors,
    )
    test = Task.objects.get(id=changed.made["test"])
    assert test.scheduled_start_at == datetime(2026, 3, 11, 9)
    assert changed.change.revision == before + 1
    assert {"Build", "Test"} <= {moved.name for moved in changed.change.moved}
    assert "3 Test misses its deadline by 8:00 hours of working time." in [
        warning.sentence for warning in changed.change.warnings
    ]
    told = AuditEntry.objects.filter(record_type="projects.Project").latest("id")
    assert told.sentence == (
        "added task 3 Test; linked 1 Design to 2 Build (finish to start); "
        "linked 2 Build to 3 Test (finish to start); and 1 more"
    )


def test_the_second_saver_is_told_what_changed(acme, plan):
    project, design, build, doors = plan
    seen = Project.objects.get(id=project.pk).plan_revision
    change_plan(revision=seen, edits=[LinkTasks(design.pk, build.pk)], **doors)
    with pytest.raises(Conflict, match="Priya linked 1 Design to 2 Build") as refused:
        change_plan(revision=seen, edits=[DeleteTask(design.pk)], **doors)
    assert refused.value.field == "revision"


def test_all_or_none_and_the_edit_is_named(plan):
    project, design, build, doors = plan
    for edits, words in (
        ([EditTask(design.pk, {"name": "New"}), LinkTasks(design.pk, 99_999)], "Edit 2: "),
        ([EditTask(design.pk, {"outline": "9"})], "Edit 1: A task has no field “outline”"),
        ([LinkTasks(design.pk, "ghost")], "called “ghost”"),
        ([UnlinkTasks(design.pk, build.pk)], "no such link"),
        ([ArrangeTask(design.pk, "sideways")], "indent, outdent"),
        ([EditTask(design.pk, {"constraint_kind": "mso"})], "needs a date"),
        ([EditTask(design.pk, {"mode": "loose"})], "none of fixed_units"),
        ([EditTask(design.pk, {"percent_complete": 101})], "0 to 100"),
        ([AssignTask(design.pk, 99_999)], "Only team members"),
        ([LinkTasks(design.pk, build.pk), LinkTasks(build.pk, design.pk)], "in a circle: "),
        ([], "nothing to change"),
    ):
        with pytest.raises(DomainError, match=words):
            change_plan(edits=edits, **doors)
    assert Task.objects.filter(project=project, name="Design").exists()


def test_every_kind_of_edit(acme, plan):
    project, design, build, doors = plan
    ben = acme.resources["ben"].pk
    change_plan(
        edits=[
            LinkTasks(design.pk, build.pk),
            LinkTasks(design.pk, build.pk, kind="SS"),
            AssignTask(design.pk, ben, Decimal("0.5")),
            EditTask(build.pk, {"constraint_kind": "snet", "constrained_to": datetime(2026, 3, 4)}),
            EditTask(build.pk, {"percent_complete": 50}),
        ],
        **doors,
    )
    design.refresh_from_db()
    build.refresh_from_db()
    assert (design.duration_minutes, design.effort_minutes) == (8 * DAY, 4 * DAY)
    assert (build.starts_on, build.done_minutes) == (date(2026, 3, 2), DAY)
    assert Dependency.objects.get(project=project).kind == "SS"
    change_plan(
        edits=[
            UnlinkTasks(design.pk, build.pk),
            AssignTask(design.pk, ben, Decimal(0)),
            ArrangeTask(build.pk, "up"),
            EditTask(build.pk, {"percent_complete": 100}),
            DeleteTask(design.pk),
        ],
        **doors,
    )
    build.refresh_from_db()
    assert (build.outline, build.is_completed, build.is_critical) == ("1", True, False)
    assert build.actual_finish_at == build.scheduled_finish_at
    assert not Assignment.objects.filter(task__project=project).exists()


def test_asks_for_the_right_to_change(acme, plan):
    _project, design, _build, doors = plan
    with pytest.raises((PermissionDenied, NotFound)):
        change_plan(**{**doors, "actor": acme.actors["ben"]}, edits=[DeleteTask(design.pk)])
