"""Which role has a price in which unit and currency on a day, and where there is none."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.org import selectors as org
from psa.core.org.models import JobRole, LegalEntity, OrgUnit

from . import owners, selectors
from .models import PriceList
from .page_selectors import shown_price
from .rules.types import BaseCost, PriceContext, PriceQuery, Resolved, Unpriced

GAP, OWN, CONVERTED = "gap", "own", "converted"


@dataclass(frozen=True, slots=True)
class CoverageCell:
    """The price of one role in one unit and currency: of a list in that currency, converted from
    another, or missing with the address that adds it."""

    state: str
    price: Decimal | None = None
    unit: str = ""
    url: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class CoverageRow:
    role: str
    cells: tuple[CoverageCell, ...]


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """The matrix of one kind of price on one day."""

    context: str
    on: date
    units: tuple[tuple[str, int], ...]
    currencies: tuple[str, ...]
    rows: tuple[CoverageRow, ...]
    gaps: int
    converted: int
    asked: int
    may_add: bool


def contexts_for(actor: Actor) -> list[str]:
    """The kinds of price whose coverage the actor may see."""
    if actor.has(PricingPermission.VIEW_ALL_LISTS):
        return [PriceContext.SALES.value, PriceContext.COST.value]
    return [PriceContext.SALES.value] if actor.has(PricingPermission.VIEW_SALES_LISTS) else []


def coverage_page(*, actor: Actor, context: str, on: date, currency: str = "") -> CoveragePage:
    """Each active role in each unit and currency, asked of the resolver as work would ask it.

    Sales prices are asked for work that the unit itself contracts and does. A constant number of
    queries.
    Raises  NotFound for a kind of price that is not the actor's to see.
    """
    if context not in contexts_for(actor):
        raise NotFound("This page does not exist, or it is not yours to see.")
    units = list(OrgUnit.objects.order_by("name").values_list("id", "name"))
    roles = list(JobRole.objects.filter(is_active=True).order_by("name").values_list("id", "name"))
    currencies = [c for c in _currencies(context) if not currency or c == currency]
    asked = [
        (role_id, unit_id, code)
        for role_id, _ in roles
        for unit_id, _ in units
        for code in currencies
    ]
    answers = _answers(asked, context, on)
    may_add = actor.has(PricingPermission.MANAGE_LISTS)
    names = dict(roles)
    unit_names = dict(units)
    cells = [
        _cell(question, answer, context, on, may_add, f"{names[question[0]]} in "
              f"{unit_names[question[1]]}, {question[2]}")
        for question, answer in zip(asked, answers, strict=True)
    ]  # fmt: skip
    width = len(units) * len(currencies)
    return CoveragePage(
        context=context,
        on=on,
        units=tuple((name, len(currencies)) for _, name in units),
        currencies=tuple(currencies),
        rows=tuple(
            CoverageRow(name, tuple(cells[at * width : (at + 1) * width]))
            for at, (_, name) in enumerate(roles)
        ),
        gaps=sum(1 for cell in cells if cell.state == GAP),
        converted=sum(1 for cell in cells if cell.state == CONVERTED),
        asked=len(cells),
        may_add=may_add,
    )


def _currencies(context: str) -> list[str]:
    """The currencies of active lists and of the firm's own entities."""
    listed = PriceList.objects.filter(status=PriceList.Status.ACTIVE, context=context).values_list(
        "currency", flat=True
    )
    return sorted({*listed, *LegalEntity.objects.values_list("currency", flat=True)})


def _answers(
    asked: Sequence[tuple[int, int, str]], context: str, on: date
) -> list[Resolved | Unpriced]:
    book = selectors.price_book(from_on=on, until_on=on)
    parents = org.unit_parents()
    up = {unit_id: org.units_up(unit_id, parents=parents) for _, unit_id, _ in asked}

    def query(role_id: int, unit_id: int, currency: str, of: str) -> PriceQuery:
        is_cost = of == PriceContext.COST
        chain = (
            owners.cost_owners(up[unit_id])
            if is_cost
            else owners.sales_owners(None, None, up[unit_id])
        )
        return selectors.time_query(
            context=of,
            on=on,
            owners=chain,
            role_id=role_id,
            resourcing_unit_id=unit_id,
            currency=currency,
        )

    costs = selectors.resolve_prices(
        [query(*one, PriceContext.COST.value) for one in asked], book=book
    )
    if context == PriceContext.COST:
        return costs
    return selectors.resolve_prices(
        [
            query(*one, context)._replace(cost=_base(cost))
            for one, cost in zip(asked, costs, strict=True)
        ],
        book=book,
    )


def _url(name: str, *args: int) -> str:
    return reverse(f"pricing:{name}", urlconf=settings.TENANT_URLCONF, args=args)


def _base(cost: Resolved | Unpriced) -> BaseCost | None:
    if isinstance(cost, Unpriced):
        return None
    return BaseCost(cost.price, cost.currency, cost.unit, cost.hours_per_day)


def _cell(
    question: tuple[int, int, str],
    answer: Resolved | Unpriced,
    context: str,
    on: date,
    may_add: bool,
    label: str,
) -> CoverageCell:
    role_id, unit_id, currency = question
    if isinstance(answer, Unpriced):
        asked = {
            "context": context, "on": on.isoformat(), "role": role_id, "resourcing_unit": unit_id,
            "currency": currency,
        }  # fmt: skip
        url = f"{_url('add_price')}?{urlencode(asked)}" if may_add else ""
        return CoverageCell(GAP, url=url, label=label)
    url = _url("list", answer.list_id) if answer.list_id else ""
    state = OWN if answer.fx_rate is None else CONVERTED
    return CoverageCell(state, shown_price(answer.price), answer.unit, url, label)
