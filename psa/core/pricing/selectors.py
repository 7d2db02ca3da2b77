"""Reads of prices: the compiled book, query builders, and what pages show of lists."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Q

from psa.core.money import selectors as money
from psa.core.org.models import TenantParameters
from psa.core.tenancy import compiled, reading

from . import book_rows
from .models import PriceLine, PriceList, PricingDimension
from .rules import types as rules
from .rules.price_book import PriceBook
from .rules.resolution import resolve_many
from .rules.trial import with_trial

BLOCK = "block"
ZERO_AND_FLAG = "zero_and_flag"


@dataclass(frozen=True, slots=True)
class DimensionSource:
    """A further dimension and the field it is read from, such as "resource.seniority"."""

    code: str
    name: str
    source: str
    is_markup: bool


def price_book(
    *,
    from_on: date,
    until_on: date,
    contexts: Iterable[str] | None = None,
    currencies: Iterable[str] | None = None,
) -> PriceBook:
    """All active lists effective between two days (both included), compiled, with the rates.

    Load it once per batch and ask it with `resolve` or `resolve_many`: four queries, whatever
    the number of lists, lines and questions. `contexts` and `currencies` (None: all) narrow what
    is loaded.
    """
    wanted = None if contexts is None else tuple(sorted({str(context) for context in contexts}))
    lists, lines = compiled.answers(
        [
            compiled.question(
                ("pricing.lists_of_days", wanted),
                partial(_lists_of_days, wanted),
                from_on,
                until_on,
            ),
            compiled.question(
                ("pricing.lines_of_days", wanted),
                partial(_lines_of_days, wanted),
                from_on,
                until_on,
            ),
        ]
    )
    return _compiled(
        book_rows.lists_of(lists),
        book_rows.lines_of(lines),
        from_on=from_on,
        until_on=until_on,
        currencies=currencies,
    )


def _effective(wanted: Sequence[str] | None, from_on: date, until_on: date) -> Any:
    lists = PriceList.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=from_on),
        status=PriceList.Status.ACTIVE,
        valid_from__lte=until_on,
    )
    return lists if wanted is None else lists.filter(context__in=wanted)


def _lists_of_days(wanted: Sequence[str] | None, from_on: date, until_on: date) -> Any:
    return _effective(wanted, from_on, until_on).values_list(*book_rows.LIST_FIELDS)


def _lines_of_days(wanted: Sequence[str] | None, from_on: date, until_on: date) -> Any:
    lists = _effective(wanted, from_on, until_on).values("id")
    return PriceLine.objects.filter(price_list__in=lists).values_list(*book_rows.LINE_FIELDS)


def trial_book(*, list_id: int, from_on: date, until_on: date) -> PriceBook:
    """The book of these days as it would be if this list, a draft or any other, were active.

    A list in its way gives way for its days. As many queries as `price_book`, and one.
    Source  docs/rules/pricing.md, P-17.
    """
    lists = _effective(None, from_on, until_on)
    trial = book_rows.list_rows(PriceList.objects.filter(pk=list_id))
    return _compiled(
        with_trial(book_rows.list_rows(lists), trial[0]),
        book_rows.line_rows(
            PriceLine.objects.filter(
                Q(price_list__in=lists.values("id")) | Q(price_list_id=list_id)
            )
        ),
        from_on=from_on,
        until_on=until_on,
    )


def _compiled(
    lists: Sequence[rules.PriceList],
    lines: Sequence[rules.PriceLine],
    *,
    from_on: date,
    until_on: date,
    currencies: Iterable[str] | None = None,
) -> PriceBook:
    terms = money.fx_terms()
    return PriceBook.compile(
        lists,
        lines,
        dimensions=book_rows.dimension_rows(_dimensions()),
        rates=money.fx_table(
            currencies=currencies, from_on=from_on, until_on=until_on, terms=terms
        ),
        fx_base=terms.base_currency,
        fx_max_age_days=terms.max_age_days,
    )


def resolve_prices(
    queries: Sequence[rules.PriceQuery], *, book: PriceBook | None = None
) -> list[rules.Resolved | rules.Unpriced]:
    """The price of each query, in order: one line or a million, the same function.

    Loads the book for the queries' days when none is handed over. Source docs/rules/pricing.md.
    """
    if not queries:
        return []
    days = [query.on for query in queries]
    return resolve_many(book or price_book(from_on=min(days), until_on=max(days)), queries)


def _dimensions() -> list[PricingDimension]:
    """The tenant's dimensions by priority. One query, and one for a whole page."""
    return reading.once(
        ("pricing.dimensions",), lambda: list(PricingDimension.objects.order_by("priority"))
    )


