import django.db.models.constraints
import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("org", "0001_initial"),
        ("sales", "0001_initial"),
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=160)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planning", "Planning"),
                            ("in_delivery", "In delivery"),
                            ("on_hold", "On hold"),
                            ("completed", "Completed"),
                            ("closed", "Closed"),
                        ],
                        default="planning",
                        max_length=12,
                    ),
                ),
                (
                    "health",
                    models.CharField(
                        choices=[
                            ("ok", "On track"),
                            ("warn", "At risk"),
                            ("bad", "Off track"),
                            ("none", "Not started"),
                        ],
                        default="none",
                        max_length=4,
                    ),
                ),
                ("health_comment", models.CharField(blank=True, max_length=300)),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                (
                    "budget_cost_amount",
                    models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
                ),
                ("is_internal", models.BooleanField(default=False)),
                ("description", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "account",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="sales.account",
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
                (
                    "contract",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="sales.contract",
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
                    "manager",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="managed_projects",
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
                    models.Index(fields=["tenant", "status", "code"], name="project_by_status"),
                    models.Index(fields=["tenant", "manager"], name="project_by_manager"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("tenant", "code"), name="project_code"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_project_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_project_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="account", name="projects_project_account_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract", name="projects_project_contract_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contracting_unit", name="projects_project_contracting_unit_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="manager", name="projects_project_manager_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="calendar", name="projects_project_calendar_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProjectApprover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="approvers",
                        to="projects.project",
                    ),
                ),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "project", "resource"), name="approver_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_projectapprover_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_projectapprover_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="projects_projectapprover_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="projects_projectapprover_resource_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProjectCounter",
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
                    models.UniqueConstraint(fields=("tenant",), name="project_counter_once"),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_projectcounter_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_projectcounter_tenant_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField()),
                ("outline", models.CharField(max_length=60)),
                ("depth", models.PositiveSmallIntegerField(default=1)),
                ("name", models.CharField(max_length=160)),
                ("effort_minutes", models.PositiveIntegerField(default=0)),
                ("remaining_minutes", models.PositiveIntegerField(default=0)),
                ("starts_on", models.DateField(blank=True, null=True)),
                ("finishes_on", models.DateField(blank=True, null=True)),
                ("is_milestone", models.BooleanField(default=False)),
                ("is_summary", models.BooleanField(default=False)),
                ("is_completed", models.BooleanField(default=False)),
                ("billing_type", models.CharField(blank=True, max_length=16)),
                ("external_reference", models.CharField(blank=True, max_length=60)),
                ("lock_version", models.PositiveIntegerField(default=1)),
                (
                    "parent",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="projects.task",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tasks",
                        to="projects.project",
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
                "indexes": [
                    models.Index(fields=["tenant", "project", "position"], name="task_in_order")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("tenant", "project", "outline"),
                        name="task_outline_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("depth__range", (1, 10))), name="task_depth"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("starts_on__isnull", True),
                            ("finishes_on__isnull", True),
                            ("finishes_on__gte", models.F("starts_on")),
                            _connector="OR",
                        ),
                        name="task_finishes_after_start",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_task_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_task_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="projects_task_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="parent", name="projects_task_parent_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="projects_task_role_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ContractLineLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("transaction_class", models.CharField(max_length=10)),
                (
                    "contract_line",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="project_links",
                        to="sales.contractline",
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
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contract_line_links",
                        to="projects.project",
                    ),
                ),
                (
                    "task",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.task",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "project", "task", "transaction_class"),
                        name="work_belongs_to_one_line",
                        nulls_distinct=False,
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_contractlinelink_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_contractlinelink_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="projects_contractlinelink_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="projects_contractlinelink_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="contract_line", name="projects_contractlinelink_contract_line_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("minutes", models.PositiveIntegerField()),
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
                (
                    "task",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="projects.task",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "task", "resource"), name="assignment_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_assignment_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_assignment_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="projects_assignment_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="projects_assignment_resource_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TeamMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("valid_from", models.DateField()),
                ("valid_until", models.DateField(blank=True, null=True)),
                ("planned_minutes", models.PositiveIntegerField(default=0)),
                (
                    "bill_rate_override",
                    models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True),
                ),
                ("bill_rate_unit", models.CharField(default="hour", max_length=4)),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="team",
                        to="projects.project",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships_of_teams",
                        to="org.resource",
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
                "indexes": [models.Index(fields=["tenant", "resource"], name="team_by_resource")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "project", "resource", "role"), name="team_member_once"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="projects_teammember_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="projects_teammember_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="projects_teammember_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="projects_teammember_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="projects_teammember_role_id_ref"
                    ),
                ],
            },
        ),
    ]
