"""Exchange rates that a contract agreed for good."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class ContractFxRate(TenantModel):
    """`to_currency` per 1 `from_currency`: the rate of the day the contract was won."""

    contract = TenantForeignKey("sales.Contract", models.CASCADE, related_name="fixed_rates")
    from_currency = models.CharField(max_length=3)
    to_currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    agreed_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "from_currency", "to_currency"],
                name="contract_fx_rate_once",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="contract_fx_rate_positive"),
        ]
