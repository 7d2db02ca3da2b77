"""The invoice as the customer gets it: frozen data in, the bytes of a PDF out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from moneyed import Money

from psa.core.documents import pdf
from psa.core.documents.language import ENGLISH, day, number, said, written_in


class Detail(StrEnum):
    """How far the lines are broken down."""

    SUMMARY = "summary"
    BY_ROLE = "by_role"
    BY_PERSON = "by_person"
    BY_TASK = "by_task"
    BY_CATEGORY = "by_category"
    FULL = "full"


# In the order that forms and menus offer them.
DETAILS = (
    (Detail.SUMMARY, "Summary"),
    (Detail.BY_ROLE, "By role"),
    (Detail.BY_PERSON, "By person"),
    (Detail.BY_TASK, "By task"),
    (Detail.BY_CATEGORY, "By kind of work"),
    (Detail.FULL, "Every line"),
)


@dataclass(frozen=True, slots=True)
class Party:
    name: str
    address: str
    tax_id: str = ""


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """One invoice line with the names it is grouped by; `price` is per hour, day or unit."""

    project: str
    contract_line: str
    role: str
    person: str
    task: str
    category: str
    transaction_class: str
    worked_on: date
    description: str
    minutes: int | None
    quantity: Decimal | None
    unit: str
    price: Decimal
    net: Money


@dataclass(frozen=True, slots=True)
class TaxLine:
    name: str
    tax_percent: Decimal
    net: Money
    tax: Money
    entity_tax: Money


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """All that stands in the document; nothing is looked up again."""

    number: str
    is_credit_note: bool
    corrects: str
    reason: str
    seller: Party
    seller_footer: tuple[str, ...]
    buyer: Party
    issued_on: date
    due_on: date
    terms_days: int
    contract: str
    po_number: str
    lines: tuple[DocumentLine, ...]
    taxes: tuple[TaxLine, ...]
    tax_notes: tuple[str, ...]
    net: Money
    total: Money
    entity_total: Money
    entity_rate: Decimal
    entity_rate_on: date
    bank: tuple[tuple[str, str], ...]
    language: str = ENGLISH

    @property
    def title(self) -> str:
        return said("Credit note") if self.is_credit_note else said("Invoice")


@dataclass(frozen=True, slots=True)
class _Row:
    what: str
    quantity: str
    price: str
    amount: Money


def render(document: InvoiceDocument, detail: Detail) -> bytes:
    """The PDF at the chosen detail, in the document's language. The same document, the same bytes."""
    with written_in(document.language):
        return _rendered(document, detail)


def _rendered(document: InvoiceDocument, detail: Detail) -> bytes:
    story: list[pdf.Block] = [
        pdf.text(f"{document.title} {document.number}", "title"),
        pdf.text(document.buyer.name, "strong"),
        pdf.text(document.buyer.address),
        pdf.space(4),
        pdf.facts(_facts(document)),
        pdf.space(4),
    ]
    story += _lines(document, detail)
    story += [pdf.space(3), pdf.totals(_totals(document)), pdf.space(4)]
    story += _tax_notes(document)
    if document.bank and not document.is_credit_note:
        story += [
            pdf.heading("Payment"),
            pdf.facts([*document.bank, ("Reference", document.number)]),
        ]
    return pdf.render(
        title=f"{document.title} {document.number}",
        letterhead=pdf.Letterhead(
            document.seller.name, document.seller.address.splitlines(), document.seller_footer
        ),
        story=story,
        subject=document.contract,
    )


