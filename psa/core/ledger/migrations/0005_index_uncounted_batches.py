from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger", "0004_keep_unbilled_days")]

    operations = [
        AddIndexConcurrently(
            "actualbatch",
            models.Index(
                fields=["tenant", "id"],
                condition=models.Q(counted_at__isnull=True),
                name="batch_not_counted",
            ),
        )
    ]
