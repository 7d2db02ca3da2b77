"""Reconciliation of retainers: its terms, and what each period came to."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class RetainerTerms(TenantModel):
    """What a retainer's policies need beside the contract line's own terms; empty is the default.

    Without an overage rate what is over is billed at the value of the work itself.
    """

    contract_line = TenantForeignKey(
        "sales.ContractLine", models.CASCADE, related_name="retainer_terms"
    )
    overage_rate_per_hour = models.DecimalField(
        max_digits=20, decimal_places=6, null=True, blank=True
    )
    refund_percent = models.DecimalField(max_digits=7, decimal_places=4, default=100)
    rollover_periods = models.PositiveSmallIntegerField(null=True, blank=True)
    # Minutes, or an amount where the retainer includes one.
    rollover_limit = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract_line"], name="one_retainer_terms_per_line"
            ),
            models.CheckConstraint(
                condition=Q(refund_percent__gte=0, refund_percent__lte=100),
                name="refund_percent_range",
            ),
        ]


class RetainerReconciliation(TenantModel):
    """One period reconciled, once. Quantities are minutes, or an amount as the retainer measures.

    `rolled_over` is what may still be used later: [quantity, periods left] oldest first.
    """

    period = TenantForeignKey("billing.RetainerPeriod", related_name="reconciliations")
    measure = models.CharField(max_length=8)
    allowance = models.DecimalField(max_digits=19, decimal_places=4)
    used = models.DecimalField(max_digits=19, decimal_places=4)
    overage = models.DecimalField(max_digits=19, decimal_places=4)
    unused = models.DecimalField(max_digits=19, decimal_places=4)
    overage_policy = models.CharField(max_length=16)
    underuse_policy = models.CharField(max_length=16)
    overage_amount = models.DecimalField(max_digits=19, decimal_places=4)
    written_off = models.DecimalField(max_digits=19, decimal_places=4)
    expired = models.DecimalField(max_digits=19, decimal_places=4)
    refund_amount = models.DecimalField(max_digits=19, decimal_places=4)
    overage_owed = models.DecimalField(max_digits=19, decimal_places=4)
    rolled_over = models.JSONField(default=list)
    next_allowance = models.DecimalField(max_digits=19, decimal_places=4)
    overage_actual = TenantForeignKey("ledger.Actual", null=True, blank=True, related_name="+")
    # Until it is issued the refund is a draft that waits for whoever credits.
    refund_note = TenantForeignKey("billing.Invoice", null=True, blank=True, related_name="+")
    reconciled_at = models.DateTimeField()
    reconciled_by = TenantForeignKey("access.Membership", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "period"], name="period_reconciled_once")
        ]
