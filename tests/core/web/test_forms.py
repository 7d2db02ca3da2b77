from decimal import Decimal

import pytest
from django import forms
from django.template.loader import render_to_string

from psa.core.web.forms import AmountField, DateField, MinutesField, decimal_of, minutes_of


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("7:30", 450),
        ("7.5", 450),
        ("7,5", 450),
        ("90m", 90),
        ("90 min", 90),
        ("1h30", 90),
        ("1h 30m", 90),
        ("2h", 120),
        ("8", 480),
        (".25", 15),
        ("0", 0),
    ],
)
def test_reads_a_duration_as_people_type_it(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.parametrize("text", ["", "7,5x", "h", "1:75", ".", "--", "m", "7:3:0", "1e3"])
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError):
        minutes_of(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.5", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1,234", "1234"),
        ("12,5", "12.5"),
        ("1,234,567", "1234567"),
        ("−3.20", "-3.20"),
    ],
)
def test_reads_an_amount_with_point_or_comma(text: str, amount: str) -> None:
    assert decimal_of(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "abc", "1e5", "NaN", "12-3", "."])
def test_refuses_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError):
        decimal_of(text)


class Entry(forms.Form):
    minutes = MinutesField(label="Hours", max_minutes=1440, help_text="7:30 or 7.5")
    amount = AmountField(currency="EUR", required=False)
    worked_on = DateField()
    kind = forms.ChoiceField(choices=[("a", "One"), ("b", "All")], widget=forms.RadioSelect)


@pytest.fixture
def refused() -> Entry:
    return Entry({"minutes": "7,5x", "amount": "1,184.60", "worked_on": "2026-07-09", "kind": "a"})


def html_of(form: forms.Form) -> str:
    return render_to_string("_components/form_part.html", {"form": form, "title": "Entry"})


def test_keeps_what_was_typed_and_says_why(refused: Entry) -> None:
    html = html_of(refused)
    assert 'value="7,5x"' in html and 'value="1,184.60"' in html
    assert "“7,5x” is not a duration. Try 7:30." in html


def test_names_the_field_from_its_error_and_its_help(refused: Entry) -> None:
    html = html_of(refused)
    assert 'aria-describedby="id_minutes_error id_minutes_help"' in html
    assert 'id="id_minutes_error"' in html and 'id="id_minutes_help"' in html
    assert 'aria-invalid="true"' in html
    assert '<a href="#id_minutes">Hours</a>' in html


def test_labels_every_radio_once() -> None:
    html = html_of(Entry())
    assert html.count('id="id_kind"') == 1
    assert html.count('type="radio"') == 2


def test_says_how_long_is_too_long() -> None:
    form = Entry({"minutes": "25", "worked_on": "2026-07-09", "kind": "a"})
    assert form.errors["minutes"] == ["That is more than 24:00 hours."]


def test_shows_stored_minutes_as_a_clock() -> None:
    assert 'value="7:30"' in str(Entry(initial={"minutes": 450})["minutes"])
