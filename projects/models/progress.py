"""How projects went: the work left day by day, and health as it was."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantFact, TenantForeignKey, TenantModel

from .projects import Project


class TaskProgress(TenantFact):
    """One change of a task's progress: what it was before, and what it became on that day.

    Kept for ever, so `task_id` is a plain id: a task may be deleted. What held on a day is what the
    first change after it says was before; without one, what the task says now.
    """

    project = TenantForeignKey(Project, db_index=False, related_name="+")
    task_id = models.BigIntegerField()
    on = models.DateField()
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )
    was_remaining_minutes = models.PositiveIntegerField()
    remaining_minutes = models.PositiveIntegerField()
    was_percent_complete = models.PositiveSmallIntegerField()
    percent_complete = models.PositiveSmallIntegerField()
    was_completed = models.BooleanField()
    is_completed = models.BooleanField()

    class Meta:
        verbose_name_plural = "task progress"
        constraints = [AppendOnly(name="task_progress_append_only")]
        indexes = [models.Index(fields=["tenant", "project", "on"], name="progress_by_project")]

    def __str__(self) -> str:
        return f"{self.task_id} on {self.on}"


class HealthSnapshot(TenantModel):
    """A project's health on a day, as the figures and its manager saw it. Cost in `currency`."""

    project = TenantForeignKey(Project, models.CASCADE, related_name="health_history")
    on = models.DateField()
    recorded_at = models.DateTimeField()
    schedule = models.CharField(max_length=4, choices=Project.Health)
    cost = models.CharField(max_length=4, choices=Project.Health)
    estimate = models.CharField(max_length=4, choices=Project.Health)
    effort = models.CharField(max_length=4, choices=Project.Health)
    computed = models.CharField(max_length=4, choices=Project.Health)
    said = models.CharField(max_length=4, choices=Project.Health)
    comment = models.CharField(max_length=300, blank=True)
    currency = models.CharField(max_length=3)
    spi = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    cpi = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    eac_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    over_percent = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    complete_percent = models.DecimalField(max_digits=6, decimal_places=2)
    remaining_minutes = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "on"], name="health_once_a_day"),
            models.CheckConstraint(
                condition=Q(complete_percent__range=(0, 100)), name="health_complete_percent"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} on {self.on}"
