"""Time and expense entries, and what was decided about them."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class EntryState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"


class Entry(TenantModel):
    """What a time and an expense entry have in common on their way to the ledger."""

    resource = TenantForeignKey("org.Resource", db_index=False, related_name="+")
    project = TenantForeignKey("projects.Project", db_index=False, related_name="+")
    task = TenantForeignKey(
        "projects.Task", null=True, blank=True, db_index=False, related_name="+"
    )
    billing_type = models.CharField(max_length=16, blank=True)
    description = models.CharField(max_length=400, blank=True)
    internal_note = models.CharField(max_length=400, blank=True)
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.DRAFT)
    revision = models.PositiveSmallIntegerField(default=1)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )
    return_reason = models.CharField(max_length=400, blank=True)
    # Why an approval could not be carried out (no price, closed period, …); empty when clean.
    blocked_reason = models.CharField(max_length=400, blank=True)
    flags = models.JSONField(default=list)
    recall_reason = models.CharField(max_length=400, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        abstract = True


class TimeEntry(Entry):
    """Whole minutes of one person on one project and day."""

    role = TenantForeignKey("org.JobRole", db_index=False, related_name="+")
    activity = models.CharField(max_length=40, blank=True)
    work_on = models.DateField()
    minutes = models.PositiveIntegerField()
    # Bill less (or more) than was worked: 6 of 8 hours. Null means all of it.
    billable_minutes = models.PositiveIntegerField(null=True, blank=True)
    billable_reason = models.CharField(max_length=200, blank=True)
    client_key = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(minutes__gt=0, minutes__lte=1440), name="time_entry_within_a_day"
            ),
            models.UniqueConstraint(
                fields=["tenant", "client_key"],
                condition=Q(client_key__isnull=False),
                name="time_entry_synced_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "resource", "work_on"], name="time_by_person_and_day"),
            models.Index(
                fields=["tenant", "project", "work_on"],
                condition=Q(state="submitted"),
                name="time_to_approve",
            ),
            models.Index(fields=["tenant", "project", "work_on", "id"], name="time_by_project"),
            models.Index(
                fields=["tenant", "id"], condition=~Q(recall_reason=""), name="time_asked_back"
            ),
        ]


class ExpenseReport(TenantModel):
    """Expenses of one person that are submitted together."""

    number = models.CharField(max_length=20)
    resource = TenantForeignKey("org.Resource", related_name="+")
    title = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="expense_report_number")
        ]
        indexes = [
            models.Index(fields=["tenant", "resource", "-id"], name="expense_report_by_person")
        ]


class ExpenseEntry(Entry):
    """One expense: gross amount in its currency, the recoverable tax in it, and its receipts."""

    class PaymentMethod(models.TextChoices):
        OWN = "own", "Paid by me"
        CARD = "card", "Company card"

    report = TenantForeignKey(ExpenseReport, related_name="entries")
    category = TenantForeignKey("org.TransactionCategory", db_index=False, related_name="+")
    spent_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    payment_method = models.CharField(
        max_length=4, choices=PaymentMethod, default=PaymentMethod.OWN
    )
    merchant = models.CharField(max_length=120, blank=True)
    has_receipt = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="expense_amount_positive"),
            models.CheckConstraint(
                condition=Q(tax_amount__gte=0, tax_amount__lt=models.F("amount")),
                name="expense_tax_within_amount",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "resource", "spent_on"], name="expense_by_person_and_day"
            ),
            models.Index(
                fields=["tenant", "project", "spent_on"],
                condition=Q(state="submitted"),
                name="expense_to_approve",
            ),
        ]


class ApprovalDecision(TenantModel):
    """Who approved, returned or recalled which entry, when, and why. Append-only."""

    entry_kind = models.CharField(max_length=8)
    entry_id = models.BigIntegerField()
    revision = models.PositiveSmallIntegerField()
    decision = models.CharField(max_length=10)
    decided_at = models.DateTimeField()
    decided_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")
    reason = models.CharField(max_length=400, blank=True)
    batch_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "entry_kind", "entry_id", "revision"],
                condition=Q(decision="approved"),
                name="approved_once_per_revision",
            ),
            AppendOnly(name="approval_decision_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "entry_kind", "entry_id"], name="decisions_by_entry")
        ]


class ExpenseCounter(TenantModel):
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="expense_counter_once")]


class WeekUnlock(TenantModel):
    """A week that may be changed although it is past the late lock: by whom, and why."""

    resource = TenantForeignKey("org.Resource", db_index=False, related_name="+")
    week_starts_on = models.DateField()
    reason = models.CharField(max_length=400)
    unlocked_at = models.DateTimeField()
    unlocked_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "resource", "week_starts_on"], name="week_unlocked_once"
            )
        ]
