"""The estimate of a quote line: rows by role or category, priced by the price lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.ledger.rules.types import TransactionClass
from psa.core.money import fx
from psa.core.money.rounding import EXACT, amount_for_minutes, round_half_up, round_to_minor
from psa.core.org import selectors as org
from psa.core.org.models import JobRole, OrgUnit, TenantParameters, TransactionCategory
from psa.core.pricing import owners
from psa.core.pricing import selectors as pricing
from psa.core.pricing.rules.price_book import PriceBook
from psa.core.pricing.rules.resolution import resolve
from psa.core.pricing.rules.types import (
    BaseCost,
    FixedRate,
    PriceContext,
    PriceQuery,
    Resolved,
    Unpriced,
)
from psa.core.pricing.services import traces
from sales.models import Quote, QuoteLine, QuoteLineDetail
from sales.services import line_values, quotes
from sales.services.contract_rates import FIXED

# Rates of an estimate are per hour: a day's length does not come in.
HOURS_PER_DAY = Decimal(8)
PRICE_PLACES = 6


@dataclass(frozen=True, slots=True)
class DetailInput:
    """One row as typed. Time has role, unit and minutes; anything else category and quantity.

    A rate given replaces the lists' one and needs `override_reason`; None takes the lists' price.
    Rates are in the quote's currency, per hour or per unit. A quantity's cost is what is typed.
    """

    starts_on: date
    transaction_class: str = TransactionClass.TIME
    role_id: int | None = None
    resourcing_unit_id: int | None = None
    category_id: int | None = None
    description: str = ""
    minutes: int | None = None
    quantity: Decimal | None = None
    cost_rate: Decimal | None = None
    bill_rate: Decimal | None = None
    override_reason: str = ""


@transaction.atomic
def add_detail(*, line_id: int, detail: DetailInput, actor: Actor, at: datetime) -> QuoteLineDetail:
    """Add a row to the estimate and price it. Raises  Conflict if the quote is frozen."""
    return add_details(line_id=line_id, details=[detail], actor=actor, at=at)[0]


@transaction.atomic
def add_details(
    *, line_id: int, details: Sequence[DetailInput], actor: Actor, at: datetime
) -> list[QuoteLineDetail]:
    """Add rows to the estimate, in order, priced together. Raises  as `add_detail`."""
    quote, line = quotes.line_for_edit(line_id=line_id, actor=actor)
    last = line.details.aggregate(last=Max("position"))["last"] or 0
    rows = []
    for position, detail in enumerate(details, start=last + 1):
        _check(line, detail)
        row = QuoteLineDetail(tenant_id=actor.tenant_id, line=line, position=position)
        _fill(row, detail)
        rows.append(row)
    if not rows:
        return []
    price_rows(quote, rows, overrides=details, priced_on=at.date())
    QuoteLineDetail.objects.bulk_create(rows)
    line_values.refresh_value(line)
    added = "an estimate row" if len(rows) == 1 else f"{len(rows)} estimate rows"
    _tell(quote, actor, at, f"added {added} to “{line.name}”")
    return rows


@transaction.atomic
def edit_detail(
    *, detail_id: int, detail: DetailInput, actor: Actor, at: datetime
) -> QuoteLineDetail:
    """Change a row and price it anew."""
    quote, line, row = _row_for_edit(detail_id=detail_id, actor=actor)
    _check(line, detail)
    _fill(row, detail)
    price_rows(quote, [row], overrides=[detail], priced_on=at.date())
    row.save()
    line_values.refresh_value(line)
    _tell(quote, actor, at, f"changed an estimate row of “{line.name}”")
    return row


@transaction.atomic
def set_effort(
    *,
    detail_id: int,
    minutes: int | None = None,
    quantity: Decimal | None = None,
    actor: Actor,
    at: datetime,
) -> QuoteLineDetail:
    """Change how much of a row there is: minutes of time, or the quantity of anything else."""
    _quote, _line, row = _row_for_edit(detail_id=detail_id, actor=actor)
    detail = replace(as_typed(row), minutes=minutes, quantity=quantity)
    return edit_detail(detail_id=detail_id, detail=detail, actor=actor, at=at)


@transaction.atomic
def remove_detail(*, detail_id: int, actor: Actor, at: datetime) -> Quote:
    """Take a row out of the estimate."""
    quote, line, row = _row_for_edit(detail_id=detail_id, actor=actor)
    row.delete()
    line_values.refresh_value(line)
    _tell(quote, actor, at, f"removed an estimate row of “{line.name}”")
    return quote


@transaction.atomic
def reprice_quote(*, quote_id: int, actor: Actor, at: datetime) -> Quote:
    """Take today's price lists and exchange rates for every row; overridden rates stay."""
    quote = quotes.draft_for_edit(quote_id=quote_id, actor=actor)
    rows = list(QuoteLineDetail.objects.filter(line__quote=quote).select_related("line"))
    price_rows(quote, rows, overrides=[as_typed(row) for row in rows], priced_on=at.date())
    QuoteLineDetail.objects.bulk_update(rows, PRICED_FIELDS)
    for line in quote.lines.all():
        line_values.refresh_value(line)
    _tell(quote, actor, at, "priced the estimate anew")
    return quote


