from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("timeexpense", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="timeentry",
            index=models.Index(
                fields=["tenant", "id"],
                condition=~models.Q(recall_reason=""),
                name="time_asked_back",
            ),
        ),
    ]
