"""Posted journals in the shapes that accounting packages import, with their own account numbers.

A shape is data: what its numbers look like, what it asks for, and the function that writes it.
Amounts are in the entity's currency, to its minor unit; the file of a book sums to 0.
Worked figures: docs/rules/ledger.md, L-19.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from psa.core.errors import DomainError
from psa.core.ledger.rules.export_tables import csv_text, plain_cell
from psa.core.ledger.rules.exports import (
    ExportAccount,
    ExportBook,
    ExportEntry,
    ExportLine,
    number_text,
)

ZERO: Final = Decimal(0)
# The columns of a booking batch of format 13, up to the cost centre.
BATCH_COLUMNS: Final = (
    "Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs", "Basis-Umsatz",
    "WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)", "BU-Schlüssel", "Belegdatum",
    "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext", "Postensperre",
    "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt", "Zinssperre", "Beleglink",
    *(f"Beleginfo - {part} {place}" for place in range(1, 9) for part in ("Art", "Inhalt")),
    "KOST1 - Kostenstelle",
)  # fmt: skip


class Package(StrEnum):
    CSV = "csv"
    XERO = "xero"
    BATCH = "datev"
    SAGE = "sage"


@dataclass(frozen=True, slots=True)
class MappedNumber:
    """An account as the package knows it: its number there, and the tax code of its lines."""

    number: str
    tax_code: str = ""


@dataclass(frozen=True, slots=True)
class PackageTerms:
    """What an export goes by: kept with it, so that a repeat needs nothing else."""

    name: str
    package: Package
    numbers: Mapping[int, MappedNumber]
    # Of lines whose account has none of its own.
    tax_code: str = ""
    # What the package calls the dimension that projects are written to.
    dimension: str = ""
    consultant_number: str = ""
    client_number: str = ""
    year_start_month: int = 1

    def as_data(self) -> dict[str, Any]:
        """As an export stores it."""
        return {
            "name": self.name,
            "package": self.package.value,
            "numbers": {str(pk): [n.number, n.tax_code] for pk, n in sorted(self.numbers.items())},
            "tax_code": self.tax_code,
            "dimension": self.dimension,
            "consultant_number": self.consultant_number,
            "client_number": self.client_number,
            "year_start_month": self.year_start_month,
        }

    @classmethod
    def from_data(cls, stored: Mapping[str, Any]) -> "PackageTerms":
        """As it was stored."""
        given = dict(stored)
        package, numbers = Package(given.pop("package")), given.pop("numbers")
        return cls(
            package=package,
            numbers={int(pk): MappedNumber(*pair) for pk, pair in numbers.items()},
            **given,
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What one package wants."""

    title: str
    ending: str
    encoding: str
    number: re.Pattern[str]
    number_words: str
    write: Callable[[ExportBook, PackageTerms], str]
    # Whether each line must name a tax code.
    needs_tax_code: bool = False
    needs_client: bool = False


def file_text(book: ExportBook, terms: PackageTerms) -> str:
    """The book's entries in the package's shape, by date, then number.

    Raises  DomainError naming every account that has no number there (or no tax code where the
            package wants one); nothing is written then.
    """
    check_complete(book.accounts, terms)
    return SHAPES[terms.package].write(book, terms)


def check_complete(accounts: Sequence[ExportAccount], terms: PackageTerms) -> None:
    """Raises  DomainError naming the accounts that the mapping says nothing of."""
    shape = SHAPES[terms.package]
    lacking = [a for a in accounts if a.gl_account_id not in terms.numbers]
    if lacking:
        raise DomainError(
            f"The mapping “{terms.name}” has no number for: {_named(lacking)}. Nothing was "
            "exported; give them one first.",
            "mapping_id",
        )
    if shape.needs_tax_code and not terms.tax_code:
        untaxed = [a for a in accounts if not terms.numbers[a.gl_account_id].tax_code]
        if untaxed:
            raise DomainError(
                f"The mapping “{terms.name}” has no tax code for: {_named(untaxed)}. Nothing was "
                "exported; give them one, or one for all.",
                "mapping_id",
            )


