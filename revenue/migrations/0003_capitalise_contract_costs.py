import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_index_lent_work"),
        ("org", "0004_add_export_retention"),
        ("revenue", "0002_hold_cost_until_completion"),
        ("sales", "0002_tell_consumers_apart"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ContractCost",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("obtain", "To obtain the contract"),
                            ("fulfil", "To fulfil the contract"),
                        ],
                        max_length=8,
                    ),
                ),
                ("description", models.CharField(max_length=200)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("currency", models.CharField(max_length=3)),
                ("capitalised_on", models.DateField()),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField()),
                ("taken_back_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "booked_account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.ledgeraccount",
                    ),
                ),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="capitalised_costs",
                        to="sales.contract",
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "legal_entity", "capitalised_on"],
                        name="contract_cost_by_entity",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="ContractCostCharge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("amortised_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("impaired_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("carrying_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "recoverable_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("posted_at", models.DateTimeField()),
                ("reversed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "cost",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="revenue.contractcost",
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
                "indexes": [models.Index(fields=["tenant", "period"], name="cost_charge_by_period")]
            },
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="contract_cost_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))),
                name="contract_cost_has_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="revenue_contractcost_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="revenue_contractcost_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="contract", name="revenue_contractcost_contract_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="legal_entity", name="revenue_contractcost_legal_entity_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="booked_account", name="revenue_contractcost_booked_account_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcost",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="journal_entry", name="revenue_contractcost_journal_entry_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcostcharge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reversed_at__isnull", True)),
                fields=("tenant", "cost", "period"),
                name="one_live_charge_per_period",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcostcharge",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="revenue_contractcostcharge_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcostcharge",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="revenue_contractcostcharge_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcostcharge",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="cost", name="revenue_contractcostcharge_cost_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcostcharge",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="period", name="revenue_contractcostcharge_period_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contractcostcharge",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="journal_entry", name="revenue_contractcostcharge_journal_entry_id_ref"
            ),
        ),
    ]
