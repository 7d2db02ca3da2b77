"""Time and expense entries, and what was decided about them."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel

from .expense_models import (
    BankAccount as BankAccount,
)
from .expense_models import (
    CardLine as CardLine,
)
from .expense_models import (
    CardStatement as CardStatement,
)
from .expense_models import (
    CategoryFields,
)
from .expense_models import CategoryKind as CategoryKind
from .expense_models import (
    CompanyCard as CompanyCard,
)
from .expense_models import (
    ExpenseCategory as ExpenseCategory,
)
from .expense_models import (
    FlagAcknowledgement as FlagAcknowledgement,
)
from .expense_models import (
    MileageRate as MileageRate,
)
from .expense_models import (
    PayrollExport as PayrollExport,
)
from .expense_models import (
    PayrollLine as PayrollLine,
)
from .expense_models import (
    PerDiemRate as PerDiemRate,
)
from .expense_models import (
    PolicyRule as PolicyRule,
)
from .expense_models import (
    TravelRequest as TravelRequest,
)


class EntryState(models.TextChoices):
    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    RETURNED = "returned", "Returned"


class Awaits(models.TextChoices):
    """Whose decision an entry waits for: docs/rules/timeexpense.md, T-10."""

    PROJECT = "project", "The project's approvers"
    MANAGER = "manager", "The person's manager"
    ROUTE = "route", "As a routing rule says"


class ApprovalRoute(TenantModel):
    """Whose decision entries need that fit it: instead of the usual (level 1), or after it."""

    name = models.CharField(max_length=120)
    level = models.PositiveSmallIntegerField(default=1)
    # Of several that fit at one level the first counts.
    position = models.PositiveSmallIntegerField(default=1)
    # "time", "expense", or "" for both; what is empty asks for nothing.
    entry_kind = models.CharField(max_length=8, blank=True)
    category = TenantForeignKey(
        "org.TransactionCategory", null=True, blank=True, db_index=False, related_name="+"
    )
    org_unit = TenantForeignKey(
        "org.OrgUnit", null=True, blank=True, db_index=False, related_name="+"
    )
    legal_entity = TenantForeignKey(
        "org.LegalEntity", null=True, blank=True, db_index=False, related_name="+"
    )
    # Of expenses, with tax, in the currency of the project's legal entity.
    amount_over = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    approver = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )
    approver_role = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(approver__isnull=False, approver_role="")
                | (Q(approver__isnull=True) & ~Q(approver_role="")),
                name="route_names_one_approver",
            ),
            models.CheckConstraint(
                condition=Q(level__gte=1, level__lte=3), name="route_level_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
    awaits = models.CharField(
        max_length=8, choices=Awaits, default=Awaits.PROJECT, db_default=Awaits.PROJECT
    )
    route = TenantForeignKey(ApprovalRoute, null=True, blank=True, db_index=False, related_name="+")
    level = models.PositiveSmallIntegerField(default=1, db_default=1)
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
    # Start and stop, in minutes after midnight where the person is, when they were kept.
    spans = models.JSONField(
        default=list, blank=True, db_default=models.Value([], models.JSONField())
    )

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
            models.Index(
                fields=["tenant", "resource"],
                condition=Q(state="submitted") & ~Q(awaits="project"),
                name="time_routed",
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
    # The journey that was asked for beforehand, if it was.
    travel_request = TenantForeignKey(TravelRequest, null=True, blank=True, related_name="reports")
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="expense_report_number")
        ]
        indexes = [
            models.Index(fields=["tenant", "resource", "-id"], name="expense_report_by_person")
        ]


class ExpenseEntry(CategoryFields, Entry):
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


class ReceiptReading(TenantModel):
    """A receipt that was read for its person: what it seems to say, and what they made of it.

    Its file is a document of this row. `percents` tells how sure the reading of each field is;
    `changed_fields` are those in which the person knew better.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Being read"
        READ = "read", "To be checked"
        UNREAD = "unread", "Could not be read"
        ADDED = "added", "Added"
        DISCARDED = "discarded", "Discarded"

    report = TenantForeignKey(ExpenseReport, db_index=False, related_name="+")
    resource = TenantForeignKey("org.Resource", db_index=False, related_name="+")
    filename = models.CharField(max_length=160)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=400, blank=True)
    merchant = models.CharField(max_length=120, blank=True)
    spent_on = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    percents = models.JSONField(default=dict)
    # The expense it became: a plain number, because a draft may be deleted and come back.
    entry_id = models.BigIntegerField(null=True, blank=True)
    changed_fields = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["tenant", "report", "id"], name="readings_by_report")]


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
    # For whom the deputy decided, when it was not by a right of their own.
    stands_in_for = TenantForeignKey(
        "access.Membership", null=True, db_index=False, related_name="+"
    )

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
    last_travel_number = models.PositiveIntegerField(default=0, db_default=0)

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


