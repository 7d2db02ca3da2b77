"""The exchange rates that a contract agrees when it is won, where the firm fixes them."""

from datetime import date

from psa.core.money import selectors as money
from psa.core.money.fx import RateMissing
from psa.core.org.models import LegalEntity
from psa.core.pricing.models import PriceList
from sales.models import Contract, ContractFxRate

FIXED = "fixed"


def fix_rates(contract: Contract, *, on: date) -> None:
    """Keep the day's rate of each currency that prices or costs come in, into the contract's.

    For a contract whose policy is fixed; any other keeps none. A currency without a recent rate is
    left out: its prices are converted at the work date's, as one that comes into use later.
    Source  docs/rules/pricing.md, P-19.
    """
    if contract.fx_policy != FIXED:
        return
    used = set(
        PriceList.objects.filter(status=PriceList.Status.ACTIVE)
        .order_by()
        .values_list("currency", flat=True)
        .distinct()
    ) | set(LegalEntity.objects.values_list("currency", flat=True))
    terms = money.fx_terms()
    table = money.fx_table(
        currencies={*used, contract.currency}, from_on=on, until_on=on, terms=terms
    )
    made = []
    for currency in sorted(used - {contract.currency}):
        try:
            quote = table.rate(
                currency, contract.currency, on, terms.base_currency, terms.max_age_days
            )
        except RateMissing:
            continue
        made.append(
            ContractFxRate(
                tenant_id=contract.tenant_id,
                contract=contract,
                from_currency=currency,
                to_currency=contract.currency,
                rate=quote.rate,
                agreed_on=on,
            )
        )
    ContractFxRate.objects.bulk_create(made)
