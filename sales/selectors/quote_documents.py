"""What a quote's document says, read once and frozen."""

from decimal import Decimal

from moneyed import Money

from sales.models import Quote, QuoteLine, QuoteLineDetail
from sales.quote_pdf import (
    QuoteDocument,
    QuoteEffort,
    QuoteLineText,
    QuoteMilestoneText,
    QuoteParty,
)

from .quotes import lines_of

_OVERAGE = {
    "bill": "Hours beyond are billed.",
    "carry_forward": "Hours beyond are taken from the next month.",
    "write_off": "Hours beyond are not billed.",
}
_UNDERUSE = {
    "expire": "Unused hours expire at the end of the month.",
    "roll_over": "Unused hours roll over.",
    "refund": "Unused hours are refunded.",
}


def quote_document(quote: Quote) -> QuoteDocument:
    """The document of a quote that is being sent; `sent_at` must be set."""
    opportunity = quote.opportunity
    entity, account = opportunity.contracting_unit.legal_entity, opportunity.account
    if quote.sent_at is None:
        raise ValueError("a quote's document is dated by its sending")
    lines = tuple(_line(line, quote.currency) for line in lines_of(quote))
    return QuoteDocument(
        number=quote.number,
        version=quote.version,
        title=opportunity.name,
        seller=QuoteParty(entity.name, entity.address, entity.tax_id),
        buyer=QuoteParty(account.legal_name or account.name, account.address, account.tax_id),
        dated_on=quote.sent_at.date(),
        valid_until=quote.valid_until,
        scope=quote.scope,
        terms=quote.terms,
        lines=lines,
        total=sum((line.amount for line in lines), Money(0, quote.currency)),
    )


def _line(line: QuoteLine, currency: str) -> QuoteLineText:
    is_time = line.billing_method == QuoteLine.Method.TIME_AND_MATERIAL
    return QuoteLineText(
        name=line.name,
        method=line.get_billing_method_display(),
        amount=_amount(line.value_amount, currency),
        conditions=tuple(_conditions(line, currency)),
        effort=tuple(
            _effort(row, currency)
            for row in sorted(line.details.all(), key=lambda row: row.position)
        )
        if is_time
        else (),
        milestones=tuple(
            QuoteMilestoneText(m.name, m.due_on, _amount(m.amount, currency))
            for m in sorted(line.milestones.all(), key=lambda m: m.position)
        ),
    )


def _conditions(line: QuoteLine, currency: str) -> list[str]:
    said = []
    if line.starts_on and line.ends_on:
        said.append(f"From {line.starts_on:%d.%m.%Y} to {line.ends_on:%d.%m.%Y}.")
    if line.not_to_exceed_amount is not None:
        said.append(f"Not to exceed {_plain(line.not_to_exceed_amount)} {currency}.")
    if line.billing_method == QuoteLine.Method.RETAINER and line.retainer_amount is not None:
        said.append(f"{_plain(line.retainer_amount)} {currency} per month.")
        if line.retainer_minutes:
            hours = Decimal(line.retainer_minutes) / 60
            said.append(f"{_plain(hours)} hours a month are included.")
        said.append(_OVERAGE[line.retainer_overage_policy])
        said.append(_UNDERUSE[line.retainer_underuse_policy])
    return said


def _effort(row: QuoteLineDetail, currency: str) -> QuoteEffort:
    subject = str(row.role or row.category or "")
    what = ", ".join(part for part in (subject, row.description) if part)
    is_time = row.minutes is not None
    quantity = Decimal(row.minutes) / 60 if row.minutes is not None else row.quantity or Decimal(0)
    return QuoteEffort(
        what=what,
        quantity=f"{_plain(quantity)} h" if is_time else _plain(quantity),
        rate=_plain(row.bill_rate or Decimal(0)),
        amount=_amount(row.bill_amount or Decimal(0), currency),
    )


def _amount(amount: Decimal, currency: str) -> Money:
    return Money(amount, currency)


def _plain(value: Decimal) -> str:
    """Grouped, with two decimals or as many as a rate has."""
    text = f"{value:,.6f}".rstrip("0")
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(2, '0')}"
