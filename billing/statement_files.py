"""A statement of account as a file: PDF for the customer, rows for a spreadsheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from billing.invoice_pdf import Party
from billing.rules.statement import EntryKind, Statement
from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, day, said, written_in

WORDS = {
    EntryKind.INVOICE: "Invoice",
    EntryKind.CREDIT_NOTE: "Credit note",
    EntryKind.PAYMENT: "Payment",
    EntryKind.PAYMENT_REVERSED: "Payment reversed",
    EntryKind.WRITE_OFF: "Written off",
    EntryKind.RETENTION_WITHHELD: "Retention withheld",
    EntryKind.RETENTION_RELEASED: "Retention released",
    EntryKind.DUNNING_FEE: "Reminder fee",
}


@dataclass(frozen=True, slots=True)
class StatementDocument:
    """All that stands in the document."""

    seller: Party
    seller_footer: tuple[str, ...]
    buyer: Party
    currency: str
    statement: Statement
    bank: Sequence[tuple[str, str]]
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class FileRow:
    """One line of the spreadsheet; opening and closing balance are lines too."""

    on: str
    what: str
    number: str
    due_on: str
    amount: Decimal | None
    balance: Decimal
    currency: str


def file_rows(statement: Statement, currency: str) -> list[FileRow]:
    """The lines of the account, from the opening to the closing balance."""
    first, last = statement.from_on.isoformat(), statement.until_on.isoformat()
    return [
        FileRow(first, "Opening balance", "", "", None, statement.opening, currency),
        *(
            FileRow(
                row.entry.on.isoformat(),
                WORDS[row.entry.kind],
                row.entry.number,
                row.entry.due_on.isoformat() if row.entry.due_on else "",
                row.entry.amount,
                row.balance,
                currency,
            )
            for row in statement.rows
        ),
        FileRow(last, "Closing balance", "", "", None, statement.closing, currency),
    ]


def render(document: StatementDocument) -> bytes:
    """The PDF in the document's language; the same statement gives the same bytes."""
    with written_in(document.language):
        return _rendered(document)


def _rendered(document: StatementDocument) -> bytes:
    found = document.statement

    def money(amount: Decimal) -> str:
        return pdf.money(Money(amount, document.currency))

    period = said("{first} to {last}", first=day(found.from_on), last=day(found.until_on))
    story: list[pdf.Block] = [
        pdf.text(said("Statement of account"), "title"),
        pdf.text(f"{document.buyer.name}\n{document.buyer.address}".strip()),
        pdf.space(4),
        pdf.facts(
            [
                ("Period", period),
                ("Currency", document.currency),
                *((("Tax number", document.buyer.tax_id),) if document.buyer.tax_id else ()),
            ]
        ),
        pdf.table(
            [
                pdf.Column("Date", 1.2),
                pdf.Column("What", 1.6),
                pdf.Column("Number", 1.8),
                pdf.Column("Due", 1.2),
                pdf.Column("Amount", 1.4, is_number=True),
                pdf.Column("Balance", 1.4, is_number=True),
            ],
            [
                [day(found.from_on), said("Opening balance"), "", "", "", money(found.opening)],
                *(
                    [
                        day(row.entry.on),
                        said(WORDS[row.entry.kind]),
                        row.entry.number,
                        day(row.entry.due_on) if row.entry.due_on else "",
                        money(row.entry.amount),
                        money(row.balance),
                    ]
                    for row in found.rows
                ),
            ],
        ),
        pdf.totals(
            [
                (said("Opening balance"), money(found.opening)),
                (said("Invoices"), money(found.invoiced)),
                (said("Credit notes"), money(found.credited)),
                (said("Payments"), money(found.paid)),
                *(((said("Other"), money(found.other)),) if found.other else ()),
                (said("Closing balance"), money(found.closing)),
            ]
        ),
        pdf.heading("Open by age"),
        pdf.table(
            [
                pdf.Column(title, 1, is_number=True)
                for title in (
                    "Not due", "1 to 30 days", "31 to 60", "61 to 90", "Over 90", "Not allocated",
                )
            ],
            [
                [
                    money(amount)
                    for amount in (
                        found.ageing.not_due, found.ageing.days_30, found.ageing.days_60,
                        found.ageing.days_90, found.ageing.older, found.ageing.unallocated,
                    )
                ]
            ],
        ),
    ]  # fmt: skip
    if document.bank:
        story += [pdf.heading("How to pay"), pdf.facts(list(document.bank))]
    return pdf.render(
        title=f"{said('Statement of account')}, {document.buyer.name}",
        letterhead=pdf.Letterhead(
            document.seller.name, document.seller.address.splitlines(), document.seller_footer
        ),
        story=story,
        subject=period,
    )
