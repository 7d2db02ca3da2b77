from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("projects", "0011_add_task_acceptance")]

    operations = [
        AddIndexConcurrently(
            "templatelink",
            models.Index(fields=["tenant", "template"], name="template_link_by_template"),
        )
    ]
