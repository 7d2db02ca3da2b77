"""Exchange rates of a period's last day, of the type that the firm closes by."""

from collections.abc import Collection
from datetime import date, timedelta

from psa.core.ledger.models import FiscalPeriod
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote
from psa.core.org import selectors as org


def last_day(period: FiscalPeriod) -> date:
    return period.ends_on - timedelta(days=1)


def closing_rates(currencies: Collection[str], period: FiscalPeriod) -> dict[str, FxQuote]:
    """Each currency's rate into the entity's on that day, of the firm's closing rate type.

    A pair that has no such rate takes the spot rate; its quote says so. Raises  RateMissing.
    """
    on = last_day(period)
    terms = money.fx_terms()
    home = period.legal_entity.currency
    table = money.typed_fx_table(
        rate_type=closing_rate_type(),
        currencies={*currencies, home},
        from_on=on,
        until_on=on,
        terms=terms,
    )
    return {
        code: table.rate(code, home, on, terms.base_currency, terms.max_age_days)
        for code in currencies
    }


def closing_rate_type() -> str:
    """The rate type that the firm closes by."""
    return str(org.parameters().closing_rate_type)
