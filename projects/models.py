"""Projects, their work breakdown structure, team, and links to contract lines."""

from django.db import models
from django.db.models import F, Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Project(TenantModel):
    """Work for a customer (or internal), planned, staffed and costed."""

    class Status(models.TextChoices):
        PLANNING = "planning", "Planning"
        IN_DELIVERY = "in_delivery", "In delivery"
        ON_HOLD = "on_hold", "On hold"
        COMPLETED = "completed", "Completed"
        CLOSED = "closed", "Closed"

    class Health(models.TextChoices):
        ON_TRACK = "ok", "On track"
        AT_RISK = "warn", "At risk"
        OFF_TRACK = "bad", "Off track"
        NONE = "none", "Not started"

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    account = TenantForeignKey("sales.Account", null=True, blank=True, related_name="projects")
    contract = TenantForeignKey("sales.Contract", null=True, blank=True, related_name="projects")
    contracting_unit = TenantForeignKey("org.OrgUnit", related_name="+")
    manager = TenantForeignKey("org.Resource", related_name="managed_projects")
    calendar = TenantForeignKey("org.WorkCalendar", related_name="+")
    status = models.CharField(max_length=12, choices=Status, default=Status.PLANNING)
    health = models.CharField(max_length=4, choices=Health, default=Health.NONE)
    health_comment = models.CharField(max_length=300, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    budget_cost_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    is_internal = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="project_code")]
        indexes = [
            models.Index(fields=["tenant", "status", "code"], name="project_by_status"),
            models.Index(fields=["tenant", "manager"], name="project_by_manager"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class ProjectApprover(TenantModel):
    """Who approves a project's time and expenses beside its manager."""

    project = TenantForeignKey(Project, models.CASCADE, related_name="approvers")
    resource = TenantForeignKey("org.Resource", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "resource"], name="approver_once")
        ]


class Task(TenantModel):
    """A node of the work breakdown structure; leaves carry the work."""

    project = TenantForeignKey(Project, models.CASCADE, related_name="tasks")
    parent = TenantForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    position = models.PositiveIntegerField()
    outline = models.CharField(max_length=60)
    depth = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=160)
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    effort_minutes = models.PositiveIntegerField(default=0)
    remaining_minutes = models.PositiveIntegerField(default=0)
    starts_on = models.DateField(null=True, blank=True)
    finishes_on = models.DateField(null=True, blank=True)
    is_milestone = models.BooleanField(default=False)
    is_summary = models.BooleanField(default=False)
    is_completed = models.BooleanField(default=False)
    billing_type = models.CharField(max_length=16, blank=True)
    external_reference = models.CharField(max_length=60, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "outline"],
                name="task_outline_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(depth__range=(1, 10)), name="task_depth"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(finishes_on__isnull=True)
                | Q(finishes_on__gte=F("starts_on")),
                name="task_finishes_after_start",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "project", "position"], name="task_in_order")]

    def __str__(self) -> str:
        return f"{self.outline} {self.name}"


class TeamMember(TenantModel):
    """A resource on a project, in a role, between dates; only team members book time."""

    project = TenantForeignKey(Project, models.CASCADE, related_name="team")
    resource = TenantForeignKey("org.Resource", related_name="memberships_of_teams")
    role = TenantForeignKey("org.JobRole", related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    planned_minutes = models.PositiveIntegerField(default=0)
    bill_rate_override = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    bill_rate_unit = models.CharField(max_length=4, default="hour")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "resource", "role"], name="team_member_once"
            )
        ]
        indexes = [models.Index(fields=["tenant", "resource"], name="team_by_resource")]


class ContractLineLink(TenantModel):
    """Which contract line pays for a class of work on a project or task subtree: at most one."""

    project = TenantForeignKey(Project, models.CASCADE, related_name="contract_line_links")
    task = TenantForeignKey(Task, models.CASCADE, null=True, blank=True, related_name="+")
    transaction_class = models.CharField(max_length=10)
    contract_line = TenantForeignKey("sales.ContractLine", related_name="project_links")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "project", "task", "transaction_class"],
                name="work_belongs_to_one_line",
                nulls_distinct=False,
            )
        ]


class Assignment(TenantModel):
    """Who does how much of a task: the plan, not the capacity."""

    task = TenantForeignKey(Task, models.CASCADE, related_name="assignments")
    resource = TenantForeignKey("org.Resource", related_name="+")
    minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "task", "resource"], name="assignment_once")
        ]


class ProjectCounter(TenantModel):
    """The next project number."""

    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="project_counter_once")]
