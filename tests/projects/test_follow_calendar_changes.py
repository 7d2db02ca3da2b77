"""Leave and holidays move plans by themselves, and the manager is told by how much."""

from datetime import date, datetime

import pytest

from projects import calendar_jobs as room_jobs
from projects.models import Assignment, Project
from projects.rules.finish_move import move_of
from projects.services import assignments, dependencies, projects, tasks, team
from projects.services.task_values import NewTask
from psa.core.audit.models import AuditEntry
from psa.core.jobs import system_actor
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.notifications.models import Notification
from psa.core.org.models import ResourceException
from psa.core.org.services import calendars, personal_calendars
from tests.factories import AT

DAY = 480


@pytest.fixture
def plan(acme):
    """P-10: Design four days with Ben on it, then Build two."""
    with acme.scope():
        priya = acme.actors["priya"]
        project = projects.create_project(
            name="Rollout", manager_id=acme.resources["priya"].pk, starts_on=date(2026, 3, 2),
            is_internal=True, actor=priya, at=AT,
        )  # fmt: skip
        doors = {"project_id": project.pk, "actor": priya, "at": AT}
        design, build = tasks.add_tasks(
            tasks=[NewTask("Design", effort_minutes=4 * DAY), NewTask("Build", effort_minutes=2 * DAY)],
            **doors,
        )  # fmt: skip
        ben = acme.resources["ben"].pk
        team.add_team_member(resource_id=ben, valid_from=date(2026, 1, 1), **doors)
        assignments.assign_task(task_id=design.pk, resource_id=ben, **doors)
        dependencies.link_tasks(predecessor_id=design.pk, successor_id=build.pk, **doors)
        yield Project.objects.get(id=project.pk), design, build


def _told():
    return Notification.objects.filter(event="projects.plan.finish_moved")


def _take_leave(acme, *, first_on=date(2026, 3, 3), last_on=date(2026, 3, 4)):
    return personal_calendars.add_exception(
        resource_id=acme.resources["ben"].pk, kind="sick", name="", first_on=first_on,
        last_on=last_on, minutes_off_per_day=None, actor=acme.actors["ada"], at=AT,
    )  # fmt: skip


def _run(acme):
    """A run of the job, as the clock starts it: its plan, then its chunks."""
    actor = system_actor.acting_for(tenant_id=acme.tenant.pk, membership_id=None)
    run = JobRun.objects.create(
        tenant_id=acme.tenant.pk, kind=room_jobs.CALENDARS_JOB, requested_at=AT,
        key=str(JobRun.objects.count()), title="Plans",
    )  # fmt: skip
    parts = room_jobs.plan(arguments={}, actor=actor, at=AT)
    JobChunk.objects.bulk_create(
        JobChunk(tenant_id=acme.tenant.pk, run=run, position=n, arguments=dict(part.arguments))
        for n, part in enumerate(parts)
    )
    JobRun.objects.filter(id=run.pk).update(started_at=AT)
    return [
        room_jobs.run_chunk(arguments=dict(part.arguments), actor=actor, at=AT, run=run)
        for part in parts
    ]


def test_leave_moves_the_finish_and_the_manager_is_told(acme, plan):
    project, _, _ = plan
    assert not _run(acme)
    _take_leave(acme)
    assert room_jobs.has_changes()
    [done] = _run(acme)
    assert dict(done.result) == {"rescheduled": 1}
    moved = Project.objects.get(id=project.pk)
    assert moved.scheduled_finish_at == datetime(2026, 3, 11, 18)
    assert moved.plan_revision == project.plan_revision + 1
    note = _told().get(membership_id=acme.actors["priya"].membership_id)
    assert note.title == "Finish of Rollout moves by 2 days to 11 March 2026"
    assert note.body.startswith("Because of leave of Ben")
    assert "sick" not in (note.title + note.body).lower()
    entry = AuditEntry.objects.filter(event="projects.plan.changed").latest("id")
    assert "because of leave of Ben" in entry.sentence
    assert not _run(acme)  # taken up once


def test_days_given_back_move_it_back(acme, plan):
    project, _, _ = plan
    away = _take_leave(acme)
    _run(acme)
    personal_calendars.remove_exception(exception_id=away.pk, actor=acme.actors["ada"], at=AT)
    _run(acme)
    assert Project.objects.get(id=project.pk).scheduled_finish_at == datetime(2026, 3, 9, 18)
    assert "2 days earlier, to 9 March 2026" in _told().latest("id").title


def test_a_holiday_of_the_calendar_moves_every_plan_that_counts_by_it(acme, plan):
    project, _, _ = plan
    calendars.set_day(
        calendar_id=project.calendar_id, on=date(2026, 3, 6), name="Closed", kind="closure",
        working_minutes=0, actor=acme.actors["ada"], at=AT,
    )  # fmt: skip
    _run(acme)
    note = _told().get()
    assert note.title == "Finish of Rollout moves by 1 day to 10 March 2026"
    assert note.body.startswith("Because of changed days or hours of")


def test_what_moves_nothing_tells_nobody(acme, plan):
    project, _, _ = plan
    _take_leave(acme, first_on=date(2026, 8, 3), last_on=date(2026, 8, 7))
    [done] = _run(acme)
    assert dict(done.result) == {"rescheduled": 0}
    assert Project.objects.get(id=project.pk).plan_revision == project.plan_revision
    assert not _told().exists()


def test_closed_plans_and_strangers_leave_are_left_alone(acme, plan):
    project, design, _ = plan
    Project.objects.filter(id=project.pk).update(status="closed")
    _take_leave(acme)
    assert not _run(acme)
    Project.objects.filter(id=project.pk).update(status="on_hold")
    Assignment.objects.filter(task=design).delete()
    assert not _run(acme)


def test_leave_written_past_the_door_waits_for_the_next_edit(acme, plan):
    ResourceException.objects.create(
        tenant_id=acme.tenant.pk, resource=acme.resources["ben"], name="Leave",
        valid_from=date(2026, 3, 3), valid_until=date(2026, 3, 5),
    )  # fmt: skip
    assert not _run(acme)


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        (datetime(2026, 3, 9, 18), datetime(2026, 3, 9, 18), ""),
        (datetime(2026, 3, 9, 18), datetime(2026, 3, 12, 12), "by 3 days to 12 March 2026"),
        (datetime(2026, 3, 9, 18), datetime(2026, 3, 6, 18), "3 days earlier, to 6 March 2026"),
        (datetime(2026, 3, 9, 12), datetime(2026, 3, 9, 16), "by 4:00 hours"),
        (datetime(2026, 3, 9, 12), datetime(2026, 3, 9, 11), "1:00 hours earlier"),
    ],
)
def test_says_by_how_much(was, now, words):
    assert move_of(was, now) == words
