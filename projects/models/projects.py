"""Projects, their work breakdown structure, team, and links to contract lines."""

from typing import Any, ClassVar, Final

from django.db import models
from django.db.models import F, Q

from psa.core.tenancy.managers import TenantManager
from psa.core.tenancy.models import TenantForeignKey, TenantModel

from ..fields import WallClockField


class ProjectManager(TenantManager[Any]):
    """Projects. The plan of a template that is being drafted is none (docs/adr/0072)."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(draft_of__isnull=True)


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

    class EtcMethod(models.TextChoices):
        BOTTOM_UP = "bottom_up", "Hours left at today’s cost rates"
        CPI = "cpi", "Work left ÷ CPI"
        CPI_SPI = "cpi_spi", "Work left ÷ (CPI × SPI)"

    class ProgressMethod(models.TextChoices):
        EFFORT = "effort", "By effort"
        COST = "cost", "By cost"
        MANUAL = "manual", "Set by the manager"

    class BudgetControl(models.TextChoices):
        OFF = "off", "Nothing happens"
        WARN = "warn", "Approvers are warned"
        BLOCK = "block", "Approving is refused"

    class SchedulesFrom(models.TextChoices):
        START = "start", "From its start"
        FINISH = "finish", "From its finish"

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
    # "" is what the firm's parameters say.
    budget_control = models.CharField(
        max_length=6, choices=BudgetControl, blank=True, default="", db_default=""
    )
    etc_method = models.CharField(
        max_length=10, choices=EtcMethod, default=EtcMethod.BOTTOM_UP, db_default="bottom_up"
    )
    progress_method = models.CharField(
        max_length=8, choices=ProgressMethod, default=ProgressMethod.EFFORT, db_default="effort"
    )
    is_internal = models.BooleanField(default=False)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    # How the plan is scheduled. A plan from its start begins on `starts_on`, one from its finish
    # ends on `ends_on`; an imported one at the very minute that its file names, on that day.
    schedules_from = models.CharField(
        max_length=6, choices=SchedulesFrom, default=SchedulesFrom.START, db_default="start"
    )
    plan_starts_at = WallClockField(null=True, blank=True)
    plan_finishes_at = WallClockField(null=True, blank=True)
    status_at = WallClockField(null=True, blank=True)
    plan_calendar = TenantForeignKey(
        "projects.PlanCalendar", null=True, blank=True, related_name="+"
    )
    moves_open_work = models.BooleanField(default=True, db_default=True)
    honours_constraints = models.BooleanField(default=True, db_default=True)
    critical_slack_minutes = models.IntegerField(default=0, db_default=0)
    has_many_critical_paths = models.BooleanField(default=False, db_default=False)
    # What the schedule says; None before the first. `plan_revision` counts the changes of the plan.
    scheduled_start_at = WallClockField(null=True, blank=True)
    scheduled_finish_at = WallClockField(null=True, blank=True)
    plan_revision = models.PositiveIntegerField(default=0, db_default=0)
    # Set where this is no project, but the plan of a template that somebody is drafting.
    draft_of = TenantForeignKey(
        "projects.ProjectTemplate",
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )

    objects: ClassVar[TenantManager[Any]] = ProjectManager()
    # Projects and drafts: for the doors of plans alone.
    plans: ClassVar[TenantManager[Any]] = TenantManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="project_code"),
            models.CheckConstraint(
                condition=Q(schedules_from="start") | Q(ends_on__isnull=False),
                name="project_from_finish_has_end",
            ),
        ]
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
    """A node of the work breakdown structure; leaves carry the work.

    `starts_on` and `finishes_on` are the days of the schedule's start and finish; before the first
    schedule, what somebody typed.
    """

    class Mode(models.TextChoices):
        FIXED_UNITS = "fixed_units", "Fixed units"
        FIXED_DURATION = "fixed_duration", "Fixed duration"
        FIXED_EFFORT = "fixed_effort", "Fixed effort"

    class Constraint(models.TextChoices):
        AS_SOON_AS_POSSIBLE = "asap", "As soon as possible"
        AS_LATE_AS_POSSIBLE = "alap", "As late as possible"
        MUST_START_ON = "mso", "Must start on"
        MUST_FINISH_ON = "mfo", "Must finish on"
        START_NO_EARLIER_THAN = "snet", "Start no earlier than"
        START_NO_LATER_THAN = "snlt", "Start no later than"
        FINISH_NO_EARLIER_THAN = "fnet", "Finish no earlier than"
        FINISH_NO_LATER_THAN = "fnlt", "Finish no later than"

    project = TenantForeignKey(Project, models.CASCADE, related_name="tasks")
    parent = TenantForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children"
    )
    position = models.PositiveIntegerField()
    outline = models.CharField(max_length=60)
    depth = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=160)
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    # In a template's plan: a role that the firm does not have.
    open_role = models.CharField(max_length=80, blank=True, default="", db_default="")
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

    # What is planned. The duration is None until the first schedule works it out.
    uid = models.PositiveIntegerField(null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    is_duration_elapsed = models.BooleanField(default=False, db_default=False)
    mode = models.CharField(
        max_length=14, choices=Mode, default=Mode.FIXED_UNITS, db_default="fixed_units"
    )
    is_effort_driven = models.BooleanField(default=False, db_default=False)
    constraint_kind = models.CharField(
        max_length=4, choices=Constraint, default=Constraint.AS_SOON_AS_POSSIBLE, db_default="asap"
    )
    constrained_to = WallClockField(null=True, blank=True)
    deadline_at = WallClockField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=500, db_default=500)
    calendar = TenantForeignKey("org.WorkCalendar", null=True, blank=True, related_name="+")
    plan_calendar = TenantForeignKey(
        "projects.PlanCalendar", null=True, blank=True, related_name="+"
    )
    ignores_resource_calendars = models.BooleanField(default=False, db_default=False)
    manual_start_at = WallClockField(null=True, blank=True)
    manual_finish_at = WallClockField(null=True, blank=True)
    is_active = models.BooleanField(default=True, db_default=True)
    description = models.TextField(blank=True, default="", db_default="")
    # What has happened.
    percent_complete = models.PositiveSmallIntegerField(default=0, db_default=0)
    done_minutes = models.PositiveIntegerField(default=0, db_default=0)
    actual_start_at = WallClockField(null=True, blank=True)
    actual_finish_at = WallClockField(null=True, blank=True)
    resumes_at = WallClockField(null=True, blank=True)
    # How long the task waits where it could begin; negative, in a plan from its finish: how much
    # earlier it ends. Then pauses of work that nobody with a calendar does: [[after, minutes], …].
    levelling_delay_minutes = models.IntegerField(default=0, db_default=0)
    is_levelling_delay_elapsed = models.BooleanField(default=False, db_default=False)
    gaps = models.JSONField(default=list, db_default=[], blank=True)
    # What the schedule says.
    scheduled_start_at = WallClockField(null=True, blank=True)
    scheduled_finish_at = WallClockField(null=True, blank=True)
    late_start_at = WallClockField(null=True, blank=True)
    late_finish_at = WallClockField(null=True, blank=True)
    total_slack_minutes = models.IntegerField(null=True, blank=True)
    free_slack_minutes = models.IntegerField(null=True, blank=True)
    is_critical = models.BooleanField(default=False, db_default=False)

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
            models.UniqueConstraint(fields=["tenant", "project", "id"], name="task_of_project"),
            models.UniqueConstraint(fields=["tenant", "project", "uid"], name="task_uid_once"),
            models.CheckConstraint(
                condition=Q(constraint_kind__in=("asap", "alap")) | Q(constrained_to__isnull=False),
                name="task_constraint_has_date",
            ),
            models.CheckConstraint(
                condition=Q(percent_complete__lte=100) & Q(priority__lte=1000),
                name="task_percent_and_priority",
            ),
            models.CheckConstraint(
                condition=Q(actual_finish_at__isnull=True) | Q(actual_start_at__isnull=False),
                name="task_finished_has_begun",
            ),
            models.CheckConstraint(
                condition=Q(actual_finish_at__isnull=True)
                | Q(actual_finish_at__gte=F("actual_start_at")),
                name="task_actual_finish_after_start",
            ),
            models.CheckConstraint(
                condition=Q(manual_start_at__isnull=True, manual_finish_at__isnull=True)
                | Q(manual_finish_at__gte=F("manual_start_at")),
                name="task_manual_dates",
            ),
            models.CheckConstraint(
                condition=Q(calendar__isnull=True) | Q(plan_calendar__isnull=True),
                name="task_has_one_calendar",
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
    resource = TenantForeignKey("org.Resource", null=True, blank=True, related_name="+")
    plan_resource = TenantForeignKey(
        "projects.PlanResource", models.CASCADE, null=True, blank=True, related_name="assignments"
    )
    minutes = models.PositiveIntegerField()
    # The share of a working day: 1 is full time.
    units = models.DecimalField(max_digits=9, decimal_places=4, default=1, db_default=1)
    # How long after its task the work begins, and where it pauses: [[after, minutes], …].
    delay_minutes = models.IntegerField(default=0, db_default=0)
    is_delay_elapsed = models.BooleanField(default=False, db_default=False)
    levelling_delay_minutes = models.IntegerField(default=0, db_default=0)
    is_levelling_delay_elapsed = models.BooleanField(default=False, db_default=False)
    gaps = models.JSONField(default=list, db_default=[], blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "task", "resource"], name="assignment_once"),
            models.UniqueConstraint(
                fields=["tenant", "task", "plan_resource"], name="plan_assignment_once"
            ),
            models.CheckConstraint(
                condition=Q(resource__isnull=False, plan_resource__isnull=True)
                | Q(resource__isnull=True, plan_resource__isnull=False),
                name="assignment_of_one",
            ),
            models.CheckConstraint(condition=Q(units__gte=0), name="assignment_units"),
        ]


# What puts a part of a task off, and where it pauses.
WAIT_FIELDS: Final = (
    "delay_minutes", "is_delay_elapsed", "levelling_delay_minutes", "is_levelling_delay_elapsed",
    "gaps",
)  # fmt: skip


class ProjectCounter(TenantModel):
    """The next project number."""

    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant"], name="project_counter_once")]
