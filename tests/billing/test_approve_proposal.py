"""Two pairs of eyes: which invoices need approval, who gives it, and when it lapses."""

from decimal import Decimal

import pytest
from moneyed import Money

from billing.models import Invoice, Proposal
from billing.rules.approval import (
    ApprovalTerms,
    ReviewedLine,
    adjustment_percent,
    why_needs_approval,
)
from billing.services import approvals, review
from billing.services.approvals import ApprovalMissing
from psa.core.errors import DomainError, NotFound, PermissionDenied
from tests.billing.scenario import AT, Case, confirm, make_case, post_days, propose

pytestmark = pytest.mark.django_db


def lines(*pairs: tuple[str, str]) -> list[ReviewedLine]:
    return [ReviewedLine(Decimal(approved), Decimal(invoiced)) for approved, invoiced in pairs]


@pytest.mark.parametrize(
    ("pairs", "percent"),
    [
        ((("1000", "1000"), ("500", "500")), "0"),
        ((("1000", "900"), ("1000", "1100")), "10"),
        ((("1000", "0"), ("3000", "3000")), "25"),
        ((("1000", "1000"), ("0", "-50")), "5"),
        ((("0", "40"),), "100"),
        ((), "0"),
    ],
)
def test_an_adjustment_is_what_review_moved_whatever_the_sign(
    pairs: tuple[tuple[str, str], ...], percent: str
) -> None:
    assert adjustment_percent(lines(*pairs)) == Decimal(percent)


def test_exactly_the_limit_needs_no_approval() -> None:
    terms = ApprovalTerms(Money(1000, "EUR"), Decimal(10))
    at_limit = lines(("1000", "900"))
    assert why_needs_approval(terms, net=Money(1000, "EUR"), lines=at_limit) == ()
    over = why_needs_approval(terms, net=Money("1000.01", "EUR"), lines=lines(("1000", "899")))
    assert [reason.split(" ")[0] for reason in over] == ["it", "review"]


def rule(case: Case, amount: str | None = None, percent: str | None = None) -> None:
    approvals.change_approval_rule(
        over_amount=None if amount is None else Decimal(amount),
        over_percent=None if percent is None else Decimal(percent),
        actor=case.firm.actors["ada"], at=AT,
    )  # fmt: skip


def draft_of(case: Case) -> Proposal:
    post_days(case, 3)
    return propose(case)[0]


def approve(case: Case, proposal: Proposal, who: str = "fay") -> Proposal:
    proposal.refresh_from_db()
    return approvals.approve_proposal(
        proposal_id=proposal.pk, lock_version=proposal.lock_version,
        actor=case.firm.actors[who], at=AT,
    )  # fmt: skip


def test_without_a_rule_nothing_needs_approval(case: Case) -> None:
    assert confirm(case, draft_of(case)).net_amount == 3000


def test_an_amount_is_compared_in_the_firms_currency(case: Case) -> None:
    draft = draft_of(case)  # EUR 3,000.00 at 0.85 are GBP 2,550.00
    rule(case, amount="2549.99")
    with pytest.raises(ApprovalMissing, match="more than 2,549.99 GBP net"):
        confirm(case, draft)
    assert not Invoice.objects.exists()
    rule(case, amount="2550")
    assert confirm(case, draft).net_amount == 3000


def test_an_approved_proposal_is_confirmed(case: Case) -> None:
    draft = draft_of(case)
    rule(case, amount="100")
    approve(case, draft)
    assert confirm(case, draft).net_amount == 3000


def test_an_adjustment_needs_approval_and_held_lines_do_not_count(case: Case) -> None:
    draft = draft_of(case)
    rule(case, percent="10")
    first, second, _ = draft.lines.order_by("position").values_list("id", flat=True)
    review.set_treatment(
        proposal_id=draft.pk, line_ids=[first], treatment="hold", reason="", lock_version=1,
        actor=case.bill, at=AT,
    )  # fmt: skip
    review.set_treatment(
        proposal_id=draft.pk, line_ids=[second], treatment="complimentary", reason="goodwill",
        lock_version=2, actor=case.bill, at=AT,
    )  # fmt: skip
    with pytest.raises(ApprovalMissing, match="changed it by 50.0 %, more than 10 %"):
        confirm(case, draft)


def test_a_later_change_asks_for_approval_again(case: Case) -> None:
    draft = draft_of(case)
    rule(case, amount="100")
    approved = approve(case, draft)
    review.set_treatment(
        proposal_id=draft.pk, line_ids=[draft.lines.all()[0].pk], treatment="complimentary",
        reason="", lock_version=approved.lock_version, actor=case.bill, at=AT,
    )  # fmt: skip
    draft.refresh_from_db()
    assert (draft.state, draft.approved_by_id) == ("in_review", None)
    with pytest.raises(ApprovalMissing):
        confirm(case, draft)


def test_whoever_reviewed_it_does_not_approve_it(case: Case) -> None:
    draft = draft_of(case)
    review.start_review(proposal_id=draft.pk, actor=case.fay, at=AT)
    with pytest.raises(DomainError, match="somebody else approves"):
        approve(case, draft)


def test_refuses_who_may_not_approve_or_set_the_rule(case: Case) -> None:
    draft = draft_of(case)
    with pytest.raises(PermissionDenied):
        approve(case, draft, "bill")
    with pytest.raises(PermissionDenied):
        approvals.change_approval_rule(over_amount=None, over_percent=None, actor=case.fay, at=AT)
    with pytest.raises(DomainError):
        rule(case, amount="-1")


def test_does_not_know_another_tenants_proposal(db: None) -> None:
    acme, globex = make_case(), make_case("globex")
    with acme.scope():
        draft = draft_of(acme)
    with globex.scope(), pytest.raises(NotFound):
        approvals.approve_proposal(proposal_id=draft.pk, lock_version=1, actor=globex.fay, at=AT)
