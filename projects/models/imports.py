"""A file with a plan on its way to a project."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class PlanImport(TenantModel):
    """A file that somebody imports: looked at, then made a project or forgotten.

    `content` is the file packed, later only what a plan is made of, and empty once that is a
    project. `preview` is what it would become; `report` holds [record, sentence] of each row that
    was refused or is to be looked at.
    """

    filename = models.CharField(max_length=160)
    name = models.CharField(max_length=160, blank=True)
    manager = TenantForeignKey("org.Resource", models.PROTECT, related_name="+")
    starts_on = models.DateField(null=True, blank=True)
    is_matching_people = models.BooleanField(default=False)
    content = models.BinaryField()
    is_trimmed = models.BooleanField(default=False)
    preview = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    report = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    project = TenantForeignKey(
        "projects.Project", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    imported_at = models.DateTimeField(null=True, blank=True)
    created_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    created_at = models.DateTimeField()
    job_run_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(imported_at__isnull=True) | Q(content=b""),
                name="plan_import_keeps_no_file",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "created_by", "-id"], name="plan_import_by_owner")
        ]

    def __str__(self) -> str:
        return self.filename