PRICED_FIELDS = (
    "cost_rate",
    "cost_amount",
    "bill_rate",
    "list_bill_rate",
    "bill_amount",
    "cost_trace",
    "bill_trace",
)


def price_rows(
    quote: Quote,
    rows: Sequence[QuoteLineDetail],
    *,
    overrides: Sequence[DetailInput],
    priced_on: date,
    book: PriceBook | None = None,
) -> None:
    """Set rates, amounts and traces of unsaved rows, in the quote's currency.

    Lists are those effective on the row's start; exchange rates are those of the start, or of
    `priced_on` when the start is still to come or the firm fixes them for its contracts. What has
    no price stays None, never 0.
    """
    days = [priced_on, *(row.starts_on for row in rows)]
    book = book or pricing.price_book(
        from_on=min(days),
        until_on=max(days),
        contexts=(PriceContext.COST, PriceContext.SALES),
    )
    is_fixed = TenantParameters.objects.filter(fx_policy=FIXED).exists()
    parents = org.unit_parents()
    units = org.units_up(quote.opportunity.contracting_unit_id, parents=parents)
    sales_owners = owners.sales_owners(None, quote.opportunity.account_id, units, quote_id=quote.pk)
    answers: list[tuple[str, Resolved | Unpriced]] = []
    found: list[tuple[Resolved | Unpriced | None, Resolved | Unpriced | None]] = []
    for row, typed in zip(rows, overrides, strict=True):
        fixed: tuple[FixedRate, ...] = ()
        if is_fixed or row.starts_on > priced_on:
            fixed = _rates_of(book, quote.currency, priced_on)
        cost, bill = _resolve(book, row, typed, quote, sales_owners, parents, fixed)
        found.append((cost, bill))
        answers += [
            (context, answer)
            for context, answer in (
                (PriceContext.COST.value, cost),
                (PriceContext.SALES.value, bill),
            )
            if answer is not None
        ]
    ids = iter(traces.trace_ids(tenant_id=quote.tenant_id, priced=answers))
    for row, typed, (cost, bill) in zip(rows, overrides, found, strict=True):
        row.cost_trace_id = next(ids) if cost is not None else None
        row.bill_trace_id = next(ids) if bill is not None else None
        _set_amounts(row, typed, cost, bill, quote.currency)


