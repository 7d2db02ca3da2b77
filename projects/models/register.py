"""The register of a project: risks, issues, actions, decisions and change requests."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class RegisterEntry(TenantModel):
    """One line of the register. What only some kinds have is empty on the others.

    `impact_amount` is cost in the firm's own currency; `price_amount` is what a change request
    does to the price, in the contract's.
    """

    class Kind(models.TextChoices):
        RISK = "risk", "Risk"
        ISSUE = "issue", "Issue"
        ACTION = "action", "Action"
        DECISION = "decision", "Decision"
        CHANGE = "change", "Change request"

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        IN_PROGRESS = "in_progress", "In progress"
        OCCURRED = "occurred", "Occurred"
        SUBMITTED = "submitted", "With the client"
        APPROVED = "approved", "Approved"
        AMENDED = "amended", "In the contract"
        RESOLVED = "resolved", "Resolved"
        DONE = "done", "Done"
        DECIDED = "decided", "Decided"
        REJECTED = "rejected", "Rejected"
        CANCELLED = "cancelled", "Cancelled"
        CLOSED = "closed", "Closed"

    class RiskType(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        COST = "cost", "Cost"
        SCOPE = "scope", "Scope"
        RESOURCE = "resource", "Resource"
        TECHNICAL = "technical", "Technical"
        EXTERNAL = "external", "External"

    class Response(models.TextChoices):
        AVOID = "avoid", "Avoid"
        REDUCE = "reduce", "Reduce"
        TRANSFER = "transfer", "Transfer"
        ACCEPT = "accept", "Accept"

    class Priority(models.TextChoices):
        CRITICAL = "critical", "Critical"
        HIGH = "high", "High"
        MEDIUM = "medium", "Medium"
        LOW = "low", "Low"

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="register")
    kind = models.CharField(max_length=8, choices=Kind)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    owner = TenantForeignKey("org.Resource", null=True, blank=True, related_name="+")
    due_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    # How it ended: the resolution, what was decided, why it was rejected.
    resolution = models.TextField(blank=True)
    is_client_visible = models.BooleanField(default=False)
    raised_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    raised_at = models.DateTimeField()
    ended_on = models.DateField(null=True, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    risk_type = models.CharField(max_length=10, choices=RiskType, blank=True)
    probability = models.PositiveSmallIntegerField(null=True, blank=True)
    impact = models.PositiveSmallIntegerField(null=True, blank=True)
    response = models.CharField(max_length=10, choices=Response, blank=True)
    mitigation = models.TextField(blank=True)
    impact_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    priority = models.CharField(max_length=10, choices=Priority, blank=True)
    escalated_on = models.DateField(null=True, blank=True)
    escalated_to = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    price_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    delay_days = models.SmallIntegerField(null=True, blank=True)
    amendment_reference = models.CharField(max_length=60, blank=True)
    # What became of it in the contract; the reference is that amendment's number, or one on paper.
    amendment = TenantForeignKey(
        "sales.ContractAmendment", null=True, blank=True, related_name="change_requests"
    )

    class Meta:
        verbose_name_plural = "register entries"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "kind", "number"], name="register_number"
            ),
            models.CheckConstraint(
                condition=Q(
                    kind="risk", probability__range=(1, 5), impact__range=(1, 5)
                )
                & ~Q(risk_type="")
                | ~Q(kind="risk")
                & Q(
                    probability__isnull=True,
                    impact__isnull=True,
                    risk_type="",
                    response="",
                    mitigation="",
                    impact_amount__isnull=True,
                ),
                name="register_of_risks",
            ),
            models.CheckConstraint(
                condition=Q(kind="issue") & ~Q(priority="")
                | ~Q(kind="issue")
                & Q(priority="", escalated_on__isnull=True, escalated_to__isnull=True),
                name="register_of_issues",
            ),
            models.CheckConstraint(
                condition=Q(kind="change")
                | Q(price_amount__isnull=True, delay_days__isnull=True, amendment_reference=""),
                name="register_of_changes",
            ),
            models.CheckConstraint(
                condition=Q(impact_amount__isnull=True) | Q(impact_amount__gte=0),
                name="register_impact_amount",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=("open", "in_progress", "submitted", "approved"),
                    ended_on__isnull=True,
                )
                | Q(
                    status__in=(
                        "occurred", "resolved", "done", "decided", "amended", "rejected",
                        "cancelled", "closed",
                    ),
                    ended_on__isnull=False,
                ),
                name="register_ends_with_its_status",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["tenant", "project", "kind"], name="register_by_project"),
            models.Index(
                fields=["tenant", "due_on"],
                condition=Q(ended_on__isnull=True, due_on__isnull=False),
                name="register_due",
            ),
            models.Index(fields=["tenant", "owner"], name="register_by_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def code(self) -> str:
        """Its number among its kind, such as R-3."""
        return f"{self.kind[0].upper()}-{self.number}"
