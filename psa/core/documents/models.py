"""Files beside records: sniffed, hashed, versioned, served as attachments."""

from django.db import models

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Document(TenantModel):
    """One version of a file on a record; its bytes lie in storage under their hash."""

    record_type = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, default="attachment")
    filename = models.CharField(max_length=160)
    content_type = models.CharField(max_length=80)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_path = models.CharField(max_length=200)
    version = models.PositiveIntegerField(default=1)
    is_client_visible = models.BooleanField(default=False)
    uploaded_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "record_type", "record_id", "kind", "filename", "version"],
                name="document_version_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "record_type", "record_id"], name="document_by_record"),
            models.Index(fields=["tenant", "sha256"], name="document_by_hash"),
        ]