def check_number(number: str, package: Package) -> str:
    """The number, if the package can have one like it. Raises  DomainError."""
    shape = SHAPES[package]
    given = number.strip()
    if not shape.number.fullmatch(given):
        raise DomainError(f"“{given[:30]}” cannot be a number there: it has {shape.number_words}.")
    return given


def pairs_of(entry: ExportEntry) -> Iterator[tuple[ExportLine, ExportLine, Decimal]]:
    """The entry as (debited line, credited line, amount), for packages that book in pairs.

    Each line's pairs sum to the line; there is one pair less than lines, at most.
    """
    debits = [(line, line.amount) for line in entry.lines if line.amount > 0]
    credits = [(line, -line.amount) for line in entry.lines if line.amount < 0]
    debit_place = credit_place = 0
    debit_left = debits[0][1] if debits else ZERO
    credit_left = credits[0][1] if credits else ZERO
    while debit_place < len(debits) and credit_place < len(credits):
        amount = min(debit_left, credit_left)
        yield debits[debit_place][0], credits[credit_place][0], amount
        debit_left -= amount
        credit_left -= amount
        if not debit_left:
            debit_place += 1
            debit_left = debits[debit_place][1] if debit_place < len(debits) else ZERO
        if not credit_left:
            credit_place += 1
            credit_left = credits[credit_place][1] if credit_place < len(credits) else ZERO


def _named(accounts: Sequence[ExportAccount]) -> str:
    return ", ".join(f"{account.code} {account.name}" for account in accounts)


def _ordered(book: ExportBook) -> list[ExportEntry]:
    for entry in book.entries:
        if sum((line.amount for line in entry.lines), ZERO) != 0:
            raise DomainError(f"Journal entry {entry.entry_id} does not balance; export refused.")
    return sorted(book.entries, key=lambda entry: (entry.posting_on, entry.entry_id))


def _lines(
    book: ExportBook, terms: PackageTerms
) -> Iterator[tuple[ExportEntry, ExportLine, MappedNumber, str]]:
    for entry in _ordered(book):
        for line in entry.lines:
            mapped = terms.numbers[line.gl_account_id]
            yield entry, line, mapped, mapped.tax_code or terms.tax_code


def _debit_credit(book: ExportBook, terms: PackageTerms) -> str:
    names = {account.gl_account_id: account.name for account in book.accounts}
    return csv_text(
        ("date", "entry", "account", "account_name", "debit", "credit", "currency", "tax_code",
         "description", "reference", "project"),
        (
            (
                entry.posting_on.isoformat(),
                entry.entry_id,
                mapped.number,
                plain_cell(names[line.gl_account_id]),
                number_text(max(line.amount, ZERO), book.currency),
                number_text(max(-line.amount, ZERO), book.currency),
                book.currency,
                plain_cell(tax_code),
                plain_cell(entry.description),
                plain_cell(entry.source),
                plain_cell(line.project),
            )
            for entry, line, mapped, tax_code in _lines(book, terms)
        ),
    )  # fmt: skip


def _xero(book: ExportBook, terms: PackageTerms) -> str:
    """Lines of one narration and date are one manual journal; a debit is positive."""
    return csv_text(
        ("*Narration", "*Date", "Description", "*AccountCode", "*TaxRate", "*Amount",
         "TrackingName1", "TrackingOption1", "TrackingName2", "TrackingOption2"),
        (
            (
                plain_cell(f"{entry.entry_id} {entry.description}"),
                entry.posting_on.strftime("%d/%m/%Y"),
                plain_cell(entry.source),
                mapped.number,
                plain_cell(tax_code),
                number_text(line.amount, book.currency),
                plain_cell(terms.dimension) if terms.dimension and line.project else "",
                plain_cell(line.project) if terms.dimension else "",
                "",
                "",
            )
            for entry, line, mapped, tax_code in _lines(book, terms)
        ),
    )  # fmt: skip