def _facts(document: InvoiceDocument) -> list[tuple[str, object]]:
    rows: list[tuple[str, object]] = [
        ("Date", day(document.issued_on)),
        ("Supplied", supplied(document.lines)),
    ]
    if document.is_credit_note:
        rows += [("Corrects invoice", document.corrects), ("Reason", document.reason)]
    else:
        due_on, count = day(document.due_on), document.terms_days
        rows.append(("Due", said("{day}, net {count} days", day=due_on, count=count)))
    rows.append(("Contract", document.contract))
    if document.po_number:
        rows.append(("Your order", document.po_number))
    if document.buyer.tax_id:
        rows.append(("Your tax number", document.buyer.tax_id))
    if document.seller.tax_id:
        rows.append(("Our tax number", document.seller.tax_id))
    return rows


def _lines(document: InvoiceDocument, detail: Detail) -> list[pdf.Block]:
    story: list[pdf.Block] = []
    subjects = list(dict.fromkeys(_subject(line) for line in document.lines))
    has_projects = any(line.project for line in document.lines)
    for subject in subjects:
        lines = [line for line in document.lines if _subject(line) == subject]
        if has_projects or len(subjects) > 1:
            story.append(pdf.text(subject or said("Other"), "heading"))
        story.append(
            pdf.table(
                [
                    pdf.Column("Description", 5),
                    pdf.Column("Quantity", 1.4, is_number=True),
                    pdf.Column("Price", 1.4, is_number=True),
                    pdf.Column("Amount", 1.6, is_number=True),
                ],
                [
                    (row.what, row.quantity, row.price, pdf.money(row.amount))
                    for row in rows_of(lines, detail)
                ],
            )
        )
        if len(subjects) > 1:
            subtotal = _sum(lines)
            story.append(
                pdf.totals([(f"{said('Net')}, {subject or said('other')}", pdf.money(subtotal))])
            )
    return story


def _subject(line: DocumentLine) -> str:
    """What it is for: its project; a retainer's period, which has none, its contract line."""
    return line.project or line.contract_line


def rows_of(lines: Sequence[DocumentLine], detail: Detail) -> list[_Row]:
    """Lines grouped for the document, work before expenses before fees.

    A price is shown where one price holds for the whole row.
    """
    groups: dict[tuple[str, ...], list[DocumentLine]] = {}
    for place, line in enumerate(sorted(lines, key=_in_order)):
        groups.setdefault(_key(place, line, detail), []).append(line)
    return [_row(key, members, detail) for key, members in groups.items()]


def _in_order(line: DocumentLine) -> int:
    known = ("time", "expense", "material", "fee")
    return known.index(line.transaction_class) if line.transaction_class in known else len(known)


def _key(number: int, line: DocumentLine, detail: Detail) -> tuple[str, ...]:
    if detail is Detail.FULL or line.transaction_class == "fee":
        return (str(number),)
    if detail is Detail.SUMMARY:
        return (line.contract_line, line.transaction_class)
    if line.transaction_class != "time":
        return (line.transaction_class, line.category)
    price = f"{line.price} {line.unit}"
    named = {
        Detail.BY_ROLE: (line.role,),
        Detail.BY_PERSON: (line.person, line.role),
        Detail.BY_TASK: (line.task,),
        Detail.BY_CATEGORY: (line.category or line.role,),
    }
    return (*named[detail], price)


def _row(key: tuple[str, ...], lines: list[DocumentLine], detail: Detail) -> _Row:
    first = lines[0]
    minutes = sum(line.minutes or 0 for line in lines)
    is_time = first.transaction_class == "time" and minutes > 0
    prices = {(line.price, line.unit) for line in lines}
    shows_price = len(prices) == 1 and (is_time or len(lines) == 1)
    if is_time:
        quantity = said("{hours} h", hours=hours(minutes))
    else:
        quantity = plain(first.quantity) if len(lines) == 1 and first.quantity else ""
    return _Row(
        what=_what(first, detail),
        quantity=quantity,
        price=f"{price_of(first.price)}/{said(first.unit)}"
        if shows_price and is_time
        else (price_of(first.price) if shows_price else ""),
        amount=_sum(lines),
    )


