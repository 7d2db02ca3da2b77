"""Status reports: one draft a project, what was published, and to whom it was sent."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Cadence(models.TextChoices):
    """How often a project is reported on."""

    NONE = "none", "Not at all"
    WEEKLY = "weekly", "Weekly"
    FORTNIGHTLY = "fortnightly", "Every two weeks"
    MONTHLY = "monthly", "Monthly"


class ReportPlan(TenantModel):
    """How often a project is reported on, since when."""

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="report_plans")
    cadence = models.CharField(max_length=12, choices=Cadence)
    starts_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project"], name="report_plan_once")
        ]

    def __str__(self) -> str:
        return f"{self.project_id}: {self.cadence}"


class ReportDraft(TenantModel):
    """The report that is being written: words alone; figures are added when it is published."""

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="report_drafts")
    as_of = models.DateField()
    health = models.CharField(max_length=4)
    health_comment = models.CharField(max_length=300, blank=True)
    summary = models.TextField(blank=True)
    accomplishments = models.TextField(blank=True)
    next_steps = models.TextField(blank=True)
    decisions_required = models.TextField(blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project"], name="report_draft_once"),
            models.CheckConstraint(
                condition=Q(health__in=("ok", "warn", "bad", "none")), name="report_draft_health"
            ),
        ]

    def __str__(self) -> str:
        return f"Draft of {self.project_id}"


class StatusReport(TenantModel):
    """A published report: `content` is all that it said, and the database changes none of it.

    Amounts in `content` are cost in the firm's own currency; readers without a right to them get
    the report without them.
    """

    project = TenantForeignKey("projects.Project", related_name="status_reports")
    number = models.PositiveIntegerField()
    as_of = models.DateField()
    health = models.CharField(max_length=4)
    content = models.JSONField()
    published_at = models.DateTimeField()
    published_by = TenantForeignKey("access.Membership", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "number"], name="status_report_number"
            ),
            AppendOnly(name="status_report_append_only"),
        ]

    def __str__(self) -> str:
        return f"Status report {self.number}"


class ReportDelivery(TenantModel):
    """A published report on its way to one address, and whether it went out."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    report = TenantForeignKey(StatusReport, related_name="deliveries")
    recipient = models.EmailField()
    message = models.TextField(blank=True)
    request_key = models.CharField(max_length=80)
    requested_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    document_sha256 = models.CharField(max_length=64, blank=True, default="", db_default="")
    outcome = models.CharField(max_length=200)

    class Meta:
        verbose_name_plural = "report deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "report", "recipient", "request_key"],
                name="report_delivery_asked_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "id"],
                condition=Q(state="waiting"),
                name="report_delivery_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report_id} to {self.recipient}"
