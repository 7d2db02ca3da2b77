"""The arithmetic of the yearly review: differences, trials, discounts (docs/rules/pricing.md)."""

from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.pricing.rules.discount import break_even_percent, discounted, to_keep_margin
from psa.core.pricing.rules.list_difference import Change, ComparedLine, counts, difference
from psa.core.pricing.rules.price_book import PriceBook
from psa.core.pricing.rules.trial import with_trial
from psa.core.pricing.rules.types import PriceContext, PriceList


def line(name: str, value: str) -> ComparedLine:
    return ComparedLine((name,), Decimal(value))


def test_tells_what_changed_as_p_16() -> None:
    old = [line("PM", "1200"), line("Senior", "905"), line("Trainee", "0"), line("CO", "800")]
    new = [line("PM", "1260"), line("Senior", "880"), line("Trainee", "300"), line("AR", "1500")]
    found = {one.key[0]: (one.change, one.amount, one.percent) for one in difference(old, new)}
    assert found == {
        "PM": (Change.RAISED, 60, Decimal("5.00")),
        "Senior": (Change.LOWERED, -25, Decimal("-2.76")),
        "Trainee": (Change.RAISED, 300, None),
        "AR": (Change.ADDED, None, None),
        "CO": (Change.REMOVED, None, None),
    }


@given(
    st.dictionaries(st.integers(0, 20), st.integers(0, 50)),
    st.dictionaries(st.integers(0, 20), st.integers(0, 50)),
)
def test_names_each_line_of_either_list_once(old: dict[int, int], new: dict[int, int]) -> None:
    changes = difference(
        [ComparedLine((k,), Decimal(v)) for k, v in old.items()],
        [ComparedLine((k,), Decimal(v)) for k, v in new.items()],
    )
    assert sorted(one.key[0] for one in changes) == sorted({*old, *new})
    moved = sum((one.amount or Decimal(0)) for one in changes)
    assert moved == sum(new[key] - old[key] for key in set(old) & set(new))
    assert sum(counts(changes).values()) == len(changes)


def listed(id_: int, start: date, end: date | None = None, currency: str = "GBP") -> PriceList:
    return PriceList(
        id_, PriceContext.SALES, ("tenant", 0), currency, valid_from=start, valid_until=end
    )


def test_lets_the_list_in_the_way_give_way_for_the_days_tried_as_p_17() -> None:
    old = listed(1, date(2025, 1, 1))
    trial = listed(2, date(2026, 1, 1), date(2026, 7, 1))
    dollars = listed(3, date(2025, 1, 1), currency="USD")
    found = with_trial([old, dollars], trial)
    assert [(row.id, row.valid_from, row.valid_until) for row in found] == [
        (1, date(2025, 1, 1), date(2026, 1, 1)),
        (1, date(2026, 7, 1), None),
        (3, date(2025, 1, 1), None),
        (2, date(2026, 1, 1), date(2026, 7, 1)),
    ]


@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=6, unique=True),
    st.integers(0, 40),
    st.integers(1, 20),
)
def test_leaves_exactly_one_list_effective_on_each_day(
    edges: list[int], start: int, length: int
) -> None:
    days = sorted(edges)
    active = [
        listed(n, date.fromordinal(730_000 + a), date.fromordinal(730_000 + b))
        for n, (a, b) in enumerate(pairwise(days), start=1)
    ]
    first = date.fromordinal(730_000 + start)
    trial = listed(99, first, date.fromordinal(730_000 + start + length))
    PriceBook.compile(with_trial(active, trial), [])  # refuses lists that overlap


def test_takes_a_discount_from_the_price_and_not_from_the_cost_as_p_18() -> None:
    price, cost = Money(10_000, "EUR"), Money(7_000, "EUR")
    found = discounted(price, cost, Decimal(10))
    assert (found.price, found.given_away) == (Money(9_000, "EUR"), Money(1_000, "EUR"))
    assert (found.margin, found.margin_percent) == (Money(2_000, "EUR"), Decimal("22.22"))
    assert break_even_percent(price, cost) == Decimal("30.00")
    assert to_keep_margin(price, cost, Decimal(20)) == Decimal("12.50")
    assert to_keep_margin(price, cost, Decimal(40)) is None
    assert discounted(price, cost, Decimal(100)).margin_percent is None


@pytest.mark.parametrize("percent", ["-1", "100.01", "NaN"])
def test_refuses_what_is_no_discount(percent: str) -> None:
    with pytest.raises(DomainError):
        discounted(Money(1, "EUR"), Money(0, "EUR"), Decimal(percent))


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10_000))
def test_gives_away_exactly_what_the_price_falls_by(price: int, cost: int, basis: int) -> None:
    whole = Money(Decimal(price) / 100, "EUR")
    found = discounted(whole, Money(Decimal(cost) / 100, "EUR"), Decimal(basis) / 100)
    assert found.price + found.given_away == whole
    assert found.margin == found.price - Money(Decimal(cost) / 100, "EUR")
