"""The pages of revenue: who may open them, and that each button posts."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.ledger.models import JournalEntry, ProofRun
from revenue.models import RevenueEstimate
from tests.billing.scenario import make_case, post_days

PAGES = ("revenue/", "revenue/wip/?as_of=2026-06-30", "revenue/close/?entity=UK&period=2026-06")
JUNE = "?entity=UK&period=2026-06"


@pytest.fixture
def case(db):
    return make_case(currency="GBP")


def june(case):
    with case.scope():
        return case.firm.entities["UK"].periods.get(name="2026-06").pk


def press(case, path, who="fay"):
    return case.firm.client(who).post(case.firm.url(path))


@pytest.mark.parametrize("path", PAGES)
def test_open_for_finance(case, path):
    assert case.firm.client("fay").get(case.firm.url(path)).status_code == 200


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["ben", "priya"])
def test_do_not_exist_for_who_may_not_see_revenue(case, path, who):
    assert case.firm.client(who).get(case.firm.url(path)).status_code == 404


def test_estimates_are_run_approved_and_posted(case):
    for action in ("run", "approve", "post"):
        assert press(case, f"revenue/periods/{june(case)}/{action}/").status_code == 302
    with case.scope():
        row = RevenueEstimate.objects.get(obligation__method="straight_line")
        assert row.state == "posted"
    text = case.firm.client("fay").get(case.firm.url("revenue/" + JUNE)).content.decode()
    assert "Kessler" in text


def test_a_draft_is_adjusted_with_a_reason(case):
    press(case, f"revenue/periods/{june(case)}/run/")
    with case.scope():
        row = RevenueEstimate.objects.get(obligation__method="cost_to_cost")
    url = case.firm.url(f"revenue/estimates/{row.pk}/")
    data = {"progress_percent": "25", "reason": "", "lock_version": row.lock_version}
    assert case.firm.client("fay").post(url, data).status_code == 422
    data["reason"] = "Design is signed off"
    assert case.firm.client("fay").post(url, data).status_code == 302
    with case.scope():
        row.refresh_from_db()
        assert row.period_revenue == 5000


def test_the_close_accrues_and_reconciles(case):
    with case.scope():
        post_days(case)
    for code in ("accrual", "proofs"):
        assert press(case, f"revenue/close/{june(case)}/{code}/").status_code == 302
    with case.scope():
        assert JournalEntry.objects.filter(event="sales_accrual").count() == 2
        assert ProofRun.objects.get().is_proven
    text = case.firm.client("fay").get(case.firm.url(PAGES[2])).content.decode()
    assert "12 of 12 at 0.00" in text


def test_the_close_refuses_to_soft_close_before_its_steps(case):
    client = case.firm.client("fay")
    path = f"revenue/close/{june(case)}/soft_close/"
    said = client.post(case.firm.url(path), follow=True).content.decode()
    assert 'data-tone="bad"' in said
    assert "Soft close of June 2026: waits for the steps before." in said
    with case.scope():
        assert case.firm.entities["UK"].periods.get(name="2026-06").state == "open"


def test_a_step_is_not_for_the_practice_leader_to_run(case):
    assert press(case, f"revenue/close/{june(case)}/accrual/", who="paul").status_code == 404


def test_another_firm_sees_nothing(case, globex):
    press(case, f"revenue/periods/{june(case)}/run/")
    with case.scope():
        row = RevenueEstimate.objects.first()
    otto = globex.client("otto")
    for path in (f"revenue/estimates/{row.pk}/", "revenue/", "revenue/wip/", "revenue/close/"):
        assert otto.get(globex.url(path)).status_code == 404


def test_the_list_and_the_close_stay_within_a_budget_of_queries(case):
    client = case.firm.client("fay")
    press(case, f"revenue/periods/{june(case)}/run/")
    for path in ("revenue/" + JUNE, PAGES[2]):
        client.get(case.firm.url(path))
        with CaptureQueriesContext(connection) as queries:
            client.get(case.firm.url(path))
        assert len(queries) < 47
