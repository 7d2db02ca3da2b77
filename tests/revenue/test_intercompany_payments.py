"""Paying a sister company: once, in both books together, in parts, abroad, and taken back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import Actual, FiscalPeriod, JournalEntry, JournalLine
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.money.models import FxRate
from psa.core.org.models import LegalEntity
from revenue import intercompany_payment_selectors as selectors
from revenue.lending import lending
from revenue.models import IntercompanyInvoice, IntercompanyPayment
from revenue.rules.intercompany_payments import OpenInvoice, settle
from revenue.services.intercompany_payments import (
    AlreadyReversed,
    Chosen,
    RequestKeyUsed,
    record_payment,
    reverse_payment,
)
from revenue.services.revaluation import revalue
from tests.edges.api.callers import caller
from tests.revenue.test_intercompany_invoices import all_hold, issue, lent, scene_of_its_own
from tests.revenue.test_lending import Scene, approve, balances, journal, scene
from tests.timeexpense.conftest import NOW
from tests.timeexpense.test_races import at_once
from timeexpense.services import recalls

__all__ = ["lent", "scene"]
PAID = date(2026, 7, 31)
AUGUST = date(2026, 8, 31)


def rate_of(scene: Scene, currency: str, value: str) -> None:
    """Units per 1 EUR; 1 EUR is 0.85 GBP."""
    FxRate.objects.filter(to_currency=currency).update(rate=Decimal(value))


def pay(
    scene: Scene, *parts: tuple[IntercompanyInvoice, str], on: date = PAID, key: str = "one",
    **more: Any,
) -> IntercompanyPayment:  # fmt: skip
    return record_payment(
        chosen=[Chosen(invoice.pk, Decimal(amount)) for invoice, amount in parts],
        paid_on=on, request_key=key, actor=scene.actor("fay"), at=NOW, **more,
    )  # fmt: skip


def open_of(invoice: IntercompanyInvoice) -> Decimal:
    found: Decimal = (
        selectors.with_open(IntercompanyInvoice.objects.filter(pk=invoice.pk)).get().open_amount
    )
    return found


def intercompany_sum() -> Decimal:
    """Of receivable and payable in the currency of the invoices: the firm owes itself nothing."""
    total: Decimal | None = JournalLine.objects.filter(
        account__code__in=("1150", "2150")
    ).aggregate(n=Sum("currency_amount"))["n"]
    return total or Decimal(0)


# docs/rules/ledger.md, L-21
def test_is_in_both_books_at_the_rate_of_the_day(lent: Scene) -> None:
    [invoice] = issue(lent)
    rate_of(lent, "INR", "87.55")  # 1 GBP = 103 INR
    made = pay(lent, (invoice, "300"))
    assert (made.number, made.amount, made.paid_currency) == ("UK-IP2026-00001", 300, "GBP")
    assert (made.lender_entity_amount, made.borrower_entity_amount) == (30900, 300)
    books = balances()
    assert (books["IN"]["1000"], books["IN"]["1150"], books["IN"]["7000"]) == (30900, 0, -900)
    assert (books["UK"]["1000"], books["UK"]["2150"], books["UK"]["7000"]) == (-300, 0, 0)
    assert open_of(invoice) == intercompany_sum() == 0
    assert all_hold(lent)
    with pytest.raises(DomainError, match="Nothing is open of IN-IC2026-00001"):
        pay(lent, (invoice, "1"), key="two")


def test_is_paid_in_parts_and_the_last_takes_what_is_left(lent: Scene) -> None:
    [invoice] = issue(lent)
    for key, part, left in (("a", "100.01", "199.99"), ("b", "99.99", "100"), ("c", "100", "0")):
        rate_of(lent, "INR", {"a": "85", "b": "80.75", "c": "93.50"}[key])
        pay(lent, (invoice, part), key=key)
        assert open_of(invoice) == Decimal(left)
        [owed] = lending(actor=lent.actor("fay"), as_of=PAID).owed
        assert (owed.open.amount, owed.owed.amount) == (Decimal(left), Decimal(left))
        assert owed.paid.amount == 300 - Decimal(left)
        assert intercompany_sum() == 0
        assert all_hold(lent)
    books = balances()
    # 100.01 at 100, 99.99 at 95, 100 at 110; booked at 100.
    assert books["IN"]["1000"] == Decimal("10001.00") + Decimal("9499.05") + Decimal("11000.00")
    assert (books["IN"]["1150"], books["UK"]["2150"]) == (0, 0)
    assert books["IN"]["7000"] == -(books["IN"]["1000"] - 30000)


def test_in_another_currency_both_books_realise_their_difference(lent: Scene) -> None:
    [invoice] = issue(lent)
    made = pay(lent, (invoice, "300"), paid=Money(350, "EUR"))
    assert (made.amount, made.paid_amount, made.paid_currency) == (300, 350, "EUR")
    # 1 EUR is 0.85 GBP and 85 INR: 297.50 GBP, 29,750 INR.
    books = balances()
    assert (books["UK"]["1000"], books["UK"]["2150"], books["UK"]["7000"]) == (
        Decimal("-297.5"), 0, Decimal("-2.5"),
    )  # fmt: skip
    assert (books["IN"]["1000"], books["IN"]["1150"], books["IN"]["7000"]) == (29750, 0, 250)
    assert all_hold(lent)
    for wrong in (Money(-350, "EUR"), Money(Decimal("350.001"), "EUR"), Money(299, "GBP")):
        with pytest.raises(DomainError):
            pay(lent, (invoice, "300"), key="x", paid=wrong)


def test_a_reversal_mirrors_both_and_opens_the_invoice_as_it_was(lent: Scene) -> None:
    [invoice] = issue(lent)
    before = balances()
    rate_of(lent, "INR", "87.55")
    made = pay(lent, (invoice, "120"))

    def back(payment: IntercompanyPayment, on: date = PAID, reason: str = "Bounced") -> Any:
        return reverse_payment(
            intercompany_payment_id=payment.pk, reversed_on=on, reason=reason,
            actor=lent.actor("fay"), at=NOW,
        )  # fmt: skip

    with pytest.raises(DomainError, match="on or after the payment"):
        back(made, date(2026, 7, 30))
    with pytest.raises(DomainError, match="Say why"):
        back(made, reason=" ")
    reversal = back(made)
    assert (reversal.amount, reversal.number) == (-120, "UK-IP2026-00002")
    after = balances()
    assert {c: {k: v for k, v in b.items() if v} for c, b in after.items()} == {
        c: {k: v for k, v in b.items() if v} for c, b in before.items()
    }
    assert open_of(invoice) == 300
    assert all_hold(lent)
    with pytest.raises(AlreadyReversed):
        back(made)
    with pytest.raises(DomainError, match="itself a reversal"):
        back(reversal)
    pay(lent, (invoice, "300"), key="again")
    assert open_of(invoice) == 0
    assert all_hold(lent)


def test_a_credit_is_set_against_the_invoices_that_are_paid(lent: Scene) -> None:
    [invoice] = issue(lent)
    approve(lent, minutes=60)
    source_id = first_entry()
    recalls.grant_recall(
        kind="time", entry_id=source_id, actor=lent.actor("priya"), at=NOW, reason="Wrong"
    )
    journal(lent)
    [credit] = issue(lent)
    assert credit.total_amount == -270
    with pytest.raises(DomainError, match="Settle that or less"):
        pay(lent, (credit, "270"))
    made = pay(lent, (invoice, "300"), (credit, "-270"))
    assert (made.amount, made.lender_entity_amount) == (30, 3000)
    assert open_of(invoice) == open_of(credit) == intercompany_sum() == 0
    assert all_hold(lent)


def first_entry() -> int:
    row = Actual.objects.filter(actual_type="inter_organisation_sales").order_by("id").first()
    assert row is not None
    return row.source_id


def test_one_closed_book_holds_both_up(lent: Scene) -> None:
    [invoice] = issue(lent)
    entries = JournalEntry.objects.count()
    for code in ("DE", "UK"):
        period = FiscalPeriod.objects.filter(
            legal_entity=lent.firm.entities[code], starts_on=date(2026, 7, 1)
        )
        period.update(state="closed")
        with pytest.raises(PeriodClosed), transaction.atomic():
            pay(lent, (invoice, "300"))
        period.update(state="open")
        assert JournalEntry.objects.count() == entries
        assert not IntercompanyPayment.objects.exists()


def test_what_is_left_is_revalued_and_what_is_paid_is_not(lent: Scene) -> None:
    [invoice] = issue(lent)
    pay(lent, (invoice, "200"))
    rate_of(lent, "INR", "93.50")
    july = FiscalPeriod.objects.get(
        legal_entity=lent.firm.entities["DE"], starts_on=date(2026, 7, 1)
    )
    revalue(period_id=july.pk, actor=lent.actor("fay"), at=NOW)
    moved = JournalLine.objects.filter(
        entry__event="revaluation", entry__reverses__isnull=True, memo="intercompany_receivable"
    ).aggregate(n=Sum("debit") - Sum("credit"))["n"]
    assert moved == 1000
    pay(lent, (invoice, "100"), on=date(2026, 8, 3), key="two")
    assert all_hold(lent, AUGUST)


def test_asked_twice_it_is_recorded_once(lent: Scene) -> None:
    [invoice] = issue(lent)
    first = pay(lent, (invoice, "100"))
    assert pay(lent, (invoice, "100")).pk == first.pk
    with pytest.raises(RequestKeyUsed):
        pay(lent, (invoice, "50"))
    assert open_of(invoice) == 200
    with pytest.raises(DatabaseError), transaction.atomic():
        IntercompanyPayment.objects.filter(pk=first.pk).update(amount=1)


def test_refuses_what_does_not_add_up(lent: Scene) -> None:
    [invoice] = issue(lent)
    for wrong in ("0", "-1", "300.01", "1.001", "NaN"):
        with pytest.raises(DomainError):
            pay(lent, (invoice, wrong))
    with pytest.raises(DomainError, match="paid on that day or later"):
        pay(lent, (invoice, "1"), on=date(2026, 7, 30))
    with pytest.raises(DomainError, match="Choose what"):
        pay(lent)
    with pytest.raises(DomainError, match="at most once"):
        pay(lent, (invoice, "1"), (invoice, "2"))
    with pytest.raises(NotFound):
        record_payment(
            chosen=[Chosen(0, Decimal(1))], paid_on=PAID, request_key="n",
            actor=lent.actor("fay"), at=NOW,
        )  # fmt: skip


def test_payments_that_race_never_settle_more_than_is_open(committed_database: str) -> None:
    made = scene_of_its_own()
    with made.firm.scope():
        [invoice] = issue(made)

    def one(key: str) -> Any:
        def run() -> object:
            try:
                return pay(made, (invoice, "200"), key=key).pk and 1
            except DomainError:
                return 0

        return run

    # Two keys, each sent twice: one key's payment stands, and both of its requests get it.
    assert sum(at_once(made, [one(str(n // 2)) for n in range(4)])) == 2  # type: ignore[arg-type]
    with made.firm.scope():
        assert open_of(invoice) == 100
        assert JournalEntry.objects.filter(event="intercompany_payment").count() == 2


def test_is_finances_and_shows_nothing_to_others(lent: Scene) -> None:
    [invoice] = issue(lent)
    with pytest.raises(PermissionDenied):
        record_payment(
            chosen=[Chosen(invoice.pk, Decimal(1))], paid_on=PAID, request_key="p",
            actor=lent.actor("priya"), at=NOW,
        )  # fmt: skip
    fay = lent.actor("fay")
    without = replace(fay, permissions=fay.permissions - {"pricing.view_cost_rates"})
    with pytest.raises(PermissionDenied):
        selectors.payments(actor=without)
    made = pay(lent, (invoice, "100"))
    for address in (
        "revenue/intercompany/payments/", f"revenue/intercompany/payments/{made.pk}/",
        f"revenue/intercompany/payments/{made.pk}/reverse/",
        f"revenue/intercompany/invoices/{invoice.pk}/pay/",
    ):  # fmt: skip
        assert lent.firm.client("priya").get(lent.firm.url(address)).status_code == 404


def test_pages_record_show_and_take_back(lent: Scene, django_assert_max_num_queries: Any) -> None:
    [invoice] = issue(lent)
    client, url = lent.firm.client("fay"), lent.firm.url
    page = url(f"revenue/intercompany/invoices/{invoice.pk}/")
    assert "Record payment" in client.get(page).content.decode()
    form = client.get(f"{page}pay/").content.decode()
    assert "IN-IC2026-00001" in form
    data = {
        "request_key": "k", "paid_on": "2026-07-31", "reference": "SEPA 7",
        f"settle_{invoice.pk}": "120", "paid_currency": "", "paid_amount": "",
    }  # fmt: skip
    refused = client.post(f"{page}pay/", data | {"paid_currency": "EUR"})
    assert refused.status_code == 422
    assert client.post(f"{page}pay/", data).status_code == 302
    made = IntercompanyPayment.objects.get()
    with django_assert_max_num_queries(22):
        shown = client.get(page).content.decode()
    assert "UK-IP2026-00001" in shown and "180.00" in shown
    with django_assert_max_num_queries(20):
        text = client.get(url(f"revenue/intercompany/payments/{made.pk}/")).content.decode()
    assert "12,000.00" in text and "SEPA 7" in text
    with django_assert_max_num_queries(20):
        text = client.get(url("revenue/intercompany/payments/")).content.decode()
    assert "UK-IP2026-00001" in text
    text = client.get(url("revenue/intercompany/invoices/?view=open")).content.decode()
    assert "180.00" in text
    done = client.post(
        url(f"revenue/intercompany/payments/{made.pk}/reverse/"),
        {"reversed_on": "2026-07-31", "reason": "Bounced"},
    )
    assert done.status_code == 302
    assert (
        "reversed by"
        in client.get(url(f"revenue/intercompany/payments/{made.pk}/")).content.decode()
    )


def test_is_recorded_and_taken_back_by_the_api(lent: Scene, settings: Any) -> None:
    settings.PSA_NOW = NOW
    [invoice] = issue(lent, date(2026, 7, 9), until=date(2026, 7, 9))
    fay = caller(lent.firm, "fay")
    body = {
        "settled": [{"invoice_id": invoice.pk, "amount": "120"}], "paid_on": "2026-07-09",
        "request_key": "k",
    }  # fmt: skip
    made = fay.post("/intercompany-payments", body, 201)
    assert (made["number"], made["settlements"][0]["amount"]["amount"]) == (
        "UK-IP2026-00001", "120.0000",
    )  # fmt: skip
    assert fay.get(f"/intercompany-payments/{made['id']}")["paid_on"] == "2026-07-09"
    [row] = fay.get("/intercompany-payments")["items"]
    assert row["number"] == "UK-IP2026-00001"
    reversal = fay.post(
        f"/intercompany-payments/{made['id']}/reverse",
        {"reversed_on": "2026-07-09", "reason": "Bounced"},
        201,
    )
    assert reversal["reverses_id"] == made["id"]
    caller(lent.firm, "ben").post("/intercompany-payments", body, 404)
    assert LegalEntity.objects.count() == 2


PARTS = st.lists(st.integers(1, 10**6), min_size=1, max_size=8)


@given(PARTS, st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_parts_relieve_all_that_is_booked(
    parts: list[int], lender: int, borrower: int, is_credit: bool
) -> None:
    """Whatever the parts, what is relieved of both books sums to what they hold, to the cent."""
    sign = -1 if is_credit else 1
    cents = [Decimal(sign * part) / 100 for part in parts]
    left = OpenInvoice(
        1, "IC-1", Money(sum(cents), "GBP"), Decimal(sign * lender) / 100,
        Decimal(sign * borrower) / 100,
    )  # fmt: skip
    for part in cents:
        done = settle(left, part, lender_currency="INR", borrower_currency="EUR")
        left = replace(
            left, open=left.open - done.paid,
            lender_booked=left.lender_booked - done.lender_relieved,
            borrower_booked=left.borrower_booked - done.borrower_relieved,
        )  # fmt: skip
    assert (left.open.amount, left.lender_booked, left.borrower_booked) == (0, 0, 0)
