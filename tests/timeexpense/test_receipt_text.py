"""Reading what a receipt says from the runs of text on it; figures of docs/rules/timeexpense.md."""

import math
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from timeexpense.rules.receipts.amounts import figures_in
from timeexpense.rules.receipts.dates import days_in
from timeexpense.rules.receipts.lines import TextBox, lines_of
from timeexpense.rules.receipts.reading import ReceiptText, read_receipt
from timeexpense.rules.receipts.words import About, about

TODAY = date(2026, 7, 9)


def boxes(*lines: str, tilt: float = 0.0, sure: float = 1.0) -> list[TextBox]:
    """Lines as a reader sees them: cells divided by two blanks, the last at the right edge.

    A line that begins with # is printed large. `tilt` is in degrees.
    """
    found = []
    cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    for number, line in enumerate(lines):
        height = 36 if line.startswith("#") else 20
        cells = line.lstrip("#").split("  ")
        for place, cell in enumerate(cells):
            width = 10 * len(cell)
            left = 20 if place == 0 else 600 - width - 120 * (len(cells) - 1 - place)
            top = 40 * number
            corners = [(left, top), (left + width, top), (left + width, top + height)]
            corners.append((left, top + height))
            turned = tuple((x * cos - y * sin, x * sin + y * cos) for x, y in corners)
            found.append(TextBox(cell, turned, sure))  # type: ignore[arg-type]
    return found


def read(*lines: str, home: str = "GBP", **how: Any) -> ReceiptText:
    return read_receipt(boxes(*lines, **how), home_currency=home, today=TODAY)


def values(found: ReceiptText) -> tuple[Any, ...]:
    fields = (found.merchant, found.spent_on, found.total, found.currency, found.tax)
    return tuple(None if one is None else one.value for one in fields)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,56", "1234.56"), ("1,234.56", "1234.56"), ("1 234,56", "1234.56"),
        ("1'234.56", "1234.56"), ("1,23,456.00", "123456.00"), ("12.50", "12.50"),
        ("£7.20", "7.20"), ("7,20 €", "7.20"), ("CHF 12.-", "12.00"), ("Rs. 1,500", "1500.00"),
        ("12. 50", "12.50"), ("12,5O", "12.50"), ("-3.00", "-3.00"), ("$ 45", "45.00"),
    ],
)  # fmt: skip
def test_reads_amounts_as_countries_write_them(text: str, value: str) -> None:
    assert [one.value for one in figures_in(text).amounts] == [Decimal(value)]


@pytest.mark.parametrize(
    "text",
    ["4417", "Tel 020 7946 0123", "12.03.2026", "0,350 kg", "19,00 %", "TVA FR40123456789", "12:30",
     "SIRET 123 456 789 00012", "#2026.10"],
)  # fmt: skip
def test_takes_no_other_number_for_an_amount(text: str) -> None:
    assert figures_in(text).amounts == ()


@settings(deadline=None)
@given(
    st.decimals(min_value=1, max_value=999999, places=2),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", ".")]),
)
def test_reads_back_any_amount_it_is_shown(amount: Decimal, signs: tuple[str, str]) -> None:
    group, point = signs
    shown = f"{amount:,.2f}".replace(",", "\0").replace(".", point).replace("\0", group)
    assert [one.value for one in figures_in(shown).amounts] == [amount]


@pytest.mark.parametrize(
    ("text", "month_first", "on", "certainty"),
    [
        ("2026-03-14", None, date(2026, 3, 14), 1.0),
        ("14.03.26", None, date(2026, 3, 14), 1.0),
        ("14/03/2026", True, date(2026, 3, 14), 1.0),
        ("03/14/2026", False, date(2026, 3, 14), 1.0),
        ("03/04/2026", True, date(2026, 3, 4), 0.9),
        ("03/04/2026", False, date(2026, 4, 3), 0.9),
        ("03/04/2026", None, date(2026, 4, 3), 0.6),
        ("05/12/2025", None, date(2025, 12, 5), 0.6),
        ("Datum: 14. März 2026", None, date(2026, 3, 14), 1.0),
        ("le 14 février 2026", None, date(2026, 2, 14), 1.0),
        ("March 14, 2026", None, date(2026, 3, 14), 1.0),
        ("14-Mar-26", None, date(2026, 3, 14), 1.0),
        ("14Mar2026", None, date(2026, 3, 14), 1.0),
        ("23 0ct 2025", None, date(2025, 10, 23), 1.0),
        # The gap before or after the time of day is lost.
        ("14.03.202613:42", None, date(2026, 3, 14), 1.0),
        ("14.03.2613:42", None, date(2026, 3, 14), 1.0),
        ("14.03.2613h42", None, date(2026, 3, 14), 1.0),
        ("2026-03-149:42", None, date(2026, 3, 14), 1.0),
        ("13:4214.03.2026", None, date(2026, 3, 14), 1.0),
        ("12.05.2013:42 14.03.2026", None, date(2026, 3, 14), 1.0),
    ],
)
def test_reads_days_as_countries_write_them(
    text: str, month_first: bool | None, on: date, certainty: float
) -> None:
    (found,) = days_in(text, month_first=month_first, today=TODAY)
    assert (found.on, found.certainty) == (on, certainty)


