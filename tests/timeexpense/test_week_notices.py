"""Reminders, escalations, cut-offs and nudges: at the right hour where people are, and once."""

from datetime import UTC, date, datetime, timedelta

import pytest

from psa.core.access.models import Membership
from psa.core.errors import DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs import system_actor
from psa.core.jobs.models import JobRun
from psa.core.notifications.models import Notification
from psa.core.org.models import Resource, TenantParameters
from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense import jobs as room_jobs
from timeexpense.models import WeekNotice
from timeexpense.selectors import deadlines
from timeexpense.services import time_entries, week_notices


def run_clock(scene: Scene, at: datetime) -> JobRun:
    """The job as the schedule starts it; once for each instant."""
    actor = system_actor.acting_for(tenant_id=scene.firm.tenant.pk, membership_id=None)
    run = jobs.start(
        kind=room_jobs.DEADLINES_JOB, key=f"at {at.isoformat()}", title="Deadlines", arguments={},
        actor=actor, at=at,
    )  # fmt: skip
    return jobs.run_now(run.pk, at=at)


def told(scene: Scene, name: str) -> list[str]:
    rows = Notification.objects.filter(membership_id=scene.actor(name).membership_id)
    return list(rows.order_by("id").values_list("title", flat=True))


def live_in(scene: Scene, name: str, zone: str) -> None:
    Membership.objects.filter(pk=scene.actor(name).membership_id).update(time_zone=zone)


@pytest.mark.parametrize(
    ("zone", "week", "before", "at"),
    [
        # Friday 15:00 in Auckland, the week before and the week after 27 September 2026.
        ("Pacific/Auckland", "21 Sep 2026", "2026-09-25T02:59", "2026-09-25T03:00"),
        ("Pacific/Auckland", "28 Sep 2026", "2026-10-02T01:59", "2026-10-02T02:00"),
        # And in Los Angeles, around 1 November 2026.
        ("America/Los_Angeles", "26 Oct 2026", "2026-10-30T21:59", "2026-10-30T22:00"),
        ("America/Los_Angeles", "2 Nov 2026", "2026-11-06T22:59", "2026-11-06T23:00"),
    ],
)
def test_reminds_at_three_on_friday_where_the_person_is(
    scene: Scene, zone: str, week: str, before: str, at: str
) -> None:
    live_in(scene, "ben", zone)
    early, due = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (before, at))
    run_clock(scene, early)
    assert told(scene, "ben") == []
    assert any(zone in one.zones for one in deadlines.due_now(at=due))
    run_clock(scene, due)
    run_clock(scene, due + timedelta(minutes=15))
    assert told(scene, "ben") == [f"Hand in your week of {week}"]
    mine = WeekNotice.objects.filter(membership_id=scene.actor("ben").membership_id)
    assert mine.filter(kind="reminder").count() == 1


def test_leaves_a_complete_week_alone_and_says_what_is_missing(scene: Scene) -> None:
    friday = datetime(2026, 7, 10, 15, 0, tzinfo=UTC)
    scene.submitted(
        *[scene.draft(work_on=MONDAY + timedelta(days=n), description=str(n)) for n in range(5)]
    )
    scene.enter(scene.draft("bea", minutes=450), name="bea")
    run_clock(scene, friday)
    assert told(scene, "ben") == []
    body = Notification.objects.get(membership_id=scene.actor("bea").membership_id).body
    assert body == "32:30 hours are missing and 1 entry is not submitted."


def test_tells_the_manager_on_the_next_business_day_once(scene: Scene) -> None:
    people = Resource.objects.filter(code__in=("BEN", "BEA"))
    people.update(manager=scene.firm.resources["priya"])
    monday = datetime(2026, 7, 13, 17, 0, tzinfo=UTC)
    run_clock(scene, monday - timedelta(minutes=1))
    assert told(scene, "priya") == []
    run_clock(scene, monday)
    run_clock(scene, monday + timedelta(minutes=15))
    assert told(scene, "priya") == ["2 weeks of your people not handed in"]


def test_alerts_the_approver_past_the_cutoff(scene: Scene) -> None:
    scene.submitted(*[scene.draft(minutes=60, description=str(n)) for n in range(12)])
    monday = datetime(2026, 7, 13, 17, 0, tzinfo=UTC)
    run_clock(scene, monday)
    run_clock(scene, monday + timedelta(minutes=15))
    assert told(scene, "priya") == ["12 entries past the cut-off"]


def test_what_was_missed_for_long_is_not_made_up_for(scene: Scene) -> None:
    late = datetime(2026, 7, 11, 3, 0, tzinfo=UTC)  # twelve hours past Friday 15:00
    run_clock(scene, late)
    assert not WeekNotice.objects.filter(kind="reminder").exists()


def test_parameters_move_the_hours(scene: Scene) -> None:
    TenantParameters.objects.update(
        submission_deadline_weekday=3, submission_reminder_minute=9 * 60
    )
    run_clock(scene, datetime(2026, 7, 9, 9, 0, tzinfo=UTC))
    assert told(scene, "ben") == ["Hand in your week of 6 Jul 2026"]


def test_nudges_each_once_a_day(scene: Scene) -> None:
    ids = [scene.firm.resources[name].pk for name in ("ben", "bea")]

    def nudge(at: datetime, who: str = "priya") -> tuple[int, int]:
        return week_notices.nudge(
            resource_ids=ids, week_starts_on=MONDAY, actor=scene.actor(who), at=at
        )

    assert nudge(NOW) == (2, 0)
    assert nudge(NOW + timedelta(hours=1)) == (0, 2)
    assert nudge(NOW + timedelta(days=1)) == (2, 0)
    with pytest.raises(NotFound):
        nudge(NOW, "mei")
    scene.submitted(
        *[scene.draft(work_on=MONDAY + timedelta(days=n), description=str(n)) for n in range(5)]
    )
    ids[:] = [scene.firm.resources["ben"].pk]
    with pytest.raises(DomainError, match="Nothing is missing"):
        nudge(NOW)


@pytest.mark.parametrize(
    ("zone", "at", "is_late"),
    [
        # The week of 6 July is locked from Saturday the 18th, where the person is.
        ("Pacific/Auckland", "2026-07-17T11:59", False),
        ("Pacific/Auckland", "2026-07-17T12:00", True),
        ("America/Los_Angeles", "2026-07-18T06:59", False),
        ("America/Los_Angeles", "2026-07-18T07:00", True),
    ],
)
def test_the_lock_falls_at_the_persons_midnight(
    scene: Scene, zone: str, at: str, is_late: bool
) -> None:
    live_in(scene, "ben", zone)
    late = time_entries.late_days(
        [(scene.firm.resources["ben"].pk, date(2026, 7, 8))],
        actor=scene.actor("ben"),
        at=datetime.fromisoformat(at).replace(tzinfo=UTC),
    )
    assert bool(late) is is_late
