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
    # None where the firm kept no books when it was paid (Lite).
    journal_entry = TenantForeignKey("ledger.JournalEntry", null=True, related_name="+")

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


class ReimbursementBatch(TenantModel):
    """Approved own-paid expenses of one entity and currency, paid to people in one go."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PAID = "paid", "Paid"
        CANCELLED = "cancelled", "Cancelled"

    number = models.CharField(max_length=30)
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    currency = models.CharField(max_length=3)
    # The account that was chosen; without one, the entity's for the currency.
    pay_from = TenantForeignKey(
        "org.EntityBankAccount", null=True, blank=True, db_index=False, related_name="+"
    )
    execute_on = models.DateField()
    state = models.CharField(max_length=9, choices=State, default=State.DRAFT)
    made_at = models.DateTimeField()
    made_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")
    # When the bank's file was last written; afterwards the batch is paid or cancelled, not changed.
    exported_at = models.DateTimeField(null=True, blank=True)
    paid_on = models.DateField(null=True, blank=True)
    paid_by = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="reimbursement_batch_number")
        ]


class ReimbursementBatchEntry(TenantModel):
    """One expense in a batch. Live until the batch is cancelled or its payment taken back."""

    batch = TenantForeignKey(ReimbursementBatch, related_name="entries")
    entry = TenantForeignKey("timeexpense.ExpenseEntry", db_index=False, related_name="+")
    resource = TenantForeignKey("org.Resource", related_name="+")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    is_live = models.BooleanField(default=True)
    reimbursement = TenantForeignKey(
        Reimbursement, null=True, blank=True, related_name="batch_entries"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "entry"],
                condition=Q(is_live=True),
                name="expense_in_one_live_batch",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="batch_entry_amount_positive"),
        ]
