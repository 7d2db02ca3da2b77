"""Statements of account on their way to customers."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class StatementDelivery(TenantModel):
    """A statement on its way to one address: of which account and days, and whether it went out."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    account = TenantForeignKey("sales.Account", related_name="statements")
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    currency = models.CharField(max_length=3)
    from_on = models.DateField()
    until_on = models.DateField()
    recipient = models.EmailField()
    message = models.TextField()
    request_key = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    # Of the very document that went out.
    document_sha256 = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "account", "recipient", "request_key"],
                name="statement_asked_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "id"], condition=Q(state="waiting"), name="statement_waiting"
            )
        ]