def _resolve(
    book: PriceBook,
    row: QuoteLineDetail,
    typed: DetailInput,
    quote: Quote,
    sales_owners: Sequence[owners.Owner],
    parents: dict[int, int | None],
    fixed: tuple[FixedRate, ...],
) -> tuple[Resolved | Unpriced | None, Resolved | Unpriced | None]:
    """What the lists say of a row's cost and price; None where nothing was asked of them."""
    if row.transaction_class != TransactionClass.TIME:
        base = None
        if typed.cost_rate is not None:
            base = BaseCost(typed.cost_rate, quote.currency, "piece")
        query = pricing.category_query(
            context=PriceContext.SALES,
            on=row.starts_on,
            owners=sales_owners,
            transaction_class=row.transaction_class,
            category_id=row.category_id,
            resourcing_unit_id=row.resourcing_unit_id,
            currency=quote.currency,
            unit="piece",
            cost=base,
            fixed_rates=fixed,
        )
        return None, resolve(book, query)
    unit_id = row.resourcing_unit_id or quote.opportunity.contracting_unit_id

    def question(context: PriceContext, chain: Sequence[owners.Owner]) -> PriceQuery:
        return pricing.time_query(
            context=context,
            on=row.starts_on,
            owners=chain,
            role_id=row.role_id,
            resourcing_unit_id=unit_id,
            currency=quote.currency,
            unit="hour",
            fixed_rates=fixed,
        )

    cost = resolve(
        book,
        question(PriceContext.COST, owners.cost_owners(org.units_up(unit_id, parents=parents))),
    )
    sale = question(PriceContext.SALES, sales_owners)
    if isinstance(cost, Resolved):
        sale = sale._replace(cost=BaseCost(cost.price, cost.currency, cost.unit))
    return cost, resolve(book, sale)


def _rates_of(book: PriceBook, currency: str, priced_on: date) -> tuple[FixedRate, ...]:
    """The exchange rates of the day of pricing, by list currency."""
    listed = {lst.row.currency for lists in book.lists_by_owner.values() for lst in lists}
    fixed = []
    for other in sorted(listed - {currency}):
        try:
            quoted = book.rates.rate(other, currency, priced_on, book.fx_base, book.fx_max_age_days)
        except fx.RateMissing:
            # The resolver says so in the trace of the row that would have needed it.
            continue
        fixed.append(FixedRate(other, currency, quoted.rate, quoted.rate_on))
    return tuple(fixed)


def _set_amounts(
    row: QuoteLineDetail,
    typed: DetailInput,
    cost: Resolved | Unpriced | None,
    bill: Resolved | Unpriced | None,
    currency: str,
) -> None:
    listed_cost = cost.price if isinstance(cost, Resolved) else None
    listed = bill.price if isinstance(bill, Resolved) else _by_expense_policy(row, typed)
    row.cost_rate = typed.cost_rate if typed.cost_rate is not None else listed_cost
    row.list_bill_rate = listed
    row.bill_rate = typed.bill_rate if typed.bill_rate is not None else listed
    if typed.cost_rate is not None:
        row.cost_trace_id = None
    row.cost_amount = _amount(row, row.cost_rate, currency)
    row.bill_amount = _amount(row, row.bill_rate, currency)


def _by_expense_policy(row: QuoteLineDetail, typed: DetailInput) -> Decimal | None:
    """What the line's own terms charge for what no sales list prices: cost, or cost plus markup."""
    if row.transaction_class == TransactionClass.TIME or typed.cost_rate is None:
        return None
    if row.line.expense_policy == "markup":
        factor = EXACT.add(Decimal(1), EXACT.divide(row.line.expense_markup_percent, Decimal(100)))
        return round_half_up(EXACT.multiply(typed.cost_rate, factor), PRICE_PLACES)
    return typed.cost_rate


def _amount(row: QuoteLineDetail, rate: Decimal | None, currency: str) -> Decimal | None:
    if rate is None:
        return None
    if row.minutes is not None:
        return amount_for_minutes(row.minutes, rate, "hour", HOURS_PER_DAY, currency).amount
    exact = EXACT.multiply(row.quantity or Decimal(0), rate)
    return round_to_minor(Money(exact, currency)).amount


