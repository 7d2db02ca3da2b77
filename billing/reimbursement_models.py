"""Money paid to people for what they paid themselves."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Reimbursement(TenantModel):
    """One payment to a person (or, as a reversal, taken back). Never deleted, only reversed."""

    number = models.CharField(max_length=30)
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    resource = TenantForeignKey("org.Resource", related_name="+")
    paid_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    entity_rate = models.DecimalField(max_digits=20, decimal_places=10)
    entity_rate_on = models.DateField()
    # The part of the payable's booked value that this relieves.
    booked_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    reference = models.CharField(max_length=80, blank=True)
    request_key = models.CharField(max_length=80)
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversed_by")
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    journal_entry = TenantForeignKey("ledger.JournalEntry", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "number"], name="reimbursement_number"
            ),
            models.UniqueConstraint(
                fields=["tenant", "request_key"], name="reimbursement_recorded_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="reimbursement_reversed_once",
            ),
            AppendOnly(name="reimbursement_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "resource"], name="reimbursement_by_person"),
        ]
