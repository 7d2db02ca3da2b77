from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("timeexpense", "0003_route_and_delegate_approvals")]

    operations = [
        AddIndexConcurrently(
            model_name="timeentry",
            index=models.Index(
                fields=["tenant", "resource"],
                condition=models.Q(
                    ("state", "submitted"), models.Q(("awaits", "project"), _negated=True)
                ),
                name="time_routed",
            ),
        ),
    ]
