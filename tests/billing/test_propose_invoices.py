"""Drafting invoices from what is unbilled."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Proposal, ProposalLine, SkippedContract, TaxCode
from billing.services import proposals, review
from psa.core.errors import NotFound, PermissionDenied
from psa.core.ledger.models import ActualClaim
from psa.core.ledger.services import posting
from psa.core.org.models import TenantParameters
from sales.models import Contract
from tests.billing.scenario import (
    AT,
    CUTOFF,
    Case,
    confirm,
    make_case,
    post_days,
    propose,
    time_draft,
)

pytestmark = pytest.mark.django_db


def test_drafts_one_line_per_unbilled_actual_at_its_posted_amount(case: Case) -> None:
    ids = post_days(case, 3)
    [draft] = propose(case)
    lines = list(ProposalLine.objects.filter(proposal=draft).order_by("position"))
    assert [line.actual_id for line in lines] == ids
    assert [line.amount for line in lines] == [Decimal(1000)] * 3
    assert draft.number == "P-2026-0001"
    assert draft.account_id == case.work.account.pk


def test_takes_work_of_the_cut_off_day_and_leaves_the_next_day(case: Case) -> None:
    posting.post(
        drafts=[time_draft(case, on=date(2026, 6, 30)), time_draft(case, on=date(2026, 7, 1))],
        actor=case.fay, at=AT, kind="approval",
    )  # fmt: skip
    [draft] = propose(case)
    assert draft.lines.get().work_on == date(2026, 6, 30)


def test_adds_nothing_when_run_again(case: Case) -> None:
    post_days(case, 3)
    [first] = propose(case)
    [again] = propose(case)
    assert again.pk == first.pk
    assert again.lines.count() == 3
    assert ActualClaim.objects.count() == 3


def test_adds_only_what_is_new_to_the_draft_that_exists(case: Case) -> None:
    post_days(case, 2)
    [first] = propose(case)
    [new] = post_days(case, 1)
    [second] = propose(case, run_key="run 2")
    assert second.pk == first.pk
    assert second.lines.order_by("-position").first().actual_id == new


def test_leaves_a_reviewed_proposal_alone_and_drafts_another(case: Case) -> None:
    post_days(case, 2)
    [first] = propose(case)
    review.start_review(proposal_id=first.pk, actor=case.bill, at=AT)
    post_days(case, 1)
    [second] = propose(case, run_key="run 2")
    assert second.pk != first.pk
    assert (first.lines.count(), second.lines.count()) == (2, 1)


def test_flags_weekends_duplicates_and_blank_descriptions(case: Case) -> None:
    posting.post(
        drafts=[
            time_draft(case, on=date(2026, 6, 20)),
            time_draft(case, on=date(2026, 6, 22), description=" "),
            time_draft(case, on=date(2026, 6, 23)),
            time_draft(case, on=date(2026, 6, 23)),
        ],
        actor=case.fay, at=AT, kind="approval",
    )  # fmt: skip
    [draft] = propose(case)
    assert [line.flags for line in draft.lines.order_by("position")] == [
        ["weekend"], ["blank_description"], ["duplicate"], ["duplicate"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "reason"),
    [("on_hold", "on hold: credit check"), ("draft", "draft, not confirmed")],
)
def test_records_why_a_contract_was_passed_over(case: Case, status: str, reason: str) -> None:
    post_days(case)
    Contract.objects.filter(pk=case.work.contract.pk).update(
        status=status, hold_reason="credit check" if status == "on_hold" else ""
    )
    assert propose(case) == []
    assert reason in SkippedContract.objects.get(run_key="run 1").reason
    assert not ActualClaim.objects.exists()


def test_waits_for_the_smallest_invoice(case: Case) -> None:
    TenantParameters.objects.update(minimum_invoice_amount=2550)  # GBP: EUR 3,000 at 0.85
    post_days(case, 2)
    assert propose(case) == []
    assert "below the smallest invoice" in SkippedContract.objects.get().reason
    post_days(case, 1)
    [draft] = propose(case)
    assert draft.lines.count() == 3
    assert not SkippedContract.objects.exists()


def test_passes_over_a_contract_without_a_tax_code(case: Case) -> None:
    post_days(case)
    case.work.contract.lines.update(tax_code="NONE")
    TaxCode.objects.filter(code="NONE").delete()
    assert propose(case) == []
    assert "tax code NONE is not set up" in SkippedContract.objects.get().reason


def test_says_so_when_there_is_nothing_to_bill(case: Case) -> None:
    with pytest.raises(proposals.NothingToBill, match="C-1"):
        propose(case)


def test_refuses_who_may_not_propose(case: Case) -> None:
    post_days(case)
    for name, refusal in (("paul", PermissionDenied), ("ben", NotFound)):
        with pytest.raises(refusal):
            proposals.propose_invoices(
                contract_id=case.work.contract.pk, cutoff_on=CUTOFF, run_key="r",
                actor=case.firm.actors[name], at=AT,
            )  # fmt: skip


def test_lets_a_project_manager_propose_for_own_projects(case: Case) -> None:
    post_days(case)
    [draft] = proposals.propose_invoices(
        contract_id=case.work.contract.pk, cutoff_on=CUTOFF, run_key="r",
        actor=case.firm.actors["priya"], at=AT,
    )  # fmt: skip
    assert draft.lines.count() == 3


def test_does_not_know_another_tenants_contract(db: None) -> None:
    acme, globex = make_case(), make_case("globex")
    with acme.scope():
        post_days(acme)
    with globex.scope():
        with pytest.raises(NotFound):
            proposals.propose_invoices(
                contract_id=acme.work.contract.pk, cutoff_on=CUTOFF, run_key="r",
                actor=globex.bill, at=AT,
            )  # fmt: skip
        assert not Proposal.objects.exists()


def test_asks_a_fixed_number_of_questions_however_many_lines(
    case: Case, django_assert_max_num_queries
) -> None:
    post_days(case, 300)
    with django_assert_max_num_queries(36):
        propose(case)


def test_passes_over_a_contract_whose_purchase_order_is_used_up(case: Case) -> None:
    post_days(case, 3)
    Contract.objects.update(po_number="4711", po_amount=3000)
    [draft] = propose(case)
    confirm(case, draft)
    post_days(case, 1)
    assert propose(case, run_key="run 2") == []
    reasons = SkippedContract.objects.filter(run_key="run 2").values_list("reason", flat=True)
    assert list(reasons) == ["The purchase order 4711 is used up"]