def _check(line: QuoteLine, detail: DetailInput) -> None:
    is_time = detail.transaction_class == TransactionClass.TIME
    if detail.transaction_class not in [str(c) for c in TransactionClass]:
        raise DomainError("Choose time, expense, material or fee.", field="transaction_class")
    if is_time and (
        detail.role_id is None or not JobRole.objects.filter(pk=detail.role_id).exists()
    ):
        raise DomainError("Choose the role that does the work.", field="role")
    if is_time and not detail.minutes:
        raise DomainError("Estimate the hours, such as 40 or 7:30.", field="minutes")
    if not is_time and not _category_fits(detail):
        raise DomainError("Choose a category of the same kind as the row.", field="category")
    if not is_time and (detail.quantity is None or detail.quantity <= 0):
        raise DomainError("The quantity must be above 0.", field="quantity")
    if not is_time and detail.cost_rate is None:
        raise DomainError("Estimate what one piece costs.", field="cost_rate")
    if detail.resourcing_unit_id is not None and not (
        OrgUnit.objects.filter(pk=detail.resourcing_unit_id).exists()
    ):
        raise DomainError("Choose a unit of your organisation.", field="resourcing_unit")
    for field in ("cost_rate", "bill_rate"):
        rate = getattr(detail, field)
        if rate is not None and rate < 0:
            raise DomainError("A rate cannot be negative.", field=field)
    typed_rate = detail.bill_rate is not None or (is_time and detail.cost_rate is not None)
    if typed_rate and not detail.override_reason.strip():
        raise DomainError("Say why this row departs from the price list.", field="override_reason")


def _category_fits(detail: DetailInput) -> bool:
    return (
        detail.category_id is not None
        and TransactionCategory.objects.filter(
            pk=detail.category_id, transaction_class=detail.transaction_class
        ).exists()
    )


def _fill(row: QuoteLineDetail, detail: DetailInput) -> None:
    is_time = detail.transaction_class == TransactionClass.TIME
    row.transaction_class = detail.transaction_class
    row.role_id = detail.role_id if is_time else None
    row.resourcing_unit_id = detail.resourcing_unit_id
    row.category_id = None if is_time else detail.category_id
    row.description = detail.description
    row.starts_on = detail.starts_on
    row.minutes = detail.minutes if is_time else None
    row.quantity = None if is_time else detail.quantity
    row.override_reason = detail.override_reason.strip()


def as_typed(row: QuoteLineDetail) -> DetailInput:
    """The row as it was typed: its rates only where they depart from the lists."""
    is_time = row.transaction_class == TransactionClass.TIME
    kept_cost = row.cost_rate if not is_time or row.cost_trace_id is None else None
    kept_bill = row.bill_rate if row.bill_rate != row.list_bill_rate else None
    return DetailInput(
        starts_on=row.starts_on,
        transaction_class=row.transaction_class,
        role_id=row.role_id,
        resourcing_unit_id=row.resourcing_unit_id,
        category_id=row.category_id,
        description=row.description,
        minutes=row.minutes,
        quantity=row.quantity,
        cost_rate=kept_cost,
        bill_rate=kept_bill,
        override_reason=row.override_reason,
    )


def _row_for_edit(*, detail_id: int, actor: Actor) -> tuple[Quote, QuoteLine, QuoteLineDetail]:
    # A row that is not there, and one of another's quote, end alike in the line's NotFound.
    line_id = QuoteLineDetail.objects.filter(pk=detail_id).values_list("line_id", flat=True).first()
    quote, line = quotes.line_for_edit(line_id=line_id or 0, actor=actor)
    row = QuoteLineDetail.objects.get(pk=detail_id)
    row.line = line
    return quote, line, row


def missing_prices(rows: Iterable[QuoteLineDetail]) -> int:
    """How many rows lack a cost or a price."""
    return sum(1 for row in rows if row.cost_amount is None or row.bill_amount is None)


def _tell(quote: Quote, actor: Actor, at: datetime, sentence: str) -> None:
    audit.record(
        actor=actor, at=at, event="sales.quote.estimated", record_type=quotes.RECORD,
        record_id=quote.pk, sentence=sentence,
    )  # fmt: skip
