"""Last week copied, the week suggested, both taken back; rows that are kept at hand."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from projects.models import Assignment, TeamMember
from psa.core.errors import DomainError, NotFound
from psa.core.org.models import JobRole, ResourceException, TenantParameters, TransactionCategory
from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense.models import FavouriteWork, TimeEntry
from timeexpense.rules.suggestion import Assigned, Booked, Pattern, suggest
from timeexpense.rules.week import Week
from timeexpense.selectors import suggestions, weeks
from timeexpense.selectors.rows import RowKey, key_from
from timeexpense.services import favourites, filling

NEXT = MONDAY + timedelta(days=7)


def entered() -> list[tuple[str, int, int]]:
    rows = TimeEntry.objects.filter(work_on__gte=NEXT).order_by("work_on", "task__position")
    return [
        (name, on.day, minutes)
        for name, on, minutes in rows.values_list("task__name", "work_on", "minutes")
    ]


def last_week(scene: Scene) -> None:
    scene.enter(
        scene.draft(minutes=300),
        scene.draft(minutes=120, task_id=scene.work.fixed.pk, activity="Travel"),
        scene.draft(minutes=480, work_on=MONDAY + timedelta(days=1)),
    )


def page(scene: Scene, on: date = NEXT, **wanted: object) -> weeks.WeekPage:
    return weeks.week_page(
        resource=scene.firm.resources["ben"],
        on=on,
        today=NOW.date(),
        **wanted,  # type: ignore[arg-type]
    )


def test_copies_the_chosen_rows_as_the_preview_shows_them_and_takes_them_back(scene: Scene) -> None:
    last_week(scene)
    build, travel = page(scene).last_rows
    assert (build.days[:3], build.minutes, travel.minutes) == ((300, 480, 0), 780, 120)
    assert travel.task_name == "Blueprint, Travel"
    ben = scene.actor("ben")
    done = filling.copy_last_week(week_starts_on=NEXT, rows=[build.key], actor=ben, at=NOW)
    assert entered() == [("Build", 13, 300), ("Build", 14, 480)]
    changed = TimeEntry.objects.get(work_on=NEXT + timedelta(days=1))
    TimeEntry.objects.filter(pk=changed.pk).update(lock_version=2)
    payload = filling.undo_payload(done)
    assert filling.empty_filled(payload=payload, actor=ben, at=NOW) == "Took 1 entry back."
    assert entered() == [("Build", 14, 480)]
    with pytest.raises(DomainError, match="changed or handed in"):
        filling.empty_filled(payload=payload, actor=ben, at=NOW)
    with pytest.raises(DomainError, match="Choose at least one row"):
        filling.copy_last_week(week_starts_on=NEXT, rows=["1:"], actor=ben, at=NOW)


def test_takes_back_nobody_elses_entries(scene: Scene) -> None:
    (mine,) = scene.enter(scene.draft())
    with pytest.raises(DomainError):
        filling.empty_filled(payload={"entries": [mine]}, actor=scene.actor("bea"), at=NOW)
    assert TimeEntry.objects.count() == 1


def test_leaves_out_leave_and_what_is_filled(scene: Scene) -> None:
    last_week(scene)
    ResourceException.objects.create(
        tenant=scene.firm.tenant, resource=scene.firm.resources["ben"], name="Leave",
        valid_from=NEXT + timedelta(days=1), valid_until=NEXT + timedelta(days=2),
    )  # fmt: skip
    scene.enter(scene.draft(minutes=60, work_on=NEXT))
    filling.copy_last_week(week_starts_on=NEXT, actor=scene.actor("ben"), at=NOW)
    assert entered() == [("Build", 13, 60), ("Blueprint", 13, 120)]
    found = page(scene, with_suggestions=True)
    assert [(one.on.day, one.source) for one in found.proposed] == []
    assert found.days[1].off_reason == "approved leave"


WEEK = Week(MONDAY)
FREE = dict.fromkeys(WEEK.days[:5], 480)


def test_suggests_an_assignment_on_the_days_that_its_task_is_planned_for() -> None:
    planned = Assigned(1, 10, 6000, WEEK.days[1], WEEK.days[3])
    found = suggest(WEEK, free_minutes=FREE, earlier=[], assigned=[planned])
    assert [(one.on, one.minutes) for one in found] == [(WEEK.days[1], 480), (WEEK.days[2], 480)]
    always = replace(planned, task_id=11, from_on=None, until_on=None)
    found = suggest(WEEK, free_minutes=FREE, earlier=[], assigned=[planned, always])
    assert [one.minutes for one in found] == [480, 240, 240, 240, 240, 480, 480]


def test_suggests_bookings_first_on_the_tasks_that_the_project_has_for_the_person() -> None:
    monday, tuesday, wednesday = WEEK.days[:3]
    found = suggest(
        WEEK,
        free_minutes={monday: 480, tuesday: 480, wednesday: 120},
        earlier=[Pattern(1, 10, 0, 60), Pattern(2, 20, 0, 240)],
        assigned=[Assigned(1, 11, 6000), Assigned(1, 12, 6000)],
        booked=[Booked(1, monday, 360), Booked(1, tuesday, 300), Booked(3, wednesday, 240)],
    )
    assert [(one.on, one.task_id, one.minutes, one.source) for one in found] == [
        (monday, 10, 360, "your booking"),
        (monday, 20, 120, "last week"),
        (tuesday, 11, 150, "your booking"),
        (tuesday, 12, 150, "your booking"),
        (wednesday, None, 120, "your booking"),
    ]


def test_suggests_a_cell_once() -> None:
    found = suggest(
        WEEK,
        free_minutes={WEEK.days[0]: 480},
        earlier=[Pattern(1, 10, 0, 240)],
        assigned=[Assigned(1, 10, 6000)],
    )
    assert [(one.minutes, one.source) for one in found] == [(240, "last week")]


def test_says_which_week_a_suggestion_comes_from_and_enters_drafts_only(scene: Scene) -> None:
    scene.enter(scene.draft(minutes=420))
    ben = scene.firm.resources["ben"]
    Assignment.objects.create(
        tenant=scene.firm.tenant, resource=ben, task=scene.work.support, minutes=120
    )
    later = MONDAY + timedelta(weeks=3)
    found = suggestions.suggestions_of(resource=ben, week_starts_on=later)
    assert [(one.on, one.minutes, one.source) for one in found[:2]] == [
        (later, 420, "the week of 6 Jul 2026"),
        (later, 60, "your assignment"),
    ]
    assert suggestions.suggestions_of(resource=ben, week_starts_on=NEXT)[0].source == "last week"
    filling.accept_suggestions(week_starts_on=NEXT, actor=scene.actor("ben"), at=NOW)
    assert set(TimeEntry.objects.values_list("state", flat=True)) == {"draft"}


def test_keeps_rows_at_hand(scene: Scene) -> None:
    ben = scene.actor("ben")
    row = RowKey(scene.work.project.pk, scene.work.support.pk, activity="Desk: nights")
    assert key_from(row.text) == row
    assert favourites.toggle_favourite(row=row, actor=ben)
    adding = page(scene).adding
    assert [(one.value, one.label) for one in adding.favourites] == [
        (row.text, "Support, Desk: nights")
    ]
    assert page(scene, added=[row]).rows[0].is_favourite
    assert page(scene, added=[row]).adding.favourites == ()
    assert not favourites.toggle_favourite(row=row, actor=ben)
    assert not FavouriteWork.objects.exists()
    with pytest.raises(NotFound):
        favourites.toggle_favourite(row=RowKey(10**9), actor=ben)


def test_offers_recent_rows_activities_and_the_roles_of_the_team(scene: Scene) -> None:
    last_week(scene)
    TransactionCategory.objects.create(
        tenant=scene.firm.tenant, code="travel-time", name="Travel", transaction_class="time"
    )
    other = JobRole.objects.exclude(pk=scene.firm.resources["ben"].job_role_id).first()
    assert other is not None
    TeamMember.objects.create(
        tenant=scene.firm.tenant, project=scene.work.project, resource=scene.firm.resources["ben"],
        role=other, valid_from=date(2026, 1, 1),
    )  # fmt: skip
    adding = page(scene).adding
    assert [one.label for one in adding.recent] == ["Build", "Blueprint, Travel"]
    assert "Travel" in adding.activities
    assert other.pk in {role.id for role in adding.roles}
    scene.enter(scene.draft(work_on=NEXT, role_id=other.pk, minutes=60))
    rows = page(scene).rows
    assert [(row.role_id, row.task_name) for row in rows] == [(other.pk, f"Build, {other.name}")]


def test_leaves_the_billing_type_to_the_task_where_the_firm_says_so(scene: Scene) -> None:
    TenantParameters.objects.update(billing_type_on_rows=False)
    assert page(scene).adding.billing_types == ()
    from timeexpense.services import time_entries

    (done,) = time_entries.enter_time(
        entries=[scene.draft(billing_type="non_chargeable")], actor=scene.actor("ben"), at=NOW
    )
    assert [one.code for one in done.findings] == ["billing_type_fixed"]
