"""Approval that a rule wants stops the step itself, whoever takes it."""

from decimal import Decimal

import pytest

from psa.core.automation.models import ApprovalRequest, AutomationRule
from psa.core.automation.services import approvals, rules
from psa.core.automation.services.approvals import ApprovalRequired
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.money.models import FxRate
from psa.core.notifications.models import Notification
from psa.edges.lifecycle import services as lifecycle
from sales.models import Contract, ContractLine, Quote, QuoteLine
from sales.services import contracts, sending
from tests.factories import AT, Engagement, Firm, make_engagement
from tests.sales.scenario import make_deal

GATE = "sales.contract.confirm"


@pytest.fixture
def draft(acme: Firm) -> Engagement:
    """A draft contract of 1,200,000 EUR: 1,020,000 GBP at 0.85, over the million."""
    with acme.scope():
        made = make_engagement(acme)
        Contract.objects.filter(pk=made.contract.pk).update(status="draft")
        ContractLine.objects.filter(pk=made.fixed_line.pk).update(value_amount=1_200_000)
    return made


def confirm(firm: Firm, draft: Engagement) -> Contract:
    return contracts.confirm_contract(
        contract_id=draft.contract.pk, actor=firm.actors["amara"], at=AT
    )


def ask(firm: Firm, draft: Engagement) -> ApprovalRequest:
    [made] = approvals.request_approval(
        gate=GATE, record_id=draft.contract.pk, note="Board knows.", actor=firm.actors["amara"],
        at=AT,
    )  # fmt: skip
    return made


def decide(firm: Firm, request: ApprovalRequest, name: str = "paul", **more: object) -> None:
    values = {"is_approved": True, "comment": "", **more}
    approvals.decide(request_id=request.pk, actor=firm.actors[name], at=AT, **values)  # type: ignore[arg-type]


def test_holds_a_large_contract_until_the_practice_leader_approves(
    acme: Firm, draft: Engagement
) -> None:
    with acme.scope():
        with pytest.raises(ApprovalRequired, match="Practice leader"):
            confirm(acme, draft)
        assert Contract.objects.get(pk=draft.contract.pk).status == "draft"
        request = ask(acme, draft)
        with pytest.raises(ApprovalRequired, match="asked for on 9 Jul 2026"):
            confirm(acme, draft)
        told = Notification.objects.get(event="automation.approval.requested")
        assert told.membership_id == acme.actors["paul"].membership_id
        assert told.path == acme.url(f"rules/requests/{request.pk}/")
        decide(acme, request)
        assert confirm(acme, draft).status == "confirmed"


def test_lets_a_smaller_one_pass(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        # 1,000,000 EUR are 850,000 GBP with what else the contract commits to.
        ContractLine.objects.filter(pk=draft.fixed_line.pk).update(value_amount=1_000_000)
        assert confirm(acme, draft).status == "confirmed"


def test_counts_a_not_to_exceed_limit_as_what_it_commits_to(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        ContractLine.objects.filter(pk=draft.fixed_line.pk).update(value_amount=0)
        ContractLine.objects.filter(pk=draft.time_line.pk).update(not_to_exceed_amount=1_200_000)
        with pytest.raises(ApprovalRequired):
            confirm(acme, draft)


def test_stays_shut_when_the_amount_cannot_be_told(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        ContractLine.objects.filter(pk=draft.fixed_line.pk).update(value_amount=1)
        FxRate.objects.all().delete()
        with pytest.raises(ApprovalRequired):
            confirm(acme, draft)


def test_wants_approval_anew_when_the_contract_has_grown(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        decide(acme, ask(acme, draft))
        ContractLine.objects.filter(pk=draft.fixed_line.pk).update(value_amount=2_000_000)
        with pytest.raises(ApprovalRequired):
            confirm(acme, draft)


def test_opens_when_the_rule_is_off(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        rule = AutomationRule.objects.get(code="contract_over_a_million")
        rules.switch_rule(rule_id=rule.pk, is_active=False, actor=acme.actors["ada"], at=AT)
        assert confirm(acme, draft).status == "confirmed"


def test_holds_winning_a_large_quote(acme: Firm) -> None:
    with acme.scope():
        deal = make_deal(acme)
        quote = Quote.objects.get(pk=QuoteLine.objects.get(pk=deal.build.pk).quote_id)
        sending.send_quote(quote_id=quote.pk, actor=acme.actors["amara"], at=AT)
        QuoteLine.objects.filter(pk=deal.build.pk).update(budget_amount=Decimal(5_000_000))
        with pytest.raises(ApprovalRequired, match="Winning a quote over 1,000,000"):
            lifecycle.win_quote(
                quote_id=quote.pk, pricing_choice="share_lists", project=None, at=AT,
                won_on=AT.date(), actor=acme.actors["amara"],
            )  # fmt: skip
        assert not Contract.objects.filter(quote=quote).exists()


def test_asks_once_and_tells_whoever_asked(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        request = ask(acme, draft)
        with pytest.raises(DomainError, match="Nothing has to be asked"):
            ask(acme, draft)
        decide(acme, request, is_approved=False, comment="Too thin a margin")
        told = Notification.objects.get(event="automation.approval.decided")
        assert told.membership_id == acme.actors["amara"].membership_id
        assert ask(acme, draft).pk != request.pk  # declined may be asked anew


def test_keeps_duties_apart(acme: Firm, draft: Engagement) -> None:
    with acme.scope():
        request = ask(acme, draft)
        with pytest.raises(NotFound):
            decide(acme, request, "fay")  # neither asked nor decides
        with pytest.raises(PermissionDenied):
            decide(acme, request, "amara")
        ApprovalRequest.objects.filter(pk=request.pk).update(
            requested_by_id=acme.actors["paul"].membership_id
        )
        with pytest.raises(DomainError, match="You asked for it yourself"):
            decide(acme, request)
        ApprovalRequest.objects.filter(pk=request.pk).update(
            requested_by_id=acme.actors["amara"].membership_id
        )
        with pytest.raises(DomainError, match="Say why"):
            decide(acme, request, is_approved=False)
        decide(acme, request)
        with pytest.raises(Conflict):
            decide(acme, request)


def test_is_asked_for_and_decided_on_pages(acme: Firm, draft: Engagement) -> None:
    amara, paul = acme.client("amara"), acme.client("paul")
    gate = acme.url(f"rules/gates/{GATE}/{draft.contract.pk}/")
    record = acme.url(f"sales/contracts/{draft.contract.pk}/")
    refused = amara.post(f"{record}confirm/")
    assert "wants the approval of Practice leader" in refused.content.decode()
    assert "Ask for approval" in amara.get(gate).content.decode()
    assert acme.client("ben").get(gate).status_code == 404
    assert amara.post(gate, {"note": "Board knows."}).status_code == 302
    with acme.scope():
        request = ApprovalRequest.objects.get()
    url = acme.url(f"rules/requests/{request.pk}/")
    assert "C-1 ERP core rollout" in paul.get(acme.url("rules/requests/")).content.decode()
    assert paul.post(url, {"decision": "decline", "comment": ""}).status_code == 422
    assert paul.post(url, {"decision": "approve", "comment": ""}).status_code == 302
    assert "Approved by" in paul.get(url).content.decode()
    assert amara.post(f"{record}confirm/").status_code == 302
    assert acme.client("ben").get(url).status_code == 404
