"""What moves an open invoice beside payments and credit notes, and how overdue ones are dunned."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class BillingTerms(TenantModel):
    """What a contract agrees beside its own terms: retention, and whether it is dunned."""

    contract = TenantForeignKey("sales.Contract", models.CASCADE, related_name="billing_terms")
    retention_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    is_dunning_stopped = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract"], name="one_billing_terms_per_contract"
            ),
            models.CheckConstraint(
                condition=Q(retention_percent__gte=0, retention_percent__lt=100),
                name="retention_percent_range",
            ),
        ]


class ReceivableMove(TenantModel):
    """One movement of an open invoice; positive lowers what is open. Reversed, never deleted."""

    class Kind(models.TextChoices):
        WRITE_OFF = "write_off", "Written off"
        RETENTION_WITHHELD = "retention_withheld", "Retention withheld"
        RETENTION_RELEASED = "retention_released", "Retention released"
        DUNNING_FEE = "dunning_fee", "Dunning fee"

    invoice = TenantForeignKey("billing.Invoice", related_name="moves")
    kind = models.CharField(max_length=20, choices=Kind)
    moved_on = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    # The part of the receivable's booked value that moves with it.
    booked_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    reason = models.CharField(max_length=200, blank=True)
    request_key = models.CharField(max_length=80)
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversed_by")
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    journal_entry = TenantForeignKey("ledger.JournalEntry", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "request_key"], name="move_recorded_once"),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="move_reversed_once",
            ),
            AppendOnly(name="receivable_move_append_only"),
        ]


class DunningLevel(TenantModel):
    """A step of reminding: from how many days overdue, with which text, for which fee."""

    level = models.PositiveSmallIntegerField()
    days_overdue = models.PositiveSmallIntegerField()
    text = models.TextField()
    # For customers whose invoices are in German; empty: `text`.
    text_in_german = models.TextField(blank=True, default="", db_default="")
    # In the currency of the firm; charged at the day's rate on an invoice of another.
    fee_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "level"], name="dunning_level_once"),
            models.CheckConstraint(
                condition=Q(level__range=(1, 9), fee_amount__gte=0), name="dunning_level_in_range"
            ),
        ]

    def text_in(self, language: str) -> str:
        """What the reminder says to a customer who reads this language."""
        return self.text_in_german if language == "de" and self.text_in_german else self.text


class DunningNotice(TenantModel):
    """A reminder of one invoice at one level; each level is reached once."""

    invoice = TenantForeignKey("billing.Invoice", related_name="dunning_notices")
    level = models.PositiveSmallIntegerField()
    raised_on = models.DateField()
    days_overdue = models.PositiveSmallIntegerField()
    fee = TenantForeignKey(ReceivableMove, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "invoice", "level"], name="dunned_once_per_level"
            ),
            AppendOnly(name="dunning_notice_append_only"),
        ]

    @property
    def recipient(self) -> str:
        """Where its e-mail goes; "" when the invoice names no address: it is sent by hand."""
        return str(self.invoice.snapshot["buyer"]["email"])