@pytest.mark.parametrize("text", ["31.02.2026", "14.03.2019", "01.12.2026", "4417", "12.50"])
def test_reads_no_day_that_cannot_be_the_receipts(text: str) -> None:
    assert days_in(text, month_first=None, today=TODAY) == []


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("TOTAL", About.TOTAL), ("Total TTC", About.GRAND_TOTAL), ("Sub Total", About.SUBTOTAL),
        ("Zwischensumme", About.SUBTOTAL), ("Rückgeld", About.CHANGE), ("Bar", About.CASH),
        ("inkl. 19% MwSt", About.TAX), ("Net à payer", About.GRAND_TOTAL), ("CB", About.CARD),
        ("Barbara", About.OTHER), ("You saved", About.LESS), ("Total items", About.LESS),
    ],
)  # fmt: skip
def test_tells_lines_by_their_words(text: str, kind: About) -> None:
    assert about(text) is kind


def test_puts_runs_on_their_lines_however_the_paper_is_tilted() -> None:
    for tilt in (-8, 0, 8):
        lines = lines_of(boxes("TOTAL  12.00", "Cash  20.00", "Change  8.00", tilt=tilt))
        assert [line.text for line in lines] == ["TOTAL 12.00", "Cash 20.00", "Change 8.00"]


def test_reads_a_british_till_slip() -> None:
    found = read(
        "#The Copper Kettle", "14 Great Castle Street, London W1W 8LS", "VAT No GB 123 4567 89",
        "Date: 08/07/2026  14:31", "Flat white  3.60", "Bacon roll  6.00", "TOTAL  £9.60",
        "VAT 20%  1.60", "CASH  20.00", "CHANGE  10.40",
    )  # fmt: skip
    assert values(found) == (
        "The Copper Kettle", date(2026, 7, 8), Decimal("9.60"), "GBP", Decimal("1.60")
    )  # fmt: skip
    assert found.total is not None
    assert found.total.percent == 98


def test_reads_a_german_bill_with_two_rates_in_a_table() -> None:
    found = read(
        "#Gasthof Goldener Hirsch", "Marktplatz 3, 80331 München", "Rechnung",
        "Datum: 8. Juli 2026", "Übernachtung  107,00", "Frühstück  11,90",
        "Rechnungsbetrag  118,90 EUR", "MwSt %  Netto  MwSt  Brutto", "A 7%  100,00  7,00  107,00",
        "B 19%  10,00  1,90  11,90",
    )  # fmt: skip
    assert values(found) == (
        "Gasthof Goldener Hirsch", date(2026, 7, 8), Decimal("118.90"), "EUR", Decimal("8.90")
    )  # fmt: skip


def test_reads_a_french_invoice_and_leaves_its_due_date() -> None:
    found = read(
        "#Hôtel des Voyageurs", "8 quai du Port, 13002 Marseille", "FACTURE  No. 2026-118",
        "Le 3 juillet 2026", "Échéance 02/08/2026", "Total HT  1 000,00", "TVA 10%  100,00",
        "Total TTC  1 100,00 €",
    )  # fmt: skip
    assert values(found) == (
        "Hôtel des Voyageurs", date(2026, 7, 3), Decimal("1100.00"), "EUR", Decimal("100.00")
    )  # fmt: skip


def test_adds_the_two_halves_of_an_indian_tax() -> None:
    found = read(
        "#Saffron Kitchen", "GSTIN 29ABCDE1234F1Z5", "Bill Date: 05-07-2026",
        "Sub Total  1,00,000.00", "CGST 9%  9,000.00", "SGST 9%  9,000.00",
        "Grand Total  1,18,000.00",
    )  # fmt: skip
    assert values(found) == (
        "Saffron Kitchen", date(2026, 7, 5), Decimal("118000.00"), "INR", Decimal("18000.00")
    )  # fmt: skip


def test_reads_an_american_check_with_a_tip_month_first() -> None:
    found = read(
        "#Blue Heron Diner", "418 Mercer Street, New York, NY 10012", "GUEST CHECK",
        "07/05/2026", "Subtotal  40.00", "Sales Tax  3.55", "Tip  8.00", "Total  $51.55",
    )  # fmt: skip
    assert values(found) == (
        "Blue Heron Diner", date(2026, 7, 5), Decimal("51.55"), "USD", Decimal("3.55")
    )  # fmt: skip


def test_takes_francs_from_a_swiss_slip_and_dollars_for_the_firms_own() -> None:
    swiss = read("#Konditorei Rüegg", "08.07.2026", "TOTAL  Fr. 1'234.50")
    assert swiss.currency is not None
    assert (swiss.currency.value, swiss.total and swiss.total.value) == ("CHF", Decimal("1234.50"))
    canadian = read("#Union Cab", "TOTAL  $20.00", home="CAD")
    assert canadian.currency is not None
    assert canadian.currency.value == "CAD"


def test_calls_a_guess_a_guess() -> None:
    found = read("#Corner Kiosk", "3.20", "12.40")
    assert found.total is not None
    assert (found.total.value, found.total.is_likely) == (Decimal("12.40"), False)
    assert found.currency is not None
    assert not found.currency.is_likely
    assert (found.spent_on, found.tax) == (None, None)


def test_is_less_sure_where_the_reader_was() -> None:
    found = read("#Corner Kiosk", "TOTAL  12.40", sure=0.6)
    assert found.total is not None
    assert not found.total.is_likely


def test_finds_nothing_on_an_empty_page() -> None:
    assert read_receipt([], home_currency="GBP", today=TODAY) == ReceiptText()


@settings(deadline=None)
@given(st.lists(st.text(max_size=30), max_size=12))
def test_never_breaks_on_any_text(lines: list[str]) -> None:
    found = read(*lines)
    for one in (found.merchant, found.spent_on, found.total, found.currency, found.tax):
        assert one is None or 1 <= one.percent <= 99
    assert found.total is None or found.total.value > 0
