from datetime import date
from decimal import Decimal

import pytest
from moneyed import Money

from billing.rules.tax import (
    TaxableLine,
    TaxCode,
    TaxComponent,
    TaxRate,
    TaxRateMissing,
    net_of_gross,
    tax_groups,
)
from billing.rules.types import MixedCurrency


def rate(starts, until, **percents):
    parts = tuple(TaxComponent(name, Decimal(percent)) for name, percent in percents.items())
    return TaxRate(starts, until, parts)


CODES = {
    "DE19": TaxCode(
        "DE19",
        (
            rate(date(2020, 7, 1), date(2021, 1, 1), VAT="16"),
            rate(date(2021, 1, 1), None, VAT="19"),
        ),
    ),
    "GST18": TaxCode("GST18", (rate(date(2017, 7, 1), None, CGST="9", SGST="9"),)),
    "RC": TaxCode("RC", (rate(date(2010, 1, 1), None, VAT="0"),), "Reverse charge"),
}
ON = date(2026, 1, 31)


def taxes(nets, code, on=ON, currency="EUR"):
    lines = [TaxableLine(Money(net, currency), code) for net in nets]
    return tax_groups(lines, CODES, on=on)


def test_tax_is_computed_on_the_groups_net_sum_not_per_line():
    (group,) = taxes(["0.03", "0.03", "0.03"], "DE19")
    assert group.net == Money("0.09", "EUR")
    assert group.tax == Money("0.02", "EUR")


def test_half_a_cent_rounds_up_and_mirrors_on_a_credit():
    assert taxes(["0.50"], "DE19")[0].tax == Money("0.10", "EUR")
    assert taxes(["-0.50"], "DE19")[0].tax == Money("-0.10", "EUR")


def test_each_gst_half_is_rounded_on_its_own():
    (group,) = taxes(["100.50"], "GST18", currency="INR")
    assert [(part.name, part.tax.amount) for part in group.components] == [
        ("CGST", Decimal("9.05")),
        ("SGST", Decimal("9.05")),
    ]
    assert group.tax == Money("18.10", "INR")


def test_groups_come_in_the_order_of_their_first_line():
    lines = [
        TaxableLine(Money(10, "EUR"), "RC"),
        TaxableLine(Money(100, "EUR"), "DE19"),
        TaxableLine(Money(5, "EUR"), "RC"),
    ]
    groups = tax_groups(lines, CODES, on=ON)
    assert [(group.tax_code, group.net.amount, group.tax.amount) for group in groups] == [
        ("RC", 15, 0),
        ("DE19", 100, 19),
    ]
    assert groups[0].exemption_reason == "Reverse charge"


def test_the_rate_is_the_dates():
    assert taxes(["100"], "DE19", on=date(2020, 12, 31))[0].tax == Money(16, "EUR")
    assert taxes(["100"], "DE19", on=date(2021, 1, 1))[0].tax == Money(19, "EUR")
    with pytest.raises(TaxRateMissing, match="DE19 has no rate on 2020-06-30"):
        taxes(["100"], "DE19", on=date(2020, 6, 30))


def test_an_unknown_code_and_mixed_currencies_are_refused():
    with pytest.raises(TaxRateMissing, match="FR20"):
        taxes(["1"], "FR20")
    mixed = [TaxableLine(Money(1, "EUR"), "RC"), TaxableLine(Money(1, "USD"), "RC")]
    with pytest.raises(MixedCurrency):
        tax_groups(mixed, CODES, on=ON)


def test_a_gross_price_contains_its_tax():
    components = CODES["DE19"].rates[1].components
    assert net_of_gross(Money("119.00", "EUR"), components) == Money("100.00", "EUR")
    assert net_of_gross(Money("100.00", "EUR"), components) == Money("84.03", "EUR")
