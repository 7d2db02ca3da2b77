from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import engines
from moneyed import Money

from psa.core.web import formats


def rendered(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize(
    ("amount", "currency", "places", "text"),
    [
        ("1234.5", "EUR", None, "€1,234.50"),
        ("-1536", "GBP", None, "−£1,536.00"),
        ("1184000", "JPY", None, "¥1,184,000"),
        ("12.3455", "KWD", None, "KWD\u00a012.346"),
        ("586499.5", "EUR", 0, "€586,500"),
        ("-0.004", "EUR", None, "€0.00"),
        ("2.665", "EUR", None, "€2.67"),
    ],
)
def test_writes_money_in_its_minor_unit(
    amount: str, currency: str, places: int | None, text: str
) -> None:
    written = formats.money_text(Decimal(amount), currency, places)
    assert written.replace("JP¥", "¥").replace("JPY\u00a0", "¥") == text


@pytest.mark.parametrize(
    ("minutes", "clock", "decimal"),
    [(450, "7:30", "7.5"), (0, "0:00", "0"), (-90, "−1:30", "−1.5"), (16_095, "268:15", "268.25")],
)
def test_writes_hours_as_the_reader_prefers(minutes: int, clock: str, decimal: str) -> None:
    assert formats.hours_text(minutes) == clock
    formats.use_decimal_hours(True)
    try:
        assert formats.hours_text(minutes) == decimal
    finally:
        formats.use_decimal_hours(False)


def test_mutes_the_symbol_and_not_the_amount() -> None:
    html = rendered("{{ amount|money }}", amount=Money("1234.50", "EUR"))
    assert html == '<span class="psa-cur">€</span>1,234.50'


def test_writes_documents_with_the_code() -> None:
    html = rendered("{{ amount|money_code }}", amount=Money("60139.5", "EUR"))
    assert html == '60,139.50 <span class="psa-cur">EUR</span>'


def test_refuses_an_amount_without_its_currency() -> None:
    with pytest.raises(TypeError, match="currency"):
        rendered("{{ amount|money }}", amount=Decimal("1.00"))


@pytest.mark.parametrize("name", ["money", "hours", "day", "moment", "percent", "number"])
def test_shows_nothing_as_a_dash(name: str) -> None:
    assert "–" in rendered("{{ value|" + name + " }}", value=None)


def test_writes_dates_and_shares() -> None:
    source = "{{ on|day }}|{{ on|day_short }}|{{ at|moment }}|{{ share|percent }}"
    at = datetime(2026, 7, 9, 14, 5, tzinfo=UTC)
    html = rendered(source, on=date(2026, 7, 9), at=at, share=Decimal("0.302"))
    assert html == "9 Jul 2026|Thu 9 Jul|9 Jul 2026 14:05|30.2\u00a0%"


def test_takes_initials_from_the_first_and_the_last_name() -> None:
    assert [formats.initials(n) for n in ("Priya Raman", "Ben", "Ana de la Cruz", " ")] == [
        "PR",
        "BE",
        "AC",
        "?",
    ]
