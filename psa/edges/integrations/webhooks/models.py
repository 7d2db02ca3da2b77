"""Where a tenant wants to be told of what happened, and what was told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Endpoint(TenantModel):
    """An address that gets events of the trail: all, or those that begin with one of the words."""

    url = models.CharField(max_length=500)
    description = models.CharField(max_length=120, blank=True)
    # Signs what is sent; read by `endpoints.secret_of` alone.
    sealed_secret = models.TextField(blank=True, db_default="")
    # As it was kept before it was sealed; empty since.
    secret = models.CharField(max_length=80, blank=True, default="", db_default="")
    events = ArrayField(models.CharField(max_length=80), default=list)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    # Up to here of the trail all that was to be told stands among the deliveries.
    settled_entry_id = models.BigIntegerField()
    lock_version = models.PositiveIntegerField(default=1)


class Delivery(TenantModel):
    """One event for one endpoint; sent until it is accepted, then kept as the log."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    endpoint = TenantForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    entry = TenantForeignKey("audit.AuditEntry", related_name="+")
    event = models.CharField(max_length=80)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    answered_status = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "endpoint", "entry"], name="webhook_delivery_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="webhook_delivery_due",
            ),
            models.Index(fields=["tenant", "endpoint", "-id"], name="webhook_delivery_latest"),
        ]
