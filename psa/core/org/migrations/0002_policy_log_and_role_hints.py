from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("org", "0001_initial"),
        ("tenancy", "0003_add_tenant_removal"),
    ]

    operations = [
        migrations.CreateModel(
            name="ManualControl",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("policy_rule", models.CharField(max_length=300)),
                ("reason", models.CharField(max_length=300)),
                ("check_text", models.CharField(blank=True, max_length=300)),
                (
                    "frequency",
                    models.CharField(
                        choices=[
                            ("daily", "Daily"),
                            ("weekly", "Weekly"),
                            ("monthly", "Monthly"),
                            ("quarterly", "Quarterly"),
                            ("yearly", "Yearly"),
                        ],
                        default="monthly",
                        max_length=10,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ParameterDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("parameter", models.CharField(max_length=60)),
                ("asked", models.CharField(max_length=300)),
                ("considered", models.TextField(blank=True)),
                ("decided", models.CharField(max_length=300)),
                ("why", models.TextField()),
                ("decided_by", models.CharField(max_length=120)),
                ("decided_on", models.DateField()),
                ("recorded_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="jobrole",
            name="bill_rate_hint",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="jobrole",
            name="cost_rate_hint",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
        ),
        migrations.AddField(
            model_name="jobrole",
            name="required_skills",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="billing_cutoff",
            field=models.CharField(db_default="month_end", default="month_end", max_length=12),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="eac_amber_percent",
            field=models.DecimalField(
                db_default=Decimal("5"), decimal_places=2, default=5, max_digits=5
            ),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="eac_red_percent",
            field=models.DecimalField(
                db_default=Decimal("15"), decimal_places=2, default=15, max_digits=5
            ),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="invoice_frequency",
            field=models.CharField(db_default="monthly", default="monthly", max_length=12),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="job_retention_days",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="notification_retention_days",
            field=models.PositiveSmallIntegerField(db_default=365, default=365),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="submission_deadline_minute",
            field=models.PositiveSmallIntegerField(db_default=1020, default=1020),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="submission_deadline_weekday",
            field=models.PositiveSmallIntegerField(db_default=4, default=4),
        ),
        migrations.AddConstraint(
            model_name="tenantparameters",
            constraint=models.CheckConstraint(
                condition=models.Q(("eac_red_percent__gt", models.F("eac_amber_percent"))),
                name="eac_bands_in_order",
            ),
        ),
        migrations.AddField(
            model_name="manualcontrol",
            name="acknowledged_by",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="manualcontrol",
            name="owner",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="manualcontrol",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddField(
            model_name="parameterdecision",
            name="recorded_by",
            field=psa.core.tenancy.fields.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.membership",
            ),
        ),
        migrations.AddField(
            model_name="parameterdecision",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="manualcontrol",
            constraint=models.UniqueConstraint(fields=("tenant", "code"), name="control_code"),
        ),
        migrations.AddConstraint(
            model_name="manualcontrol",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="org_manualcontrol_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="manualcontrol",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="org_manualcontrol_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="manualcontrol",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="owner", name="org_manualcontrol_owner_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="manualcontrol",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="acknowledged_by", name="org_manualcontrol_acknowledged_by_id_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="parameterdecision",
            index=models.Index(fields=["tenant", "parameter", "-id"], name="decision_latest"),
        ),
        migrations.AddConstraint(
            model_name="parameterdecision",
            constraint=psa.core.tenancy.constraints.AppendOnly(
                name="parameter_decision_append_only"
            ),
        ),
        migrations.AddConstraint(
            model_name="parameterdecision",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="org_parameterdecision_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="parameterdecision",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="org_parameterdecision_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="parameterdecision",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="recorded_by", name="org_parameterdecision_recorded_by_id_ref"
            ),
        ),
    ]
