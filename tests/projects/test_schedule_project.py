"""Scheduling a plan from its rows: dates, links, calendars, leave, circles, and few queries."""

from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction

from projects.models import Assignment, Dependency, Project, Task
from projects.services import dependencies, projects, tasks
from projects.services.dependencies import Waiting
from projects.services.schedule import CircularDependencies, reschedule, schedule_project
from projects.services.task_values import NewTask
from psa.core.audit.models import AuditEntry
from psa.core.errors import DomainError
from psa.core.org.models import ResourceException, WorkCalendar, WorkInterval
from tests.factories import AT

MONDAY = date(2026, 3, 2)
DAY = 480


@pytest.fixture
def plan(acme):
    """A project from Monday 2 March 2026: Design 4 days, then Build 2 days, in office hours."""
    with acme.scope():
        priya = acme.actors["priya"]
        project = projects.create_project(
            name="Rollout", manager_id=acme.resources["priya"].pk, starts_on=MONDAY,
            contracting_unit_id=acme.units["UK"].pk, is_internal=True, actor=priya, at=AT,
        )  # fmt: skip
        design, build = tasks.add_tasks(
            project_id=project.pk, actor=priya, at=AT,
            tasks=[NewTask("Design", effort_minutes=4 * DAY), NewTask("Build", effort_minutes=2 * DAY)],
        )  # fmt: skip
        doors = {"project_id": project.pk, "actor": priya, "at": AT}
        yield project, design, build, doors


def _spans(project):
    return {
        task.name: (task.scheduled_start_at, task.scheduled_finish_at)
        for task in Task.objects.filter(project=project)
    }


def test_follows_a_link_over_the_weekend(plan):
    project, design, build, doors = plan
    link, change = dependencies.link_tasks(predecessor_id=design.pk, successor_id=build.pk, **doors)
    assert _spans(project) == {
        "Design": (datetime(2026, 3, 2, 9), datetime(2026, 3, 5, 18)),
        "Build": (datetime(2026, 3, 6, 9), datetime(2026, 3, 9, 18)),
    }
    assert [(m.name, m.was_start_at) for m in change.moved] == [
        ("Build", datetime(2026, 3, 2, 9)),
    ]
    build.refresh_from_db()
    assert (build.starts_on, build.finishes_on) == (date(2026, 3, 6), date(2026, 3, 9))
    assert (build.is_critical, build.total_slack_minutes, build.lock_version) == (True, 0, 1)
    assert change.finish_at == datetime(2026, 3, 9, 18)
    assert change.was_finish_at == datetime(2026, 3, 5, 18)
    dependencies.change_link(
        dependency_id=link.pk, kind="FS", lag=Waiting(percent=Decimal(50)), **doors
    )
    assert _spans(project)["Build"][0] == datetime(2026, 3, 10, 9)
    dependencies.unlink_tasks(dependency_id=link.pk, **doors)
    assert _spans(project)["Build"][0] == datetime(2026, 3, 2, 9)


def test_names_the_circle_and_leaves_the_plan(plan):
    project, design, build, doors = plan
    dependencies.link_tasks(predecessor_id=design.pk, successor_id=build.pk, **doors)
    with pytest.raises(CircularDependencies, match="1 Design → 2 Build → 1 Design|2 Build → 1 D"):
        dependencies.link_tasks(predecessor_id=build.pk, successor_id=design.pk, **doors)
    assert Dependency.objects.filter(project=project).count() == 1
    with pytest.raises(DomainError, match="waits for 1 Design already"):
        dependencies.link_tasks(predecessor_id=design.pk, successor_id=build.pk, **doors)
    with pytest.raises(DomainError, match="cannot wait for itself"):
        dependencies.link_tasks(predecessor_id=build.pk, successor_id=build.pk, **doors)
    with pytest.raises(CircularDependencies):  # moved under what it waits for
        tasks.place_task(task_id=build.pk, parent_id=design.pk, **doors)


def test_refuses_links_into_other_projects_in_the_database(plan, engagement):
    project, design, _, _ = plan
    with pytest.raises(IntegrityError), transaction.atomic():
        Dependency.objects.create(
            tenant_id=project.tenant_id, project=project, predecessor=design,
            successor=engagement.build,
        )  # fmt: skip


