from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from billing.rules.confirmation import credit_legs_for, legs_for
from billing.rules.types import (
    CreditedLine,
    CreditFacts,
    InvoicedLine,
    InvoiceFacts,
    MixedCurrency,
    Remainder,
)
from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass, actual_key

UNBILLED, BILLED = ActualType.UNBILLED_SALES, ActualType.BILLED_SALES
POSTED = ActualDraft(
    type=UNBILLED,
    work_on=date(2026, 1, 15),
    legal_entity_id=1,
    transaction_class=TransactionClass.TIME,
    currency="USD",
    amount=Decimal("1200.00"),
    source_kind="time_entry",
    source_id=77,
    contract_line_id=9,
    minutes=480,
    price=Decimal("150"),
    entity_amount=Decimal("1100.04"),
    entity_currency="EUR",
    entity_rate=Decimal("0.9167"),
    tenant_amount=Decimal("1100.04"),
    tenant_currency="EUR",
    tenant_rate=Decimal("0.9167"),
)


def usd(amount):
    return Money(amount, "USD")


def invoice(amount, remainder=Remainder.WRITE_OFF, posted=POSTED, **kwargs):
    line = InvoicedLine(501, 4711, posted, usd(amount), remainder, **kwargs)
    return legs_for(InvoiceFacts(1, (line,)))


def credit(stays, remainder):
    billed = replace(POSTED, type=BILLED, source_kind="invoice_line", source_id=501)
    return credit_legs_for(
        CreditFacts(2, (CreditedLine(601, 4712, billed, usd(stays), remainder),))
    )


def rows(legs):
    return [(leg.source_kind, leg.type, leg.amount, leg.minutes) for leg in legs]


def test_reverses_unbilled_and_posts_billed_sales():
    legs = invoice("1200.00")
    assert rows(legs) == [
        ("reversal", UNBILLED, Decimal("-1200.00"), -480),
        ("invoice_line", BILLED, Decimal("1200.00"), 480),
    ]
    assert legs[1].entity_amount == Decimal("1100.04")
    assert legs[1].contract_line_id == 9


def test_invoiced_less_is_written_off():
    legs = invoice("900.00")
    assert rows(legs)[1:] == [("invoice_line", BILLED, Decimal("900.00"), 480)]
    assert legs[1].entity_amount == Decimal("825.03")


def test_invoiced_less_is_left_in_the_backlog():
    legs = invoice("900.00", Remainder.BACKLOG)
    assert rows(legs)[1:] == [
        ("invoice_line", BILLED, Decimal("900.00"), 360),
        ("invoice_line", UNBILLED, Decimal("300.00"), 120),
    ]
    assert len({actual_key(leg) for leg in legs}) == 3


def test_a_reviewers_minutes_are_kept():
    legs = invoice("900.00", Remainder.BACKLOG, invoiced_minutes=300)
    assert [leg.minutes for leg in legs] == [-480, 300, 180]


def test_a_line_marked_not_billable_leaves_no_billed_row():
    assert rows(invoice("0.00")) == [("reversal", UNBILLED, Decimal("-1200.00"), -480)]


def test_invoiced_more_bills_more():
    assert rows(invoice("1300.00", Remainder.BACKLOG))[1:] == [
        ("invoice_line", BILLED, Decimal("1300.00"), 480)
    ]


def test_complimentary_work_is_billed_at_nothing():
    free = replace(POSTED, amount=Decimal("0.00"), entity_amount=Decimal("0.00"))
    assert rows(invoice("0.00", posted=free))[1] == (
        "invoice_line",
        BILLED,
        Decimal("0.00"),
        480,
    )


@pytest.mark.parametrize(
    ("amount", "posted", "error"),
    [
        (usd("-1"), POSTED, DomainError),
        (Money(1, "EUR"), POSTED, MixedCurrency),
        (usd("1"), replace(POSTED, type=BILLED), DomainError),
    ],
)
def test_refuses_what_does_not_fit_the_row(amount, posted, error):
    with pytest.raises(error):
        legs_for(InvoiceFacts(1, (InvoicedLine(1, 1, posted, amount),)))


def test_a_full_credit_is_rebilled_or_written_off():
    assert rows(credit("0.00", Remainder.BACKLOG)) == [
        ("reversal", BILLED, Decimal("-1200.00"), -480),
        ("credit_line", UNBILLED, Decimal("1200.00"), 480),
    ]
    assert rows(credit("0.00", Remainder.WRITE_OFF)) == [
        ("reversal", BILLED, Decimal("-1200.00"), -480)
    ]


def test_what_stays_is_a_billed_row_of_its_own():
    assert rows(credit("900.00", Remainder.WRITE_OFF))[1:] == [
        ("credit_line", BILLED, Decimal("900.00"), 360)
    ]


@pytest.mark.parametrize("stays", ["1200.00", "1200.01", "-0.01"])
def test_cannot_credit_more_than_was_billed_or_nothing(stays):
    with pytest.raises(DomainError):
        credit(stays, Remainder.BACKLOG)


@given(st.integers(0, 200000), st.sampled_from(Remainder))
def test_legs_always_account_for_the_whole(cents, remainder):
    invoiced = Decimal(cents) / 100
    legs = invoice(invoiced, remainder)
    unbilled = POSTED.amount + sum(leg.amount for leg in legs if leg.type is UNBILLED)
    billed = sum((leg.amount for leg in legs if leg.type is BILLED), Decimal(0))
    assert billed == invoiced
    if remainder is Remainder.BACKLOG and invoiced <= POSTED.amount:
        assert unbilled + billed == POSTED.amount
        assert sum(leg.minutes for leg in legs) == 0
    else:
        assert unbilled == 0
