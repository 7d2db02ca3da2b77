"""Reads of exchange rates: the table that rules look up in, and the rates as people see them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from psa.core.money import fx
from psa.core.org.models import TenantParameters
from psa.core.tenancy import reading

from .models import FxRate

SPOT = "spot"


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
    """The tenant's base currency and greatest age of a rate, in days. One query, once a page."""
    return reading.once(("money.terms",), _fx_terms)


def _fx_terms() -> FxTerms:
    row = TenantParameters.objects.values_list("fx_base_currency", "fx_max_age_days").first()
    return FxTerms(*row) if row else FxTerms(fx.DEFAULT_BASE, fx.DEFAULT_MAX_AGE_DAYS)


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
    """All stored rates as plain rows, for the list page."""
    return FxRate.objects.filter(rate_type=SPOT).values(
        "id", "from_currency", "to_currency", "on", "rate", "source", "is_carried"
    )
