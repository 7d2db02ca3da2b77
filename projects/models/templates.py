"""Plans to begin with: roles instead of people, offsets instead of dates."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel

from .plans import Waiting
from .projects import Task


class ProjectTemplate(TenantModel):
    """A plan in the library. `code` names one that came with the system, as long as it is that."""

    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    code = models.CharField(max_length=40, blank=True)
    owner = TenantForeignKey(
        "org.Resource", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    review_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "name"], name="template_name_once"),
            models.UniqueConstraint(
                fields=["tenant", "code"], condition=~Q(code=""), name="template_code_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateRole(TenantModel):
    """Somebody a plan needs; `job_role` is the firm's role of it, where there is one."""

    template = TenantForeignKey(ProjectTemplate, models.CASCADE, related_name="roles")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80)
    job_role = TenantForeignKey(
        "org.JobRole", models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "template", "name"], name="template_role")
        ]

    def __str__(self) -> str:
        return self.name


class TemplateTask(TenantModel):
    """A row of the plan; offsets are working days after the start, 0 is the first day."""

    template = TenantForeignKey(ProjectTemplate, models.CASCADE, related_name="tasks")
    position = models.PositiveIntegerField()
    depth = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    role = TenantForeignKey(TemplateRole, models.SET_NULL, null=True, blank=True, related_name="+")
    effort_minutes = models.PositiveIntegerField(default=0)
    duration_minutes = models.PositiveIntegerField(default=0)
    is_duration_elapsed = models.BooleanField(default=False, db_default=False)
    mode = models.CharField(max_length=14, choices=Task.Mode, default=Task.Mode.FIXED_UNITS)
    is_effort_driven = models.BooleanField(default=False)
    is_milestone = models.BooleanField(default=False)
    constraint_kind = models.CharField(
        max_length=4, choices=Task.Constraint, default=Task.Constraint.AS_SOON_AS_POSSIBLE
    )
    constrained_to_days = models.IntegerField(null=True, blank=True)
    deadline_days = models.IntegerField(null=True, blank=True)
    priority = models.PositiveSmallIntegerField(default=500)
    billing_type = models.CharField(max_length=16, blank=True)
    # As of a task of a plan; the pauses are those of whoever takes the role.
    levelling_delay_minutes = models.IntegerField(default=0, db_default=0)
    is_levelling_delay_elapsed = models.BooleanField(default=False, db_default=False)
    gaps = models.JSONField(default=list, db_default=[], blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "template", "position"], name="template_task_place"
            ),
            models.CheckConstraint(condition=Q(depth__range=(1, 10)), name="template_task_depth"),
            models.CheckConstraint(
                condition=Q(constraint_kind__in=("asap", "alap"))
                | Q(constrained_to_days__isnull=False),
                name="template_constraint_has_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateLink(Waiting):
    """A row of a template waits for another."""

    template = TenantForeignKey(ProjectTemplate, models.CASCADE, related_name="links")
    predecessor = TenantForeignKey(TemplateTask, models.CASCADE, related_name="+")
    successor = TenantForeignKey(TemplateTask, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "predecessor", "successor"], name="template_link_once"
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="template_link_of_two"
            ),
        ]
        indexes = [models.Index(fields=["tenant", "template"], name="template_link_by_template")]

    def __str__(self) -> str:
        return f"{self.predecessor_id} {self.kind} {self.successor_id}"


class TemplateVersion(TenantModel):
    """A template's plan as it once was: projects were made from it, and it can be taken up again."""

    template = TenantForeignKey(ProjectTemplate, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    plan = models.JSONField(encoder=DjangoJSONEncoder)
    kept_at = models.DateTimeField()
    kept_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "template", "number"], name="template_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.template_id} version {self.number}"


class TemplateUse(TenantModel):
    """Which version of a template a project was made from."""

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="+")
    version = TenantForeignKey(TemplateVersion, models.CASCADE, related_name="uses")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project"], name="template_use_once")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} of {self.version_id}"
