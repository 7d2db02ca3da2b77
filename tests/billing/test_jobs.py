"""Billing runs, retainer periods, confirming many and documents, as the workers do them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import ContractMilestone, Invoice, Proposal, RetainerPeriod, SkippedContract
from billing.selectors import runs
from billing.services import billing_runs, invoices
from billing.services.readiness import AlreadyReady, mark_milestone_ready, post_fee
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.ledger.services.posting import AlreadyPosted
from sales.models import Contract
from tests.billing.scenario import AT, INVOICED_ON, Case, post_days, propose, sums

# Progress bars name addresses of the tenant.
pytestmark = [pytest.mark.django_db, pytest.mark.urls("psa.tenant_urls")]


def start(case: Case, **filters: int) -> JobRun:
    return billing_runs.start_billing_run(
        arguments={"cutoff_on": "2026-06-30", **filters}, actor=case.bill, at=AT
    )


def test_a_run_drafts_and_tells_what_it_passed_over(case: Case) -> None:
    post_days(case, 3)
    run = jobs.run_now(start(case).pk)
    assert (run.state, run.result) == ("done", {"proposals": 1, "skipped": 0})
    page = runs.run_page(actor=case.bill, run_id=run.pk, today=AT.date())
    assert [(row.contract, row.net) for row in page.drafted] == [("C-1", Decimal(3000))]
    assert page.skipped == []


def test_a_run_lists_skipped_contracts_with_why(case: Case) -> None:
    post_days(case, 3)
    Contract.objects.update(status="on_hold", hold_reason="credit check")
    run = jobs.run_now(start(case).pk)
    page = runs.run_page(actor=case.bill, run_id=run.pk, today=AT.date())
    assert [row.reason for row in page.skipped] == ["The contract is on hold: credit check"]
    assert not Proposal.objects.exists()


def test_two_clicks_in_a_minute_are_one_run(case: Case) -> None:
    assert start(case).pk == start(case).pk
    assert start(case, contract_id=case.work.contract.pk).pk != start(case).pk


def test_filters_narrow_a_run(case: Case) -> None:
    post_days(case, 1)
    unit = case.firm.units["UK"].pk
    other = next(u.pk for code, u in case.firm.units.items() if code != "UK")
    for filters, found in (
        ({"account_id": case.work.account.pk}, 1), ({"account_id": 10**9}, 0),
        ({"unit_id": unit}, 1), ({"unit_id": other}, 0),
    ):  # fmt: skip
        ids = runs.contracts_with_unbilled(actor=case.bill, cutoff_on=date(2026, 6, 30), **filters)
        assert len(ids) == found


def test_a_firms_first_run_is_offered_up_to_the_last_day_that_has_work(
    case: Case, settings: Any
) -> None:
    post_days(case, 3)
    before, last, today = date(2026, 5, 31), date(2026, 6, 17), date(2026, 6, 25)
    with CaptureQueriesContext(connection) as asked:
        assert runs.work_after(actor=case.bill, today=today, cutoff_on=before) == last
    assert len(asked) == 3
    for found in ({"cutoff_on": last}, {"cutoff_on": before, "account_id": 10**9}):
        assert runs.work_after(actor=case.bill, today=today, **found) is None
    client, new = case.firm.client("bill"), case.firm.url("billing/runs/new/")
    for now, cutoff, is_told in (
        (datetime(2026, 6, 25, 9, tzinfo=UTC), "2026-06-17", True),
        (AT, "2026-06-30", False),
    ):
        settings.PSA_NOW = now
        page = client.get(new).content.decode()
        assert f'value="{cutoff}"' in page
        assert (
            "Up to 31 May 2026 there is nothing to bill. There is work up to 17 Jun 2026." in page
        ) is is_told
    early = billing_runs.start_billing_run(
        arguments={"cutoff_on": before.isoformat()}, actor=case.bill, at=AT
    )
    assert jobs.run_now(early.pk).total == 0
    page = client.get(case.firm.url(f"billing/runs/{early.pk}/")).content.decode()
    assert "There is work up to 17 Jun 2026." in page
    assert new in page


def test_a_run_again_changes_nothing(case: Case) -> None:
    post_days(case, 3)
    jobs.run_now(start(case).pk)
    second = start(case, account_id=case.work.account.pk)
    assert jobs.run_now(second.pk).total == 0
    assert Proposal.objects.get().lines.count() == 3


def test_confirming_many_takes_each_in_its_own_transaction(case: Case) -> None:
    post_days(case, 1)
    [good] = propose(case)
    run = billing_runs.start_confirming(
        proposal_ids=[good.pk, 10**9], invoiced_on=INVOICED_ON, actor=case.bill, at=AT
    )
    done = jobs.run_now(run.pk)
    assert done.result == {"invoices": 1}
    page = runs.jobs.run_page(actor=case.bill, run_id=run.pk)
    assert [failure.record for failure in page.failures] == [f"Proposal {10**9}"]
    assert Invoice.objects.count() == 1


def test_the_document_is_made_once_and_kept(case: Case) -> None:
    post_days(case, 2)
    [draft] = propose(case)
    invoice = invoices.confirm_proposal(
        proposal_id=draft.pk, invoiced_on=INVOICED_ON, at=AT, actor=case.bill
    )
    run = JobRun.objects.get(kind="billing.invoice_pdf")
    assert jobs.run_now(run.pk).state == "done"
    document = Document.objects.get(record_type="billing.Invoice", record_id=invoice.pk)
    assert document.filename == f"{invoice.number}.pdf"


def test_posts_each_retainer_period_that_has_begun_once(case: Case) -> None:
    for month in (5, 6, 8):
        RetainerPeriod.objects.create(
            tenant_id=case.bill.tenant_id, contract_line=case.work.retainer_line,
            starts_on=date(2026, month, 1), ends_on=date(2026, month + 1, 1), amount=5000,
            included_minutes=2400,
        )  # fmt: skip
    for key in ("a", "b"):
        run = jobs.start(
            kind="billing.retainer_periods", key=key, title="Periods",
            arguments={"due_on": "2026-07-09"}, actor=case.bill, at=AT,
        )  # fmt: skip
        jobs.run_now(run.pk)
    assert sums(case) == {"unbilled_sales": Decimal(10000)}
    assert RetainerPeriod.objects.filter(is_released=True).count() == 2


def milestone_of(case: Case) -> ContractMilestone:
    made: ContractMilestone = ContractMilestone.objects.create(
        tenant_id=case.bill.tenant_id, contract_line=case.work.fixed_line, position=1,
        name="Blueprint signed", due_on=date(2026, 6, 30), amount=8000,
        project=case.work.project,
    )  # fmt: skip
    return made


def ready(case: Case, milestone: ContractMilestone, who: str) -> None:
    mark_milestone_ready(
        milestone_id=milestone.pk, ready_on=date(2026, 6, 30), actor=case.firm.actors[who], at=AT
    )


def test_a_milestone_is_ready_once_and_by_who_may(case: Case) -> None:
    milestone = milestone_of(case)
    for who, refusal in (
        ("ben", NotFound),
        ("paul", PermissionDenied),
        ("amara", PermissionDenied),
    ):
        with pytest.raises(refusal):
            ready(case, milestone, who)
    ready(case, milestone, "priya")
    with pytest.raises(AlreadyReady):
        ready(case, milestone, "bill")
    assert sums(case) == {"unbilled_sales": Decimal(8000)}


def test_a_fee_posts_once(case: Case) -> None:
    def charge(amount: str, fee_id: int = 1) -> None:
        post_fee(
            contract_line_id=case.work.time_line.pk, fee_id=fee_id, amount=Decimal(amount),
            description="Licence", charged_on=date(2026, 6, 30), category_id=None,
            actor=case.bill, at=AT,
        )  # fmt: skip

    charge("250")
    with pytest.raises(AlreadyPosted):
        charge("250")
    for amount in ("0", "-5", "NaN", "Infinity"):
        with pytest.raises(DomainError):
            charge(amount, 2)
    assert sums(case) == {"unbilled_sales": Decimal(250)}
    assert not SkippedContract.objects.exists()
