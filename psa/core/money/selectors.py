"""Reads of exchange rates: the table that rules look up in, and the rates as people see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from psa.core.money import fx
from psa.core.org import selectors as org

from .models import FxRate

SPOT = fx.SPOT
# So far around the days asked for lies what another rate type may use.
_LONGEST_REACH = timedelta(days=fx.BUDGET_MAX_AGE_DAYS)
_REST_OF_MONTH = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class FxTerms:
    """How the tenant looks rates up: by way of which currency, and how old a rate may be."""

    base_currency: str
    max_age_days: int


@dataclass(frozen=True, slots=True)
class LatestRate:
    """The newest stored rate of one pair."""

    from_currency: str
    to_currency: str
    on: date
    rate: Decimal
    is_carried: bool


def fx_terms() -> FxTerms:
    """The tenant's base currency and greatest age of a rate, in days. One query.

    On a page it is the row of parameters that others have read, or will read, there.
    """
    row = org.parameters_if_set()
    if row is None:
        return FxTerms(fx.DEFAULT_BASE, fx.DEFAULT_MAX_AGE_DAYS)
    return FxTerms(row.fx_base_currency, row.fx_max_age_days)


def fx_table(
    *,
    currencies: Iterable[str] | None,
    from_on: date,
    until_on: date,
    terms: FxTerms | None = None,
) -> fx.FxTable:
    """Rates among `currencies` (None: all) for the days from `from_on` to `until_on`, inclusive.

    Rates up to the greatest age before `from_on` are in it too, so the first day finds its last
    known one. Ask it with `table.rate(a, b, on, terms.base_currency, terms.max_age_days)`.
    One query, two when `terms` (from `fx_terms`) are not handed over.
    """
    terms = terms or fx_terms()
    rates = FxRate.objects.filter(
        rate_type=SPOT,
        on__gte=from_on - timedelta(days=terms.max_age_days),
        on__lte=until_on,
    )
    if currencies is not None:
        wanted = {*currencies, terms.base_currency}
        rates = rates.filter(from_currency__in=wanted, to_currency__in=wanted)
    return fx.FxTable.from_rows(rates.values_list("from_currency", "to_currency", "on", "rate"))


def typed_fx_table(
    *,
    rate_type: str,
    currencies: Iterable[str],
    from_on: date,
    until_on: date,
    terms: FxTerms | None = None,
) -> fx.TypedFxTable:
    """`fx_table` of another rate type, with the spot rates that stand in for it.

    One query for spot, two for another type (and one for the terms, when they are not handed over).
    """
    terms = terms or fx_terms()
    spot = fx_table(currencies=currencies, from_on=from_on, until_on=until_on, terms=terms)
    if rate_type == SPOT:
        return fx.TypedFxTable(SPOT, spot, spot)
    wanted = {*currencies, terms.base_currency}
    rates = FxRate.objects.filter(
        rate_type=rate_type, from_currency__in=wanted, to_currency__in=wanted,
        on__gte=from_on - _LONGEST_REACH, on__lte=until_on + _REST_OF_MONTH,
    ).values_list("from_currency", "to_currency", "on", "rate")  # fmt: skip
    return fx.TypedFxTable(rate_type, fx.FxTable.from_rows(rates), spot)


def rate_types() -> list[tuple[str, str]]:
    """The rate types to choose from: those there are for everybody, then the firm's own."""
    known = dict(fx.RATE_TYPES)
    own = FxRate.objects.exclude(rate_type__in=known).order_by("rate_type")
    codes = own.values_list("rate_type", flat=True).distinct()
    return [*fx.RATE_TYPES, *((code, code.replace("_", " ").capitalize()) for code in codes)]


def latest_rates(*, as_of: date) -> list[LatestRate]:
    """The newest rate of each pair on or before a date, by pair. One query."""
    rows = (
        FxRate.objects.filter(rate_type=SPOT, on__lte=as_of)
        .order_by("from_currency", "to_currency", "-on")
        .distinct("from_currency", "to_currency")
        .values_list("from_currency", "to_currency", "on", "rate", "is_carried")
    )
    return [LatestRate(*row) for row in rows]


def rates() -> QuerySet[Any]:
    """All stored rates of every type as plain rows, for the list page."""
    return FxRate.objects.values(
        "id", "from_currency", "to_currency", "on", "rate", "rate_type", "source", "is_carried"
    )
