"""What is kept of a value as typed: docs/rules/custom_fields.md."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.custom_fields.rules.values import FieldKind, Stored, shown_number, stored
from psa.core.errors import DomainError


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (FieldKind.TEXT, " PC-7 ", Stored("PC-7")),
        (FieldKind.NUMBER, "1,234.56785", Stored("1234.5679", scaled=12345679)),
        (FieldKind.NUMBER, "-0.5", Stored("-0.5", scaled=-5000)),
        (FieldKind.NUMBER, "100", Stored("100", scaled=1000000)),
        (FieldKind.DATE, "2026-12-31", Stored("2026-12-31", on=date(2026, 12, 31))),
        (FieldKind.CHOICE, "key", Stored("key", choice_id=3)),
        (FieldKind.USER, "7", Stored("7", member_id=7)),
        (FieldKind.TEXT, "  ", None),
        (FieldKind.NUMBER, None, None),
    ],
)
def test_keeps_canonical_text_and_the_typed_value(
    kind: FieldKind, typed: object, kept: Stored | None
) -> None:
    assert stored(kind, typed, label="F", choices={"key": 3}, members={7: "Ada"}) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (FieldKind.TEXT, "x" * 201),
        (FieldKind.TEXT, "a\0b"),
        (FieldKind.NUMBER, "NaN"),
        (FieldKind.NUMBER, "1e400"),
        (FieldKind.NUMBER, "many"),
        (FieldKind.DATE, "31.12.2026"),
        (FieldKind.CHOICE, "other"),
        (FieldKind.USER, "8"),
        (FieldKind.USER, "Ada"),
    ],
)
def test_refuses_what_does_not_fit(kind: FieldKind, typed: str) -> None:
    with pytest.raises(DomainError):
        stored(kind, typed, label="F", choices={"key": 3}, members={7: "Ada"})


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=6))
def test_shows_a_number_as_it_is_kept(number: Decimal) -> None:
    kept = stored(FieldKind.NUMBER, f"{number:f}", label="F")
    assert kept is not None
    assert kept.scaled is not None
    assert Decimal(shown_number(kept.scaled)) == number.quantize(Decimal("0.0001"), ROUND_HALF_UP)
