"""Addresses at which a calendar program reads a member's own bookings and leave."""

from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class CalendarFeed(TenantModel):
    """An address with a secret of its own, of which only the hash is kept; a member has one at a time."""

    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    last_read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "digest"], name="calendar_feed_once"),
            models.UniqueConstraint(
                fields=["tenant", "membership"],
                condition=models.Q(revoked_at__isnull=True),
                name="calendar_feed_of_member",
            ),
        ]
