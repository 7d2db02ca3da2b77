"""Reconciling a retainer's periods: 500,000 a month for 40 hours, 12,500 an hour over."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import Invoice, InvoiceBalance, RetainerPeriod, RetainerReconciliation
from billing.rules.types import Remainder
from billing.selectors import retainers as selectors
from billing.services import credits, readiness, retainers
from billing.services.retainer_results import OVERAGE
from psa.core.access.models import Role
from psa.core.access.permissions import PricingPermission
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType
from psa.core.ledger.services import posting
from revenue.contract_facts import variable_by_line
from revenue.services.close import run_step, steps
from revenue.services.proofs import run_proofs
from sales.models import Contract, ContractLine
from tests.billing.scenario import AT, Case, confirm, propose, sums, time_draft
from tests.edges.api.callers import Caller, token_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 7, 1)


def set_up(case: Case, *, overage: str = "bill", underuse: str = "expire", **terms: object) -> None:
    line = case.work.retainer_line
    ContractLine.objects.filter(pk=line.pk).update(
        retainer_amount=500_000, retainer_minutes=2400, retainer_overage_policy=overage,
        retainer_underuse_policy=underuse,
    )  # fmt: skip
    retainers.set_retainer_terms(
        line_id=line.pk, actor=case.bill, at=AT,
        **{
            "overage_rate_per_hour": Decimal(12_500), "refund_percent": Decimal(50),
            "rollover_periods": None, "rollover_limit": None, **terms,
        },
    )  # fmt: skip
    for month in (4, 5, 6):
        RetainerPeriod.objects.create(
            tenant_id=case.bill.tenant_id, contract_line=line, starts_on=date(2026, month, 1),
            ends_on=date(2026, month + 1, 1), amount=500_000, included_minutes=2400,
        )  # fmt: skip


def work(case: Case, hours: int, *, month: int = 4, price: Decimal = Decimal(10_000)) -> None:
    draft = time_draft(
        case, on=date(2026, month, 15), minutes=hours * 60, price=price,
        line=case.work.retainer_line,
    )  # fmt: skip
    posting.post(
        drafts=[replace(draft, type=ActualType.RETAINER_CONSUMPTION)], actor=case.fay, at=AT,
        kind="approval",
    )  # fmt: skip


def period(month: int) -> RetainerPeriod:
    return RetainerPeriod.objects.get(starts_on=date(2026, month, 1))


def reconcile(case: Case, month: int = 4) -> RetainerReconciliation:
    return retainers.reconcile_period(
        period_id=period(month).pk, today_on=TODAY, actor=case.bill, at=AT
    )


@pytest.mark.parametrize(
    ("policy", "next_hours", "billed"),
    [("carry_forward", 34, 0), ("bill", 40, 75_000), ("write_off", 40, 0)],
)
def test_46_hours_used(case: Case, policy: str, next_hours: int, billed: int) -> None:
    set_up(case, overage=policy)
    work(case, 46)
    made = reconcile(case)
    assert (made.allowance, made.used, made.overage) == (2400, 2760, 360)
    assert made.next_allowance == next_hours * 60
    assert made.overage_amount == billed
    assert sums(case).get("unbilled_sales", 0) == billed
    page = selectors.retainer_page(actor=case.bill, line_id=case.work.retainer_line.pk, today=TODAY)
    assert [row.title for row in page.periods] == ["April 2026", "May 2026", "June 2026"]
    assert page.periods[1].allowance == next_hours * 60
    assert [row.is_next for row in page.periods] == [False, True, False]


@pytest.mark.parametrize(
    ("policy", "next_hours", "refund"),
    [("expire", 40, 0), ("roll_over", 50, 0), ("refund", 40, 62_500)],
)
def test_30_hours_used(case: Case, policy: str, next_hours: int, refund: int) -> None:
    set_up(case, underuse=policy)
    work(case, 30)
    made = reconcile(case)
    assert (made.unused, made.next_allowance) == (600, next_hours * 60)
    assert made.refund_amount == refund


def test_rolls_over_no_more_than_the_cap(case: Case) -> None:
    set_up(case, underuse="roll_over", rollover_limit=Decimal(240), rollover_periods=1)
    work(case, 30)
    made = reconcile(case)
    assert (made.next_allowance, made.expired) == (44 * 60, 360)
    assert (
        reconcile(case, 5).next_allowance == 44 * 60
    )  # April's four hours are gone, May's are new


def test_what_is_over_is_worth_what_the_last_work_is_without_a_rate(case: Case) -> None:
    set_up(case, overage_rate_per_hour=None)
    work(case, 42, price=Decimal(10_000))
    work(case, 4, price=Decimal(9_000))
    assert reconcile(case).overage_amount == 4 * 9_000 + 2 * 10_000


def test_once_and_in_order(case: Case) -> None:
    set_up(case)
    work(case, 46)
    with pytest.raises(DomainError, match="Reconcile April 2026 before May 2026"):
        reconcile(case, 5)
    assert reconcile(case).pk == reconcile(case).pk
    assert Actual.objects.filter(source_kind=OVERAGE).count() == 1
    with pytest.raises(DomainError, match="May 2026 ends on 31 May 2026"):
        retainers.reconcile_period(
            period_id=period(5).pk, today_on=date(2026, 5, 31), actor=case.bill, at=AT
        )


def test_work_that_came_late_counts_in_the_next_period(case: Case) -> None:
    set_up(case, overage="carry_forward")
    work(case, 40)
    reconcile(case)
    work(case, 5)  # April's, approved after April was reconciled
    work(case, 38, month=5)
    assert reconcile(case, 5).used == 43 * 60


def test_overage_is_invoiced_with_the_next_run(case: Case) -> None:
    set_up(case)
    work(case, 46)
    readiness.post_due_retainer_periods(
        contract_id=case.work.contract.pk, due_on=date(2026, 4, 30), actor=case.bill, at=AT
    )
    reconcile(case)
    [draft] = propose(case)
    invoice = confirm(case, draft)
    assert invoice.net_amount == 575_000
    assert {line.description for line in invoice.lines.all()} == {
        "Support, April 2026", "Support, 6:00 h over in April 2026",
    }  # fmt: skip


def refunded(case: Case) -> Invoice:
    set_up(case, underuse="refund")
    work(case, 30)
    readiness.post_due_retainer_periods(
        contract_id=case.work.contract.pk, due_on=date(2026, 4, 30), actor=case.bill, at=AT
    )
    reconcile(case)
    [draft] = propose(case)
    return confirm(case, draft)


def refund(case: Case) -> Invoice:
    return retainers.issue_refund(
        period_id=period(4).pk, credited_on=date(2026, 7, 9), actor=case.bill, at=AT
    )


def test_a_refund_is_a_credit_note_on_the_advance(case: Case) -> None:
    invoice = refunded(case)
    note = refund(case)
    assert (note.kind, note.net_amount, note.corrects_id) == ("credit_note", -62_500, invoice.pk)
    assert InvoiceBalance.objects.get(invoice=invoice).open_amount == Decimal("525000")
    assert RetainerReconciliation.objects.get().refund_note_id == note.pk
    with pytest.raises(retainers.AlreadyRefunded):
        refund(case)
    proofs = run_proofs(
        legal_entity_id=case.work.contract.legal_entity_id, as_of=date(2026, 7, 31),
        actor=case.fay, at=AT,
    )  # fmt: skip
    assert all(proof.holds for proof in proofs)


def test_what_varied_is_earned_beside_the_price(case: Case) -> None:
    refunded(case)
    refund(case)
    line = case.work.retainer_line
    july = FiscalPeriod.objects.get(
        legal_entity_id=case.work.contract.legal_entity_id, starts_on=date(2026, 7, 1)
    )
    assert variable_by_line([line.pk], july) == {line.pk: -62_500}


def variable(case: Case) -> Decimal:
    line = case.work.retainer_line
    july = FiscalPeriod.objects.get(
        legal_entity_id=case.work.contract.legal_entity_id, starts_on=date(2026, 7, 1)
    )
    return variable_by_line([line.pk], july).get(line.pk, Decimal(0))


def rebill(case: Case, invoice: Invoice) -> None:
    credits.full_credit(
        invoice_id=invoice.pk, remainder=Remainder.BACKLOG, reason="wrong address",
        credited_on=date(2026, 7, 2), at=AT, actor=case.bill,
    )  # fmt: skip


def test_overage_that_is_billed_anew_is_earned_once(case: Case) -> None:
    set_up(case)
    work(case, 46)
    reconcile(case)
    assert variable(case) == 75_000
    [draft] = propose(case)
    invoice = confirm(case, draft)
    rebill(case, invoice)
    assert variable(case) == 75_000  # unbilled again
    [again] = propose(case, run_key="run 2")
    second = confirm(case, again, on=date(2026, 7, 3))
    assert variable(case) == 75_000
    credits.full_credit(
        invoice_id=second.pk, remainder=Remainder.WRITE_OFF, reason="given up",
        credited_on=date(2026, 7, 4), at=AT, actor=case.bill,
    )  # fmt: skip
    assert variable(case) == 0


def test_a_refund_is_credited_on_the_invoice_that_billed_the_advance_anew(case: Case) -> None:
    rebill(case, refunded(case))
    [again] = propose(case, run_key="run 2")
    second = confirm(case, again, on=date(2026, 7, 3))
    assert refund(case).corrects_id == second.pk
    assert variable(case) == -62_500


def test_refuses_a_refund_before_the_advance_is_invoiced_and_who_may_not(case: Case) -> None:
    set_up(case, underuse="refund")
    work(case, 30)
    with pytest.raises(NotFound):
        retainers.reconcile_period(
            period_id=period(4).pk, today_on=TODAY, actor=case.firm.actors["ben"], at=AT
        )
    reconcile(case)
    with pytest.raises(DomainError, match="not invoiced yet"):
        refund(case)
    with pytest.raises(PermissionDenied):
        retainers.issue_refund(
            period_id=period(4).pk, credited_on=TODAY, actor=case.firm.actors["priya"], at=AT
        )


def test_the_close_waits_for_it(case: Case) -> None:
    set_up(case)
    april = FiscalPeriod.objects.get(
        legal_entity_id=case.work.contract.legal_entity_id, starts_on=date(2026, 4, 1)
    )
    step = next(s for s in steps(period_id=april.pk, actor=case.fay) if s.code == "retainers")
    assert (step.is_done, step.note) == (False, "1 retainer period to reconcile")


def test_the_close_of_a_month_that_runs_leaves_its_retainers(case: Case) -> None:
    set_up(case)
    april = FiscalPeriod.objects.get(
        legal_entity_id=case.work.contract.legal_entity_id, starts_on=date(2026, 4, 1)
    )
    during = datetime(2026, 4, 10, 9, tzinfo=UTC)
    done = run_step(period_id=april.pk, code="retainers", actor=case.fay, at=during)
    assert done == "0 retainer periods reconciled"


def test_all_that_is_due_at_once_comes_to_the_same_in_as_many_queries_as_one(case: Case) -> None:
    set_up(case, overage_rate_per_hour=None)
    for month, hours in ((4, 46), (5, 43), (6, 30)):
        work(case, hours, month=month)

    def queries(until_on: date) -> int:
        with CaptureQueriesContext(connection) as found:
            retainers.reconcile_due(until_on=until_on, legal_entity_id=None, actor=case.bill, at=AT)
        return len(found)

    one = queries(date(2026, 5, 1))
    RetainerReconciliation.objects.get(period=period(4))
    assert queries(date(2026, 7, 1)) <= one
    billed = RetainerReconciliation.objects.order_by("period__starts_on")
    assert [(row.used, row.overage_amount, row.unused) for row in billed] == [
        (46 * 60, 60_000, 0), (43 * 60, 30_000, 0), (30 * 60, 0, 600),
    ]  # fmt: skip
    assert queries(date(2026, 7, 1)) < one
    assert (
        retainers.reconcile_due(
            until_on=date(2026, 7, 1), legal_entity_id=None, actor=case.bill, at=AT
        )
        == 0
    )


def test_its_pages(case: Case) -> None:
    set_up(case, underuse="refund")
    work(case, 30)
    client = case.firm.client("bill")
    line = case.work.retainer_line
    listed = client.get(case.firm.url("billing/retainers/?view=all"))
    assert b"Support" in listed.content
    page = client.get(case.firm.url(f"billing/retainers/{line.pk}/"))
    assert b"Reconcile April 2026" in page.content
    done = client.post(case.firm.url(f"billing/retainers/periods/{period(4).pk}/reconcile/"))
    assert done.status_code == 302
    assert RetainerReconciliation.objects.count() == 1
    refused = client.post(
        case.firm.url(f"billing/retainers/periods/{period(4).pk}/refund/"),
        {"credited_on": "2026-07-09"},
    )
    assert refused.status_code == 422
    assert b"not invoiced yet" in refused.content


def keep_rates_from_bill(case: Case, *, sees_own: bool = False) -> None:
    """Bill keeps his role's other rights."""
    hidden = {PricingPermission.VIEW_BILL_RATES, PricingPermission.VIEW_BILL_RATES_OWN}
    own = [PricingPermission.VIEW_BILL_RATES_OWN] if sees_own else []
    for role in Role.objects.filter(member_links__membership_id=case.bill.membership_id):
        role.permissions = [*(p for p in role.permissions if p not in hidden), *own]
        role.save()


