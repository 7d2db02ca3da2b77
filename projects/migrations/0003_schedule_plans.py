import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

import projects.constraints
import projects.fields
import psa.core.tenancy.constraints
import psa.core.tenancy.fields


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0002_policy_log_and_role_hints"),
        ("projects", "0002_key_tasks_by_project"),
        ("sales", "0001_initial"),
        ("tenancy", "0004_add_sign_in_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanResource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.PositiveIntegerField()),
                ("name", models.CharField(blank=True, max_length=160)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("work", "Person or machine"),
                            ("material", "Material"),
                            ("cost", "Cost"),
                        ],
                        default="work",
                        max_length=8,
                    ),
                ),
                ("max_units", models.DecimalField(decimal_places=4, default=1, max_digits=9)),
            ],
        ),
        migrations.AddField(
            model_name="assignment",
            name="units",
            field=models.DecimalField(db_default=1, decimal_places=4, default=1, max_digits=9),
        ),
        migrations.AddField(
            model_name="project",
            name="critical_slack_minutes",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="project",
            name="has_many_critical_paths",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="project",
            name="honours_constraints",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="project",
            name="moves_open_work",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="project",
            name="plan_finishes_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="plan_revision",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="project",
            name="plan_starts_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="scheduled_finish_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="scheduled_start_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="project",
            name="schedules_from",
            field=models.CharField(
                choices=[("start", "From its start"), ("finish", "From its finish")],
                db_default="start",
                default="start",
                max_length=6,
            ),
        ),
        migrations.AddField(
            model_name="project",
            name="status_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="actual_finish_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="actual_start_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="calendar",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.workcalendar",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="constrained_to",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="constraint_kind",
            field=models.CharField(
                choices=[
                    ("asap", "As soon as possible"),
                    ("alap", "As late as possible"),
                    ("mso", "Must start on"),
                    ("mfo", "Must finish on"),
                    ("snet", "Start no earlier than"),
                    ("snlt", "Start no later than"),
                    ("fnet", "Finish no earlier than"),
                    ("fnlt", "Finish no later than"),
                ],
                db_default="asap",
                default="asap",
                max_length=4,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="deadline_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="done_minutes",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="task",
            name="duration_minutes",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="free_slack_minutes",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="ignores_resource_calendars",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_active",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="task",
            name="is_critical",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_duration_elapsed",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="is_effort_driven",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="task",
            name="late_finish_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="late_start_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="manual_finish_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="manual_start_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="mode",
            field=models.CharField(
                choices=[
                    ("fixed_units", "Fixed units"),
                    ("fixed_duration", "Fixed duration"),
                    ("fixed_effort", "Fixed effort"),
                ],
                db_default="fixed_units",
                default="fixed_units",
                max_length=14,
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="description",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddField(
            model_name="task",
            name="percent_complete",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="task",
            name="priority",
            field=models.PositiveSmallIntegerField(db_default=500, default=500),
        ),
        migrations.AddField(
            model_name="task",
            name="resumes_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="scheduled_finish_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="scheduled_start_at",
            field=projects.fields.WallClockField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="total_slack_minutes",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="uid",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="resource",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="org.resource",
            ),
        ),
        migrations.CreateModel(
            name="Dependency",
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
                            ("FS", "Finish to start"),
                            ("SS", "Start to start"),
                            ("FF", "Finish to finish"),
                            ("SF", "Start to finish"),
                        ],
                        default="FS",
                        max_length=2,
                    ),
                ),
                ("lag_minutes", models.IntegerField(default=0)),
                (
                    "lag_percent",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=7, null=True),
                ),
                ("is_lag_elapsed", models.BooleanField(default=False)),
                (
                    "predecessor",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="successor_links",
                        to="projects.task",
                    ),
                ),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dependencies",
                        to="projects.project",
                    ),
                ),
                (
                    "successor",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="predecessor_links",
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
                "verbose_name_plural": "dependencies",
            },
        ),
        migrations.CreateModel(
            name="PlanCalendar",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uid", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=120)),
                ("week", models.JSONField()),
                ("days", models.JSONField(default=list)),
                (
                    "project",
                    psa.core.tenancy.fields.TenantForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plan_calendars",
                        to="projects.project",
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
        migrations.AddField(
            model_name="project",
            name="plan_calendar",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="projects.plancalendar",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="plan_calendar",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="projects.plancalendar",
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="plan_calendar", name="projects_project_plan_calendar_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="calendar", name="projects_task_calendar_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="plan_calendar", name="projects_task_plan_calendar_id_ref"
            ),
        ),
        migrations.AddField(
            model_name="planresource",
            name="calendar",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="projects.plancalendar",
            ),
        ),
        migrations.AddField(
            model_name="planresource",
            name="project",
            field=psa.core.tenancy.fields.TenantForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="plan_resources",
                to="projects.project",
            ),
        ),
        migrations.AddField(
            model_name="planresource",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddField(
            model_name="assignment",
            name="plan_resource",
            field=psa.core.tenancy.fields.TenantForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="assignments",
                to="projects.planresource",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="plan_resource", name="projects_assignment_plan_resource_id_ref"
            ),
        ),
        migrations.AddIndex(
            model_name="dependency",
            index=models.Index(fields=["tenant", "project"], name="dependency_by_project"),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=models.UniqueConstraint(
                fields=("tenant", "predecessor", "successor"), name="dependency_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=models.CheckConstraint(
                condition=models.Q(("predecessor", models.F("successor")), _negated=True),
                name="dependency_of_two_tasks",
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("lag_percent__isnull", True), ("lag_minutes", 0), _connector="OR"
                ),
                name="dependency_has_one_lag",
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=projects.constraints.SameProject(
                field="predecessor", name="dependency_predecessor_in_project"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=projects.constraints.SameProject(
                field="successor", name="dependency_successor_in_project"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="projects_dependency_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="projects_dependency_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="project", name="projects_dependency_project_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="predecessor", name="projects_dependency_predecessor_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="dependency",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="successor", name="projects_dependency_successor_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="plancalendar",
            constraint=models.UniqueConstraint(
                fields=("tenant", "project", "uid"), name="plan_calendar_uid"
            ),
        ),
        migrations.AddConstraint(
            model_name="plancalendar",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="projects_plancalendar_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="plancalendar",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="projects_plancalendar_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="plancalendar",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="project", name="projects_plancalendar_project_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="planresource",
            constraint=models.UniqueConstraint(
                fields=("tenant", "project", "uid"), name="plan_resource_uid"
            ),
        ),
        migrations.AddConstraint(
            model_name="planresource",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="projects_planresource_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="planresource",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="projects_planresource_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="planresource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="project", name="projects_planresource_project_id_ref"
            ),
        ),
        migrations.AddConstraint(
            model_name="planresource",
            constraint=psa.core.tenancy.constraints.TenantReference(
                field="calendar", name="projects_planresource_calendar_id_ref"
            ),
        ),
        AddConstraintNotValid(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("schedules_from", "start"), ("ends_on__isnull", False), _connector="OR"
                ),
                name="project_from_finish_has_end",
            ),
        ),
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("constraint_kind__in", ("asap", "alap")),
                    ("constrained_to__isnull", False),
                    _connector="OR",
                ),
                name="task_constraint_has_date",
            ),
        ),
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(("percent_complete__lte", 100), ("priority__lte", 1000)),
                name="task_percent_and_priority",
            ),
        ),
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("actual_finish_at__isnull", True),
                    ("actual_start_at__isnull", False),
                    _connector="OR",
                ),
                name="task_finished_has_begun",
            ),
        ),
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("actual_finish_at__isnull", True),
                    ("actual_finish_at__gte", models.F("actual_start_at")),
                    _connector="OR",
                ),
                name="task_actual_finish_after_start",
            ),
        ),
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("manual_finish_at__isnull", True), ("manual_start_at__isnull", True)),
                    ("manual_finish_at__gte", models.F("manual_start_at")),
                    _connector="OR",
                ),
                name="task_manual_dates",
            ),
        ),
        AddConstraintNotValid(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("calendar__isnull", True), ("plan_calendar__isnull", True), _connector="OR"
                ),
                name="task_has_one_calendar",
            ),
        ),
        AddConstraintNotValid(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("plan_resource__isnull", True), ("resource__isnull", False)),
                    models.Q(("plan_resource__isnull", False), ("resource__isnull", True)),
                    _connector="OR",
                ),
                name="assignment_of_one",
            ),
        ),
        AddConstraintNotValid(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(("units__gte", 0)), name="assignment_units"
            ),
        ),
    ]
