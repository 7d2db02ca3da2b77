"""Pages around approving, as their people see them."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import FiscalPeriod
from psa.core.org.models import TenantParameters
from psa.core.web.models import PersonalSettings
from tests.shown import shown
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from tests.timeexpense.test_travel import ask
from timeexpense.models import (
    ApprovalDecision,
    ApprovalDelegation,
    ApprovalRoute,
    TimeEntry,
    TravelRequest,
)
from timeexpense.selectors import approval_desks as desks
from timeexpense.selectors import approvals as inbox
from timeexpense.services import travel


@pytest.fixture
def site(db: None, settings) -> Iterator[Scene]:
    settings.PSA_NOW = NOW
    return make_scene()


def get(site: Scene, path: str, name: str = "priya"):
    return site.firm.client(name).get(site.firm.url(path))


def post(site: Scene, path: str, data: dict | None = None, name: str = "priya"):
    return site.firm.client(name).post(site.firm.url(path), data or {})


def week_of_entries(site: Scene, count: int = 3) -> list[int]:
    with site.firm.scope():
        return site.submitted(
            *[site.draft(work_on=MONDAY + timedelta(days=n)) for n in range(count)]
        )


def submitted_journey(site: Scene, **changes: object) -> TravelRequest:
    row = ask(site, **changes)
    return travel.submit_request(request_id=row.pk, actor=site.actor("ben"), at=NOW)


def test_decides_on_journeys_beside_time_and_expenses(site: Scene) -> None:
    with site.firm.scope():
        site.submitted()
        first, second, third = (
            submitted_journey(site, purpose=f"Workshop {n}", starts_on=date(2026, 7, n),
                              ends_on=date(2026, 7, 30))
            for n in (7, 20, 21)
        )  # fmt: skip
        [desk] = desks.desk_rows(actor=site.actor("priya"), at=NOW, zone="")
        assert (desk.count, desk.journeys, desk.oldest_on) == (1, 3, MONDAY)
        TimeEntry.objects.update(state="draft")
        [desk] = desks.desk_rows(actor=site.actor("priya"), at=NOW, zone="")
        assert (desk.count, desk.journeys, desk.oldest_on) == (0, 3, None)
        assert "Journeys" in shown(get(site, f"time/approvals/waiting/{desk.id}/", "fay"))
        TimeEntry.objects.update(state="submitted")
    where = "time/approvals/?kind=travel"
    assert "Workshop" not in shown(get(site, "time/approvals/"))  # Hours come first.
    assert get(site, where, "ben").status_code == 404
    page = shown(get(site, where))
    assert page.index("Workshop 7") < page.index("Workshop 20") < page.index("Workshop 21")
    assert page.count("It begins before it is decided on.") == 2  # In its row, and beside.
    client = site.firm.client("priya")
    with CaptureQueriesContext(connection) as asked:
        client.get(site.firm.url(f"{where}&entry=travel:{third.pk}"))
    assert len(asked) <= 30, len(asked)
    decide = "time/approvals/journeys/"
    for absurd in ("", "x", "9" * 40, "0 " * 600):
        sent = {"requests": absurd, "decision": "approve", "kind": "travel"}
        assert post(site, decide, sent).status_code == 422
    back = {"requests": first.pk, "decision": "return", "kind": "travel"}
    assert post(site, decide, back).status_code == 422
    assert post(site, decide, back | {"reason": "After the go-live"}).status_code == 302
    # One that is decided on meanwhile is named; the others go on.
    sent = {"requests": [first.pk, second.pk, third.pk], "decision": "approve", "kind": "travel"}
    answer = post(site, decide, sent)
    assert answer.status_code == 422
    assert "It is returned; there is nothing to decide." in shown(answer)
    with site.firm.scope():
        states = TravelRequest.objects.order_by("pk").values_list("state", "return_reason")
        assert list(states) == [("returned", "After the go-live"), *[("approved", "")] * 2]
    assert post(site, decide, sent, "ben").status_code == 404
    # Their traveller has one back while nobody has decided on it, by the page.
    with site.firm.scope():
        row = travel.submit_request(request_id=first.pk, actor=site.actor("ben"), at=NOW)
    mine = f"time/travel/{row.pk}/"
    assert "Take back" in shown(get(site, mine, "ben"))
    assert "Take back" not in shown(get(site, mine))
    assert post(site, f"{mine}take-back/", {}, "ben").status_code == 302
    assert post(site, f"{mine}take-back/", {}, "ben").status_code == 422
    assert "Nothing waits for you" in shown(get(site, where))
    # What was done is said in the reader's language.
    with site.firm.scope():
        row = travel.submit_request(request_id=first.pk, actor=site.actor("ben"), at=NOW)
        PersonalSettings.objects.create(
            tenant=site.firm.tenant, membership_id=site.actor("priya").membership_id, language="de"
        )
    client = site.firm.client("priya")
    sent = {"requests": row.pk, "decision": "approve", "kind": "travel"}
    page = client.post(site.firm.url(decide), sent, follow=True).content.decode()
    assert 'data-toast="Reise freigegeben"' in page


@pytest.mark.parametrize(
    ("name", "path", "status"),
    [
        ("priya", "time/approvals/deputies/", 200),
        ("priya", "time/approvals/deputies/new/", 200),
        ("priya", "time/approvals/waiting/", 200),
        ("fay", "time/approvals/waiting/", 200),
        ("ada", "time/approvals/routing/", 200),
        ("ada", "time/approvals/routing/new/", 200),
        ("priya", "time/approvals/routing/", 404),
        ("ben", "time/approvals/deputies/", 404),
        ("ben", "time/approvals/waiting/", 404),
        ("priya", "time/compliance/?only=missing", 200),
    ],
)
def test_opens_for_whom_it_is(site: Scene, name: str, path: str, status: int) -> None:
    week_of_entries(site)
    assert get(site, path, name).status_code == status


def test_decides_line_by_line_with_a_comment_on_each(site: Scene) -> None:
    ids = week_of_entries(site)
    path = f"time/approvals/lines/?entries=time:{ids[0]}&entries=time:{ids[1]}"
    assert "Ben, 6 Jul 2026" in get(site, path).content.decode()
    assert post(site, path, {"decision": "return"}).status_code == 422
    sent = {"decision": "return", "reason": "Which task?", f"time_{ids[1]}": "Wrong day"}
    assert post(site, path, sent).status_code == 302
    with site.firm.scope():
        said = dict(TimeEntry.objects.filter(id__in=ids).values_list("id", "return_reason"))
    assert said == {ids[0]: "Which task?", ids[1]: "Wrong day", ids[2]: ""}
    sent = {"decision": "approve", f"time_{ids[2]}": "Well done"}
    assert post(site, f"time/approvals/lines/?entries=time:{ids[2]}", sent).status_code == 302
    with site.firm.scope():
        assert ApprovalDecision.objects.get(decision="approved").reason == "Well done"
    assert get(site, path).status_code == 404  # none waits any more


def test_trying_keeps_nothing(site: Scene) -> None:
    ids = week_of_entries(site)
    with site.firm.scope():
        TenantParameters.objects.update(late_work_policy="refuse")
        FiscalPeriod.objects.filter(starts_on__lt=date(2026, 8, 1)).update(state="closed")
    tried = post(site, "time/approvals/try/", {"entries": f"time:{ids[0]}"})
    assert tried.status_code == 200
    assert "lies in a closed period" in tried.content.decode()
    with site.firm.scope():
        FiscalPeriod.objects.update(state="open")
    tried = post(site, "time/approvals/try/", {"entries": f"time:{ids[0]} time:{ids[1]}"})
    assert tried.content.decode().count("Approved") >= 2
    with site.firm.scope():
        assert not TimeEntry.objects.exclude(state="submitted").exists()
        assert not ApprovalDecision.objects.exists()
        assert site.rows(ids[0]) == []


def test_tells_each_outcome_of_a_set(site: Scene) -> None:
    with site.firm.scope():
        ids = site.submitted(
            *[
                site.draft(minutes=20, work_on=MONDAY + timedelta(days=n % 5), description=str(n))
                for n in range(51)
            ]
        )
        TimeEntry.objects.filter(id=ids[0]).update(state="draft")
    keys = " ".join(f"time:{i}" for i in ids)
    started = post(site, "time/approvals/approve/", {"entries": keys})
    assert "/jobs/" in started["Location"]
    with site.firm.scope():
        run = JobRun.objects.get(kind="timeexpense.approval_set")
        jobs.run_now(run.pk)
    page = get(site, f"time/approvals/sets/{run.pk}/").content.decode()
    assert "It is draft; there is nothing left to decide." in page
    assert page.count("Approved") >= 50
    only = get(site, f"time/approvals/sets/{run.pk}/?only=refused").content.decode()
    assert only.count('scope="col"') and "Left out" in only
    assert get(site, f"time/approvals/sets/{run.pk}/", "mei").status_code == 404
    assert get(site, f"time/approvals/sets/{run.pk}/?page=99").status_code == 200


def test_tells_a_used_up_budget_and_late_work_before_approving(site: Scene) -> None:
    first, second, _ = week_of_entries(site)
    post(site, "time/approvals/approve/", {"entries": f"time:{first}"})
    with site.firm.scope():
        Project.objects.update(budget_cost_amount=500)
    page = shown(get(site, "time/approvals/"))
    assert "The budget of P-1 is used up." in page
    assert "500" not in page
    with site.firm.scope():
        Project.objects.update(budget_cost_amount=None)
        FiscalPeriod.objects.filter(starts_on__lt=date(2026, 8, 1)).update(state="closed")
        assert inbox.clean_entries(actor=site.actor("priya")) == []
    page = get(site, "time/approvals/").content.decode()
    assert "Late work, its period is closed" in page
    assert "posts on 1 Aug 2026" in page
    week = get(site, "time/week/2026-07-06/", "ben").content.decode()
    assert "it posts on 1 Aug 2026 and keeps its day" in week
    post(site, "time/approvals/approve/", {"entries": f"time:{second}"})
    assert "1 Aug 2026" in get(site, f"time/entries/{second}/").content.decode()


def test_names_and_ends_a_deputy(site: Scene) -> None:
    week_of_entries(site)
    priya, mei = (site.actor(name).membership_id for name in ("priya", "mei"))
    sent = {"approver": priya, "delegate": mei, "from_on": "2026-07-09", "until_on": "2026-07-10"}
    backwards = sent | {"until_on": "2026-07-08"}
    assert post(site, "time/approvals/deputies/new/", backwards).status_code == 422
    assert post(site, "time/approvals/deputies/new/", sent).status_code == 302
    assert "You stand in for Priya" in get(site, "time/approvals/", "mei").content.decode()
    # What waits for the approver is the deputy's too: journeys, without being asked for by name.
    with site.firm.scope():
        TimeEntry.objects.update(state="draft")
        journey = submitted_journey(site)
    assert journey.purpose in shown(get(site, "time/approvals/", "mei"))
    chosen = {"requests": journey.pk, "decision": "approve"}
    assert post(site, "time/approvals/journeys/", chosen, "fay").status_code == 422
    assert post(site, "time/approvals/journeys/", chosen, "mei").status_code == 302
    with site.firm.scope():
        row = ApprovalDelegation.objects.get()
    assert get(site, f"time/approvals/deputies/{row.pk}/", "fay").status_code == 404
    assert post(site, f"time/approvals/deputies/{row.pk}/", {}, "mei").status_code == 302
    assert "Nothing waits for you" in get(site, "time/approvals/", "mei").content.decode()
    later = sent | {"from_on": "2026-08-03", "until_on": "2026-08-07"}
    assert post(site, "time/approvals/deputies/new/", later).status_code == 302
    listed = shown(get(site, "time/approvals/deputies/"))
    assert "Ended" in listed and "To begin" in listed


def test_makes_changes_and_switches_a_rule(site: Scene) -> None:
    sent = {
        "name": "Finance over 500", "level": 2, "position": 1, "entry_kind": "expense",
        "amount_over": "500", "approver": "", "approver_role": "finance_manager",
    }  # fmt: skip
    assert post(site, "time/approvals/routing/new/", sent, "ada").status_code == 302
    with site.firm.scope():
        row = ApprovalRoute.objects.get()
    where = f"time/approvals/routing/{row.pk}/"
    assert "Finance over 500" in get(site, where, "ada").content.decode()
    stale = sent | {"lock_version": 9}
    assert post(site, where, stale, "ada").status_code == 422
    changed = sent | {"lock_version": 1, "name": "Finance"}
    assert post(site, where, changed, "ada").status_code == 302
    assert post(site, where + "switch/", {"is_active": "no"}, "ada").status_code == 302
    with site.firm.scope():
        row.refresh_from_db()
    assert (row.name, row.is_active, row.lock_version) == ("Finance", False, 3)


def test_reminds_the_chosen_and_says_who_was_today(site: Scene) -> None:
    ben, bea = (site.firm.resources[name].pk for name in ("ben", "bea"))
    where = "time/compliance/2026-07-06/nudge/"
    assert post(site, where, {"people": [ben, bea]}).status_code == 302
    page = get(site, "time/compliance/?week=2026-07-06").content.decode()
    assert page.count("reminded 9 Jul 2026") == 2
    assert post(site, where, {"people": [site.firm.resources["fay"].pk]}).status_code == 404
    assert post(site, where, {"people": [ben]}, "ben").status_code == 404


def test_asks_as_many_queries_for_many_as_for_few(site: Scene) -> None:
    client = site.firm.client("priya")
    paths = ["time/approvals/", "time/compliance/", "time/approvals/waiting/"]
    week_of_entries(site, 1)
    counts = {}
    for path in paths:
        client.get(site.firm.url(path))
        with CaptureQueriesContext(connection) as few:
            client.get(site.firm.url(path))
        counts[path] = len(few)
    with site.firm.scope():
        site.submitted(
            *[
                site.draft("bea", minutes=30, work_on=MONDAY + timedelta(days=n % 5),
                           description=str(n))
                for n in range(30)
            ],
            name="bea",
        )  # fmt: skip
    for path in paths:
        with CaptureQueriesContext(connection) as many:
            client.get(site.firm.url(path))
        assert len(many) <= counts[path], path
    assert counts["time/approvals/"] <= 24, counts
