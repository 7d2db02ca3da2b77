"""Trying to confirm and to close: what would be recorded is shown, and nothing of it is kept."""

from datetime import timedelta
from typing import Any

import pytest

from billing.models import Invoice
from psa.core.audit.models import AuditEntry
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import Actual, JournalEntry
from psa.core.ledger.rehearsals import rehearse
from tests.billing.scenario import INVOICED_ON, Case, confirm, make_case, post_days, propose
from tests.edges.api.callers import caller

KEPT = (Invoice, Actual, JournalEntry, AuditEntry, JobRun)


@pytest.fixture
def case(db: None) -> Case:
    made = make_case(currency="GBP")
    with made.firm.scope():
        post_days(made)
    return made


def counts() -> list[int]:
    return [model.objects.count() for model in KEPT]  # type: ignore[attr-defined]


def test_says_what_confirming_does_and_keeps_nothing(case: Case) -> None:
    with case.firm.scope():
        [proposal] = propose(case)
        before = counts()
    path = case.firm.url(f"billing/proposals/{proposal.pk}/try/")
    page = case.firm.client("bill").post(path, {"invoiced_on": INVOICED_ON.isoformat()})
    text = page.content.decode()
    assert page.status_code == 200
    assert "nothing of it was kept" in text
    assert "Unbilled" in text and "Billed" in text
    with case.firm.scope():
        assert counts() == before
        # The number that was taken for a moment is the next one still.
        invoice = confirm(case, proposal)
    assert invoice.number in text


def test_leaves_out_the_books_for_who_does_not_see_them(case: Case) -> None:
    with case.firm.scope():
        [proposal] = propose(case)
    answers = {
        name: caller(case.firm, name).post(
            f"/proposals/{proposal.pk}/try", {"invoiced_on": INVOICED_ON.isoformat()}
        )
        for name in ("bill", "fay")
    }
    assert answers["bill"]["postings"] == [] and answers["bill"]["hides_postings"]
    assert answers["fay"]["postings"]
    types = {row["actual_type"] for row in answers["bill"]["actuals"]}
    assert types == {"unbilled_sales", "billed_sales"}


def test_tells_a_refusal_as_its_finding(case: Case) -> None:
    with case.firm.scope():
        [proposal] = propose(case)
    body = {"invoiced_on": (INVOICED_ON - timedelta(days=9000)).isoformat()}
    found = caller(case.firm, "bill").post(f"/proposals/{proposal.pk}/try", body)
    assert found["refusal"] and not found["actuals"]
    caller(case.firm, "priya").post(f"/proposals/{proposal.pk}/try", body, 404)


def test_tries_a_step_of_the_close(case: Case) -> None:
    fay, program = case.firm.client("fay"), caller(case.firm, "fay")
    with case.firm.scope():
        period = case.firm.entities["UK"].periods.get(name="2026-06")
        before = counts()
    page = fay.post(case.firm.url(f"revenue/close/{period.pk}/accrual/try/"))
    assert page.status_code == 200
    assert "Journals, by account" in page.content.decode()
    told = program.post(f"/periods/{period.pk}/close/close/try", {})
    assert told["refusal"]
    with case.firm.scope():
        assert counts() == before
    assert fay.post(case.firm.url(f"revenue/close/{period.pk}/nothing/try/")).status_code == 404


@pytest.mark.usefixtures("case")
def test_gathers_its_own_rows_alone(case: Case) -> None:
    with case.firm.scope():
        found = rehearse(lambda: None, actor=case.firm.actors["fay"])
    assert (found.refusal, found.sentences, found.actuals, found.postings) == ("", (), (), ())


def test_lets_through_what_is_no_finding(case: Case) -> None:
    def fail() -> Any:
        raise ZeroDivisionError

    with case.firm.scope(), pytest.raises(ZeroDivisionError):
        rehearse(fail, actor=case.firm.actors["fay"])
