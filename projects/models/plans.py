"""What ties the tasks of a plan together, and what a plan brings along of its own."""

from typing import Final

from django.db import models
from django.db.models import F, Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel

from ..constraints import SameProject


class Waiting(TenantModel):
    """How a successor waits for its predecessor, in a plan and in a template.

    The lag is minutes, or percent of the predecessor. Negative is a lead. Elapsed lags run day and
    night, others in the successor's working time.
    """

    class Kind(models.TextChoices):
        FINISH_TO_START = "FS", "Finish to start"
        START_TO_START = "SS", "Start to start"
        FINISH_TO_FINISH = "FF", "Finish to finish"
        START_TO_FINISH = "SF", "Start to finish"

    kind = models.CharField(max_length=2, choices=Kind, default=Kind.FINISH_TO_START)
    lag_minutes = models.IntegerField(default=0)
    lag_percent = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    is_lag_elapsed = models.BooleanField(default=False)

    class Meta:
        abstract = True


# What a waiting row says beside its two ends, in the order in which plans without dates take it.
LAG_FIELDS: Final = ("kind", "lag_minutes", "lag_percent", "is_lag_elapsed")


class Dependency(Waiting):
    """A task of a plan waits for another."""

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="dependencies")
    predecessor = TenantForeignKey("projects.Task", models.CASCADE, related_name="successor_links")
    successor = TenantForeignKey("projects.Task", models.CASCADE, related_name="predecessor_links")

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "predecessor", "successor"], name="dependency_once"
            ),
            models.CheckConstraint(
                condition=~Q(predecessor=F("successor")), name="dependency_of_two_tasks"
            ),
            models.CheckConstraint(
                condition=Q(lag_percent__isnull=True) | Q(lag_minutes=0),
                name="dependency_has_one_lag",
            ),
            SameProject(name="dependency_predecessor_in_project", field="predecessor"),
            SameProject(name="dependency_successor_in_project", field="successor"),
        ]
        indexes = [models.Index(fields=["tenant", "project"], name="dependency_by_project")]

    def __str__(self) -> str:
        return f"{self.predecessor_id} {self.kind} {self.successor_id}"


class PlanCalendar(TenantModel):
    """A calendar that came with an imported plan and belongs to it alone.

    `week` holds seven lists of [start, end] minutes, Monday first; `days` runs of dates that
    differ: [first, last, [[start, end], …]].
    """

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="plan_calendars")
    uid = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    week = models.JSONField()
    days = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "uid"], name="plan_calendar_uid")
        ]

    def __str__(self) -> str:
        return self.name


class PlanResource(TenantModel):
    """Somebody or something that an imported plan names and the firm does not know (yet)."""

    class Kind(models.TextChoices):
        WORK = "work", "Person or machine"
        MATERIAL = "material", "Material"
        COST = "cost", "Cost"

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="plan_resources")
    uid = models.PositiveIntegerField()
    name = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.WORK)
    max_units = models.DecimalField(max_digits=9, decimal_places=4, default=1)
    calendar = TenantForeignKey(
        PlanCalendar, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "uid"], name="plan_resource_uid")
        ]

    def __str__(self) -> str:
        return self.name
