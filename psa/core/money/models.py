"""Dated exchange rates, as units of the second currency per one of the first."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantModel


class FxRate(TenantModel):
    """One day's rate of a pair; weekends and holidays are missing, as in life."""

    from_currency = models.CharField(max_length=3)
    to_currency = models.CharField(max_length=3)
    on = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)
    rate_type = models.CharField(max_length=10, default="spot")
    source = models.CharField(max_length=40, blank=True)
    # The last known rate carried past the end of an imported history, and shown as such.
    is_carried = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "from_currency", "to_currency", "rate_type", "on"],
                name="fx_rate_once",
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="fx_rate_positive"),
        ]
