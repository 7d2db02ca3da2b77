"""A key that says of which project a task is, so that references can demand the same one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("projects", "0001_initial")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY task_of_project ON projects_task (tenant_id, project_id, id)",
                    "DROP INDEX CONCURRENTLY IF EXISTS task_of_project",
                ),
                migrations.RunSQL(
                    "ALTER TABLE projects_task ADD CONSTRAINT task_of_project UNIQUE USING INDEX task_of_project",
                    "ALTER TABLE projects_task DROP CONSTRAINT task_of_project",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="task",
                    constraint=models.UniqueConstraint(
                        fields=("tenant", "project", "id"), name="task_of_project"
                    ),
                )
            ],
        ),
    ]
