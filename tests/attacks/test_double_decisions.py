"""Once is once: the same decision from twenty connections at the same moment."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connections
from django.db.models import Sum
from django.test import Client

from billing.models import Invoice, InvoiceBalance, Payment
from billing.services import invoices, payments
from psa.core.errors import DomainError
from psa.core.ledger.models import Actual, ActualClaim, JournalEntry
from tests.billing.scenario import AT, INVOICED_ON, confirm, make_case, post_days, propose
from tests.factories import Firm
from tests.sales.payers import add_payer, halves, share
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import ApprovalDecision
from timeexpense.services import approvals

CONNECTIONS = 20


def at_once(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Run each in a thread with a connection of its own; all begin together."""
    gate = Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        try:
            gate.wait(30)
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def refused_or_done(firm: Firm, call: Callable[[], object]) -> Callable[[], bool]:
    """The call inside the firm's scope; False for a refusal with a sentence, which leaves nothing."""

    def attempt() -> bool:
        try:
            with firm.scope():
                call()
        except DomainError as refusal:
            assert refusal.message.endswith(".")
            return False
        return True

    return attempt


def posting(client: Client, path: str, data: dict[str, object]) -> Callable[[], int]:
    return lambda: client.post(path, data).status_code


def test_an_entry_approved_twenty_times_in_the_browser_is_posted_once(
    committed_database: str, settings: object
) -> None:
    settings.PSA_NOW = NOW  # type: ignore[attr-defined]
    scene = make_scene()
    with scene.firm.scope():
        (entry_id,) = scene.submitted()
    path = scene.firm.url("time/approvals/approve/")
    clients = [scene.firm.client("priya") for _ in range(CONNECTIONS)]
    codes = at_once([posting(client, path, {"entries": f"time:{entry_id}"}) for client in clients])
    assert all(code < 500 for code in codes)  # type: ignore[operator]
    with scene.firm.scope():
        assert sorted(Actual.objects.values_list("actual_type", flat=True)) == [
            "cost", "unbilled_sales",
        ]  # fmt: skip
        assert ApprovalDecision.objects.count() == 1


def test_a_proposal_confirmed_twenty_times_is_one_invoice(committed_database: str) -> None:
    case = make_case()
    with case.scope():
        actual_ids = post_days(case, 3)
        [draft] = propose(case)

    def confirm_it() -> object:
        return invoices.confirm_proposal(
            proposal_id=draft.pk, invoiced_on=INVOICED_ON, at=AT, actor=case.bill
        )

    done = at_once([refused_or_done(case.firm, confirm_it)] * CONNECTIONS)
    assert done.count(True) >= 1
    with case.scope():
        invoice = Invoice.objects.get()
        assert invoice.net_amount == Decimal(3000)
        assert JournalEntry.objects.count() == 1
        reversed_ids = Actual.objects.filter(reversal_of__in=actual_ids)
        assert sorted(reversed_ids.values_list("reversal_of", flat=True)) == sorted(actual_ids)
        assert Actual.objects.filter(actual_type="billed_sales").count() == 3


def test_a_proposal_confirmed_twenty_times_in_the_browser_is_one_invoice(
    committed_database: str, settings: object
) -> None:
    settings.PSA_NOW = AT  # type: ignore[attr-defined]
    case = make_case()
    with case.scope():
        post_days(case, 2)
        [draft] = propose(case)
    path = case.firm.url(f"billing/proposals/{draft.pk}/confirm/")
    clients = [case.firm.client("bill") for _ in range(CONNECTIONS)]
    codes = at_once([posting(c, path, {"invoiced_on": "2026-07-02"}) for c in clients])
    assert set(codes) <= {302, 409, 422}
    assert 302 in codes
    with case.scope():
        assert Invoice.objects.count() == 1


def test_billing_runs_at_the_same_moment_claim_each_day_of_work_once(
    committed_database: str,
) -> None:
    case = make_case()
    with case.scope():
        actual_ids = post_days(case, 4)
    at_once(
        [
            refused_or_done(case.firm, lambda key=f"run {n}": propose(case, run_key=key))
            for n in range(CONNECTIONS)
        ]
    )
    with case.scope():
        live = ActualClaim.objects.filter(released_at__isnull=True)
        assert sorted(live.values_list("actual_id", flat=True)) == sorted(actual_ids)


def test_a_payment_sent_twenty_times_is_recorded_once(committed_database: str) -> None:
    case = make_case()
    with case.scope():
        post_days(case, 3)
        [draft] = propose(case)
        invoice = confirm(case, draft)
        owed = InvoiceBalance.objects.get(invoice=invoice).open_amount

    def pay() -> object:
        return payments.record_payment(
            request_key="one click", account_id=case.work.account.pk,
            legal_entity_id=case.firm.entities["UK"].pk, received_on=INVOICED_ON,
            amount=Decimal(1000), currency="EUR", actor=case.fay, at=AT,
        )  # fmt: skip

    at_once([refused_or_done(case.firm, pay)] * CONNECTIONS)
    with case.scope():
        assert Payment.objects.count() == 1
        assert InvoiceBalance.objects.get(invoice=invoice).open_amount == owed - 1000


def approval_of(scene: Scene, entry_id: int) -> Callable[[], bool]:
    return refused_or_done(
        scene.firm,
        lambda: approvals.approve_entries(
            entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW
        ),
    )


@pytest.mark.parametrize("limit", [Decimal("1500.00"), Decimal("0.01"), Decimal("4705.88")])
def test_approvals_that_race_never_pass_the_limit_and_lose_nothing(
    committed_database: str, limit: Decimal
) -> None:
    scene = make_scene(not_to_exceed=limit)
    with scene.firm.scope():
        ids = scene.submitted(*[scene.draft(work_on=MONDAY + timedelta(days=n)) for n in range(4)])

    # Each entry from five connections, all four against one limit.
    at_once([approval_of(scene, entry_id) for entry_id in ids] * 5)
    with scene.firm.scope():
        sums = dict(Actual.objects.values_list("actual_type").annotate(total=Sum("amount")))
        worth = 4 * Decimal("1176.47")  # 8 h at GBP 125.00 in EUR at 0.85
        assert sums["unbilled_sales"] == min(limit, worth)
        assert sums["unbilled_sales"] + sums.get("parked_sales", Decimal(0)) == worth
        assert ApprovalDecision.objects.count() == 4


def test_approvals_that_race_never_pass_a_payers_limit_and_the_next_takes_over(
    committed_database: str,
) -> None:
    scene = make_scene()
    with scene.firm.scope():
        other = add_payer(scene.work.contract)
        share(scene, *halves(scene, other, limit=Decimal(1000)), (2, scene.work.account, 100, None))
        ids = scene.submitted(*[scene.draft(work_on=MONDAY + timedelta(days=n)) for n in range(4)])

    at_once([approval_of(scene, entry_id) for entry_id in ids] * 5)
    with scene.firm.scope():
        rows = Actual.objects.filter(actual_type="unbilled_sales")
        sums = dict(rows.values_list("account_id").annotate(total=Sum("amount")))
        assert sums[other.pk] == Decimal(1000)
        assert sum(sums.values()) == 4 * Decimal("1176.47")
        assert not Actual.objects.filter(actual_type="parked_sales").exists()
