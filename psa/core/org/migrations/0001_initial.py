import django.contrib.postgres.constraints
import django.db.models.deletion
from django.db import migrations, models

import psa.core.org.models
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
            name="JobRole",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=30)),
                ("name", models.CharField(max_length=80)),
                ("billing_type", models.CharField(default="chargeable", max_length=16)),
                (
                    "target_utilisation_percent",
                    models.DecimalField(decimal_places=2, default=75, max_digits=5),
                ),
                ("is_active", models.BooleanField(default=True)),
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
                    models.UniqueConstraint(fields=("tenant", "code"), name="job_role_code"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_jobrole_tenant_rls"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="org_jobrole_tenant_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LegalEntity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=12)),
                ("name", models.CharField(max_length=120)),
                ("currency", models.CharField(max_length=3)),
                ("country", models.CharField(max_length=2)),
                ("address", models.TextField(blank=True)),
                ("tax_id", models.CharField(blank=True, max_length=40)),
                ("registration", models.CharField(blank=True, max_length=120)),
                ("bank_name", models.CharField(blank=True, max_length=80)),
                ("bank_iban", models.CharField(blank=True, max_length=40)),
                ("bank_bic", models.CharField(blank=True, max_length=20)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("fiscal_year_start_month", models.PositiveSmallIntegerField(default=1)),
                ("time_zone", models.CharField(default="UTC", max_length=40)),
                ("invoice_prefix", models.CharField(max_length=12)),
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
                    models.UniqueConstraint(fields=("tenant", "code"), name="legal_entity_code"),
                    models.UniqueConstraint(
                        fields=("tenant", "invoice_prefix"), name="invoice_prefix_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fiscal_year_start_month__range", (1, 12))),
                        name="fiscal_start_is_a_month",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_legalentity_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_legalentity_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OrgUnit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                (
                    "legal_entity",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="units",
                        to="org.legalentity",
                    ),
                ),
                (
                    "parent",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="org.orgunit",
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
                    models.UniqueConstraint(fields=("tenant", "code"), name="org_unit_code"),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="org_unit_not_own_parent",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_orgunit_tenant_rls"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="org_orgunit_tenant_id"),
                    psa.core.tenancy.constraints.TenantReference(
                        field="parent", name="org_orgunit_parent_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="legal_entity", name="org_orgunit_legal_entity_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Resource",
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
                            ("employee", "Employee"),
                            ("contractor", "Contractor"),
                            ("generic", "Generic"),
                            ("future_hire", "Future hire"),
                        ],
                        default="employee",
                        max_length=12,
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=120)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("location", models.CharField(blank=True, max_length=80)),
                ("work_location", models.CharField(default="any", max_length=10)),
                ("seniority", models.CharField(blank=True, max_length=20)),
                ("employed_from", models.DateField()),
                ("employed_until", models.DateField(blank=True, null=True)),
                ("is_bookable", models.BooleanField(default=True)),
                (
                    "job_role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="org.jobrole",
                    ),
                ),
                (
                    "manager",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="org.resource",
                    ),
                ),
                (
                    "membership",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="access.membership",
                    ),
                ),
                (
                    "org_unit",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="org.orgunit",
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
            name="ResourceException",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(default="leave", max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField()),
                ("minutes_off_per_day", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exceptions",
                        to="org.resource",
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
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("valid_from"))),
                        name="resource_exception_has_days",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_resourceexception_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_resourceexception_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="org_resourceexception_resource_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TenantParameters",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("time_entry_mode", models.CharField(default="weekly", max_length=8)),
                ("week_starts_on", models.PositiveSmallIntegerField(default=0)),
                ("late_lock_business_days", models.PositiveSmallIntegerField(default=5)),
                ("missing_price_policy", models.CharField(default="block", max_length=16)),
                ("late_work_policy", models.CharField(default="open_period", max_length=16)),
                ("self_approval_allowed", models.BooleanField(default=False)),
                (
                    "nte_warning_percent",
                    models.DecimalField(decimal_places=2, default=80, max_digits=5),
                ),
                ("hours_per_day", models.DecimalField(decimal_places=2, default=8, max_digits=4)),
                ("fx_policy", models.CharField(default="spot", max_length=10)),
                ("fx_max_age_days", models.PositiveSmallIntegerField(default=7)),
                ("fx_base_currency", models.CharField(default="EUR", max_length=3)),
                ("budget_control", models.CharField(default="warn", max_length=6)),
                ("estimate_required_before_propose", models.BooleanField(default=True)),
                (
                    "minimum_invoice_amount",
                    models.DecimalField(decimal_places=4, default=0, max_digits=19),
                ),
                ("deployment_model", models.CharField(default="non_stocked", max_length=12)),
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
                    models.UniqueConstraint(fields=("tenant",), name="one_parameter_row"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_tenantparameters_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_tenantparameters_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimeRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=40)),
                ("mode", models.CharField(default="warn", max_length=5)),
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
                    models.UniqueConstraint(fields=("tenant", "code"), name="time_rule_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_timerule_tenant_rls"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="org_timerule_tenant_id"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TransactionCategory",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("transaction_class", models.CharField(max_length=10)),
                ("revenue_account_code", models.CharField(blank=True, max_length=12)),
                ("cost_account_code", models.CharField(blank=True, max_length=12)),
                (
                    "receipt_required_over",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("is_active", models.BooleanField(default=True)),
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
                "verbose_name_plural": "transaction categories",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "code"), name="transaction_category_code"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_transactioncategory_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_transactioncategory_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkCalendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("time_zone", models.CharField(default="UTC", max_length=40)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("subdivision", models.CharField(blank=True, max_length=10)),
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
                    models.UniqueConstraint(fields=("tenant", "name"), name="calendar_name"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_workcalendar_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_workcalendar_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ResourceCalendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calendar_periods",
                        to="org.resource",
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
                    "calendar",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.workcalendar",
                    ),
                ),
            ],
            options={
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("tenant", "="),
                            ("resource", "="),
                            (psa.core.org.models.DateRange("valid_from", "valid_until"), "&&"),
                        ],
                        name="resource_calendar_no_overlap",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_resourcecalendar_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_resourcecalendar_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="org_resourcecalendar_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="calendar", name="org_resourcecalendar_calendar_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="resource",
            name="calendar",
            field=psa.core.tenancy.fields.TenantForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="org.workcalendar",
            ),
        ),
        migrations.CreateModel(
            name="CalendarException",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                ("name", models.CharField(max_length=80)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("holiday", "Public holiday"),
                            ("closure", "Company closure"),
                            ("working", "Extra working day"),
                        ],
                        max_length=8,
                    ),
                ),
                ("working_minutes", models.PositiveSmallIntegerField(default=0)),
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
                    "calendar",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exceptions",
                        to="org.workcalendar",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "calendar", "on"), name="calendar_exception_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_calendarexception_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_calendarexception_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="calendar", name="org_calendarexception_calendar_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkInterval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weekday", models.PositiveSmallIntegerField()),
                ("start_minute", models.PositiveSmallIntegerField()),
                ("end_minute", models.PositiveSmallIntegerField()),
                (
                    "calendar",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="intervals",
                        to="org.workcalendar",
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
                    models.CheckConstraint(
                        condition=models.Q(("weekday__lte", 6)), name="work_interval_weekday"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("end_minute__gt", models.F("start_minute")), ("end_minute__lte", 1440)
                        ),
                        name="work_interval_within_day",
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "calendar", "weekday", "start_minute"),
                        name="work_interval_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="org_workinterval_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="org_workinterval_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="calendar", name="org_workinterval_calendar_id_ref"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(fields=["tenant", "name"], name="resource_by_name"),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=models.UniqueConstraint(fields=("tenant", "code"), name="resource_code"),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=models.UniqueConstraint(
                condition=models.Q(("membership__isnull", False)),
                fields=("tenant", "membership"),
                name="one_resource_per_member",
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="org_resource_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="org_resource_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="membership", name="org_resource_membership_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="org_unit", name="org_resource_org_unit_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="job_role", name="org_resource_job_role_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="manager", name="org_resource_manager_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="calendar", name="org_resource_calendar_id_ref"
            ),
        ),
    ]
