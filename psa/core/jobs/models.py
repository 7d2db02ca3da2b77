"""Long work: a run is a row, written in the business transaction: the row is the outbox."""

from django.db import models

from psa.core.tenancy.models import Tenant, TenantForeignKey, TenantModel


class JobRun(TenantModel):
    """One logical run of a kind of work: what, for whom, how far, with what result."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120)
    title = models.CharField(max_length=160)
    arguments = models.JSONField(default=dict)
    requested_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    requested_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=400, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    # Records that a run which is done refused; why, its parts say.
    left_out = models.PositiveIntegerField(default=0, db_default=0)
    cancel_requested = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "key"], name="job_run_once")
        ]
        indexes = [models.Index(fields=["tenant", "-id"], name="job_run_latest")]


class JobChunk(TenantModel):
    """One piece of a run; it commits whole, with its own result, or not at all."""

    run = TenantForeignKey(JobRun, models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    arguments = models.JSONField(default=dict)
    weight = models.PositiveIntegerField(default=1)
    done_at = models.DateTimeField(null=True, blank=True)
    failures = models.JSONField(default=list)
    result = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run", "position"], name="job_chunk_once")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "run", "position"],
                condition=models.Q(done_at__isnull=True),
                name="job_chunk_waiting",
            )
        ]


class JobLogLine(TenantModel):
    run = TenantForeignKey(JobRun, models.CASCADE, related_name="log_lines")
    at = models.DateTimeField()
    level = models.CharField(max_length=7, default="info")
    text = models.CharField(max_length=600)

    class Meta:
        indexes = [models.Index(fields=["tenant", "run", "id"], name="job_log_by_run")]


class JobTicket(models.Model):
    """Where the dispatcher finds work across tenants; global, and it holds nothing else."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    run_id = models.BigIntegerField()
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "run_id"], name="job_ticket_once")]
        indexes = [models.Index(fields=["due_at"], name="job_ticket_due")]


class JobSchedule(TenantModel):
    """When a kind of run starts by itself; administrators see and edit it."""

    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    arguments = models.JSONField(default=dict)
    every_minutes = models.PositiveIntegerField(null=True, blank=True)
    daily_at_minute = models.PositiveSmallIntegerField(null=True, blank=True)
    next_due_at = models.DateTimeField()
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "kind"], name="job_schedule_once")]
