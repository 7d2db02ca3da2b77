"""Which share of a contract each of its payers takes, by day and in order."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class FundingShare(TenantModel):
    """One payer's percentage in one step of a split; the shares of a step sum to 100.

    The shares of one contract (or line) and day are one split: it holds for work from that day on,
    until the next. A contract without any is paid by its customer.
    """

    contract = TenantForeignKey("sales.Contract", models.CASCADE, related_name="funding_shares")
    line = TenantForeignKey(
        "sales.ContractLine", models.CASCADE, null=True, blank=True, related_name="+"
    )
    valid_from = models.DateField()
    priority = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    source = TenantForeignKey("sales.FundingSource", related_name="shares")
    percent = models.DecimalField(max_digits=7, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "line", "valid_from", "priority", "source"],
                name="funding_share_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(percent__gt=0, percent__lte=100), name="funding_share_percent"
            ),
        ]
