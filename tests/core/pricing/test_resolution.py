"""Figures: docs/rules/pricing.md, P-1 to P-12."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moneyed import Money

from psa.core.money.fx import FxTable
from psa.core.pricing.rules.price_book import PriceBook
from psa.core.pricing.rules.resolution import resolve, resolve_many
from psa.core.pricing.rules.trace import as_data, explain, explain_unpriced, from_data
from psa.core.pricing.rules.types import (
    DEFAULT_DIMENSIONS,
    AgreedRate,
    BaseCost,
    Dimension,
    FixedRate,
    LineKind,
    PriceContext,
    PriceLine,
    PriceList,
    PriceListInvalid,
    PriceMethod,
    PriceQuery,
    Reason,
    Resolved,
    Unpriced,
    values_of,
)

ON = date(2026, 7, 9)
SALES, COST = PriceContext.SALES, PriceContext.COST
PM, SENIOR = 1, 2
UK, INDIA = 10, 20
TENANT = ("tenant", 1)
DIMENSIONS = (*DEFAULT_DIMENSIONS, Dimension("location", 3))
OVERTIME = Dimension("overtime", 4, frozenset({SALES}), multiplies=True)
LIST_S = PriceList(1, SALES, TENANT, "GBP", "S", "day")
LINES_S = [
    PriceLine(1, 1, Decimal(1000), values_of(role=PM)),
    PriceLine(2, 1, Decimal(900), values_of(role=SENIOR)),
    PriceLine(3, 1, Decimal(1200), values_of(role=SENIOR, resourcing_unit=UK)),
    PriceLine(4, 1, Decimal(1300), values_of(role=SENIOR, location="on-site")),
]


def book_of(lists, lines, **options):
    return PriceBook.compile(lists, lines, **{"dimensions": DIMENSIONS, **options})


def ask(values=(), *, owners=(TENANT,), context=SALES, on=ON, **more):
    return PriceQuery(context, on, owners, values, **more)


def one_line_book(value, *, currency="GBP", unit="day", **options):
    line = PriceLine(1, 1, Decimal(value), values_of(role=PM))
    return book_of([PriceList(1, SALES, TENANT, currency, "One", unit)], [line], **options)


@pytest.mark.parametrize(
    ("role", "unit", "location", "price"),
    [
        (SENIOR, UK, "on-site", 1200),
        (SENIOR, INDIA, "on-site", 1300),
        (SENIOR, INDIA, "remote", 900),
        (SENIOR, None, None, 900),
        (PM, UK, "on-site", 1000),
    ],
)
def test_takes_the_most_specific_line(role, unit, location, price):
    values = values_of(role=role, resourcing_unit=unit, location=location)
    found = resolve(book_of([LIST_S], LINES_S), ask(values))
    assert (found.price, found.unit, found.currency) == (Decimal(price), "day", "GBP")


def test_prices_six_hours_of_a_day_rate():
    book = book_of([LIST_S], LINES_S)
    values = values_of(role=SENIOR, resourcing_unit=UK)
    found = resolve(book, ask(values))
    assert found.amount_for_minutes(360) == Money("900.00", "GBP")
    hourly = resolve(book, ask(values, unit="hour"))
    assert (hourly.price, hourly.unit) == (Decimal(150), "hour")
    assert hourly.amount_for_minutes(360) == Money("900.00", "GBP")


def test_prices_a_project_manager_in_india():
    lists = [
        PriceList(1, COST, ("unit", INDIA), "INR", "India cost", "day"),
        PriceList(2, SALES, TENANT, "INR", "Sales", "day"),
    ]
    lines = [
        PriceLine(1, 1, Decimal(8000), values_of(role=PM)),
        PriceLine(2, 2, Decimal(25000), values_of(role=PM, resourcing_unit=INDIA)),
    ]
    book = book_of(lists, lines)
    values = values_of(role=PM, resourcing_unit=INDIA)
    cost = resolve(book, ask(values, context=COST, owners=(("unit", INDIA), TENANT)))
    sales = resolve(book, ask(values))
    assert cost.amount_for_minutes(150) == Money("2500.00", "INR")
    assert sales.amount_for_minutes(150) == Money("7812.50", "INR")


def test_takes_the_first_list_that_has_any_match():
    contract = ("contract", 5)
    lists = [LIST_S, PriceList(9, SALES, contract, "GBP", "Contract", "day")]
    book = book_of(lists, [*LINES_S, PriceLine(90, 9, Decimal(700), values_of(role=PM))])
    owners = (contract, TENANT)
    assert resolve(book, ask(values_of(role=PM), owners=owners)).price == 700
    passed_on = resolve(book, ask(values_of(role=SENIOR), owners=owners))
    assert passed_on.price == 900
    assert [taken.code for taken in passed_on.trace] == ["list_without_match", "list", "line"]


def test_takes_the_list_effective_on_the_day():
    old = PriceList(1, SALES, TENANT, "GBP", "Old", "day", valid_until=date(2026, 7, 1))
    new = PriceList(2, SALES, TENANT, "GBP", "New", "day", valid_from=date(2026, 7, 1))
    lines = [PriceLine(1, 1, Decimal(100)), PriceLine(2, 2, Decimal(200))]
    book = book_of([new, old], lines)
    assert resolve(book, ask(on=date(2026, 6, 30))).price == 100
    assert resolve(book, ask(on=date(2026, 7, 1))).price == 200


def test_prefers_the_owners_list_in_the_wanted_currency():
    lists = [
        PriceList(1, SALES, TENANT, "EUR", "Euro"),
        PriceList(2, SALES, TENANT, "GBP", "Pound"),
    ]
    book = book_of(lists, [PriceLine(1, 1, Decimal(100)), PriceLine(2, 2, Decimal(90))])
    assert resolve(book, ask(currency="GBP")).price == 90
    assert resolve(book, ask()).price == 100


def test_takes_the_first_override_before_any_list():
    rates = (
        AgreedRate("assignment", 7, Decimal(160), "GBP"),
        AgreedRate("contract line", 3, Decimal(170), "GBP"),
    )
    found = resolve(book_of([LIST_S], LINES_S), ask(values_of(role=PM), overrides=rates))
    assert (found.price, found.unit, found.list_id, found.line_id) == (160, "hour", None, None)
    assert explain(found.trace) == ["Agreed rate on the assignment (no. 7): 160 GBP per hour."]


def test_takes_the_last_resort_after_all_lists():
    lender = AgreedRate("pair of units", 4, Decimal(10), "GBP", method=PriceMethod.MARKUP_PERCENT)
    query = ask(
        context=PriceContext.TRANSFER, cost=BaseCost(Decimal(50), "GBP"), last_resort=lender
    )
    assert resolve(book_of([LIST_S], LINES_S), query).price == 55


def test_multiplies_by_a_markup_dimension():
    lines = [
        PriceLine(1, 1, Decimal(100), values_of(role=PM)),
        PriceLine(2, 1, Decimal(15), values_of(overtime="yes"), PriceMethod.MARKUP_PERCENT),
    ]
    book = book_of(
        [PriceList(1, SALES, TENANT, "GBP", "S")], lines, dimensions=(*DIMENSIONS, OVERTIME)
    )
    assert resolve(book, ask(values_of(role=PM, overtime="yes"))).price == 115
    assert resolve(book, ask(values_of(role=PM, overtime="no"))).price == 100


def test_marks_up_the_cost():
    line = PriceLine(1, 1, Decimal(25), values_of(role=PM), PriceMethod.MARKUP_PERCENT)
    book = book_of([LIST_S], [line])
    query = ask(values_of(role=PM), cost=BaseCost(Decimal(80), "GBP"))
    assert resolve(book, query).price == 100
    refused = resolve(book, query._replace(cost=None))
    assert isinstance(refused, Unpriced)
    assert refused.reason is Reason.COST_MISSING


TRAVEL, MILEAGE, LICENCE = 31, 32, 41
CATEGORY_LINES = [
    PriceLine(1, 1, None, (), PriceMethod.AT_COST, LineKind.CATEGORY),
    PriceLine(2, 1, Decimal(10), (), PriceMethod.MARKUP_PERCENT, LineKind.CATEGORY, TRAVEL),
    PriceLine(
        3, 1, Decimal("0.45"), (), PriceMethod.PRICE, LineKind.CATEGORY, MILEAGE, unit="mile"
    ),
    PriceLine(4, 1, Decimal(99), (), PriceMethod.PRICE, LineKind.ITEM, LICENCE, unit="seat"),
]


@pytest.mark.parametrize(
    ("kind", "subject_id", "unit", "units", "amount"),
    [
        (LineKind.CATEGORY, 39, "each", "1", "84.33"),
        (LineKind.CATEGORY, TRAVEL, "each", "1", "92.76"),
        (LineKind.CATEGORY, MILEAGE, "mile", "37", "16.65"),
        (LineKind.ITEM, LICENCE, "seat", "3", "297.00"),
    ],
)
def test_prices_expenses_and_items(kind, subject_id, unit, units, amount):
    book = book_of([LIST_S], CATEGORY_LINES)
    cost = BaseCost(Decimal("84.33"), "GBP", "each")
    found = resolve(book, ask(kind=kind, subject_id=subject_id, unit=unit, cost=cost))
    assert found.amount_for_units(Decimal(units)) == Money(amount, "GBP")


def test_says_which_lines_have_another_unit():
    book = book_of([LIST_S], CATEGORY_LINES)
    refused = resolve(book, ask(kind=LineKind.ITEM, subject_id=LICENCE, unit="box"))
    assert refused.reason is Reason.NO_LINE
    assert "Not used: line 4 of “S”: it is priced per seat." in explain_unpriced(refused)


def test_converts_at_the_rate_of_the_work_date():
    rates = FxTable.from_rows([("EUR", "GBP", date(2026, 7, 8), Decimal("0.8338"))])
    book = one_line_book(1000, rates=rates)
    found = resolve(book, ask(values_of(role=PM), currency="EUR"))
    assert (found.price, found.currency) == (Decimal("1199.328376"), "EUR")
    assert (found.fx_rate, found.fx_rate_on) == (Decimal("1.1993283761"), date(2026, 7, 8))


def test_converts_at_the_rate_the_contract_agreed():
    rates = FxTable.from_rows([("EUR", "GBP", ON, Decimal("0.8338"))])
    fixed = (FixedRate("GBP", "EUR", Decimal("1.25"), date(2026, 1, 2)),)
    query = ask(values_of(role=PM), currency="EUR", fixed_rates=fixed)
    found = resolve(one_line_book(1000, rates=rates), query)
    assert (found.price, found.fx_rate_on) == (1250, date(2026, 1, 2))


def test_converts_one_price_into_each_currency_that_is_asked_on_one_day():
    rates = FxTable.from_rows(
        [("EUR", "GBP", ON, Decimal("0.8")), ("EUR", "USD", ON, Decimal("1.2"))]
    )
    fixed = (FixedRate("GBP", "EUR", Decimal(2), ON),)
    asked = [
        ask(values_of(role=PM), currency="EUR"),
        ask(values_of(role=PM), currency="USD"),
        ask(values_of(role=PM), currency="EUR", fixed_rates=fixed),
        ask(values_of(role=PM), currency="GBP"),
    ]
    found = resolve_many(one_line_book(1000, rates=rates), asked * 2)
    assert [(one.price, one.currency) for one in found] == [
        (1250, "EUR"), (1500, "USD"), (2000, "EUR"), (1000, "GBP"),
    ] * 2  # fmt: skip


def test_does_not_fall_through_to_another_list_without_a_rate():
    account = ("account", 3)
    lists = [
        PriceList(1, SALES, account, "GBP", "Account"),
        PriceList(2, SALES, TENANT, "EUR", "Tenant"),
    ]
    book = book_of(lists, [PriceLine(1, 1, Decimal(100)), PriceLine(2, 2, Decimal(90))])
    refused = resolve(book, ask(owners=(account, TENANT), currency="EUR"))
    assert refused.reason is Reason.RATE_MISSING
    assert "from GBP to EUR for 2026-07-09" in explain(refused.trace)[-1]
    assert refused.missing == "an exchange rate from GBP to EUR"


def test_never_answers_zero_when_nothing_is_found():
    gone = PriceList(2, SALES, TENANT, "EUR", "Gone", valid_until=ON)
    odd = PriceLine(8, 1, Decimal(5), values_of(moon="full"))
    refused = resolve(book_of([LIST_S, gone], [*LINES_S, odd]), ask(values_of(role=3)))
    assert isinstance(refused, Unpriced)
    assert refused.reason is Reason.NO_LINE
    assert explain_unpriced(refused) == [
        "There is no price: a price line that matches is missing.",
        "Searched the price list “S”: 4 lines for this kind of work.",
        "Not used: the price list “Gone” is effective from the start until before 2026-07-09.",
        "Not used: line 8 of “S”: the dimension “moon” is not used for this kind of price list.",
    ]
    assert resolve(book_of([], []), ask()).reason is Reason.NO_LIST
    assert resolve(book_of([LIST_S], LINES_S), ask(unit="km")).reason is Reason.UNIT_MISMATCH


def test_explains_itself_in_words():
    found = resolve(
        book_of([LIST_S], LINES_S), ask(values_of(role=SENIOR, resourcing_unit=UK), unit="hour")
    )
    names = {"role=2": "Senior Consultant", "resourcing_unit=10": "UK"}
    assert explain(found.trace, names) == [
        "Price list “S” (GBP) is the first with a match.",
        "Line 3 for UK, Senior Consultant is the most specific match: 1200 GBP per day.",
        "At 8 hours a day, 1200 per day is 150 per hour.",
    ]
    assert from_data(as_data(found.trace)) == found.trace


def test_refuses_what_cannot_be_told_apart():
    twin = PriceLine(5, 1, Decimal(1), values_of(role=PM), unit="day")
    with pytest.raises(PriceListInvalid, match="two lines"):
        book_of([LIST_S], [*LINES_S, twin])
    with pytest.raises(PriceListInvalid, match="effective on the same day"):
        book_of([LIST_S, LIST_S._replace(id=2)], [])
    with pytest.raises(PriceListInvalid, match="same priority"):
        book_of([], [], dimensions=(*DIMENSIONS, Dimension("level", 3)))


# Random books against a search without any index ------------------------------------------------

RATES = FxTable.from_rows(
    [("EUR", code, ON + timedelta(days=day), Decimal(rate) + day)
     for day in (0, 3, 20) for code, rate in (("USD", "1.1"), ("GBP", "0.85"))]
)  # fmt: skip
CODES = ("role", "resourcing_unit", "location")
OWNERS = [("contract", 1), ("account", 1), TENANT]
some_values = st.fixed_dictionaries({}, optional={code: st.integers(1, 3) for code in CODES}).map(
    lambda values: values_of(**values)
)
list_rows = st.tuples(
    st.sampled_from(OWNERS),
    st.sampled_from(["EUR", "USD", "GBP"]),
    st.sampled_from(["hour", "day"]),
    st.sampled_from([None, ON, ON + timedelta(days=5)]),
    st.dictionaries(some_values, st.integers(1, 2000), max_size=6),
)
query_rows = st.tuples(
    st.just(SALES),
    st.integers(0, 40).map(lambda days: ON + timedelta(days=days)),
    st.lists(st.sampled_from(OWNERS), unique=True).map(tuple),
    some_values,
    st.sampled_from([None, "EUR", "USD", "GBP"]),
    st.sampled_from([None, "hour", "day"]),
).map(lambda row: PriceQuery(*row))


def random_book(rows):
    lists, lines = [], []
    for owner, currency, unit, valid_from, prices in {row[:2]: row for row in rows}.values():
        number = len(lists) + 1
        lists.append(
            PriceList(number, SALES, owner, currency, f"L{number}", unit, valid_from=valid_from)
        )
        for values, price in prices.items():
            lines.append(PriceLine(len(lines) + 1, number, Decimal(price), values))
    return lists, lines


def line_by_search(lists, lines, query):
    for owner in query.owners:
        own = [row for row in lists if row.owner == owner and (row.valid_from or ON) <= query.on]
        for row in sorted(own, key=lambda row: (row.currency != query.currency, row.currency)):
            matches = [
                line for line in lines
                if line.list_id == row.id and set(line.values) <= set(query.values)
            ]  # fmt: skip
            if matches:
                return max(matches, key=lambda line: [code in dict(line.values) for code in CODES])
    return None


@settings(max_examples=150, deadline=None)
@given(st.lists(list_rows, max_size=6).map(random_book), st.lists(query_rows, max_size=25))
def test_answers_many_as_one_by_one_and_as_a_plain_search(rows, queries):
    lists, lines = rows
    many = resolve_many(book_of(lists, lines, rates=RATES), queries * 2)
    assert many == [resolve(book_of(lists, lines, rates=RATES), query) for query in queries] * 2
    for query, answer in zip(queries, many, strict=False):
        expected = line_by_search(lists, lines, query)
        if isinstance(answer, Resolved):
            assert expected is not None
            assert answer.line_id == expected.id
            assert answer.currency == (query.currency or answer.currency)
            assert answer.unit == (query.unit or answer.unit)
        else:
            assert (expected is None) == (answer.reason in {Reason.NO_LIST, Reason.NO_LINE})