def test_typed_days_hold_and_moving_the_start_keeps_the_length(plan):
    _, design, _, doors = plan
    edited = tasks.edit_task(
        task_id=design.pk, lock_version=None, starts_on=date(2026, 3, 4),
        finishes_on=date(2026, 3, 10), **doors,
    )  # fmt: skip
    assert (edited.constraint_kind, edited.mode) == ("snet", "fixed_duration")
    assert (edited.starts_on, edited.finishes_on) == (date(2026, 3, 4), date(2026, 3, 10))
    assert (edited.duration_minutes, edited.effort_minutes) == (5 * DAY, 4 * DAY)
    edited = tasks.edit_task(
        task_id=design.pk, lock_version=None, starts_on=date(2026, 3, 9), **doors
    )
    assert (edited.starts_on, edited.finishes_on) == (date(2026, 3, 9), date(2026, 3, 13))
    edited = tasks.edit_task(task_id=design.pk, lock_version=None, starts_on=None, **doors)
    assert (edited.starts_on, edited.constraint_kind) == (MONDAY, "asap")
    early = tasks.edit_task(
        task_id=design.pk, lock_version=None, starts_on=date(2026, 2, 27), **doors
    )
    assert (early.starts_on, early.constraint_kind) == (date(2026, 2, 27), "mso")


def test_more_effort_takes_longer_unless_the_duration_is_fixed(plan):
    _, design, build, doors = plan
    longer = tasks.edit_task(task_id=design.pk, lock_version=None, effort_minutes=5 * DAY, **doors)
    assert longer.finishes_on == date(2026, 3, 6)
    Task.objects.filter(id=build.pk).update(mode=Task.Mode.FIXED_DURATION)
    same = tasks.edit_task(task_id=build.pk, lock_version=None, effort_minutes=9 * DAY, **doors)
    assert (same.finishes_on, same.effort_minutes) == (date(2026, 3, 3), 9 * DAY)


def test_rows_of_before_keep_their_days(plan):
    """Tasks that were typed before plans were scheduled: the same days, on their first schedule."""
    project, design, build, doors = plan
    old = {
        "scheduled_start_at": None, "scheduled_finish_at": None, "duration_minutes": None,
        "constraint_kind": "asap", "constrained_to": None,
    }  # fmt: skip
    Task.objects.filter(id=design.pk).update(
        starts_on=date(2026, 3, 11), finishes_on=date(2026, 4, 2), **old
    )
    Task.objects.filter(id=build.pk).update(
        starts_on=date(2026, 2, 24), finishes_on=date(2026, 2, 26), is_completed=True, **old
    )
    schedule_project(project_id=project.pk, actor=doors["actor"])
    design.refresh_from_db()
    build.refresh_from_db()
    assert (design.starts_on, design.finishes_on) == (date(2026, 3, 11), date(2026, 4, 2))
    assert (build.starts_on, build.finishes_on) == (date(2026, 2, 24), date(2026, 2, 26))
    assert build.actual_finish_at == datetime(2026, 2, 26, 18)
    assert build.lock_version == 1


def test_leave_on_a_critical_task_moves_the_finish(acme, plan):
    project, design, build, doors = plan
    ben = acme.resources["ben"]
    Assignment.objects.create(
        tenant_id=project.tenant_id, task=design, resource=ben, minutes=4 * DAY
    )
    dependencies.link_tasks(predecessor_id=design.pk, successor_id=build.pk, **doors)
    ResourceException.objects.create(
        tenant_id=project.tenant_id, resource=ben, name="Leave", valid_from=date(2026, 3, 3),
        valid_until=date(2026, 3, 5),
    )  # fmt: skip
    change = schedule_project(project_id=project.pk, actor=doors["actor"])
    assert change.was_finish_at == datetime(2026, 3, 9, 18)
    assert change.finish_at == datetime(2026, 3, 11, 18)


def test_works_beyond_somebodys_employment_by_their_last_hours(acme, plan):
    project, design, _, doors = plan
    ben = acme.resources["ben"]
    ben.employed_until = date(2026, 3, 4)
    ben.save(update_fields=["employed_until"])
    Assignment.objects.create(
        tenant_id=project.tenant_id, task=design, resource=ben, minutes=4 * DAY
    )
    schedule_project(project_id=project.pk, actor=doors["actor"])
    assert _spans(project)["Design"][1] == datetime(2026, 3, 5, 18)


