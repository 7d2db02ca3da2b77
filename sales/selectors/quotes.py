"""Reads of quotes: the record with its estimate and analysis, and two versions compared."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.audit.selectors import ActivityRow
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound
from psa.core.money.rounding import EXACT, amount_for_minutes, round_to_minor
from psa.core.notifications.document_mails import mails_of
from psa.core.notifications.mailing import DeliveryView
from psa.core.pricing.page_selectors import trace_url
from sales import policies
from sales.models import Quote, QuoteLine, QuoteLineDetail, QuoteMilestone
from sales.rules.quote_analysis import (
    Analysis,
    EstimateRow,
    LineFacts,
    analyse_line,
    analyse_quote,
)

from . import visibility


@dataclass(frozen=True, slots=True)
class DetailRow:
    """A row of the estimate. Rates and amounts are None where the actor may not see them."""

    id: int
    transaction_class: str
    what: str
    unit_name: str
    starts_on: date
    minutes: int | None
    quantity: Decimal | None
    cost_rate: Money | None
    cost: Money | None
    bill_rate: Money | None
    bill: Money | None
    is_overridden: bool
    override_reason: str
    lacks_price: bool
    cost_why: str  # address of the trace; empty where there is none, or the rate is hidden
    bill_why: str


@dataclass(frozen=True, slots=True)
class LineView:
    """A quote line; `analysis` None unless the actor sees cost of this quote."""

    line: QuoteLine
    value: Money
    not_to_exceed: Money | None
    monthly: Money | None
    rows: list[DetailRow]
    minutes: int
    milestones: list[QuoteMilestone]
    milestones_total: Money
    milestones_left: Money
    analysis: Analysis | None


@dataclass(frozen=True, slots=True)
class QuotePage:
    quote: Quote
    lines: list[LineView]
    value: Money
    minutes: int
    analysis: Analysis | None
    discount: Money | None
    discount_share: Decimal | None
    sees_cost: bool
    sees_bill: bool
    is_frozen: bool
    is_open: bool
    versions: list[Quote]
    document_id: int | None
    mails: tuple[DeliveryView, ...]
    contract_id: int | None
    activity: list[ActivityRow]


@dataclass(frozen=True, slots=True)
class ComparedLine:
    """A line of two versions, matched by name and method; None where a version lacks it."""

    name: str
    before: Money | None
    after: Money | None
    change: Money
    before_minutes: int
    after_minutes: int


def quotes(*, actor: Actor) -> QuerySet[Any]:
    """The quotes the actor may see, as rows of the list."""
    return visibility.quotes_visible_to(actor).values(
        "id", "number", "version", "status", "currency", "valid_until", "sent_at",
        "opportunity__name", "opportunity__account__name", "opportunity__owner_id",
        "opportunity__owner__name",
    )  # fmt: skip


def quote_page(*, actor: Actor, quote_id: int) -> QuotePage:
    """The quote with lines, estimate and analysis, as far as the actor may see rates."""
    quote = visibility.get_quote(actor=actor, quote_id=quote_id)
    owner_id = quote.opportunity.owner_id
    cost, bill = policies.sees_cost(actor, owner_id), policies.sees_bill(actor, owner_id)
    lines = lines_of(quote)
    facts = [line_facts(line, quote.currency) for line in lines]
    whole = analyse_quote(facts, currency=quote.currency)
    views = [
        _line_view(line, fact, quote.currency, cost, bill, actor)
        for line, fact in zip(lines, facts, strict=True)
    ]
    document_id = (
        Document.objects.filter(record_type="sales.Quote", record_id=quote.pk, kind="quote")
        .order_by("-version", "-id")
        .values_list("pk", flat=True)
        .first()
    )
    contract = visibility.contracts_visible_to(actor).filter(quote_id=quote.pk)
    return QuotePage(
        quote=quote,
        lines=views,
        value=whole.price,
        minutes=whole.minutes,
        analysis=whole if cost else None,
        discount=whole.discount if bill else None,
        discount_share=whole.discount_share if bill else None,
        sees_cost=cost,
        sees_bill=bill,
        is_frozen=policies.is_frozen(quote),
        is_open=quote.opportunity.stage.outcome == policies.OPEN_OUTCOME,
        versions=list(
            Quote.objects.filter(number=quote.number)
            .order_by("-version")
            .only("id", "version", "status", "number")
        ),
        document_id=document_id,
        mails=mails_of("sales.Quote", quote.pk) if quote.sent_at else (),
        contract_id=contract.values_list("pk", flat=True).first(),
        activity=audit.activity_of(record_type="sales.Quote", record_id=quote.pk),
    )


def lines_of(quote: Quote) -> list[QuoteLine]:
    """The lines in order with estimate and milestones loaded. Four queries, whatever the size."""
    rows: QuerySet[QuoteLine] = quote.lines.order_by("position").prefetch_related(
        "details__role", "details__category", "details__resourcing_unit", "milestones"
    )
    return list(rows)


def line_facts(line: QuoteLine, currency: str) -> LineFacts:
    """A line as the analysis takes it."""
    agreed = None
    if line.billing_method != QuoteLine.Method.TIME_AND_MATERIAL:
        agreed = Money(line.value_amount, currency)
    rows = tuple(
        EstimateRow(
            cost=_money(row.cost_amount, currency),
            price=_money(row.bill_amount, currency),
            list_price=_money(_list_amount(row, currency), currency),
            minutes=row.minutes,
        )
        for row in line.details.all()
    )
    return LineFacts(rows=rows, agreed_price=agreed)


def get_detail(*, actor: Actor, detail_id: int) -> QuoteLineDetail:
    """A row of the estimate with its line and quote. Raises  NotFound."""
    visible = visibility.quotes_visible_to(actor).values("pk")
    row: QuoteLineDetail | None = (
        QuoteLineDetail.objects.filter(pk=detail_id, line__quote__in=visible)
        .select_related("line__quote__opportunity")
        .first()
    )
    if row is None:
        raise NotFound("This row does not exist, or it is not yours to see.")
    return row


def compare_versions(*, actor: Actor, quote_id: int, other_id: int) -> list[ComparedLine]:
    """Line by line what changed from the older of two versions to the newer.

    Raises  DomainError if they are not versions of one quote; NotFound.
    """
    one = visibility.get_quote(actor=actor, quote_id=quote_id)
    other = visibility.get_quote(actor=actor, quote_id=other_id)
    if one.number != other.number:
        raise DomainError("Only versions of the same quote can be compared.")
    older, newer = sorted((one, other), key=lambda quote: quote.version)
    before = {(line.name, line.billing_method): line for line in lines_of(older)}
    after = {(line.name, line.billing_method): line for line in lines_of(newer)}
    zero = Money(0, newer.currency)
    compared = []
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        was_value = Money(was.value_amount, newer.currency) if was else None
        now_value = Money(now.value_amount, newer.currency) if now else None
        compared.append(
            ComparedLine(
                name=key[0],
                before=was_value,
                after=now_value,
                change=(now_value or zero) - (was_value or zero),
                before_minutes=_minutes(was),
                after_minutes=_minutes(now),
            )
        )
    return compared


def _minutes(line: QuoteLine | None) -> int:
    return sum(row.minutes or 0 for row in line.details.all()) if line else 0


def _line_view(
    line: QuoteLine, facts: LineFacts, currency: str, sees_cost: bool, sees_bill: bool, actor: Actor
) -> LineView:
    value = Money(line.value_amount, currency)
    milestones = sorted(line.milestones.all(), key=lambda m: m.position)
    scheduled = Money(sum((m.amount for m in milestones), Decimal(0)), currency)
    details = sorted(line.details.all(), key=lambda d: d.position)
    return LineView(
        line=line,
        value=value,
        not_to_exceed=_money(line.not_to_exceed_amount, currency),
        monthly=_money(line.retainer_amount, currency),
        rows=[_detail_row(row, currency, sees_cost, sees_bill, actor) for row in details],
        minutes=sum(row.minutes or 0 for row in details),
        milestones=milestones,
        milestones_total=scheduled,
        milestones_left=value - scheduled,
        analysis=analyse_line(facts, currency=currency) if sees_cost else None,
    )


def _detail_row(
    row: QuoteLineDetail, currency: str, sees_cost: bool, sees_bill: bool, actor: Actor
) -> DetailRow:
    def why(trace_id: int | None) -> str:
        return trace_url(trace_id, actor=actor) if trace_id is not None else ""

    subject = row.role or row.category
    what = str(subject) if subject else ""
    if row.description:
        what = f"{what} · {row.description}" if what else row.description
    overridden = row.bill_rate is not None and row.bill_rate != row.list_bill_rate
    return DetailRow(
        id=row.pk,
        transaction_class=row.transaction_class,
        what=what,
        unit_name=str(row.resourcing_unit) if row.resourcing_unit else "",
        starts_on=row.starts_on,
        minutes=row.minutes,
        quantity=row.quantity,
        cost_rate=_money(row.cost_rate, currency) if sees_cost else None,
        cost=_money(row.cost_amount, currency) if sees_cost else None,
        bill_rate=_money(row.bill_rate, currency) if sees_bill else None,
        bill=_money(row.bill_amount, currency) if sees_bill else None,
        is_overridden=overridden or bool(row.override_reason),
        override_reason=row.override_reason,
        lacks_price=row.cost_amount is None or row.bill_amount is None,
        cost_why=why(row.cost_trace_id if sees_cost else None),
        bill_why=why(row.bill_trace_id if sees_bill else None),
    )


def _list_amount(row: QuoteLineDetail, currency: str) -> Decimal | None:
    rate = row.list_bill_rate
    if rate is None:
        return None
    if row.minutes is not None:
        return amount_for_minutes(row.minutes, rate, "hour", Decimal(8), currency).amount
    exact = EXACT.multiply(row.quantity or Decimal(0), rate)
    return round_to_minor(Money(exact, currency)).amount


def _money(amount: Decimal | None, currency: str) -> Money | None:
    return None if amount is None else Money(amount, currency)
