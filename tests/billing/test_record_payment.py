"""Money received: allocation, realised exchange differences, reversal."""

from datetime import date
from decimal import Decimal

import pytest

from billing.models import Invoice, InvoiceBalance, Payment
from billing.services import payments
from billing.services.payments import Chosen
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.money.models import FxRate
from tests.billing.scenario import (
    AT,
    Case,
    confirm,
    journal_of,
    make_case,
    post_days,
    propose,
)

pytestmark = pytest.mark.django_db
PAID_ON = date(2026, 7, 8)


def invoice_of(case: Case, days: int = 3, run_key: str = "run 1") -> Invoice:
    post_days(case, days)
    [draft] = propose(case, run_key=run_key)
    return confirm(case, draft)


def pay(case: Case, amount: str, key: str = "k1", **values: object) -> Payment:
    given: dict[str, object] = {
        "account_id": case.work.account.pk,
        "legal_entity_id": case.firm.entities["UK"].pk,
        "received_on": PAID_ON,
        "currency": "EUR",
        "actor": case.fay,
    }
    return payments.record_payment(
        request_key=key,
        amount=Decimal(amount),
        at=AT,
        **(given | values),  # type: ignore[arg-type]
    )


def rate_on(on: date, rate: str) -> None:
    """The rate EUR → GBP of a day on or after which payments arrive."""
    tenant_id = FxRate.objects.values_list("tenant_id", flat=True).first()
    FxRate.objects.filter(to_currency="GBP", on__gt=date(2026, 7, 1)).delete()
    FxRate.objects.create(
        tenant_id=tenant_id, from_currency="EUR", to_currency="GBP", on=on, rate=Decimal(rate)
    )


def test_settles_the_invoice_and_books_the_exchange_difference(case: Case) -> None:
    invoice = invoice_of(case)  # EUR 3,600.00 booked at 0.85: GBP 3,060.00
    rate_on(PAID_ON, "0.8712")
    payment = pay(case, "3600")
    # 3,600 × 0.8712 = 3,136.32; 76.32 is realised gain.
    assert journal_of(payment.journal_entry_id) == [
        ("1000", Decimal("3136.32")), ("1100", Decimal(-3060)), ("7000", Decimal("-76.32")),
    ]  # fmt: skip
    balance = InvoiceBalance.objects.get(invoice=invoice)
    assert (balance.open_amount, balance.open_entity_amount, balance.settled_on) == (0, 0, PAID_ON)


def test_relieves_the_booked_amount_in_parts_and_all_of_it_with_the_last(case: Case) -> None:
    invoice = invoice_of(case)
    relieved = []
    for key, amount in (("a", "1000"), ("b", "999.99"), ("c", "1600.01")):
        payment = pay(case, amount, key)
        relieved.append(payment.allocations.get().booked_entity_amount)
    assert relieved == [Decimal("850.00"), Decimal("849.99"), Decimal("1360.01")]
    balance = InvoiceBalance.objects.get(invoice=invoice)
    assert (balance.open_amount, balance.open_entity_amount) == (0, 0)


def test_takes_the_oldest_invoice_first_and_keeps_the_rest_as_an_advance(case: Case) -> None:
    first, second = invoice_of(case, 1), invoice_of(case, 1, "run 2")
    payment = pay(case, "2500")  # two invoices of 1,200.00
    assert dict(payment.allocations.values_list("invoice_id", "amount")) == {
        first.pk: 1200, second.pk: 1200,
    }  # fmt: skip
    assert ("2210", Decimal(-85)) in journal_of(payment.journal_entry_id)


def test_settles_what_was_chosen(case: Case) -> None:
    first, second = invoice_of(case, 1), invoice_of(case, 1, "run 2")
    pay(case, "700", chosen=[Chosen(second.pk, Decimal(700))])
    still = dict(InvoiceBalance.objects.values_list("invoice_id", "open_amount"))
    assert still == {first.pk: 1200, second.pk: 500}


def test_records_a_request_once(case: Case) -> None:
    invoice_of(case)
    assert pay(case, "100").pk == pay(case, "100").pk
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("amount", ["0", "-1", "NaN", "Infinity", "0.001"])
def test_refuses_amounts_that_are_none(case: Case, amount: str) -> None:
    invoice_of(case)
    with pytest.raises(DomainError):
        pay(case, amount)


def test_refuses_more_than_is_open_of_the_chosen_invoice(case: Case) -> None:
    invoice = invoice_of(case, 1)
    with pytest.raises(DomainError, match="has .*1200.00 open"):
        pay(case, "1300", chosen=[Chosen(invoice.pk, Decimal(1300))])


def test_refuses_a_date_in_no_open_period(case: Case) -> None:
    invoice_of(case)
    case.firm.entities["UK"].periods.filter(name="2026-07").update(state="closed")
    with pytest.raises(PeriodClosed):
        pay(case, "100")


def test_refuses_who_may_not_record_payments(case: Case) -> None:
    invoice_of(case)
    for name in ("bill", "priya", "ben"):
        with pytest.raises(PermissionDenied):
            pay(case, "100", actor=case.firm.actors[name])


def test_does_not_know_another_tenants_customer(db: None) -> None:
    acme, globex = make_case(), make_case("globex")
    with globex.scope(), pytest.raises(NotFound):
        payments.record_payment(
            request_key="k", account_id=acme.work.account.pk,
            legal_entity_id=globex.firm.entities["UK"].pk, received_on=PAID_ON,
            amount=Decimal(1), currency="EUR", actor=globex.fay, at=AT,
        )  # fmt: skip


def test_a_reversal_opens_the_invoice_again_as_it_was(case: Case) -> None:
    invoice = invoice_of(case)
    payment = pay(case, "1000")
    reversal = payments.reverse_payment(
        payment_id=payment.pk, reversed_on=PAID_ON, reason="bounced", actor=case.fay, at=AT
    )
    balance = InvoiceBalance.objects.get(invoice=invoice)
    assert (balance.open_amount, balance.open_entity_amount) == (3600, 3060)
    assert reversal.amount == -1000
    total = sum(
        (
            amount
            for entry in (payment, reversal)
            for _, amount in journal_of(entry.journal_entry_id)
        ),
        Decimal(0),
    )
    assert total == 0
    with pytest.raises(payments.AlreadyReversed):
        payments.reverse_payment(
            payment_id=payment.pk, reversed_on=PAID_ON, reason="again", actor=case.fay, at=AT
        )


@pytest.mark.parametrize("other", [{"amount": "70"}, {"account_id": 0}, {"currency": "GBP"}])
def test_does_not_swallow_another_payment_under_a_used_key(
    case: Case, other: dict[str, object]
) -> None:
    invoice_of(case)
    pay(case, "100")
    with pytest.raises(payments.RequestKeyUsed, match="another payment"):
        pay(case, str(other.pop("amount", "100")), **other)
    assert Payment.objects.count() == 1