def test_a_deadline_is_warned_of(plan):
    project, design, _, doors = plan
    Task.objects.filter(id=design.pk).update(deadline_at=datetime(2026, 3, 4, 18))
    change = schedule_project(project_id=project.pk, actor=doors["actor"])
    assert "1 Design misses its deadline by 8:00 hours of working time." in [
        warning.sentence for warning in change.warnings
    ]


def test_schedules_from_the_finish(plan):
    project, *_, doors = plan
    Project.objects.filter(id=project.pk).update(schedules_from="finish", ends_on=date(2026, 3, 13))
    schedule_project(project_id=project.pk, actor=doors["actor"])
    assert _spans(project)["Design"] == (datetime(2026, 3, 10, 9), datetime(2026, 3, 13, 18))


def test_scheduling_again_writes_nothing_and_asks_no_more_for_more_tasks(
    plan, django_assert_num_queries
):
    project, _, _, doors = plan
    added = tasks.add_tasks(
        tasks=[NewTask(f"T{n}", effort_minutes=DAY) for n in range(40)], **doors
    )
    Dependency.objects.bulk_create(
        Dependency(
            tenant_id=project.tenant_id, project=project, predecessor=before, successor=after
        )
        for before, after in pairwise(added)
    )
    project.refresh_from_db()
    with transaction.atomic():
        with django_assert_num_queries(7):  # tasks, links, assignments, calendars (2), two writes
            assert len(reschedule(project).moved) == 42  # the two before get slack
        with django_assert_num_queries(6):
            assert reschedule(project).moved == ()


def test_a_day_outside_every_calendar_is_refused(plan):
    _, design, _, doors = plan
    for on in (date(1, 1, 1), date(9999, 12, 31)):
        with pytest.raises(DomainError, match="between 1980 and 2150"):
            tasks.edit_task(task_id=design.pk, lock_version=None, starts_on=on, **doors)


def test_the_plan_has_a_revision(plan):
    project, design, _, doors = plan
    before = Project.objects.get(id=project.pk).plan_revision
    tasks.edit_task(task_id=design.pk, lock_version=None, name="Concept", **doors)
    assert Project.objects.get(id=project.pk).plan_revision == before + 1


def test_a_new_start_or_calendar_of_the_project_schedules_its_plan_anew(acme, plan):
    project, *_, doors = plan
    before = Project.objects.get(id=project.pk).plan_revision
    projects.edit_project(lock_version=None, starts_on=date(2026, 3, 9), **doors)
    assert _spans(project)["Design"][0] == datetime(2026, 3, 9, 9)
    projects.edit_project(lock_version=None, name="Rollout two", ends_on=date(2026, 6, 1), **doors)
    assert Project.objects.get(id=project.pk).plan_revision == before + 1
    nights = WorkCalendar.objects.create(tenant_id=project.tenant_id, name="Nights")
    WorkInterval.objects.bulk_create(
        WorkInterval(
            tenant_id=project.tenant_id, calendar=nights, weekday=day, start_minute=20 * 60,
            end_minute=24 * 60,
        )
        for day in range(5)
    )  # fmt: skip
    projects.edit_project(lock_version=None, calendar_id=nights.pk, **doors)
    assert _spans(project)["Design"][0] == datetime(2026, 3, 9, 20)
    told = AuditEntry.objects.filter(record_type="projects.Project").latest("id")
    assert told.changes["plan_revision"] == [str(before + 1), str(before + 2)]


def test_a_plan_from_its_finish_keeps_an_end_and_moves_with_it(plan):
    project, *_, doors = plan
    Project.objects.filter(id=project.pk).update(schedules_from="finish", ends_on=date(2026, 3, 13))
    with pytest.raises(DomainError, match="needs an end") as refused:
        projects.edit_project(lock_version=None, ends_on=None, **doors)
    assert refused.value.field == "ends_on"
    projects.edit_project(lock_version=None, ends_on=date(2026, 3, 20), **doors)
    assert _spans(project)["Design"][1] == datetime(2026, 3, 20, 18)
