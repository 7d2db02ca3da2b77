"""An import on its way: the file's rows as they were, what each is to become, what became of it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class ImportRun(TenantModel):
    """One file that somebody imports; its rows are staged until it is removed."""

    class State(models.TextChoices):
        STAGED = "staged", "To map"
        CHECKING = "checking", "Being checked"
        CHECKED = "checked", "To apply"
        APPLYING = "applying", "Being applied"
        DONE = "done", "Imported"
        UNDOING = "undoing", "Being undone"
        UNDONE = "undone", "Undone"

    kind = models.CharField(max_length=20)
    profile = models.CharField(max_length=60, blank=True)
    filename = models.CharField(max_length=160)
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.STAGED)
    header = ArrayField(models.CharField(max_length=120))
    notes = models.JSONField(default=list)
    # Target → place of its column; and how its values are read.
    mapping = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    skips_bad_rows = models.BooleanField(default=False)
    row_count = models.PositiveIntegerField(default=0)
    totals_before = models.JSONField(default=list)
    totals_after = models.JSONField(default=list)
    summary = models.CharField(max_length=300, blank=True)
    created_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    job_run_id = models.BigIntegerField(null=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant", "-id"], name="import_run_latest")]


class ImportRow(TenantModel):
    """One row of the file: its cells as text, its state, and the record it became."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not checked"
        READY = "ready", "Will be imported"
        KNOWN = "known", "There already"
        BAD = "bad", "Cannot be imported"
        IMPORTED = "imported", "Imported"
        UNDONE = "undone", "Undone"
        KEPT = "kept", "Kept at undo"

    run = TenantForeignKey(ImportRun, models.CASCADE, db_index=False, related_name="rows")
    number = models.PositiveIntegerField()
    cells = models.JSONField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    sentence = models.CharField(max_length=400, blank=True)
    record_type = models.CharField(max_length=60, blank=True)
    record_id = models.BigIntegerField(null=True)
    # What makes the row itself, so that the same line of another file is not imported again.
    key = models.CharField(max_length=64, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run", "number"], name="import_row_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "run", "state", "number"], name="import_row_by_state")
        ]


class ImportProfile(TenantModel):
    """How a file of this kind was mapped last: offered again for a file with such a header."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=60)
    # Target → name of its column, and how its values are read.
    columns = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind", "name"], name="import_profile_once")
        ]
