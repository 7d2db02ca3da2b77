import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("access", "0001_initial"),
        ("org", "0001_initial"),
        ("projects", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="ExpenseReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=20)),
                ("title", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField()),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                "indexes": [
                    models.Index(
                        fields=["tenant", "resource", "-id"], name="expense_report_by_person"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "number"), name="expense_report_number"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_expensereport_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_expensereport_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="timeexpense_expensereport_resource_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpenseEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("billing_type", models.CharField(blank=True, max_length=16)),
                ("description", models.CharField(blank=True, max_length=400)),
                ("internal_note", models.CharField(blank=True, max_length=400)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("returned", "Returned"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveSmallIntegerField(default=1)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("return_reason", models.CharField(blank=True, max_length=400)),
                ("blocked_reason", models.CharField(blank=True, max_length=400)),
                ("flags", models.JSONField(default=list)),
                ("recall_reason", models.CharField(blank=True, max_length=400)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                ("spent_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("tax_amount", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                (
                    "payment_method",
                    models.CharField(
                        choices=[("own", "Paid by me"), ("card", "Company card")],
                        default="own",
                        max_length=4,
                    ),
                ),
                ("merchant", models.CharField(blank=True, max_length=120)),
                ("has_receipt", models.BooleanField(default=False)),
                (
                    "category",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.transactioncategory",
                    ),
                ),
                (
                    "decided_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.resource",
                    ),
                ),
                (
                    "task",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.task",
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
                    "report",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="timeexpense.expensereport",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["tenant", "resource", "spent_on"], name="expense_by_person_and_day"
                    ),
                    models.Index(
                        condition=models.Q(("state", "submitted")),
                        fields=["tenant", "project", "spent_on"],
                        name="expense_to_approve",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="expense_amount_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("tax_amount__gte", 0), ("tax_amount__lt", models.F("amount"))
                        ),
                        name="expense_tax_within_amount",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_expenseentry_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_expenseentry_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="timeexpense_expenseentry_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="timeexpense_expenseentry_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="timeexpense_expenseentry_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="decided_by", name="timeexpense_expenseentry_decided_by_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="report", name="timeexpense_expenseentry_report_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="category", name="timeexpense_expenseentry_category_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TimeEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("billing_type", models.CharField(blank=True, max_length=16)),
                ("description", models.CharField(blank=True, max_length=400)),
                ("internal_note", models.CharField(blank=True, max_length=400)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("submitted", "Submitted"),
                            ("approved", "Approved"),
                            ("returned", "Returned"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("revision", models.PositiveSmallIntegerField(default=1)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("return_reason", models.CharField(blank=True, max_length=400)),
                ("blocked_reason", models.CharField(blank=True, max_length=400)),
                ("flags", models.JSONField(default=list)),
                ("recall_reason", models.CharField(blank=True, max_length=400)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                ("activity", models.CharField(blank=True, max_length=40)),
                ("work_on", models.DateField()),
                ("minutes", models.PositiveIntegerField()),
                ("billable_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("billable_reason", models.CharField(blank=True, max_length=200)),
                ("client_key", models.UUIDField(blank=True, null=True)),
                (
                    "decided_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.resource",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="org.jobrole",
                    ),
                ),
                (
                    "task",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="projects.task",
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
                        fields=["tenant", "resource", "work_on"], name="time_by_person_and_day"
                    ),
                    models.Index(
                        condition=models.Q(("state", "submitted")),
                        fields=["tenant", "project", "work_on"],
                        name="time_to_approve",
                    ),
                    models.Index(
                        fields=["tenant", "project", "work_on", "id"], name="time_by_project"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("minutes__gt", 0), ("minutes__lte", 1440)),
                        name="time_entry_within_a_day",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("client_key__isnull", False)),
                        fields=("tenant", "client_key"),
                        name="time_entry_synced_once",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_timeentry_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_timeentry_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="timeexpense_timeentry_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="timeexpense_timeentry_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="timeexpense_timeentry_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="decided_by", name="timeexpense_timeentry_decided_by_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="timeexpense_timeentry_role_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WeekUnlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("week_starts_on", models.DateField()),
                ("reason", models.CharField(max_length=400)),
                ("unlocked_at", models.DateTimeField()),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
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
                    "unlocked_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.membership",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "resource", "week_starts_on"), name="week_unlocked_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_weekunlock_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_weekunlock_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="timeexpense_weekunlock_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="unlocked_by", name="timeexpense_weekunlock_unlocked_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ApprovalDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entry_kind", models.CharField(max_length=8)),
                ("entry_id", models.BigIntegerField()),
                ("revision", models.PositiveSmallIntegerField()),
                ("decision", models.CharField(max_length=10)),
                ("decided_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=400)),
                ("batch_id", models.BigIntegerField(null=True)),
                (
                    "decided_by",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
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
                        fields=["tenant", "entry_kind", "entry_id"], name="decisions_by_entry"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decision", "approved")),
                        fields=("tenant", "entry_kind", "entry_id", "revision"),
                        name="approved_once_per_revision",
                    ),
                    psa.core.tenancy.constraints.AppendOnly(name="approval_decision_append_only"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_approvaldecision_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_approvaldecision_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="decided_by", name="timeexpense_approvaldecision_decided_by_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpenseCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
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
                    models.UniqueConstraint(fields=("tenant",), name="expense_counter_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_expensecounter_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_expensecounter_tenant_id"
                    ),
                ],
            },
        ),
    ]
