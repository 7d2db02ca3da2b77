"""Who credits does so up to the firm's limit; above it needs the right to."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Invoice
from billing.policies import OverCreditLimit
from billing.rules.types import Remainder
from billing.services import credit_limits, credits
from billing.services.credits import CreditLine
from psa.core.actor import Actor
from psa.core.org.models import TenantParameters
from tests.billing.scenario import AT, Case, confirm, make_case, post_days, propose
from tests.edges.api.callers import caller

pytestmark = pytest.mark.django_db
ON = date(2026, 7, 9)


def invoice_of(case: Case, limit: str) -> Invoice:
    """EUR 3,000.00 net on three lines of 1,000.00; GBP 0.85 for 1 EUR."""
    TenantParameters.objects.update(largest_credit_amount=Decimal(limit))
    post_days(case, 3)
    [draft] = propose(case)
    return confirm(case, draft)


def credit(invoice: Invoice, actor: Actor, *stays: str) -> Invoice:
    standing = sorted(credits.standing_rows(invoice))
    return credits.credit_invoice(
        invoice_id=invoice.pk,
        lines=[
            CreditLine(pk, Decimal(rest), Remainder.WRITE_OFF)
            for pk, rest in zip(standing, stays, strict=False)
        ],
        reason="wrong rate", credited_on=ON, at=AT, actor=actor,
    )  # fmt: skip


def test_counts_all_credits_of_an_invoice_in_the_firms_currency(case: Case) -> None:
    invoice = invoice_of(case, "2000")
    credit(invoice, case.bill, "500", "500")
    credit(invoice, case.bill, "0", "0")
    with pytest.raises(OverCreditLimit, match=r"up to £.?2000.00 .* £.?2125.00 of ") as refusal:
        credit(invoice, case.bill, "500")
    assert "finance manager" in refusal.value.message
    note = credit(invoice, case.bill, "647.06")
    assert note.net_amount == Decimal("-352.94")
    assert Invoice.objects.filter(corrects=invoice).count() == 3


def test_who_may_credit_more_does_and_nobody_more_than_was_billed(case: Case) -> None:
    invoice = invoice_of(case, "10")
    assert credit_limits.limit_of(case.fay) is None
    with pytest.raises(OverCreditLimit):
        credit(invoice, case.bill, "0", "0", "0")
    credit(invoice, case.fay, "0", "0", "0")
    with pytest.raises(credits.NothingToCredit):
        credits.full_credit(
            invoice_id=invoice.pk, remainder=Remainder.WRITE_OFF, reason="again", credited_on=ON,
            at=AT, actor=case.fay,
        )  # fmt: skip


def test_without_a_limit_any_amount_goes(case: Case) -> None:
    invoice = invoice_of(case, "0")
    assert credit_limits.limit_of(case.bill) is None
    credit(invoice, case.bill, "0", "0", "0")


def test_holds_on_the_page_and_by_the_api_alike(settings: object) -> None:
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    case = make_case()
    with case.scope():
        invoice = invoice_of(case, "2000")
        lines = sorted(credits.standing_rows(invoice))
    path = case.firm.url(f"billing/invoices/{invoice.pk}/credit/")
    page = case.firm.client("bill").get(path).content.decode()
    assert "You may credit up to" in page
    assert "You may credit up to" not in case.firm.client("fay").get(path).content.decode()
    body = {
        "lines": [{"invoice_line_id": pk, "stays": "0"} for pk in lines],
        "remainder": "write_off", "reason": "wrong rate", "credited_on": "2026-07-09",
    }  # fmt: skip
    data = {"reason": "wrong rate", "credited_on": "2026-07-09", "remainder": "write_off"}
    data |= {f"stays_{pk}": "0" for pk in lines}
    refused = case.firm.client("bill").post(path, data)
    assert refused.status_code == 422
    assert "Ask somebody who may credit more" in refused.content.decode()
    answer = caller(case.firm, "bill").post(f"/invoices/{invoice.pk}/credit", body, 422)
    assert "Ask somebody who may credit more" in answer["detail"]
    caller(case.firm, "fay").post(f"/invoices/{invoice.pk}/credit", body, 201)
