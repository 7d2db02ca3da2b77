"""The stored lists, compiled: the worked figures of the specification, from rows."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moneyed import Money

from psa.core.money.models import FxRate
from psa.core.org import selectors as org
from psa.core.pricing import owners, selectors
from psa.core.pricing.rules.resolution import resolve
from psa.core.pricing.rules.types import BaseCost, PriceQuery, Resolved, Unpriced
from tests.core.pricing.firm import START, Firm, active_list, line

ON = date(2026, 3, 9)


def worked_list(firm: Firm) -> None:
    """List S of docs/rules/pricing.md: GBP per day; role outranks unit outranks location."""
    senior = firm.role["senior"]
    active_list(
        firm,
        [
            line("1000", firm.role["pm"]),
            line("900", senior),
            line("1200", senior, resourcing_unit_id=firm.unit["UK"]),
            line("1300", senior, dimensions={"work_location": "onsite"}),
        ],
    )


def asked(firm: Firm, role: str, of_unit: str, location: str, **more: Any) -> PriceQuery:
    return selectors.time_query(
        **{"context": "sales", "on": ON, "owners": owners.sales_owners(None, None, ()), **more},
        role_id=firm.role[role],
        resourcing_unit_id=firm.unit[of_unit],
        facts={"resource.work_location": location},
        sources=selectors.dimension_sources(),
    )


def price(query: PriceQuery) -> Resolved:
    [found] = selectors.resolve_prices([query])
    assert isinstance(found, Resolved), found
    return found


@pytest.mark.parametrize(
    ("unit", "location", "expected"),
    [("UK", "onsite", "1200"), ("DE", "onsite", "1300"), ("DE", "remote", "900")],
)
def test_prefers_the_dimension_that_ranks_first(
    firm: Firm, unit: str, location: str, expected: str
) -> None:
    worked_list(firm)
    assert price(asked(firm, "senior", unit, location)).price == Decimal(expected)


def test_prices_six_hours_of_an_eight_hour_day(firm: Firm) -> None:
    worked_list(firm)
    found = price(asked(firm, "senior", "UK", "any"))
    assert found.amount_for_minutes(360) == Money("900.00", "GBP")


def test_goes_from_contract_to_account_to_unit_up_the_tree_to_tenant(firm: Firm) -> None:
    pm = firm.role["pm"]
    uk = firm.unit["UK"]
    parents = org.unit_parents()
    data = firm.unit["UK-DATA"]
    chain = owners.sales_owners(12, 7, org.units_up(data, parents=parents))
    assert chain == (
        ("contract", 12), ("account", 7), ("unit", data), ("unit", uk), ("tenant", 0),
    )  # fmt: skip
    for expected, owner in (
        ("1000", ("tenant", 0)),
        ("1100", ("unit", uk)),
        ("1200", ("account", 7)),
        ("1300", ("contract", 12)),
    ):
        active_list(firm, [line(expected, pm)], name=f"of {owner[0]}", owner=owner)
        found = price(asked(firm, "pm", "UK-DATA", "any", owners=chain))
        assert found.price == Decimal(expected)


def test_leaves_drafts_and_other_days_out(firm: Firm) -> None:
    active_list(firm, [line("900", firm.role["pm"])], valid_until=ON)
    [found] = selectors.resolve_prices([asked(firm, "pm", "UK", "any")])
    assert isinstance(found, Unpriced)


def test_converts_by_the_rate_of_the_work_date(firm: Firm) -> None:
    worked_list(firm)
    FxRate.objects.create(
        tenant=firm.tenant, from_currency="EUR", to_currency="GBP", on=ON, rate=Decimal("0.8")
    )
    found = price(asked(firm, "pm", "UK", "any", currency="EUR"))
    assert (found.price, found.fx_rate, found.fx_rate_on) == (Decimal(1250), Decimal("1.25"), ON)


@pytest.mark.parametrize(
    ("method", "value", "expected"), [("at_cost", "0", "80"), ("markup", "15", "92")]
)
def test_builds_an_expense_on_its_cost(firm: Firm, method: str, value: str, expected: str) -> None:
    active_list(firm, [line(value, transaction_class="expense", method=method, unit="each")])
    query = selectors.category_query(
        context="sales",
        on=ON,
        owners=owners.sales_owners(None, None, ()),
        transaction_class="expense",
        category_id=None,
        cost=BaseCost(Decimal(80), "GBP", "each"),
        unit="each",
    )
    assert price(query).price == Decimal(expected)


def test_keeps_any_expense_and_any_fee_apart(firm: Firm) -> None:
    active_list(
        firm,
        [
            line("5", transaction_class="expense", unit="each"),
            line("7", transaction_class="fee", unit="each"),
        ],
    )
    query = selectors.category_query(
        context="sales",
        on=ON,
        owners=owners.sales_owners(None, None, ()),
        transaction_class="fee",
        category_id=None,
        unit="each",
    )
    assert price(query).price == Decimal(7)


def test_takes_the_same_number_of_queries_for_one_and_for_a_thousand(
    firm: Firm, django_assert_num_queries: Callable[[int], Any]
) -> None:
    worked_list(firm)
    queries = [asked(firm, "senior", "UK", "onsite")]
    with CaptureQueriesContext(connection) as one:
        selectors.resolve_prices(queries)
    with django_assert_num_queries(len(one)):
        selectors.resolve_prices(queries * 1000)
    assert len(one) == 4


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_answers_many_as_it_answers_each(firm: Firm, data: st.DataObject) -> None:
    if not selectors.price_book(from_on=START, until_on=ON).lists_by_owner:
        worked_list(firm)
    draw = data.draw
    queries = [
        asked(firm, draw(st.sampled_from(["pm", "senior", "tester"])),
              draw(st.sampled_from(["UK", "DE", "UK-DATA"])),
              draw(st.sampled_from(["any", "onsite", "remote"])),
              unit=draw(st.sampled_from([None, "hour", "day"])),
              currency=draw(st.sampled_from([None, "GBP", "USD"])))
        for _ in range(draw(st.integers(1, 12)))
    ]  # fmt: skip
    book = selectors.price_book(from_on=ON, until_on=ON)
    assert selectors.resolve_prices(queries) == [resolve(book, query) for query in queries]
