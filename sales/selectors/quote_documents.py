"""What a quote's document says, read once and frozen."""

from decimal import Decimal

from moneyed import Money

from psa.core.documents import pdf
from psa.core.documents.language import language_of, long_day, number, said, written_in
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
    language = language_of(account.language, entity.language)
    with written_in(language):
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
        language=language,
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
    found = []
    if line.starts_on and line.ends_on:
        first, last = long_day(line.starts_on), long_day(line.ends_on)
        found.append(said("From {first} to {last}.", first=first, last=last))
    if line.not_to_exceed_amount is not None:
        limit = _money(line.not_to_exceed_amount, currency)
        found.append(said("Not to exceed {amount}.", amount=limit))
    if line.billing_method == QuoteLine.Method.RETAINER and line.retainer_amount is not None:
        found.append(said("{amount} per month.", amount=_money(line.retainer_amount, currency)))
        if line.retainer_minutes:
            hours = _hours(line.retainer_minutes)
            found.append(said("{hours} hours a month are included.", hours=hours))
        found.append(said(_OVERAGE[line.retainer_overage_policy]))
        found.append(said(_UNDERUSE[line.retainer_underuse_policy]))
    return found


def _effort(row: QuoteLineDetail, currency: str) -> QuoteEffort:
    subject = str(row.role or row.category or "")
    what = ", ".join(part for part in (subject, row.description) if part)
    return QuoteEffort(
        what=what,
        quantity=_plain(row.quantity or Decimal(0))
        if row.minutes is None
        else said("{hours} h", hours=_hours(row.minutes)),
        rate=_plain(row.bill_rate or Decimal(0)),
        amount=_amount(row.bill_amount or Decimal(0), currency),
    )


def _amount(amount: Decimal, currency: str) -> Money:
    return Money(amount, currency)


def _money(amount: Decimal, currency: str) -> str:
    return pdf.money(_amount(amount, currency))


def _hours(minutes: int) -> str:
    """45, or 45:30."""
    hours, rest = divmod(minutes, 60)
    return f"{number(hours)}:{rest:02d}" if rest else number(hours)


def _plain(value: Decimal) -> str:
    """Grouped, with two decimals or as many as a rate has."""
    fraction = f"{value:.6f}".partition(".")[2].rstrip("0")
    return number(value, max(2, len(fraction)))
