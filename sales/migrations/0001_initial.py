import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("org", "0001_initial"),
        ("pricing", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("prospect", "Prospect"),
                            ("customer", "Customer"),
                            ("vendor", "Vendor"),
                        ],
                        default="prospect",
                        max_length=10,
                    ),
                ),
                ("legal_name", models.CharField(blank=True, max_length=160)),
                ("country", models.CharField(max_length=2)),
                ("address", models.TextField(blank=True)),
                ("tax_id", models.CharField(blank=True, max_length=40)),
                ("industry", models.CharField(blank=True, max_length=60)),
                ("currency", models.CharField(max_length=3)),
                ("payment_terms_days", models.PositiveSmallIntegerField(default=30)),
                (
                    "credit_limit_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "owner",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "parent",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="sales.account",
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
                "indexes": [models.Index(fields=["tenant", "name"], name="account_by_name")],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "code"), name="account_code"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_account_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_account_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="owner", name="sales_account_owner_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="parent", name="sales_account_parent_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=40)),
                ("job_title", models.CharField(blank=True, max_length=80)),
                ("is_billing", models.BooleanField(default=False)),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contacts",
                        to="sales.account",
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
                "abstract": False,
                "constraints": [
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_contact_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_contact_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="sales_contact_account_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=160)),
                ("currency", models.CharField(max_length=3)),
                ("fx_policy", models.CharField(default="spot", max_length=10)),
                ("payment_terms_days", models.PositiveSmallIntegerField(default=30)),
                ("bill_to_name", models.CharField(blank=True, max_length=160)),
                ("bill_to_address", models.TextField(blank=True)),
                ("bill_to_email", models.EmailField(blank=True, max_length=254)),
                ("po_number", models.CharField(blank=True, max_length=40)),
                (
                    "po_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "original_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("confirmed", "Confirmed"),
                            ("on_hold", "On hold"),
                            ("completed", "Completed"),
                            ("cancelled", "Cancelled"),
                            ("closed", "Closed"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("hold_reason", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="sales.account",
                    ),
                ),
                (
                    "contracting_unit",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.orgunit",
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
                    "owner",
                    psa.core.tenancy.fields.TenantForeignKey(
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
        ),
        migrations.CreateModel(
            name="ContractLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=160)),
                (
                    "billing_method",
                    models.CharField(
                        choices=[
                            ("time_and_material", "Time and material"),
                            ("fixed_price", "Fixed price"),
                            ("retainer", "Retainer"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "transaction_classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), default=list, size=None
                    ),
                ),
                ("value_amount", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                (
                    "not_to_exceed_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "not_to_exceed_warning_percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "budget_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("tax_code", models.CharField(blank=True, max_length=20)),
                ("invoice_frequency", models.CharField(default="monthly", max_length=12)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "retainer_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("retainer_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("retainer_overage_policy", models.CharField(blank=True, max_length=16)),
                ("retainer_underuse_policy", models.CharField(blank=True, max_length=16)),
                ("expense_policy", models.CharField(default="at_cost", max_length=10)),
                (
                    "expense_markup_percent",
                    models.DecimalField(decimal_places=4, default=0, max_digits=7),
                ),
                ("recognition_method", models.CharField(default="as_invoiced", max_length=20)),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="sales.contract",
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
                        fields=("tenant", "contract", "position"), name="contract_line_position"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("not_to_exceed_amount__isnull", True),
                            ("not_to_exceed_amount__gte", 0),
                            _connector="OR",
                        ),
                        name="nte_not_negative",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_contractline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_contractline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract", name="sales_contractline_contract_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContractLimit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "transaction_classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), default=list, size=None
                    ),
                ),
                ("limit_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "warning_percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.account",
                    ),
                ),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="sales.contract",
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
                (
                    "line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="limits",
                        to="sales.contractline",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "contract", "line", "account"),
                        name="contract_limit_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("limit_amount__gte", 0)), name="limit_not_negative"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_contractlimit_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_contractlimit_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract", name="sales_contractlimit_contract_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="line", name="sales_contractlimit_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="sales_contractlimit_account_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ChargeabilityRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task_id", models.BigIntegerField(blank=True, null=True)),
                ("billing_type", models.CharField(max_length=16)),
                (
                    "category",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.transactioncategory",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.resource",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.jobrole",
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
                (
                    "line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chargeability_rules",
                        to="sales.contractline",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "line", "role", "category", "task_id", "resource"),
                        name="chargeability_rule_once",
                        nulls_distinct=False,
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_chargeabilityrule_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_chargeabilityrule_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="line", name="sales_chargeabilityrule_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="sales_chargeabilityrule_role_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="category", name="sales_chargeabilityrule_category_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="sales_chargeabilityrule_resource_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FundingSource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("share_percent", models.DecimalField(decimal_places=4, default=100, max_digits=7)),
                (
                    "limit_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="sales.account",
                    ),
                ),
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="funding_sources",
                        to="sales.contract",
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
                        fields=("tenant", "contract", "position"), name="funding_position_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_fundingsource_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_fundingsource_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract", name="sales_fundingsource_contract_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="sales_fundingsource_account_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NumberCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("last_number", models.PositiveIntegerField(default=0)),
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
                    models.UniqueConstraint(fields=("tenant", "kind"), name="sales_counter_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_numbercounter_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_numbercounter_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OpportunityStage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=40)),
                ("position", models.PositiveSmallIntegerField()),
                ("probability_percent", models.PositiveSmallIntegerField()),
                ("outcome", models.CharField(default="open", max_length=5)),
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
                        fields=("tenant", "code"), name="opportunity_stage_code"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("probability_percent__lte", 100)),
                        name="stage_probability_percent",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_opportunitystage_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_opportunitystage_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=160)),
                ("currency", models.CharField(max_length=3)),
                (
                    "estimated_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                ("close_on", models.DateField()),
                ("needed_by_on", models.DateField(blank=True, null=True)),
                ("source", models.CharField(blank=True, max_length=60)),
                ("competitors", models.CharField(blank=True, max_length=200)),
                ("description", models.TextField(blank=True)),
                ("loss_reason", models.CharField(blank=True, max_length=200)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="sales.account",
                    ),
                ),
                (
                    "contracting_unit",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.orgunit",
                    ),
                ),
                (
                    "owner",
                    psa.core.tenancy.fields.TenantForeignKey(
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
                (
                    "stage",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="opportunities",
                        to="sales.opportunitystage",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["tenant", "stage", "close_on"], name="opportunity_by_stage"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "number"), name="opportunity_number"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_opportunity_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_opportunity_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="sales_opportunity_account_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="owner", name="sales_opportunity_owner_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contracting_unit", name="sales_opportunity_contracting_unit_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="stage", name="sales_opportunity_stage_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("sent", "Sent"),
                            ("won", "Won"),
                            ("lost", "Lost"),
                            ("superseded", "Superseded"),
                            ("expired", "Expired"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("scope", models.TextField(blank=True)),
                ("terms", models.TextField(blank=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "opportunity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="sales.opportunity",
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
                        fields=("tenant", "number", "version"), name="quote_version_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "won")),
                        fields=("tenant", "opportunity"),
                        name="one_won_quote_per_opportunity",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_quote_tenant_rls"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="sales_quote_tenant_id"),
                    psa.core.tenancy.constraints.TenantReference(
                        field="opportunity", name="sales_quote_opportunity_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="contract",
            name="quote",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="contracts",
                to="sales.quote",
            ),
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=160)),
                (
                    "billing_method",
                    models.CharField(
                        choices=[
                            ("time_and_material", "Time and material"),
                            ("fixed_price", "Fixed price"),
                            ("retainer", "Retainer"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "transaction_classes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), default=list, size=None
                    ),
                ),
                ("value_amount", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                (
                    "not_to_exceed_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "not_to_exceed_warning_percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True),
                ),
                (
                    "budget_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("tax_code", models.CharField(blank=True, max_length=20)),
                ("invoice_frequency", models.CharField(default="monthly", max_length=12)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "retainer_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("retainer_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("retainer_overage_policy", models.CharField(blank=True, max_length=16)),
                ("retainer_underuse_policy", models.CharField(blank=True, max_length=16)),
                ("expense_policy", models.CharField(default="at_cost", max_length=10)),
                (
                    "expense_markup_percent",
                    models.DecimalField(decimal_places=4, default=0, max_digits=7),
                ),
                ("recognition_method", models.CharField(default="as_invoiced", max_length=20)),
                (
                    "quote",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="sales.quote",
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
                        fields=("tenant", "quote", "position"), name="quote_line_position"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_quoteline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_quoteline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="quote", name="sales_quoteline_quote_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteLineDetail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("transaction_class", models.CharField(default="time", max_length=10)),
                ("description", models.CharField(blank=True, max_length=160)),
                ("starts_on", models.DateField()),
                ("minutes", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "quantity",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "cost_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
                ),
                (
                    "cost_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                (
                    "bill_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
                ),
                (
                    "list_bill_rate",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
                ),
                (
                    "bill_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("override_reason", models.CharField(blank=True, max_length=200)),
                (
                    "bill_trace",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pricing.pricetrace",
                    ),
                ),
                (
                    "category",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.transactioncategory",
                    ),
                ),
                (
                    "cost_trace",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="pricing.pricetrace",
                    ),
                ),
                (
                    "line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="details",
                        to="sales.quoteline",
                    ),
                ),
                (
                    "resourcing_unit",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.orgunit",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.jobrole",
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
                        fields=("tenant", "line", "position"), name="quote_detail_position"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_quotelinedetail_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_quotelinedetail_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="line", name="sales_quotelinedetail_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="sales_quotelinedetail_role_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resourcing_unit", name="sales_quotelinedetail_resourcing_unit_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="category", name="sales_quotelinedetail_category_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="cost_trace", name="sales_quotelinedetail_cost_trace_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="bill_trace", name="sales_quotelinedetail_bill_trace_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteMilestone",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("due_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                (
                    "line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="milestones",
                        to="sales.quoteline",
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
                        fields=("tenant", "line", "position"), name="quote_milestone_position"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_quotemilestone_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_quotemilestone_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="line", name="sales_quotemilestone_line_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RateOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("unit", models.CharField(default="hour", max_length=4)),
                ("price", models.DecimalField(decimal_places=6, max_digits=20)),
                (
                    "line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rate_overrides",
                        to="sales.contractline",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.jobrole",
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
                        fields=("tenant", "line", "role"), name="rate_override_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="override_not_negative"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="sales_rateoverride_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="sales_rateoverride_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="line", name="sales_rateoverride_line_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="sales_rateoverride_role_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="contract",
            index=models.Index(fields=["tenant", "status", "number"], name="contract_by_status"),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(fields=("tenant", "number"), name="contract_number"),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(
                condition=models.Q(("quote__isnull", False)),
                fields=("tenant", "quote"),
                name="one_contract_per_quote",
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="sales_contract_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="sales_contract_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="account", name="sales_contract_account_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="quote", name="sales_contract_quote_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="owner", name="sales_contract_owner_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="contracting_unit", name="sales_contract_contracting_unit_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="contract",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="legal_entity", name="sales_contract_legal_entity_id_ref"
            ),
        ),
    ]
