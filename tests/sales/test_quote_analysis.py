from decimal import Decimal

import pytest
from moneyed import Money

from psa.core.errors import DomainError
from sales.rules.quote_analysis import (
    EstimateRow,
    LineFacts,
    analyse_line,
    analyse_quote,
    check_milestones_sum,
)


def eur(amount: str) -> Money:
    return Money(Decimal(amount), "EUR")


def row(cost: str | None, price: str | None, minutes: int | None) -> EstimateRow:
    priced = None if price is None else eur(price)
    return EstimateRow(None if cost is None else eur(cost), priced, priced, minutes)


BUILD = LineFacts((row("7352.94", "14705.88", 6000), row("2941.18", "5882.35", 3000)))
BLUEPRINT = LineFacts((row("2941.18", "5882.35", 2400),), agreed_price=eur("20000"))


def figures(analysis) -> tuple:
    return (
        analysis.cost, analysis.price, analysis.list_price, analysis.margin,
        analysis.margin_share, analysis.discount, analysis.discount_share, analysis.effective_rate,
    )  # fmt: skip


def test_of_time_and_material_is_the_sum_of_its_rows():
    assert figures(analyse_line(BUILD, currency="EUR")) == (
        eur("10294.12"), eur("20588.23"), eur("20588.23"), eur("10294.11"), Decimal("0.5000"),
        eur("0"), Decimal("0.0000"), eur("137.25"),
    )  # fmt: skip


def test_of_a_fixed_price_sets_the_agreed_price_against_the_estimate():
    assert figures(analyse_line(BLUEPRINT, currency="EUR")) == (
        eur("2941.18"), eur("20000"), eur("5882.35"), eur("17058.82"), Decimal("0.8529"),
        eur("-14117.65"), Decimal("-2.4000"), eur("500.00"),
    )  # fmt: skip


def test_of_a_quote_works_shares_out_on_the_sums():
    assert figures(analyse_quote([BUILD, BLUEPRINT], currency="EUR")) == (
        eur("13235.30"), eur("40588.23"), eur("26470.58"), eur("27352.93"), Decimal("0.6739"),
        eur("-14117.65"), Decimal("-0.5333"), eur("213.62"),
    )  # fmt: skip


def test_reports_rows_without_a_price():
    analysis = analyse_line(LineFacts((row(None, "100", 60), row("10", None, 60))), currency="EUR")
    assert analysis.unpriced_rows == 2
    assert not analysis.is_complete


def test_leaves_optional_lines_out():
    optional = LineFacts(BUILD.rows, is_optional=True)
    assert analyse_quote([optional, BLUEPRINT], currency="EUR").price == eur("20000")


def test_of_nothing_has_no_shares():
    analysis = analyse_quote([], currency="EUR")
    assert analysis.margin_share is analysis.discount_share is analysis.effective_rate is None


def test_refuses_another_currency():
    with pytest.raises(DomainError):
        analyse_line(BUILD, currency="GBP")


@pytest.mark.parametrize(
    ("amounts", "sentence"),
    [
        (["8000", "11000"], "lack"),
        (["8000", "13000"], "exceed"),
        (["20000", "0"], "above 0"),
    ],
)
def test_milestones_have_to_sum_to_the_value(amounts, sentence):
    with pytest.raises(DomainError, match=sentence):
        check_milestones_sum(eur("20000"), [eur(amount) for amount in amounts])


def test_milestones_that_sum_are_accepted():
    check_milestones_sum(eur("20000"), [eur("8000"), eur("12000")])


def test_a_line_without_a_list_price_gives_no_discount_to_the_quote():
    retainer = LineFacts((), agreed_price=eur("15000"))
    analysis = analyse_quote([BUILD, retainer], currency="EUR")
    assert (analysis.price, analysis.discount) == (eur("35588.23"), eur("0"))