def _sage(book: ExportBook, terms: PackageTerms) -> str:
    """Journal debits and credits of the audit trail; the amounts are positive."""
    return csv_text(
        ("Type", "Account Reference", "Nominal A/C Ref", "Department Code", "Date", "Reference",
         "Details", "Net Amount", "Tax Code", "Tax Amount"),
        (
            (
                "JD" if line.amount > 0 else "JC",
                "",
                mapped.number,
                "0",
                entry.posting_on.strftime("%d/%m/%Y"),
                entry.entry_id[:30],
                plain_cell(entry.description)[:60],
                number_text(abs(line.amount), book.currency),
                plain_cell(tax_code),
                number_text(ZERO, book.currency),
            )
            for entry, line, mapped, tax_code in _lines(book, terms)
        ),
    )  # fmt: skip


def _batch(book: ExportBook, terms: PackageTerms) -> str:
    """A booking batch: one fiscal year, debit and credit account on one line, decimal commas."""
    entries = _ordered(book)
    lengths = {len(terms.numbers[a.gl_account_id].number) for a in book.accounts}
    if len(lengths) > 1:
        raise DomainError(
            "All account numbers of a booking batch have one length. Mend the mapping first.",
            "mapping_id",
        )
    first_on = entries[0].posting_on
    year_on = _year_start(first_on, terms.year_start_month)
    last_on = entries[-1].posting_on
    if _year_start(last_on, terms.year_start_month) != year_on:
        raise DomainError(
            "A booking batch is of one fiscal year. Export each year by itself.", "until_on"
        )
    made_at = max(entry.recorded_at for entry in entries).strftime("%Y%m%d%H%M%S000")
    head = (
        '"EXTF"', "700", "21", '"Buchungsstapel"', "13", made_at, "", '""', '""', '""',
        terms.consultant_number, terms.client_number, f"{year_on:%Y%m%d}", str(lengths.pop()),
        f"{first_on:%Y%m%d}", f"{last_on:%Y%m%d}", _quoted(book.entity, 30), '""', "1", "0", "0",
        _quoted(book.currency, 3), "", '""', "", "", '""', "", "", '""', '""',
    )  # fmt: skip
    rows = [head, BATCH_COLUMNS]
    for entry in entries:
        for debit, credit, amount in pairs_of(entry):
            one, other = terms.numbers[debit.gl_account_id], terms.numbers[credit.gl_account_id]
            row = [""] * len(BATCH_COLUMNS)
            row[:3] = number_text(amount, book.currency).replace(".", ","), '"S"', '""'
            row[6:14] = [
                one.number,
                other.number,
                _quoted(one.tax_code or other.tax_code or terms.tax_code, 4),
                f"{entry.posting_on:%d%m}",
                _quoted(re.sub(r"[^A-Za-z0-9$&%*+/-]", "-", entry.entry_id), 36),
                '""',
                "",
                _quoted(entry.description, 60),
            ]
            row[36] = _quoted(debit.project or credit.project, 36)
            rows.append(tuple(row))
    return "".join(";".join(row) + "\r\n" for row in rows)


def _year_start(on: date, month: int) -> date:
    return date(on.year if on.month >= month else on.year - 1, month, 1)


def _quoted(text: str, length: int) -> str:
    plain = " ".join(text.split())[:length].replace('"', '""')
    return f'"{plain}"'


SHAPES: Final[Mapping[Package, Shape]] = {
    Package.CSV: Shape(
        "CSV of debits and credits", "csv", "utf-8", re.compile(r"\S.{0,19}"),
        "up to 20 signs", _debit_credit,
    ),
    Package.XERO: Shape(
        "Xero, manual journals", "csv", "utf-8", re.compile(r"[A-Za-z0-9._-]{1,10}"),
        "up to 10 letters or digits", _xero, needs_tax_code=True,
    ),
    Package.BATCH: Shape(
        "DATEV, booking batch", "csv", "cp1252", re.compile(r"[1-9][0-9]{3,7}"),
        "4 to 8 digits", _batch, needs_client=True,
    ),
    Package.SAGE: Shape(
        "Sage 50, journals", "csv", "utf-8", re.compile(r"[0-9]{1,8}"),
        "up to 8 digits", _sage, needs_tax_code=True,
    ),
}  # fmt: skip
