"""A project and its own calendar name each other: whoever removes both checks at the end."""

from django.db import migrations

_ALTER = "ALTER TABLE projects_project ALTER CONSTRAINT projects_project_plan_calendar_id_ref {}"


class Migration(migrations.Migration):
    dependencies = [("projects", "0005_add_baselines")]

    operations = [
        migrations.RunSQL(
            _ALTER.format("DEFERRABLE INITIALLY IMMEDIATE"), _ALTER.format("NOT DEFERRABLE")
        )
    ]
