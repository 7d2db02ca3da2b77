"""One's own settings: region, time zone, week, hours, theme, letters."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.tenancy.scope import tenant_scope
from psa.core.web import formats
from psa.core.web.forms import decimal_of
from psa.core.web.models import PersonalSettings
from tests.core.firms import Firms, make_firms


@pytest.fixture
def firms(db: None) -> Firms:
    return make_firms()


@pytest.mark.parametrize(
    ("region", "language", "number", "day", "first"),
    [
        ("en-gb", "en", "1,234.50", "9 Jul 2026", 0),
        ("en-us", "en", "1,234.50", "Jul 9, 2026", 6),
        ("de-de", "de", "1.234,50", "09.07.2026", 0),
        ("de-ch", "de", "1’234.50", "09.07.2026", 0),
        ("fr-fr", "en", "1\u202f234,50", "9 Jul 2026", 0),
        ("ja-jp", "en", "1,234.50", "2026/07/09", 6),
        # No locale has this pair: written as in the region, named as in the language.
        ("en-gb", "de", "1,234.50", "9 Juli 2026", 0),
    ],
)
def test_numbers_dates_and_weeks_follow_the_region(
    region: str, language: str, number: str, day: str, first: int
) -> None:
    formats.use_region(region, language)
    try:
        assert formats.quantity_text(Decimal("1234.5"), 2) == number
        assert formats.quantity_text(Decimal("-1234.5"), 2) == "−" + number
        assert formats.day_text(date(2026, 7, 9)) == day
        assert formats.first_weekday() == first
    finally:
        formats.use_region("", "")


def test_months_and_days_are_named_in_the_readers_language() -> None:
    said = set()
    for region in ("en-gb", "de-de"):
        formats.use_region(region, "de")
        try:
            said.add(formats.region())
            assert formats.day_short_text(date(2026, 3, 9)).startswith("Mo")
            assert "Mär" in formats.day_short_text(date(2026, 3, 9))
        finally:
            formats.use_region("", "")
    assert len(said) == 2  # What was told for the one is not shown to the other.


def test_a_decimal_comma_is_read_where_people_write_one() -> None:
    assert decimal_of("1,234") == 1234 and decimal_of("1.234") == Decimal("1.234")
    formats.use_region("de-de", "de")
    try:
        assert decimal_of("1.234") == 1234 and decimal_of("1,234") == Decimal("1.234")
        assert decimal_of("1.234,50") == Decimal("1234.50")
    finally:
        formats.use_region("", "")


def test_the_page_saves_and_the_next_page_obeys(firms: Firms) -> None:
    client = firms.priya.signed_in()
    chosen = {
        "language": "en", "locale": "de-de", "time_zone": "Europe/Berlin", "week_starts_on": "6",
        "hours": "decimal", "theme": "dark", "density": "compact",
    }  # fmt: skip
    assert client.post("/acme/settings/", chosen).status_code == 302
    page = client.get("/acme/settings/").content.decode()
    assert 'data-theme="dark"' in page and 'data-letters="off"' in page
    assert 'data-density="compact"' in page
    assert client.post("/acme/settings/", chosen | {"time_zone": "Mars/Base"}).status_code == 422
    assert 'data-theme=""' in firms.ben.signed_in().get("/acme/settings/").content.decode()


def test_a_switch_of_the_shell_is_kept(firms: Firms) -> None:
    client = firms.ben.signed_in()
    assert client.post("/acme/settings/one/", {"letters": "off"}).status_code == 204
    assert client.post("/acme/settings/one/", {"theme": "light"}).status_code == 204
    assert client.post("/acme/settings/one/", {"theme": "<script>"}).status_code == 204
    with tenant_scope(firms.ben.tenant_id):
        own = PersonalSettings.objects.get(membership_id=firms.ben.membership_id)
    assert (own.theme, own.has_letter_keys) == ("light", False)