def _what(line: DocumentLine, detail: Detail) -> str:
    if line.transaction_class == "fee":
        return line.description
    if detail is Detail.FULL:
        who = line.person or line.category
        text = line.description or line.task or line.category
        return f"{day(line.worked_on)}  {who}\n{text}" if who else f"{day(line.worked_on)}  {text}"
    if detail is Detail.SUMMARY:
        kinds = {"time": "services", "expense": "expenses", "material": "materials"}
        return f"{line.contract_line}, {said(kinds.get(line.transaction_class, 'other'))}"
    if line.transaction_class != "time":
        return line.category or line.description
    if detail is Detail.BY_ROLE:
        return line.role or said("Services")
    if detail is Detail.BY_TASK:
        return line.task or said("Services")
    if detail is Detail.BY_CATEGORY:
        return line.category or line.role or said("Services")
    return f"{line.person}, {line.role}" if line.role else line.person


def _sum(lines: Sequence[DocumentLine]) -> Money:
    return sum((line.net for line in lines[1:]), lines[0].net)


def _totals(document: InvoiceDocument) -> list[tuple[str, str]]:
    rows = [(said("Net"), pdf.money(document.net))]
    for tax in document.taxes:
        label = said("{tax} on {net}", tax=_tax_label(tax), net=pdf.money(tax.net))
        rows.append((label, pdf.money(tax.tax)))
    code = document.total.currency.code
    rows.append((said("Total {code}", code=code), pdf.money(document.total)))
    return rows


def _tax_notes(document: InvoiceDocument) -> list[pdf.Block]:
    """Reasons for no tax; and, in a foreign currency, the tax in the seller's own."""
    story: list[pdf.Block] = [pdf.text(note, "small") for note in document.tax_notes]
    if document.entity_total.currency != document.total.currency:
        code = document.entity_total.currency.code
        own = [
            (_tax_label(tax), pdf.money(tax.tax), pdf.money(tax.entity_tax))
            for tax in document.taxes
        ]
        story += [
            pdf.text(said("Tax in {code}", code=code), "heading"),
            pdf.table(
                [
                    pdf.Column("Tax", 4),
                    pdf.Column(document.total.currency.code, 2, is_number=True),
                    pdf.Column(code, 2, is_number=True),
                ],
                [
                    *own,
                    (said("Total"), pdf.money(document.total), pdf.money(document.entity_total)),
                ],
            ),
            pdf.text(
                said(
                    "1 {currency} = {rate} {own}, the rate of {day}.",
                    currency=document.total.currency.code,
                    rate=plain(document.entity_rate),
                    own=code,
                    day=day(document.entity_rate_on),
                ),
                "small",
            ),
        ]
    return [*story, pdf.space(3)] if story else []


def _tax_label(tax: TaxLine) -> str:
    percent = plain(tax.tax_percent)
    return tax.name if percent in tax.name else f"{tax.name} {percent} %"


def supplied(lines: Sequence[DocumentLine]) -> str:
    """From the first to the last day of what is invoiced, which tax law asks an invoice to say."""
    if not lines:
        return ""
    first, last = min(line.worked_on for line in lines), max(line.worked_on for line in lines)
    return (
        day(first) if first == last else said("{first} to {last}", first=day(first), last=day(last))
    )


def hours(minutes: int) -> str:
    """7:30."""
    sign = "−" if minutes < 0 else ""
    return f"{sign}{abs(minutes) // 60}:{abs(minutes) % 60:02d}"


def price_of(value: Decimal) -> str:
    """A price with two decimals, more only where it has them."""
    exponent = value.normalize().as_tuple().exponent
    places = -exponent if isinstance(exponent, int) else 0
    return number(value, max(places, 2))


def plain(value: Decimal) -> str:
    """A quantity or rate: whole, or with two decimals, more only where it has them."""
    normal = value.normalize()
    exponent = normal.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    whole_or_two = 0 if places == 0 else max(places, 2)
    return number(value, whole_or_two)
