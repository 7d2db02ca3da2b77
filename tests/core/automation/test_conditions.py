"""Conditions: figures of docs/rules/automation.md, A-1."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.automation.rules.conditions import (
    OPERATORS,
    Condition,
    Kind,
    Operator,
    checked,
    fingerprint,
    matches,
)
from psa.core.errors import DomainError

FACTS = {
    "amount": Decimal("1000000.00"),
    "customer": "Kessler Maschinenbau",
    "due_on": date(2026, 7, 31),
    "is_internal": False,
    "unknown": None,
}


@pytest.mark.parametrize(
    ("field", "kind", "operator", "value", "expected"),
    [
        ("amount", Kind.NUMBER, Operator.OVER, "1000000", False),  # exactly is not over
        ("amount", Kind.NUMBER, Operator.OVER, "999,999.99", True),
        ("amount", Kind.NUMBER, Operator.UNDER, "1000000.01", True),
        ("amount", Kind.NUMBER, Operator.IS, "1000000", True),
        ("customer", Kind.TEXT, Operator.IS, "kessler maschinenbau", True),
        ("customer", Kind.TEXT, Operator.IS_NOT, "Otto", True),
        ("customer", Kind.TEXT, Operator.CONTAINS, "MASCH", True),
        ("customer", Kind.TEXT, Operator.STARTS_WITH, "masch", False),
        ("due_on", Kind.DATE, Operator.BEFORE, "2026-08-01", True),
        ("due_on", Kind.DATE, Operator.AFTER, "2026-07-31", False),
        ("is_internal", Kind.YES_NO, Operator.IS, "no", True),
        ("is_internal", Kind.YES_NO, Operator.IS, "Yes", False),
    ],
)
def test_compares(field: str, kind: Kind, operator: Operator, value: str, expected: bool) -> None:
    found = matches([Condition(field, kind, operator, value)], FACTS, unknown_matches=False)
    assert found is expected


def test_needs_all_conditions_and_none_is_always() -> None:
    over = Condition("amount", Kind.NUMBER, Operator.OVER, "1")
    other = Condition("customer", Kind.TEXT, Operator.IS, "Otto")
    assert matches([], FACTS, unknown_matches=False)
    assert matches([over], FACTS, unknown_matches=False)
    assert not matches([over, other], FACTS, unknown_matches=False)


def test_keeps_a_gate_shut_and_a_reminder_silent_where_nothing_is_known() -> None:
    asked = [Condition("unknown", Kind.NUMBER, Operator.OVER, "1")]
    assert matches(asked, FACTS, unknown_matches=True)
    assert not matches(asked, FACTS, unknown_matches=False)


@pytest.mark.parametrize(
    ("kind", "operator", "value"),
    [
        (Kind.NUMBER, Operator.CONTAINS, "1"),
        (Kind.NUMBER, Operator.OVER, "a lot"),
        (Kind.NUMBER, Operator.OVER, "NaN"),
        (Kind.NUMBER, Operator.OVER, "1e400"),
        (Kind.DATE, Operator.BEFORE, "tomorrow"),
        (Kind.YES_NO, Operator.IS, "perhaps"),
        (Kind.TEXT, Operator.IS, "  "),
        (Kind.TEXT, Operator.IS, "x" * 201),
    ],
)
def test_refuses_what_cannot_be_asked(kind: Kind, operator: Operator, value: str) -> None:
    with pytest.raises(DomainError):
        checked(Condition("f", kind, operator, value))


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4))
def test_marks_the_same_amount_alike_however_it_is_written(amount: Decimal) -> None:
    asked = [Condition("amount", Kind.NUMBER, Operator.OVER, "1")]
    same = amount + Decimal("0.000000")
    assert fingerprint(asked, {"amount": amount}) == fingerprint(asked, {"amount": same})
    grown = amount + Decimal("0.01")
    assert fingerprint(asked, {"amount": amount}) != fingerprint(asked, {"amount": grown})


def test_knows_an_operator_for_each_kind() -> None:
    assert set(OPERATORS) == set(Kind)
