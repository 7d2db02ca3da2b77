from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("notifications", "0002_add_digests")]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(
                fields=["tenant", "membership"],
                condition=models.Q(emailed_at__isnull=True) & ~models.Q(digest=""),
                name="notification_for_digest",
            ),
        ),
    ]
