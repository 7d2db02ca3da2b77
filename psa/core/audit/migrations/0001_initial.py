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
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(auto_now_add=True)),
                ("via", models.CharField(max_length=10)),
                ("event", models.CharField(max_length=80)),
                ("record_type", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("sentence", models.CharField(max_length=400)),
                ("changes", models.JSONField(default=dict)),
                (
                    "actor",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["tenant", "record_type", "record_id", "-id"], name="audit_by_record"
                    ),
                    models.Index(fields=["tenant", "-id"], name="audit_latest"),
                ],
                "constraints": [
                    psa.core.tenancy.constraints.AppendOnly(name="audit_entry_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="audit_auditentry_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="audit_auditentry_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="actor", name="audit_auditentry_actor_id_ref"
                    ),
                ],
            },
        ),
    ]
