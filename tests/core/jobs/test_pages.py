"""Pages of jobs and schedules"""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.celery import app
from psa.core.errors import DomainError, PermissionDenied
from psa.core.jobs import services, system_actor, tasks
from psa.core.jobs.models import JobRun, JobSchedule
from psa.core.tenancy.scope import current_tenant_id, tenant_scope
from tests.core.firms import NOW, Firms, Member, url


def _start(member: Member, key: str = "a", title: str = "Ben's trail", **arguments: object) -> int:
    with tenant_scope(member.tenant_id):
        return int(
            services.start(
                kind="tests.trail",
                key=key,
                title=title,
                arguments={"chunks": 3, **arguments},
                actor=member.actor,
                at=NOW,
            ).pk
        )


def _run(member: Member, number: int) -> JobRun:
    with tenant_scope(member.tenant_id):
        return services.run_now(number)


def test_shows_own_jobs_to_everyone_and_all_to_who_may_see_them(firms: Firms) -> None:
    number = _start(firms.ben, title="Trail of Ben")
    for member, sees in ((firms.ben, True), (firms.ada, True), (firms.priya, False)):
        client = member.signed_in()
        assert ("Trail of Ben" in client.get(url(member, "jobs/")).content.decode()) is sees
        for path in (f"jobs/{number}/", f"jobs/{number}/progress/"):
            assert client.get(url(member, path)).status_code == (200 if sees else 404)
    otto = firms.otto.signed_in()
    assert otto.get(url(firms.otto, f"jobs/{number}/")).status_code == 404
    assert otto.post(url(firms.otto, f"jobs/{number}/cancel/")).status_code == 404


def test_polls_while_it_runs_and_stops_at_the_end(firms: Firms) -> None:
    number = _start(firms.ben)
    client = firms.ben.signed_in()
    path = url(firms.ben, f"jobs/{number}/progress/")
    waiting = client.get(path, headers={"HX-Request": "true"})
    assert "every 1s" in waiting.content.decode()
    assert "Waiting for a worker" in waiting.content.decode()
    _run(firms.ben, number)
    ended = client.get(path, headers={"HX-Request": "true"})
    assert "every 1s" not in ended.content.decode()
    assert f"psa:job-{number}-ended" in ended["HX-Trigger-After-Settle"]


def test_shows_log_and_what_was_left_out(firms: Firms) -> None:
    number = _start(firms.ben, refuse=[2])
    _run(firms.ben, number)
    page = firms.ben.signed_in().get(url(firms.ben, f"jobs/{number}/")).content.decode()
    for part in ("Record 2 is on hold.", "Did record 3.", "Started: 3 parts."):
        assert part in page


def test_retries_a_failed_job_from_its_page(firms: Firms) -> None:
    number = _start(firms.ben, **{"break": [2]})
    _run(firms.ben, number)
    client = firms.ben.signed_in()
    page = client.get(url(firms.ben, f"jobs/{number}/")).content.decode()
    assert "unexpected error" in page
    assert "/retry/" in page
    assert client.post(url(firms.ben, f"jobs/{number}/retry/")).status_code == 302
    with tenant_scope(firms.ben.tenant_id):
        assert JobRun.objects.get(pk=number).state == JobRun.State.QUEUED
    assert client.post(url(firms.ben, f"jobs/{number}/retry/")).status_code == 409


def test_cancels_from_the_progress_bar(firms: Firms) -> None:
    number = _start(firms.ben)
    answer = firms.ben.signed_in().post(
        url(firms.ben, f"jobs/{number}/cancel/"), headers={"HX-Request": "true"}
    )
    assert "Stops after the part it is at." in answer.content.decode()
    assert _run(firms.ben, number).state == JobRun.State.CANCELLED


def test_lists_many_with_the_queries_of_one(firms: Firms) -> None:
    client = firms.ada.signed_in()
    counts = []
    for more in (1, 30):
        for number in range(more):
            _start(firms.ben, key=f"{more} {number}")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url(firms.ada, "jobs/")).status_code == 200
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_polling_takes_few_queries(firms: Firms) -> None:
    number = _start(firms.ben)
    client = firms.ben.signed_in()
    with CaptureQueriesContext(connection) as queries:
        client.get(url(firms.ben, f"jobs/{number}/progress/"), headers={"HX-Request": "true"})
    about_jobs = [query for query in queries if "jobs_" in query["sql"]]
    assert len(about_jobs) <= 2


def _due(member: Member, minutes: int) -> list[JobRun]:
    with tenant_scope(member.tenant_id):
        runs = services.queue_due_schedules(
            tenant_id=member.tenant_id, at=NOW + timedelta(minutes=minutes)
        )
    return [run for run in runs if run.kind == "tests.nightly"]