def test_the_list_shows_amounts_to_who_sees_the_rates_alone(case: Case) -> None:
    set_up(case)
    client, caller = case.firm.client("bill"), Caller(token_of(case.firm, "bill"))
    url = case.firm.url("billing/retainers/?view=all")
    assert b"500,000" in client.get(url).content
    amount = caller.get("/retainers")["items"][0]["retainer_amount"]
    assert Decimal(amount["amount"]) == 500_000
    keep_rates_from_bill(case)
    assert b"Support" in client.get(url).content
    for address in (url, f"{url}&export=csv"):
        answer = client.get(address)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"500,000" not in content and b"500000" not in content
    for order in ("", "?sort=retainer_amount"):
        [row] = caller.get(f"/retainers{order}")["items"]
        assert (row["name"], row["retainer_amount"]) == ("Support", None)


def test_the_list_shows_amounts_of_ones_own_contracts(case: Case) -> None:
    set_up(case)
    keep_rates_from_bill(case, sees_own=True)
    caller = Caller(token_of(case.firm, "bill"))
    assert caller.get("/retainers")["items"][0]["retainer_amount"] is None
    Contract.objects.filter(pk=case.work.contract.pk).update(owner_id=case.bill.membership_id)
    assert caller.get("/retainers")["items"][0]["retainer_amount"] is not None


def test_reconciling_by_the_api_tells_hours_to_all_and_amounts_to_who_sees_rates(
    case: Case,
) -> None:
    set_up(case)
    work(case, 30)
    keep_rates_from_bill(case)
    caller = Caller(token_of(case.firm, "bill"))
    answer = caller.post(f"/retainer-periods/{period(4).pk}/reconcile")
    assert (answer["measure"], Decimal(answer["used"])) == ("minutes", 1800)
    RetainerPeriod.objects.filter(starts_on=date(2026, 5, 1)).update(included_minutes=None)
    answer = caller.post(f"/retainer-periods/{period(5).pk}/reconcile")
    assert answer["measure"] == "amount"
    names = ("allowance", "used", "overage", "unused", "next_allowance")
    assert {answer[name] for name in names} == {None}
