"""Exchange rates of a period's last day."""

from collections.abc import Collection
from datetime import date, timedelta

from psa.core.ledger.models import FiscalPeriod
from psa.core.money import selectors as money
from psa.core.money.fx import FxQuote


def last_day(period: FiscalPeriod) -> date:
    return period.ends_on - timedelta(days=1)


def closing_rates(currencies: Collection[str], period: FiscalPeriod) -> dict[str, FxQuote]:
    """Each currency's rate into the entity's on that day. Raises  RateMissing."""
    on = last_day(period)
    terms = money.fx_terms()
    home = period.legal_entity.currency
    table = money.fx_table(currencies={*currencies, home}, from_on=on, until_on=on, terms=terms)
    return {
        code: table.rate(code, home, on, terms.base_currency, terms.max_age_days)
        for code in currencies
    }
