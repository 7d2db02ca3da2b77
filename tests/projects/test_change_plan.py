"""A batch of edits: all or none, scheduled once, and the second saver is told."""

import time
from datetime import date, datetime
from decimal import Decimal

import pytest

from projects import forms
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
from projects.services.schedule import schedule_project
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


def test_tells_the_trail_of_each_edit(plan):
    _project, design, build, doors = plan
    changed = change_plan(
        edits=[
            AddTask("Test", called="test"),
            LinkTasks(design.pk, build.pk),
            LinkTasks(build.pk, "test"),
            ArrangeTask("test", "up"),
            EditTask(build.pk, {"name": "Construct"}),
        ],
        **doors,
    )
    trail = AuditEntry.objects.filter(record_type="projects.Task").order_by("id")
    told = {
        entry.record_id: [e.sentence for e in trail if e.record_id == entry.record_id]
        for entry in trail
    }
    assert told[changed.made["test"]] == [
        "added task 3 Test",
        "linked 2 Build to 3 Test (finish to start)",
        "moved task 3 Test, now 2",
    ]
    assert "linked 1 Design to 2 Build (finish to start)" in told[build.pk]
    assert any("changed name of" in sentence for sentence in told[build.pk])


def test_adds_a_thousand_rows_in_linear_time(plan, django_assert_max_num_queries):
    project, _design, build, doors = plan
    edits = [
        AddTask(
            f"Step {n}", called=str(n), after=build.pk if n == 0 else str(n // 10 * 10 if n % 10 else n - 10),
            as_child=n % 10 > 0, values={"effort_minutes": 60},
        )
        for n in range(1000)
    ]  # fmt: skip
    begun = time.process_time()
    with django_assert_max_num_queries(40):
        made = change_plan(edits=edits, **doors).made
    # About a second on a quiet machine; wide enough for a busy one, too narrow for squared work.
    assert time.process_time() - begun < 8
    rows = Task.objects.filter(project=project).order_by("position")
    assert rows.count() == 1002
    assert list(rows.values_list("position", flat=True)) == list(range(1, 1003))
    assert len(set(rows.values_list("outline", flat=True))) == 1002
    assert Task.objects.get(id=made["1"]).parent_id == made["0"]
    chain = [n for n in range(1, 200) if n % 10 and (n + 1) % 10]
    links = [LinkTasks(made[str(n)], made[str(n + 1)]) for n in chain]
    with django_assert_max_num_queries(40):
        change_plan(
            edits=[*links, LinkTasks(links[0].predecessor, links[0].successor, "SS")], **doors
        )
    kinds = list(
        Dependency.objects.filter(project=project, predecessor_id__in=made.values())
        .order_by("id")
        .values_list("kind", flat=True)
    )
    assert kinds == ["SS", *["FS"] * (len(chain) - 1)]
    # And gone as they came, the last first, as an undo takes them away.
    gone = [DeleteTask(made[str(n)]) for n in reversed(range(900, 1000))]
    with django_assert_max_num_queries(60):
        change_plan(edits=gone, **doors)
    assert list(rows.all().values_list("position", flat=True)) == list(range(1, 903))
    with pytest.raises(NotFound, match="Edit 2: .*deleted"):
        change_plan(edits=[DeleteTask(build.pk), DeleteTask(gone[0].task)], **doors)
    assert rows.all().count() == 902


def test_what_is_partly_done_began_as_planned(plan):
    project, _design, _build, doors = plan
    change_plan(
        edits=[AddTask("Test", values={"percent_complete": 50, "effort_minutes": 2 * DAY})], **doors
    )
    test = Task.objects.get(name="Test")
    assert (test.actual_start_at, test.done_minutes) == (datetime(2026, 3, 2, 9), DAY)
    before = (test.scheduled_start_at, test.scheduled_finish_at)
    change = schedule_project(project_id=project.pk, actor=doors["actor"])
    test.refresh_from_db()
    assert (test.scheduled_start_at, test.scheduled_finish_at) == before
    assert change.moved == ()


def test_what_is_done_follows_the_duration(plan):
    _project, design, _build, doors = plan
    common = {"task_id": design.pk, "lock_version": None, **doors}
    tasks.edit_task(percent_complete=50, **common)
    assert tasks.edit_task(duration_minutes=6 * DAY, **common).done_minutes == 3 * DAY
    assert tasks.edit_task(effort_minutes=8 * DAY, **common).done_minutes * 2 == (
        Task.objects.get(id=design.pk).duration_minutes
    )


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"percent_complete": 40, "is_completed": True}, "100 % complete"),
        ({"percent_complete": 40, "actual_finish_at": datetime(2026, 3, 4, 18)}, "100 % complete"),
        ({"percent_complete": 100, "is_completed": False}, "is completed"),
        ({"is_completed": False, "actual_finish_at": datetime(2026, 3, 4, 18)}, "is completed"),
        ({"actual_start_at": None}, "partly done has begun"),
        (
            {
                "is_milestone": True,
                "effort_minutes": 0,
                "finishes_on": date(2026, 3, 2),
                "percent_complete": 30,
            },
            "0 % or 100 %",
        ),
    ],
)
def test_refuses_marks_that_contradict_each_other(plan, values, words):
    _project, design, _build, doors = plan
    common = {"task_id": design.pk, "lock_version": None, **doors}
    tasks.edit_task(percent_complete=50, **common)
    with pytest.raises(DomainError, match=words):
        tasks.edit_task(**values, **common)


def test_a_summary_without_subtasks_takes_time_again(plan):
    _project, _design, _build, doors = plan
    made = tasks.add_tasks(
        tasks=[NewTask("Phase"), NewTask("Only step", depth=2, effort_minutes=DAY)], **doors
    )
    change_plan(edits=[DeleteTask(made[1].pk)], **doors)
    phase = Task.objects.get(id=made[0].pk)
    assert (phase.duration_minutes, phase.scheduled_start_at, phase.scheduled_finish_at) == (
        DAY,
        datetime(2026, 3, 2, 9),
        datetime(2026, 3, 2, 18),
    )


def test_an_indented_row_keeps_the_length_it_had(plan):
    _project, design, build, doors = plan
    tasks.indent_task(task_id=build.pk, **doors)
    assert Task.objects.get(id=design.pk).is_summary
    tasks.outdent_task(task_id=build.pk, **doors)
    assert Task.objects.get(id=design.pk).duration_minutes == 4 * DAY


def test_a_row_that_moves_is_nobodys_edit(plan):
    """What somebody types in it meanwhile is good, and days left alone are not put back."""
    _project, design, build, doors = plan
    change_plan(edits=[LinkTasks(design.pk, build.pk)], **doors)
    moved = Task.objects.get(id=build.pk)
    assert (moved.starts_on, moved.lock_version) == (date(2026, 3, 6), 1)
    posted = {
        "lock_version": 1, "name": "Construct", "starts_on": "2026-03-02",
        "finishes_on": "2026-03-03", "shown_starts_on": "2026-03-02",
        "shown_finishes_on": "2026-03-03", "effort_minutes": "16:00", "remaining_minutes": "16:00",
        "mode": moved.mode, "constraint_kind": moved.constraint_kind, "priority": moved.priority,
    }  # fmt: skip
    form = forms.EditTask(posted, task=moved)
    assert form.is_valid(), form.errors
    edited = tasks.edit_task(task_id=build.pk, **form.values(), **doors)
    assert (edited.name, edited.starts_on, edited.constraint_kind) == (
        "Construct",
        date(2026, 3, 6),
        "asap",
    )
