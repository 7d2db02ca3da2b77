"""The import of rate cards: a real one (United States government work, CC0), and bad ones."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from psa.core.errors import DomainError, PermissionDenied
from psa.core.org.models import JobRole
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.rate_card import read_card
from psa.core.pricing.services import imports
from tests.core.pricing.firm import AT, Firm, member

CARD = Path(__file__).parent / "gsa-schedule-70-rates.csv"
HEADER = "Role,Unit,Price\n"


def run(firm: Firm, *more: str, file: Path = CARD) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(
        "import_price_list", "--tenant", firm.tenant.slug, "--file", str(file), "--name",
        "Schedule 70", "--currency", "USD", "--valid-from", "2026-01-01", *more,
        stdout=out, stderr=err,
    )  # fmt: skip
    return out.getvalue(), err.getvalue()


def do_import(firm: Firm, content: str, **more: Any) -> imports.Imported:
    return imports.import_list(
        content=content, name="New", context="sales", currency="USD", valid_from=date(2026, 1, 1),
        at=AT, **{"actor": firm.fay, **more},
    )  # fmt: skip


def test_loads_the_real_card_with_its_roles(firm: Firm) -> None:
    out, err = run(firm, "--create-roles", "--activate")
    assert "is active with 20 lines; 20 roles created, 0 rows left out" in out
    assert err == ""
    made = PriceList.objects.get(name="Schedule 70")
    prices = dict(PriceLine.objects.filter(price_list=made).values_list("role__name", "value"))
    assert prices["Program Manager I"] == Decimal("178.01")
    assert prices["Administrative Assistant II"] == Decimal(69)
    assert sum(prices.values()) == Decimal("2553.84")
    assert (made.status, made.time_unit) == ("active", "hour")


def test_shows_what_it_would_do_and_writes_nothing(firm: Firm) -> None:
    out, _ = run(firm, "--create-roles", "--dry-run")
    assert "Column role: SERVICE PROPOSED (e.g. Job Title/Task)" in out
    assert "Column value: PRICE OFFERED TO GSA (including IFF)" in out
    assert "Row 2 holds instructions and was left out." in out
    assert "20 lines, 20 new roles, 0 rows with errors" in out
    assert not PriceList.objects.filter(name="Schedule 70").exists()
    assert not JobRole.objects.filter(name="Architect III").exists()


def test_names_the_rows_of_roles_that_do_not_exist_and_imports_none(firm: Firm) -> None:
    with pytest.raises(CommandError, match=r"Row 3: There is no role “Product Manager”"):
        run(firm)
    assert not PriceList.objects.filter(name="Schedule 70").exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("Consultant,Hour,", "The price is missing"),
        ("Consultant,Hour,NaN1", "cannot be used"),
        ("Consultant,Hour,1e400", "cannot be used"),
        ("Consultant,Hour,-1", "at least 0"),
        ("Consultant,Hour,€90.00", "not in USD"),
        ("Consultant,Hour,90 GBP", "not in USD"),
        ('Consultant,Hour,"1,234"', "two ways"),
        ("Consultant,Hour,1.1234567", "at most 6 decimals"),
        ("Consultant,Fortnight,90", "neither hour nor day"),
        (",Hour,90", "The role is missing"),
        ("Wizard,Hour,90", "no role “Wizard”"),
        ("senior CONSULTANT,Hour,1\nSenior  consultant,Hour,2", "the same as row 2"),
    ],
)
def test_refuses_a_bad_row_by_number_and_reason(firm: Firm, row: str, reason: str) -> None:
    content = HEADER + row
    with pytest.raises(imports.BadRows) as refused:
        do_import(firm, content)
    assert reason in refused.value.message
    assert {error.row for error in refused.value.errors} <= {2, 3}
    assert not PriceList.objects.exists()


def test_leaves_bad_rows_out_when_told_to(firm: Firm) -> None:
    done = do_import(
        firm, HEADER + "Developer,Hour,$95.50\nWizard,Hour,1\nTester,Hour,", skip_bad=True
    )
    assert done.line_count == 1
    assert [error.row for error in done.skipped] == [3, 4]


@pytest.mark.parametrize("content", ["", "\n\n", "Role,Unit\nx,y", "a\x00b", "Grade;Fee\nx;1"])
def test_says_what_is_wrong_with_a_file_that_is_no_card(firm: Firm, content: str) -> None:
    with pytest.raises(DomainError) as refused:
        do_import(firm, content)
    assert refused.value.field in {"file", "mapping"}


def test_takes_the_columns_it_is_told(firm: Firm) -> None:
    done = do_import(
        firm,
        "Grade;Level;Fee\nDeveloper;lead;95,50\n",
        mapping={"role": "Grade", "value": "Fee", "seniority": "level"},
    )
    line = PriceLine.objects.get(price_list=done.price_list)
    assert (line.value, line.dimensions) == (Decimal("95.5"), "seniority=lead")


def test_is_refused_to_who_does_not_manage_lists(firm: Firm) -> None:
    bill = member(firm, "Bill", "billing_manager")
    with pytest.raises(PermissionDenied):
        do_import(firm, HEADER + "Developer,Hour,1", actor=bill)


def test_reads_work_sites_as_places() -> None:
    card = read_card("Role,Price,Worksite\nA,1,Both\nB,1,Customer\nC,1,Moon\n", currency="USD")
    assert [dict(row.dimensions) for row in card.rows] == [{}, {"work_location": "onsite"}]
    assert [error.row for error in card.errors] == [4]


def test_reads_the_headings_of_a_german_card() -> None:
    card = read_card("Rolle;Zeiteinheit;Tagessatz\nBerater;Tag;960,50\n", currency="EUR")
    (row,) = card.rows
    assert (row.role, row.unit, row.value) == ("Berater", "day", Decimal("960.50"))
