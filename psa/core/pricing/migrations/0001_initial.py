import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

import psa.core.org.models
import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("org", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "context",
                    models.CharField(
                        choices=[
                            ("cost", "Cost"),
                            ("sales", "Sales"),
                            ("purchase", "Purchase"),
                            ("transfer", "Transfer"),
                        ],
                        max_length=8,
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("time_unit", models.CharField(default="hour", max_length=4)),
                ("hours_per_day", models.DecimalField(decimal_places=2, default=8, max_digits=4)),
                ("owner_kind", models.CharField(default="tenant", max_length=12)),
                ("owner_id", models.BigIntegerField(default=0)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("active", "Active"), ("expired", "Expired")],
                        default="draft",
                        max_length=8,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("is_used", models.BooleanField(default=False)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "predecessor",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="successors",
                        to="pricing.pricelist",
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
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        condition=models.Q(("status", "active")),
                        expressions=[
                            ("tenant", "="),
                            ("context", "="),
                            ("currency", "="),
                            ("owner_kind", "="),
                            ("owner_id", "="),
                            (psa.core.org.models.DateRange("valid_from", "valid_until"), "&&"),
                        ],
                        name="active_price_lists_do_not_overlap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True),
                            ("valid_until__gt", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="price_list_ends_after_it_starts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hours_per_day__gt", 0), ("hours_per_day__lte", 24)),
                        name="price_list_hours",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="pricing_pricelist_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="pricing_pricelist_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="predecessor", name="pricing_pricelist_predecessor_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("transaction_class", models.CharField(default="time", max_length=10)),
                ("item", models.CharField(blank=True, max_length=60)),
                ("dimensions", models.CharField(blank=True, max_length=200)),
                ("unit", models.CharField(default="hour", max_length=10)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("price", "Price"),
                            ("markup", "Markup on cost, %"),
                            ("at_cost", "At cost"),
                        ],
                        default="price",
                        max_length=8,
                    ),
                ),
                ("value", models.DecimalField(decimal_places=6, max_digits=20)),
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
                (
                    "price_list",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="pricing.pricelist",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "tenant",
                            "price_list",
                            "transaction_class",
                            "role",
                            "resourcing_unit",
                            "category",
                            "item",
                            "dimensions",
                            "unit",
                        ),
                        name="price_line_unambiguous",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0)), name="price_not_negative"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="pricing_priceline_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="pricing_priceline_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="price_list", name="pricing_priceline_price_list_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="pricing_priceline_role_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resourcing_unit", name="pricing_priceline_resourcing_unit_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="category", name="pricing_priceline_category_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PriceTrace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("steps", models.JSONField()),
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
                    models.UniqueConstraint(fields=("tenant", "digest"), name="price_trace_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="pricing_pricetrace_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="pricing_pricetrace_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PricingDimension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30)),
                ("name", models.CharField(max_length=80)),
                ("priority", models.PositiveSmallIntegerField()),
                ("applies_to_cost", models.BooleanField(default=True)),
                ("applies_to_sales", models.BooleanField(default=True)),
                ("source", models.CharField(max_length=40)),
                ("is_markup", models.BooleanField(default=False)),
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
                        fields=("tenant", "code"), name="pricing_dimension_code"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "priority"), name="pricing_dimension_priority"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="pricing_pricingdimension_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="pricing_pricingdimension_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnpricedEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source_kind", models.CharField(max_length=20)),
                ("source_id", models.BigIntegerField()),
                ("context", models.CharField(max_length=8)),
                ("project_id", models.BigIntegerField(null=True)),
                ("work_on", models.DateField()),
                ("reason", models.CharField(max_length=400)),
                ("searched", models.JSONField(default=list)),
                ("added_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.resource",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "resolved_at", "work_on"], name="unpriced_waiting"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at__isnull", True)),
                        fields=("tenant", "source_kind", "source_id", "context"),
                        name="unpriced_waits_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="pricing_unpricedentry_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="pricing_unpricedentry_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="pricing_unpricedentry_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="pricing_unpricedentry_role_id_ref"
                    ),
                ],
            },
        ),
    ]