def dimension_sources() -> list[DimensionSource]:
    """The dimensions beside role and unit, by priority. One query."""
    return [
        DimensionSource(row.code, row.name, row.source, row.is_markup)
        for row in _dimensions()
        if row.code not in (rules.ROLE, rules.RESOURCING_UNIT)
    ]


def time_query(
    *,
    context: str,
    on: date,
    owners: Sequence[tuple[str, int]],
    role_id: int | None,
    resourcing_unit_id: int | None,
    facts: Mapping[str, str] | None = None,
    sources: Sequence[DimensionSource] = (),
    currency: str | None = None,
    unit: str | None = None,
    cost: rules.BaseCost | None = None,
    overrides: Sequence[rules.AgreedRate] = (),
    last_resort: rules.AgreedRate | None = None,
    fixed_rates: Sequence[rules.FixedRate] = (),
) -> rules.PriceQuery:
    """The question for time of a role. `facts` maps a source ("resource.seniority") to its value.

    Facts that no dimension in `sources` reads are left out, and so are blanks and "any".
    """
    return rules.PriceQuery(
        context=rules.PriceContext(context),
        on=on,
        owners=tuple(owners),
        values=rules.values_of(
            role=role_id,
            resourcing_unit=resourcing_unit_id,
            **_further_values(facts or {}, sources),
        ),
        currency=currency,
        unit=unit,
        cost=cost,
        overrides=tuple(overrides),
        last_resort=last_resort,
        fixed_rates=tuple(fixed_rates),
    )


def category_query(
    *,
    context: str,
    on: date,
    owners: Sequence[tuple[str, int]],
    transaction_class: str,
    category_id: int | None,
    resourcing_unit_id: int | None = None,
    currency: str | None = None,
    unit: str | None = None,
    cost: rules.BaseCost | None = None,
    overrides: Sequence[rules.AgreedRate] = (),
    fixed_rates: Sequence[rules.FixedRate] = (),
) -> rules.PriceQuery:
    """The question for an expense, fee or material by category. *At cost* needs `cost`."""
    values: dict[str, rules.DimensionValue | None] = {
        book_rows.CLASS_DIMENSION: transaction_class,
        rules.RESOURCING_UNIT: resourcing_unit_id,
    }
    return rules.PriceQuery(
        context=rules.PriceContext(context),
        on=on,
        owners=tuple(owners),
        values=rules.values_of(**values),
        currency=currency,
        unit=unit,
        kind=rules.LineKind.CATEGORY,
        subject_id=category_id,
        cost=cost,
        overrides=tuple(overrides),
        fixed_rates=tuple(fixed_rates),
    )


def item_query(
    *,
    context: str,
    on: date,
    owners: Sequence[tuple[str, int]],
    item: str,
    unit: str,
    currency: str | None = None,
    cost: rules.BaseCost | None = None,
) -> rules.PriceQuery:
    """The question for a stocked or purchased item, per its unit."""
    return rules.PriceQuery(
        context=rules.PriceContext(context),
        on=on,
        owners=tuple(owners),
        currency=currency,
        unit=unit,
        kind=rules.LineKind.ITEM,
        subject_id=book_rows.item_subject(item),
        cost=cost,
    )


def missing_price_policy() -> str:
    """What happens to work without a price: "block" (it waits) or "zero_and_flag"."""
    policy = TenantParameters.objects.values_list("missing_price_policy", flat=True).first()
    return policy or BLOCK


def zero_price(
    query: rules.PriceQuery, unpriced: rules.Unpriced, *, currency: str
) -> rules.Resolved:
    """What *zero and flag* makes of a missing price: 0, with the trace that says what is missing.

    `currency` is used where the query names none. The caller flags the entry and queues it.
    """
    return rules.Resolved(
        price=Decimal(0),
        unit=query.unit or rules.HOUR,
        currency=query.currency or currency,
        hours_per_day=rules.DEFAULT_HOURS_PER_DAY,
        list_id=None,
        line_id=None,
        fx_rate=None,
        fx_rate_on=None,
        trace=unpriced.trace,
    )


def _further_values(
    facts: Mapping[str, str], sources: Sequence[DimensionSource]
) -> dict[str, rules.DimensionValue]:
    found: dict[str, rules.DimensionValue] = {}
    for source in sources:
        value = facts.get(source.source, "").strip()
        if value and value != "any":
            found[source.code] = value
    return found
