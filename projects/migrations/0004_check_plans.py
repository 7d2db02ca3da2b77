"""What 0003 left to do without a lock: rows of before are checked, unique keys are built."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("projects", "0003_schedule_plans")]

    operations = [
        ValidateConstraint("project", "project_from_finish_has_end"),
        ValidateConstraint("task", "task_constraint_has_date"),
        ValidateConstraint("task", "task_percent_and_priority"),
        ValidateConstraint("task", "task_finished_has_begun"),
        ValidateConstraint("task", "task_actual_finish_after_start"),
        ValidateConstraint("task", "task_manual_dates"),
        ValidateConstraint("task", "task_has_one_calendar"),
        ValidateConstraint("assignment", "assignment_of_one"),
        ValidateConstraint("assignment", "assignment_units"),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY task_uid_once ON projects_task (tenant_id, project_id, uid)",
                    "DROP INDEX CONCURRENTLY IF EXISTS task_uid_once",
                ),
                migrations.RunSQL(
                    "ALTER TABLE projects_task ADD CONSTRAINT task_uid_once UNIQUE USING INDEX task_uid_once",
                    "ALTER TABLE projects_task DROP CONSTRAINT task_uid_once",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="task",
                    constraint=models.UniqueConstraint(
                        fields=("tenant", "project", "uid"), name="task_uid_once"
                    ),
                )
            ],
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY plan_assignment_once ON projects_assignment (tenant_id, task_id, plan_resource_id)",
                    "DROP INDEX CONCURRENTLY IF EXISTS plan_assignment_once",
                ),
                migrations.RunSQL(
                    "ALTER TABLE projects_assignment ADD CONSTRAINT plan_assignment_once UNIQUE USING INDEX plan_assignment_once",
                    "ALTER TABLE projects_assignment DROP CONSTRAINT plan_assignment_once",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="assignment",
                    constraint=models.UniqueConstraint(
                        fields=("tenant", "task", "plan_resource"), name="plan_assignment_once"
                    ),
                )
            ],
        ),
    ]