class ApprovalDelegation(TenantModel):
    """Somebody decides in an approver's place for some days; a job starts and ends it."""

    approver = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    delegate = TenantForeignKey(
        "access.Membership", models.CASCADE, db_index=False, related_name="+"
    )
    from_on = models.DateField()
    # The last day, where the approver is.
    until_on = models.DateField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=False)
    created_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(approver=models.F("delegate")), name="delegation_to_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("starts_at")), name="delegation_ends_after_start"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "delegate"],
                condition=Q(is_active=True),
                name="delegation_active",
            ),
            models.Index(fields=["tenant", "ends_at"], name="delegation_by_end"),
        ]


class WeekNotice(TenantModel):
    """That somebody was told about a week, once: it was due, was missing, waits for a decision."""

    class Kind(models.TextChoices):
        REMINDER = "reminder", "Reminded before the deadline"
        ESCALATION = "escalation", "Told the manager"
        NUDGE = "nudge", "Nudged"
        CUTOFF = "cutoff", "Told the approver"

    membership = TenantForeignKey(
        "access.Membership", models.CASCADE, db_index=False, related_name="+"
    )
    week_starts_on = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind)
    # A nudge may come each day; what the clock sends has the week's first day.
    told_on = models.DateField()
    told_at = models.DateTimeField()
    told_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "week_starts_on", "kind", "membership", "told_on"],
                name="week_notice_once",
            )
        ]


class Work(TenantModel):
    """What a row of the week stands for. Without a role: the team's, else the person's own."""

    resource = TenantForeignKey("org.Resource", models.CASCADE, db_index=False, related_name="+")
    project = TenantForeignKey("projects.Project", models.CASCADE, db_index=False, related_name="+")
    task = TenantForeignKey(
        "projects.Task",
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    role = TenantForeignKey(
        "org.JobRole",
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    activity = models.CharField(max_length=40, blank=True)
    billing_type = models.CharField(max_length=16, blank=True)

    class Meta:
        abstract = True


class FavouriteWork(Work):
    """A row that its person keeps at hand."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("tenant", "resource", "project", "task"),
                    *("role", "activity", "billing_type"),
                ],
                name="favourite_work_once",
                nulls_distinct=False,
            )
        ]


class WorkTimer(Work):
    """The one timer of a person. Stopped, it remembers what to go on with."""

    description = models.CharField(max_length=400, blank=True)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "resource"], name="one_timer_a_person"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gte=models.F("started_at")),
                name="timer_stops_after_start",
            ),
        ]


class SyncedChange(TenantModel):
    """A change that a phone sent, and the answer it got: sent again, it is answered and not done.

    The id is made by the browser (UUIDv7); it outlives the entry, so that what was deleted
    meanwhile does not come back (docs/adr/0048).
    """

    resource = TenantForeignKey("org.Resource", db_index=False, related_name="+")
    change_id = models.UUIDField()
    answer = models.JSONField()
    synced_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "change_id"], name="change_synced_once")
        ]
        indexes = [models.Index(fields=["tenant", "synced_at"], name="synced_change_by_age")]
