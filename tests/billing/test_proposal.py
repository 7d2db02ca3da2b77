from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from moneyed import Money

from billing.rules.proposal import is_below_minimum, lines_for, net_total
from billing.rules.types import ContractTerms, MixedCurrency, UnbilledFact


def eur(amount):
    return Money(amount, "EUR")


TERMS = ContractTerms(1, "EUR", (20, 10), minimum_amount=eur(250))
FACT = UnbilledFact(1, date(2026, 1, 31), 100, None, eur(99), eur(165), 10)
FACTS = [
    FACT,
    replace(FACT, actual_id=2, worked_on=date(2026, 2, 1)),
    replace(FACT, actual_id=3, contract_line_id=20, minutes=None, units=Decimal(1)),
    replace(FACT, actual_id=4, worked_on=date(2026, 1, 5)),
    replace(FACT, actual_id=5, contract_line_id=99),
]
CUTOFF = date(2026, 1, 31)


def test_takes_work_up_to_and_including_the_cutoff_in_contract_order():
    lines = lines_for(TERMS, FACTS, cutoff_on=CUTOFF)
    assert [line.actual_id for line in lines] == [3, 4, 1]


def test_a_lines_amount_is_the_facts_amount():
    odd = replace(FACT, minutes=20, amount=eur("33.01"))
    (line,) = lines_for(TERMS, [odd], cutoff_on=CUTOFF)
    assert (line.amount, line.minutes, line.unit_price) == (eur("33.01"), 20, eur(99))


def test_nothing_due_is_an_empty_list():
    assert lines_for(TERMS, FACTS, cutoff_on=date(2025, 12, 31)) == []


def test_refuses_a_fact_in_another_currency():
    with pytest.raises(MixedCurrency, match="Unbilled actual 9 is in USD"):
        lines_for(TERMS, [replace(FACT, actual_id=9, amount=Money(1, "USD"))], cutoff_on=CUTOFF)


@pytest.mark.parametrize(("count", "below"), [(1, True), (2, False)])
def test_below_the_minimum_bill_the_contract_waits(count, below):
    facts = [replace(FACT, actual_id=n, amount=eur(125)) for n in range(count)]
    lines = lines_for(TERMS, facts, cutoff_on=CUTOFF)
    assert is_below_minimum(TERMS, lines) is below
    assert net_total(lines, currency="EUR") == eur(125 * count)
    assert not is_below_minimum(replace(TERMS, minimum_amount=None), lines)
