"""The exchange rates that contracts agreed."""

from collections import defaultdict
from collections.abc import Collection

from psa.core.pricing.rules.types import FixedRate
from sales.models import ContractFxRate


def fixed_rates_of(contract_ids: Collection[int]) -> dict[int, tuple[FixedRate, ...]]:
    """By contract, the exchange rates it agreed. One query, or none."""
    if not contract_ids:
        return {}
    found: dict[int, list[FixedRate]] = defaultdict(list)
    for row in ContractFxRate.objects.filter(contract_id__in=contract_ids).order_by("id"):
        found[row.contract_id].append(
            FixedRate(row.from_currency, row.to_currency, row.rate, row.agreed_on)
        )
    return {contract_id: tuple(rates) for contract_id, rates in found.items()}
