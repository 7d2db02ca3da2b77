"""Somebody leaves the team: their work, the schedule, and the way back."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from projects.models import Assignment, Project, Task
from projects.services import assignments, projects, tasks, team
from projects.services.task_values import NewTask
from psa.core.errors import Conflict
from tests.factories import AT

DAY = 480


@pytest.fixture
def plan(acme):
    """Build, 4 days, effort-driven: Ben and Bea share it, and it takes two days."""
    with acme.scope():
        priya = acme.actors["priya"]
        project = projects.create_project(
            name="Rollout", manager_id=acme.resources["priya"].pk, starts_on=date(2026, 3, 2),
            is_internal=True, actor=priya, at=AT,
        )  # fmt: skip
        doors = {"project_id": project.pk, "actor": priya, "at": AT}
        [build] = tasks.add_tasks(tasks=[NewTask("Build", effort_minutes=4 * DAY)], **doors)
        tasks.edit_task(task_id=build.pk, lock_version=None, is_effort_driven=True, **doors)
        members = {}
        for name in ("ben", "bea"):
            person = acme.resources[name].pk
            members[name] = team.add_team_member(
                resource_id=person, valid_from=date(2026, 1, 1), **doors
            )
            assignments.assign_task(task_id=build.pk, resource_id=person, **doors)
        build.refresh_from_db()
        assert build.scheduled_finish_at == datetime(2026, 3, 3, 18)
        yield project, build, members, doors


def _state(build):
    build.refresh_from_db()
    parts = Assignment.objects.filter(task=build).order_by("resource_id")
    return (
        build.duration_minutes,
        build.effort_minutes,
        build.scheduled_finish_at,
        list(parts.values_list("resource_id", "units", "minutes")),
    )


def test_gives_their_work_to_the_others_and_schedules_once(acme, plan):
    project, build, members, doors = plan
    before = Project.objects.get(id=project.pk).plan_revision
    team.remove_team_member(member_id=members["ben"].pk, **doors)
    assert _state(build) == (
        4 * DAY,
        4 * DAY,
        datetime(2026, 3, 5, 18),
        [(acme.resources["bea"].pk, Decimal(1), 4 * DAY)],
    )
    assert Project.objects.get(id=project.pk).plan_revision == before + 1


def test_the_removal_is_taken_back_whole(acme, plan):
    _project, build, members, doors = plan
    bens = Assignment.objects.filter(task=build, resource=acme.resources["ben"])
    bens.update(delay_minutes=60, gaps=[[120, 30]])
    tasks.edit_task(task_id=build.pk, lock_version=None, name="Construct", **doors)
    before = _state(build)
    kept = team.remove_team_member(member_id=members["ben"].pk, **doors)
    told = team.restore_team_member(payload=kept, actor=doors["actor"], at=AT)
    assert told == f"{acme.resources['ben'].name} is on the team again"
    assert _state(build) == before
    assert (bens.get().delay_minutes, bens.get().gaps) == (60, [[120, 30]])


def test_a_plan_that_changed_since_refuses_the_way_back(plan):
    _project, build, members, doors = plan
    kept = team.remove_team_member(member_id=members["ben"].pk, **doors)
    tasks.edit_task(task_id=build.pk, lock_version=None, name="Construct", **doors)
    with pytest.raises(Conflict, match="has changed since"):
        team.restore_team_member(payload=kept, actor=doors["actor"], at=AT)
    assert Task.objects.get(id=build.pk).effort_minutes == 4 * DAY


def test_somebody_without_tasks_changes_no_plan(acme, plan):
    project, build, _members, doors = plan
    mei = team.add_team_member(
        resource_id=acme.resources["mei"].pk, valid_from=date(2026, 1, 1), **doors
    )
    before = Project.objects.get(id=project.pk).plan_revision
    kept = team.remove_team_member(member_id=mei.pk, **doors)
    tasks.edit_task(task_id=build.pk, lock_version=None, name="Construct", **doors)
    team.restore_team_member(payload=kept, actor=doors["actor"], at=AT)
    assert Project.objects.get(id=project.pk).plan_revision == before + 1
