"""The trail: every change to a business record, and every business event."""

from django.db import models

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class AuditEntry(TenantModel):
    """Who did what to which record, when, from where, and what changed. Append-only."""

    at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    actor = TenantForeignKey("access.Membership", null=True, related_name="+")
    via = models.CharField(max_length=10)
    event = models.CharField(max_length=80)
    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    sentence = models.CharField(max_length=400)
    changes = models.JSONField(default=dict)

    class Meta:
        constraints = [AppendOnly(name="audit_entry_append_only")]
        indexes = [
            models.Index(
                fields=["tenant", "record_type", "record_id", "-id"], name="audit_by_record"
            ),
            models.Index(fields=["tenant", "-id"], name="audit_latest"),
        ]
