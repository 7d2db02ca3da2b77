"""psa.core.ledger.rules.packages: the same journal in each package's shape, with its numbers"""

import csv
import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psa.core.errors import DomainError
from psa.core.ledger.rules import packages
from psa.core.ledger.rules.packages import MappedNumber, Package, PackageTerms
from tests.core.ledger.test_exports import ACCOUNTS, ENTRIES, book, entry, line

TERMS = PackageTerms(
    name="Outside",
    package=Package.CSV,
    numbers={a.gl_account_id: MappedNumber(f"{4000 + a.gl_account_id}") for a in ACCOUNTS},
    tax_code="T9",
    dimension="Project",
    consultant_number="1001",
    client_number="7",
)


def terms(package: Package, **changes: object) -> PackageTerms:
    return replace(TERMS, package=package, **changes)


def rows(package: Package) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packages.file_text(book(), terms(package)))))


def test_debits_and_credits_balance_under_the_packages_numbers() -> None:
    found = rows(Package.CSV)
    assert len(found) == sum(len(each.lines) for each in ENTRIES)
    assert sum(Decimal(row["debit"]) - Decimal(row["credit"]) for row in found) == 0
    first = found[0]
    assert (first["account"], first["account_name"], first["debit"]) == (
        "4001", "Receivables", "1190.00",
    )  # fmt: skip
    assert (first["date"], first["entry"], first["project"]) == ("2026-01-31", "je-000001", "P-001")


def test_xero_takes_signed_amounts_with_a_tax_rate_and_a_tracking_category() -> None:
    found = rows(Package.XERO)
    assert sum(Decimal(row["*Amount"]) for row in found) == 0
    assert found[1]["*Amount"] == "-1000.00"
    assert found[0]["*Date"] == "31/01/2026"
    assert found[0]["*TaxRate"] == "T9"
    assert (found[0]["TrackingName1"], found[0]["TrackingOption1"]) == ("Project", "P-001")
    assert (found[2]["TrackingName1"], found[2]["TrackingOption1"]) == ("", "")
    # One narration a journal, so that Xero makes one journal of each entry.
    assert len({row["*Narration"] for row in found}) == len(ENTRIES)


def test_sage_takes_journal_debits_and_credits() -> None:
    found = rows(Package.SAGE)
    amounts = {
        kind: sum(Decimal(r["Net Amount"]) for r in found if r["Type"] == kind)
        for kind in ("JD", "JC")
    }
    assert amounts["JD"] == amounts["JC"] > 0
    assert {row["Tax Code"] for row in found} == {"T9"}


def test_a_booking_batch_names_both_accounts_of_each_line() -> None:
    text = packages.file_text(book(), terms(Package.BATCH))
    head, columns, *lines = text.split("\r\n")[:-1]
    fields = head.split(";")
    assert len(fields) == 31
    assert fields[:5] == ['"EXTF"', "700", "21", '"Buchungsstapel"', "13"]
    assert fields[10:16] == ["1001", "7", "20260101", "4", "20260131", "20260228"]
    assert columns.split(";")[6] == "Konto"
    first = lines[0].split(";")
    assert (first[0], first[1], first[6], first[7], first[9]) == (
        "1000,00", '"S"', "4001", "4005", "3101",
    )  # fmt: skip
    assert lines[1].split(";")[0] == "190,00"
    assert len(columns.split(";")) == 37
    assert {len(row) for row in csv.reader(lines, delimiter=";")} == {37}


def test_a_booking_batch_is_of_one_fiscal_year() -> None:
    two_years = book([ENTRIES[1], entry(9, date(2025, 12, 31), "x/1", ENTRIES[1].lines)])
    with pytest.raises(DomainError, match="one fiscal year"):
        packages.file_text(two_years, terms(Package.BATCH))
    april = terms(Package.BATCH, year_start_month=4)
    head = packages.file_text(two_years, april).split("\r\n")[0].split(";")
    assert head[12] == "20250401"


def test_names_every_account_that_has_no_number_before_anything_leaves() -> None:
    numbers = {pk: n for pk, n in TERMS.numbers.items() if pk not in (1, 4)}
    with pytest.raises(DomainError, match=r"no number for: 1200 Receivables, 3806 VAT\."):
        packages.file_text(book(), terms(Package.CSV, numbers=numbers))


def test_names_every_account_without_a_tax_code_where_the_package_wants_one() -> None:
    numbers = {**TERMS.numbers, 1: MappedNumber("610", "BAS Excluded")}
    with pytest.raises(DomainError, match="no tax code for: 1400 Contract asset"):
        packages.file_text(book(), terms(Package.XERO, tax_code="", numbers=numbers))
    assert packages.file_text(book(), terms(Package.CSV, tax_code="", numbers=numbers))


@pytest.mark.parametrize(
    ("package", "good", "bad"),
    [
        (Package.CSV, "GL 40/1", ""),
        (Package.XERO, "200-A", "200 A"),
        (Package.BATCH, "4400", "044"),
        (Package.SAGE, "10", "1o"),
    ],
)
def test_a_number_is_one_that_the_package_can_have(package: Package, good: str, bad: str) -> None:
    assert packages.check_number(f" {good} ", package) == good
    with pytest.raises(DomainError, match="cannot be a number there"):
        packages.check_number(bad, package)


def test_terms_come_back_as_they_were_stored() -> None:
    assert PackageTerms.from_data(TERMS.as_data()) == TERMS


def test_no_cell_is_a_formula() -> None:
    sums = book([replace(ENTRIES[0], description="=SUM(A1)")])
    for package in (Package.CSV, Package.SAGE):
        assert "'=SUM(A1)" in packages.file_text(sums, terms(package))


@given(st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=8))
@settings(max_examples=100, deadline=None)
def test_pairs_sum_to_every_line(cents: list[int]) -> None:
    amounts = [Decimal(c).scaleb(-2) for c in [*cents, -sum(cents)] if c]
    each = entry(1, date(2026, 1, 31), "x/1", [line(n, a) for n, a in enumerate(amounts)])
    sums = dict.fromkeys(range(len(amounts)), Decimal(0))
    pairs = list(packages.pairs_of(each))
    for debit, credit, amount in pairs:
        assert amount > 0
        sums[debit.gl_account_id] += amount
        sums[credit.gl_account_id] -= amount
    assert sums == dict(enumerate(amounts))
    assert len(pairs) < max(len(amounts), 2)
