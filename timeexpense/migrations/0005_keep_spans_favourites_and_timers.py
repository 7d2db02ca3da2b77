import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0007_switch_billing_type_on_rows"),
        ("projects", "0012_index_template_links"),
        ("tenancy", "0005_add_session_lifetimes"),
        ("timeexpense", "0004_index_routed_time"),
    ]

    operations = [
        migrations.AddField(
            model_name="timeentry",
            name="spans",
            field=models.JSONField(
                blank=True, db_default=models.Value([], models.JSONField()), default=list
            ),
        ),
        migrations.CreateModel(
            name="FavouriteWork",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("activity", models.CharField(blank=True, max_length=40)),
                ("billing_type", models.CharField(blank=True, max_length=16)),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="org.resource",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
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
                        on_delete=django.db.models.deletion.CASCADE,
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "tenant",
                            "resource",
                            "project",
                            "task",
                            "role",
                            "activity",
                            "billing_type",
                        ),
                        name="favourite_work_once",
                        nulls_distinct=False,
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_favouritework_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_favouritework_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="timeexpense_favouritework_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="timeexpense_favouritework_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="timeexpense_favouritework_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="timeexpense_favouritework_role_id_ref"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkTimer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("activity", models.CharField(blank=True, max_length=40)),
                ("billing_type", models.CharField(blank=True, max_length=16)),
                ("description", models.CharField(blank=True, max_length=400)),
                ("started_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="projects.project",
                    ),
                ),
                (
                    "resource",
                    psa.core.tenancy.fields.TenantForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="org.resource",
                    ),
                ),
                (
                    "role",
                    psa.core.tenancy.fields.TenantForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
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
                        on_delete=django.db.models.deletion.CASCADE,
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "resource"), name="one_timer_a_person"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stopped_at__isnull", True),
                            ("stopped_at__gte", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="timer_stops_after_start",
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="timeexpense_worktimer_tenant_rls"
                    ),
                    models.UniqueConstraint(
                        fields=("tenant", "id"), name="timeexpense_worktimer_tenant_id"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="resource", name="timeexpense_worktimer_resource_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="project", name="timeexpense_worktimer_project_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="task", name="timeexpense_worktimer_task_id_ref"
                    ),
                    psa.core.tenancy.constraints.TenantReference(
                        field="role", name="timeexpense_worktimer_role_id_ref"
                    ),
                ],
            },
        ),
    ]
