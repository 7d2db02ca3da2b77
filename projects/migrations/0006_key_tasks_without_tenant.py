"""The key that links demand of their tasks, without the tenant: see TaskOfProject."""

from django.db import migrations, models

import projects.constraints


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("projects", "0005_add_baselines")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY task_by_project ON projects_task (id, project_id)",
                    "DROP INDEX CONCURRENTLY IF EXISTS task_by_project",
                ),
                migrations.RunSQL(
                    "ALTER TABLE projects_task ADD CONSTRAINT task_by_project UNIQUE USING INDEX task_by_project",
                    "ALTER TABLE projects_task DROP CONSTRAINT task_by_project",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "task",
                    models.UniqueConstraint(fields=("id", "project"), name="task_by_project"),
                ),
            ],
        ),
        migrations.RemoveConstraint("dependency", "dependency_predecessor_in_project"),
        migrations.RemoveConstraint("dependency", "dependency_successor_in_project"),
        migrations.AddConstraint(
            "dependency",
            projects.constraints.TaskOfProject(
                field="predecessor", name="dependency_predecessor_of_plan"
            ),
        ),
        migrations.AddConstraint(
            "dependency",
            projects.constraints.TaskOfProject(
                field="successor", name="dependency_successor_of_plan"
            ),
        ),
        migrations.RemoveConstraint("task", "task_of_project"),
    ]
