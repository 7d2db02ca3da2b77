import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("ledger", "0002_initial"),
        ("org", "0001_initial"),
        ("sales", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("as_invoiced", "As invoiced"),
                            ("cost_to_cost", "Cost to cost"),
                            ("effort", "Effort"),
                            ("percent", "Manager's % complete"),
                            ("milestone", "Milestones reached"),
                            ("straight_line", "Straight line"),
                            ("completed", "Completed contract"),
                        ],
                        max_length=16,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("price_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "planned_cost_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("completed_on", models.DateField(blank=True, null=True)),
                (
                    "contract_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="obligations",
                        to="sales.contractline",
                    ),
                ),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.legalentity",
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "contract_line"), name="one_obligation_per_line"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="revenue_obligation_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="revenue_obligation_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract_line", name="revenue_obligation_contract_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="revenue_obligation_legal_entity_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RevenueEstimate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("approved", "Approved"),
                            ("posted", "Posted"),
                            ("reversed", "Reversed"),
                        ],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("cost_to_date", models.DecimalField(decimal_places=4, max_digits=19)),
                ("estimate_to_complete", models.DecimalField(decimal_places=4, max_digits=19)),
                ("progress_numerator", models.DecimalField(decimal_places=6, max_digits=30)),
                ("progress_denominator", models.DecimalField(decimal_places=6, max_digits=30)),
                ("revenue_to_date", models.DecimalField(decimal_places=4, max_digits=19)),
                ("previous_revenue", models.DecimalField(decimal_places=4, max_digits=19)),
                ("period_revenue", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_period_revenue", models.DecimalField(decimal_places=4, max_digits=19)),
                ("entity_rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("entity_rate_on", models.DateField()),
                (
                    "provision_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                (
                    "provision_change_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                ("flags", models.JSONField(default=list)),
                ("inputs", models.JSONField(default=dict)),
                ("adjustment_reason", models.CharField(blank=True, max_length=300)),
                ("run_key", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "approved_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "journal_entry",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.journalentry",
                    ),
                ),
                (
                    "obligation",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="estimates",
                        to="revenue.obligation",
                    ),
                ),
                (
                    "period",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fiscalperiod",
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
                    models.Index(fields=["tenant", "period", "state"], name="estimate_by_period")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "reversed"), _negated=True),
                        fields=("tenant", "obligation", "period"),
                        name="one_live_estimate_per_period",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="revenue_revenueestimate_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="revenue_revenueestimate_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="obligation", name="revenue_revenueestimate_obligation_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="period", name="revenue_revenueestimate_period_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="approved_by", name="revenue_revenueestimate_approved_by_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="journal_entry", name="revenue_revenueestimate_journal_entry_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CloseStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("summary", models.CharField(blank=True, max_length=300)),
                ("ran_at", models.DateTimeField(blank=True, null=True)),
                (
                    "period",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.fiscalperiod",
                    ),
                ),
                (
                    "ran_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "period", "code"), name="close_step_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="revenue_closestep_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="revenue_closestep_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="period", name="revenue_closestep_period_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="ran_by", name="revenue_closestep_ran_by_id_ref"
                    ),
                ],
            },
        ),
    ]
