"""Snapshots of a plan with what it was to cost, to be measured against."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel

from ..fields import WallClockField


class Baseline(TenantModel):
    """A snapshot of a plan, to be compared with: up to eleven, numbered 0 to 10.

    Earned value is measured by the one approved last; an approved one never changes. Amounts are in
    `currency`, the firm's own; "" for a snapshot that an imported plan brought along.
    """

    project = TenantForeignKey("projects.Project", models.CASCADE, related_name="baselines")
    number = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=80, blank=True)
    set_at = models.DateTimeField()
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "project", "number"], name="baseline_once"),
            models.CheckConstraint(condition=Q(number__lte=10), name="baseline_number"),
        ]

    def __str__(self) -> str:
        return self.name or f"Baseline {self.number}"


class BaselineTask(TenantModel):
    """What a task looked like when the snapshot was taken; it outlives the task.

    `cost_amount` is all that the task was to cost, `expense_amount` what of it was not work.
    Summaries have no amounts: they are the sums of what is below them.
    """

    baseline = TenantForeignKey(Baseline, models.CASCADE, related_name="tasks")
    task = TenantForeignKey(
        "projects.Task", models.SET_NULL, null=True, blank=True, related_name="baselines"
    )
    outline = models.CharField(max_length=60, blank=True, default="", db_default="")
    name = models.CharField(max_length=160, blank=True, default="", db_default="")
    start_at = WallClockField(null=True, blank=True)
    finish_at = WallClockField(null=True, blank=True)
    duration_minutes = models.PositiveIntegerField(null=True, blank=True)
    effort_minutes = models.PositiveIntegerField(null=True, blank=True)
    # Where the work paused, as whoever was to do most of it would: [[after, minutes], …].
    gaps = models.JSONField(default=list, db_default=[], blank=True)
    cost_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    expense_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    price_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "baseline", "task"], name="baseline_task")
        ]
        indexes = [models.Index(fields=["tenant", "task"], name="baseline_by_task")]

    def __str__(self) -> str:
        return f"{self.baseline_id}: {self.task_id}"
