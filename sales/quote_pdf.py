"""The quote as the customer gets it: frozen data in, the bytes of a PDF out."""

from dataclasses import dataclass
from datetime import date

from moneyed import Money

from psa.core.documents import pdf


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


def render(document: QuoteDocument) -> bytes:
    """The offer on the seller's letterhead; equal documents give equal bytes."""
    number = f"{document.number} version {document.version}"
    story = [
        pdf.text(f"{document.buyer.name}\n{document.buyer.address}".strip()),
        pdf.space(8),
        pdf.text(document.title, "title"),
        pdf.facts(_facts(document, number)),
    ]
    if document.scope:
        story += [pdf.text("Scope", "heading"), pdf.text(document.scope)]
    story += [
        pdf.text("What we offer", "heading"),
        pdf.space(2),
        pdf.table(
            [
                pdf.Column("Line", 5),
                pdf.Column("Billing", 3),
                pdf.Column("Amount", 2, is_number=True),
            ],
            [(line.name, line.method, pdf.money(line.amount)) for line in document.lines],
        ),
        pdf.space(2),
        pdf.totals([("Total without tax", pdf.money(document.total))]),
    ]
    for line in document.lines:
        story += _line(line)
    if document.terms:
        story += [pdf.text("Terms", "heading"), pdf.text(document.terms)]
    seller = document.seller
    footer = [seller.name, *([f"Tax number {seller.tax_id}"] if seller.tax_id else [])]
    return pdf.render(
        title=f"Quote {number}",
        letterhead=pdf.Letterhead(
            name=seller.name, address=seller.address.splitlines(), footer=footer
        ),
        story=story,
        subject=document.title,
    )


def _facts(document: QuoteDocument, number: str) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [("Quote", number), ("Date", _day(document.dated_on))]
    if document.valid_until is not None:
        facts.append(("Valid until", _day(document.valid_until)))
    return facts


def _line(line: QuoteLineText) -> list[object]:
    story: list[object] = [pdf.text(line.name, "heading")]
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
                [(m.name, _day(m.due_on), pdf.money(m.amount)) for m in line.milestones],
            ),
        ]
    return story


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
