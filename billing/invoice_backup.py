"""The invoice backup report: the timesheets and receipts behind an invoice. Frozen data in, PDF out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby

from moneyed import Money

from billing.invoice_pdf import hours
from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, day, said, written_in


class BackupGrouping(StrEnum):
    """What the timesheets are grouped by."""

    PERSON = "person"
    TASK = "task"
    PROJECT = "project"


@dataclass(frozen=True, slots=True)
class WorkedRow:
    """One time entry as invoiced."""

    project: str
    task: str
    person: str
    worked_on: date
    description: str
    minutes: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt's file; `picture` is its bytes when it can be shown on a page."""

    filename: str
    picture: bytes | None


@dataclass(frozen=True, slots=True)
class SpentRow:
    """One expense or material as invoiced, with its receipts."""

    project: str
    person: str
    category: str
    spent_on: date
    description: str
    amount: Money
    receipts: tuple[Receipt, ...] = ()


@dataclass(frozen=True, slots=True)
class BackupReport:
    """All that stands in the report."""

    invoice_number: str
    seller: str
    seller_address: str
    buyer: str
    contract: str
    worked: tuple[WorkedRow, ...]
    spent: tuple[SpentRow, ...]
    language: str = ENGLISH

    @property
    def is_empty(self) -> bool:
        return not self.worked and not self.spent


def render(report: BackupReport, grouping: BackupGrouping = BackupGrouping.PERSON) -> bytes:
    """Timesheets in groups with their hours, expenses, then one receipt a page.

    Receipts that are PDF files are named here and go beside the report. The same report gives the
    same bytes.
    """
    with written_in(report.language):
        return _rendered(report, grouping)


def _rendered(report: BackupReport, grouping: BackupGrouping) -> bytes:
    title = said("Backup of invoice {number}", number=report.invoice_number)
    story: list[pdf.Block] = [
        pdf.text(title, "title"),
        pdf.facts([("For", report.buyer), ("Contract", report.contract)]),
    ]
    story += _timesheets(report.worked, grouping)
    numbered = _numbered(report.spent)
    story += _expenses(report.spent, numbered)
    story += _receipts(numbered)
    return pdf.render(
        title=title,
        letterhead=pdf.Letterhead(report.seller, report.seller_address.splitlines()),
        story=story,
        subject=report.contract,
    )


_KEYS: dict[BackupGrouping, Callable[[WorkedRow], str]] = {
    BackupGrouping.PERSON: lambda row: row.person,
    BackupGrouping.TASK: lambda row: row.task or said("Without a task"),
    BackupGrouping.PROJECT: lambda row: row.project,
}


def _timesheets(worked: Sequence[WorkedRow], grouping: BackupGrouping) -> list[pdf.Block]:
    if not worked:
        return []
    key = _KEYS[grouping]
    story: list[pdf.Block] = [pdf.heading("Timesheets")]
    rows = sorted(worked, key=lambda row: (key(row), row.worked_on, row.person, row.task))
    for label, members in groupby(rows, key=key):
        group = list(members)
        by_person = grouping is BackupGrouping.PERSON
        total = said("{hours} h", hours=hours(sum(row.minutes for row in group)))
        story.append(pdf.text(f"{label}: {total}", "heading"))
        story.append(
            pdf.table(
                [
                    pdf.Column("Date", 1.3),
                    pdf.Column("Task" if by_person else "Person", 2.2),
                    pdf.Column("Work", 4.2),
                    pdf.Column("Hours", 0.9, is_number=True),
                ],
                [
                    (
                        day(row.worked_on),
                        row.task if by_person else row.person,
                        row.description,
                        hours(row.minutes),
                    )
                    for row in group
                ],
            )
        )
    story += [
        pdf.space(2),
        pdf.totals(
            [
                (
                    said("All hours"),
                    said("{hours} h", hours=hours(sum(row.minutes for row in worked))),
                )
            ]
        ),
    ]
    return story


def _numbered(spent: Sequence[SpentRow]) -> dict[int, list[tuple[int, Receipt]]]:
    """Row's place → its receipts with their running numbers."""
    numbered: dict[int, list[tuple[int, Receipt]]] = {}
    number = 0
    for place, row in enumerate(spent):
        numbered[place] = []
        for receipt in row.receipts:
            number += 1
            numbered[place].append((number, receipt))
    return numbered


def _expenses(
    spent: Sequence[SpentRow], numbered: dict[int, list[tuple[int, Receipt]]]
) -> list[pdf.Block]:
    if not spent:
        return []
    total = sum((row.amount for row in spent[1:]), spent[0].amount)
    return [
        pdf.heading("Expenses and materials"),
        pdf.table(
            [
                pdf.Column("Date", 1.3),
                pdf.Column("Person", 1.8),
                pdf.Column("What", 3.6),
                pdf.Column("Receipt", 1.2),
                pdf.Column("Amount", 1.4, is_number=True),
            ],
            [
                (
                    day(row.spent_on),
                    row.person,
                    "\n".join(part for part in (row.category, row.description) if part),
                    ", ".join(f"R{number}" for number, _ in numbered[place]) or said("none"),
                    pdf.money(row.amount),
                )
                for place, row in enumerate(spent)
            ],
        ),
        pdf.space(2),
        pdf.totals([(said("All expenses"), pdf.money(total))]),
    ]


def _receipts(numbered: dict[int, list[tuple[int, Receipt]]]) -> list[pdf.Block]:
    story: list[pdf.Block] = []
    beside = []
    for number, receipt in (pair for pairs in numbered.values() for pair in pairs):
        if receipt.picture is None:
            beside.append((f"R{number}", receipt.filename))
            continue
        story += [
            pdf.NewPage(),
            pdf.text(f"{said('Receipt')} R{number}: {receipt.filename}", "strong"),
            pdf.space(2),
            pdf.Picture(receipt.picture),
        ]
    if beside:
        story = [pdf.heading("Receipts in files of their own"), pdf.facts(beside), *story]
    return story
