"""The quote as the customer gets it: frozen data in, the bytes of a PDF out."""

from dataclasses import dataclass
from datetime import date

from moneyed import Money

from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, long_day, said, written_in


@dataclass(frozen=True, slots=True)
class QuoteParty:
    name: str
    address: str = ""
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class QuoteEffort:
    """Estimated work of a time-and-material line, at the offered rate."""

    what: str
    quantity: str
    rate: str
    amount: Money


@dataclass(frozen=True, slots=True)
class QuoteMilestoneText:
    name: str
    due_on: date
    amount: Money


@dataclass(frozen=True, slots=True)
class QuoteLineText:
    """One line of the offer; `conditions` are its terms as sentences."""

    name: str
    method: str
    amount: Money
    conditions: tuple[str, ...]
    effort: tuple[QuoteEffort, ...] = ()
    milestones: tuple[QuoteMilestoneText, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteDocument:
    """All that stands in the document. It holds no cost and no margin."""

    number: str
    version: int
    title: str
    seller: QuoteParty
    buyer: QuoteParty
    dated_on: date
    valid_until: date | None
    scope: str
    terms: str
    lines: tuple[QuoteLineText, ...]
    total: Money
    language: str = ENGLISH


def render(document: QuoteDocument) -> bytes:
    """The offer on the seller's letterhead, in its language; equal documents give equal bytes."""
    with written_in(document.language):
        return _rendered(document)


def _rendered(document: QuoteDocument) -> bytes:
    number = said("{number} version {version}", number=document.number, version=document.version)
    story: list[pdf.Block] = [
        pdf.text(f"{document.buyer.name}\n{document.buyer.address}".strip()),
        pdf.space(8),
        pdf.text(document.title, "title"),
        pdf.facts(_facts(document, number)),
    ]
    if document.scope:
        story += [pdf.heading("Scope"), pdf.text(document.scope)]
    story += [
        pdf.heading("What we offer"),
        pdf.space(2),
        pdf.table(
            [
                pdf.Column("Line", 5),
                pdf.Column("Billing", 3),
                pdf.Column("Amount", 2, is_number=True),
            ],
            [(line.name, said(line.method), pdf.money(line.amount)) for line in document.lines],
        ),
        pdf.space(2),
        pdf.totals([(said("Total without tax"), pdf.money(document.total))]),
    ]
    for line in document.lines:
        story += _line(line)
    if document.terms:
        story += [pdf.heading("Terms"), pdf.text(document.terms)]
    story += _acceptance(document, number)
    seller = document.seller
    tax_number = [said("Tax number {number}", number=seller.tax_id)] if seller.tax_id else []
    footer = [seller.name, *tax_number]
    return pdf.render(
        title=said("Quote {number}", number=number),
        letterhead=pdf.Letterhead(
            name=seller.name, address=seller.address.splitlines(), footer=footer
        ),
        story=story,
        subject=document.title,
    )


def _acceptance(document: QuoteDocument, number: str) -> list[pdf.Block]:
    """Where the customer signs what it accepts."""
    line = "_" * 40
    return [
        pdf.heading("Acceptance"),
        pdf.text(
            said("{customer} accepts quote {number}.", customer=document.buyer.name, number=number)
        ),
        pdf.space(4),
        pdf.facts([(label, line) for label in ("Name", "Date", "Signature")]),
    ]


def _facts(document: QuoteDocument, number: str) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [("Quote", number), ("Date", long_day(document.dated_on))]
    if document.valid_until is not None:
        facts.append(("Valid until", long_day(document.valid_until)))
    return facts


def _line(line: QuoteLineText) -> list[pdf.Block]:
    story: list[pdf.Block] = [pdf.text(line.name, "heading")]
    story += [pdf.text(condition) for condition in line.conditions]
    if line.effort:
        story += [
            pdf.space(1),
            pdf.table(
                [
                    pdf.Column("Estimate", 5),
                    pdf.Column("Quantity", 2, is_number=True),
                    pdf.Column("Rate", 2, is_number=True),
                    pdf.Column("Amount", 2, is_number=True),
                ],
                [(e.what, e.quantity, e.rate, pdf.money(e.amount)) for e in line.effort],
            ),
        ]
    if line.milestones:
        story += [
            pdf.space(1),
            pdf.table(
                [
                    pdf.Column("Milestone", 5),
                    pdf.Column("Due", 2),
                    pdf.Column("Amount", 2, is_number=True),
                ],
                [(m.name, long_day(m.due_on), pdf.money(m.amount)) for m in line.milestones],
            ),
        ]
    return story
