"""Sums of unbilled work, derived from the actuals and kept by `services.unbilled_days`."""

from django.db import models

from psa.core.tenancy.models import TenantModel


class UnbilledDay(TenantModel):
    """Unbilled work of one contract and day, summed over the batches that have `counted_at`.

    Derived, and rebuilt from the ledger at will: a report adds what is not counted yet.
    """

    contract_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    work_on = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    tenant_amount = models.DecimalField(max_digits=19, decimal_places=4)
    minutes = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract_id", "currency", "work_on"],
                name="unbilled_day_once",
                nulls_distinct=False,
            )
        ]


class UnbilledContract(TenantModel):
    """Unbilled work of one contract: its days added up, over the batches that have
    `totals_counted_at`. Derived, as `UnbilledDay`; `oldest_on` is the first day not come to nothing.
    """

    contract_id = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    tenant_amount = models.DecimalField(max_digits=19, decimal_places=4)
    minutes = models.BigIntegerField()
    oldest_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract_id", "currency"],
                name="unbilled_contract_once",
                nulls_distinct=False,
            )
        ]


class UnbilledMove(TenantModel):
    """How unbilled work moved on one posting day, over the batches that have `totals_counted_at`.

    Derived, as `UnbilledDay`. What neither was performed nor invoiced was adjusted.
    """

    posted_on = models.DateField()
    currency = models.CharField(max_length=3)
    performed_amount = models.DecimalField(max_digits=19, decimal_places=4)
    invoiced_amount = models.DecimalField(max_digits=19, decimal_places=4)
    total_amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "posted_on", "currency"], name="unbilled_move_once"
            )
        ]
