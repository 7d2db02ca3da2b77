"""What the pages of repricing show."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.jobs import selectors as jobs
from psa.core.jobs.models import JobRun
from psa.core.pricing.models import PriceList
from psa.core.pricing.rules import discount
from psa.core.pricing.visibility import visible_list
from sales.models import Quote
from sales.selectors import quotes, visibility

from .jobs import YEAR
from .rules.comparison import ComparedRow, PricedPart, compared, totals
from .services.what_if import COST, SALES, Comparison

STEPS = tuple(Decimal(step) for step in ("0", "2.5", "5", "7.5", "10", "15", "20", "25"))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A comparison as the actor may see it: without the cost for who sees no cost rates."""

    title: str
    rows: tuple[ComparedRow, ...]
    totals: tuple[ComparedRow, ...]
    refused: int
    reasons: tuple[str, ...]
    hides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DiscountPage:
    """What discounts do to the margin of one quote."""

    quote: Quote
    price: Money
    cost: Money
    chosen: discount.Discounted | None
    ladder: tuple[discount.Discounted, ...]
    break_even: Decimal | None
    target: Decimal | None
    largest: Decimal | None


def shown(found: Comparison, *, actor: Actor) -> WhatIf:
    """The comparison without the side the actor may not see."""
    hides = []
    if not actor.has(PricingPermission.VIEW_COST_RATES):
        hides.append(COST)
    if not actor.has(PricingPermission.VIEW_BILL_RATES):
        hides.append(SALES)
    rows = tuple(row for row in found.rows if row.side not in hides)
    return WhatIf(
        found.title, rows, tuple(totals(rows)), found.refused, found.reasons, tuple(hides)
    )


def year_page(*, actor: Actor, list_id: int, run_id: int) -> tuple[PriceList, WhatIf, JobRun]:
    """The comparison of a year, from the run that made it.

    Raises  NotFound alike if the run is of another list or kind, or not the actor's to see.
    """
    row = visible_list(actor, list_id)
    run = jobs.visible_to(actor).filter(pk=run_id, kind=YEAR).first()
    if run is None or run.arguments.get("list_id") != list_id:
        raise NotFound("There is no such comparison, or it is not yours to see.")
    stored: Sequence[Sequence[str]] = run.result.get("rows", [])
    now = [PricedPart(g, s, c, Decimal(before)) for g, s, c, _, before, _ in stored]
    then = [PricedPart(g, s, c, Decimal(after), int(m)) for g, s, c, m, _, after in stored]
    found = Comparison(
        f"{run.arguments.get('year')}, as posted",
        tuple(compared(now, then)),
        int(run.result.get("refused", 0)),
        tuple(dict.fromkeys(run.result.get("reasons", []))),
    )
    return row, shown(found, actor=actor), run


def quote_choices(actor: Actor) -> list[tuple[int, str]]:
    """Quotes that can still change, newest first."""
    rows = (
        visibility.quotes_visible_to(actor)
        .filter(status__in=(Quote.Status.DRAFT, Quote.Status.SENT))
        .select_related("opportunity__account")
        .order_by("-id")[:200]
    )
    return [
        (row.pk, f"{row.number} v{row.version}, {row.opportunity.account.name}") for row in rows
    ]


def contract_choices(actor: Actor) -> list[tuple[int, str]]:
    """Contracts under which work goes on."""
    rows = visibility.contracts_visible_to(actor).filter(status="confirmed").order_by("-id")[:500]
    return [(row.pk, str(row)) for row in rows]


def discount_page(
    *, actor: Actor, quote_id: int, percent: Decimal | None, target: Decimal | None
) -> DiscountPage:
    """A quote's price less several discounts beside its cost.

    Raises  NotFound alike if the quote is not the actor's to see, or its margin is not.
    """
    page = quotes.quote_page(actor=actor, quote_id=quote_id)
    if page.analysis is None or not page.sees_cost or not page.sees_bill:
        raise NotFound("This page does not exist, or it is not yours to see.")
    price, cost = page.analysis.price, page.analysis.cost
    return DiscountPage(
        page.quote,
        price,
        cost,
        discount.discounted(price, cost, percent) if percent is not None else None,
        tuple(discount.ladder(price, cost, STEPS)),
        discount.break_even_percent(price, cost),
        target,
        discount.to_keep_margin(price, cost, target) if target is not None else None,
    )
