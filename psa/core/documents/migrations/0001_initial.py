import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("record_type", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("kind", models.CharField(default="attachment", max_length=20)),
                ("filename", models.CharField(max_length=160)),
                ("content_type", models.CharField(max_length=80)),
                ("size", models.PositiveBigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("storage_path", models.CharField(max_length=200)),
                ("version", models.PositiveIntegerField(default=1)),
                ("is_client_visible", models.BooleanField(default=False)),
                ("uploaded_at", models.DateTimeField()),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
                (
                    "uploaded_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["tenant", "record_type", "record_id"], name="document_by_record"
                    ),
                    models.Index(fields=["tenant", "sha256"], name="document_by_hash"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "tenant",
                            "record_type",
                            "record_id",
                            "kind",
                            "filename",
                            "version",
                        ),
                        name="document_version_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="documents_document_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="documents_document_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="uploaded_by", name="documents_document_uploaded_by_id_ref"
                    ),
                ],
            },
        ),
    ]
