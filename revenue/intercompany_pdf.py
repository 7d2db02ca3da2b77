"""The intercompany invoice as both entities keep it: frozen data in, the bytes of a PDF out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from moneyed import Money

from billing.invoice_pdf import hours, plain, price_of
from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, day, said, written_in


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    address: str
    tax_id: str
    footer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkLine:
    project: str
    role: str
    minutes: int
    price: Money
    unit: str
    net: Money


@dataclass(frozen=True, slots=True)
class TaxLine:
    name: str
    percent: Decimal
    tax: Money


@dataclass(frozen=True, slots=True)
class Document:
    """All that stands in it; nothing is looked up again."""

    number: str
    issued_on: date
    worked_until_on: date
    lender: Party
    borrower: Party
    lines: tuple[WorkLine, ...]
    net: Money
    taxes: tuple[TaxLine, ...]
    tax_note: str
    total: Money
    bank: tuple[tuple[str, str], ...]
    # Of the entity that gets it.
    language: str = ENGLISH

    @property
    def title(self) -> str:
        """In the language in force."""
        if self.total.amount < 0:
            return said("Intercompany credit note {number}", number=self.number)
        return said("Intercompany invoice {number}", number=self.number)


def render(document: Document) -> bytes:
    """The PDF in the document's language. The same document gives the same bytes."""
    with written_in(document.language):
        return _rendered(document)


def _rendered(document: Document) -> bytes:
    story: list[pdf.Block] = [
        pdf.text(document.title, "title"),
        pdf.text(document.borrower.name, "strong"),
        pdf.text(document.borrower.address),
        pdf.space(4),
        pdf.facts(_facts(document)),
        pdf.space(4),
        *_projects(document.lines),
        pdf.space(3),
        pdf.totals(_totals(document)),
    ]
    if document.tax_note:
        story += [pdf.space(3), pdf.text(document.tax_note, "small")]
    if document.bank and document.total.amount > 0:
        story += [
            pdf.space(3),
            pdf.heading("Payment"),
            pdf.facts([*document.bank, ("Reference", document.number)]),
        ]
    return pdf.render(
        title=document.title,
        letterhead=pdf.Letterhead(
            document.lender.name, document.lender.address.splitlines(), document.lender.footer
        ),
        story=story,
        subject=said("Lent work up to {day}", day=day(document.worked_until_on)),
    )


def _facts(document: Document) -> list[tuple[str, object]]:
    until = day(document.worked_until_on)
    rows: list[tuple[str, object]] = [
        ("Date", day(document.issued_on)),
        ("For", said("Work of our people for your projects, up to {day}", day=until)),
    ]
    if document.borrower.tax_id:
        rows.append(("Your tax number", document.borrower.tax_id))
    if document.lender.tax_id:
        rows.append(("Our tax number", document.lender.tax_id))
    return rows


def _projects(lines: Sequence[WorkLine]) -> list[pdf.Block]:
    story: list[pdf.Block] = []
    for project in dict.fromkeys(line.project for line in lines):
        rows = [line for line in lines if line.project == project]
        if project:
            story.append(pdf.text(project, "heading"))
        story.append(
            pdf.table(
                [
                    pdf.Column("Work", 5),
                    pdf.Column("Hours", 1.4, is_number=True),
                    pdf.Column("Price", 1.6, is_number=True),
                    pdf.Column("Amount", 1.6, is_number=True),
                ],
                [
                    (
                        row.role, hours(row.minutes), f"{price_of(row.price.amount)}/{said(row.unit)}",
                        pdf.money(row.net),
                    )
                    for row in rows
                ],
            )
        )  # fmt: skip
    return story


def _totals(document: Document) -> list[tuple[str, str]]:
    rows = [(said("Net"), pdf.money(document.net))]
    for tax in document.taxes:
        percent = plain(tax.percent)
        label = tax.name if percent in tax.name or not tax.percent else f"{tax.name} {percent} %"
        rows.append((label, pdf.money(tax.tax)))
    rows.append(
        (said("Total {code}", code=document.total.currency.code), pdf.money(document.total))
    )
    return rows