def test_queues_what_is_due_once(firms: Firms) -> None:
    assert _due(firms.ada, 0) == []  # the schedule is made: daily at 02:30
    [run] = _due(firms.ada, 24 * 60)
    assert run.requested_by_id is None
    assert _due(firms.ada, 24 * 60) == []
    assert len(_due(firms.ada, 5 * 24 * 60)) == 1  # days missed are not made up for


def test_ticks_for_every_firm(firms: Firms) -> None:
    tasks.tick()
    for member in (firms.ada, firms.otto):
        with tenant_scope(member.tenant_id):
            assert JobSchedule.objects.filter(kind="tests.nightly").count() == 1


def test_lets_administrators_change_a_schedule(firms: Firms) -> None:
    _due(firms.ada, 0)
    with tenant_scope(firms.ada.tenant_id):
        number = JobSchedule.objects.get(kind="tests.nightly").pk
    client = firms.ada.signed_in()
    assert "Nightly" in client.get(url(firms.ada, "jobs/schedules/")).content.decode()
    path = url(firms.ada, f"jobs/schedules/{number}/")
    assert "02:30" in client.get(path).content.decode()
    wrong = client.post(path, {"how": "daily", "time_of_day": "25:00", "is_active": "on"})
    assert wrong.status_code == 422
    assert "is not a time of day" in wrong.content.decode()
    assert client.post(path, {"how": "every"}).status_code == 422
    right = client.post(path, {"how": "every", "every_minutes": "30", "is_active": "on"})
    assert right.status_code == 302
    with tenant_scope(firms.ada.tenant_id):
        changed = JobSchedule.objects.get(pk=number)
    assert (changed.every_minutes, changed.daily_at_minute) == (30, None)
    for member in (firms.ben, firms.otto):
        other = member.signed_in()
        assert other.get(url(member, f"jobs/schedules/{number}/")).status_code == 404


def test_runs_nothing_of_a_schedule_that_is_off(firms: Firms) -> None:
    _due(firms.ada, 0)
    with tenant_scope(firms.ada.tenant_id):
        number = JobSchedule.objects.get(kind="tests.nightly").pk
        options = {"schedule_id": number, "at": NOW, "actor": firms.ada.actor, "is_active": False}
        services.change_schedule(every_minutes=None, daily_at_minute=0, **options)
        with pytest.raises(DomainError):
            services.change_schedule(every_minutes=5, daily_at_minute=0, **options)
        with pytest.raises(PermissionDenied):
            services.change_schedule(
                every_minutes=5, daily_at_minute=None, **(options | {"actor": firms.ben.actor})
            )
    assert _due(firms.ada, 3 * 24 * 60) == []


def test_a_tenant_task_runs_inside_its_firm(firms: Firms) -> None:
    class Look(tasks.TenantTask):
        name = "tests.look"

        def run(self, *, tenant_id: int) -> tuple[int | None, int]:
            return current_tenant_id(), tenant_id

    look = app.register_task(Look())
    number = firms.ben.tenant_id
    try:
        assert look(tenant_id=number) == (number, number)
    finally:
        app.tasks.unregister(look.name)
    assert current_tenant_id() is None


def test_hides_what_is_scheduled_every_few_minutes_unless_it_failed(firms: Firms) -> None:
    with tenant_scope(firms.ada.tenant_id):
        JobSchedule.objects.create(
            tenant_id=firms.ada.tenant_id, kind="tests.trail", title="Trail", every_minutes=1,
            next_due_at=NOW,
        )  # fmt: skip
        made = {}
        for key, wrong in (
            ("quiet", {}),
            ("refusing", {"refuse": [2]}),
            ("broken", {"break": [2]}),
        ):
            made[key] = services.start(
                kind="tests.trail", key=key, title=f"The {key} one",
                arguments={"chunks": 3, **wrong}, at=NOW,
                actor=system_actor.acting_for(tenant_id=firms.ada.tenant_id, membership_id=None),
            ).pk  # fmt: skip
    _start(firms.ben, key="bens", title="The one of Ben")
    for number in made.values():
        _run(firms.ada, number)
    client = firms.ada.signed_in()
    shown = {
        view: {
            name for name in ("quiet", "refusing", "broken", "one of Ben")
            if f"The {name}" in client.get(url(firms.ada, f"jobs/?view={view}")).content.decode()
        }
        for view in ("jobs", "failed", "routine", "all", "")
    }  # fmt: skip
    assert shown["jobs"] == shown[""] == {"refusing", "broken", "one of Ben"}
    assert shown["failed"] == {"refusing", "broken"}
    assert shown["routine"] == {"quiet", "refusing", "broken"}
    assert shown["all"] == {"quiet", "refusing", "broken", "one of Ben"}
