from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger", "0007_keep_unbilled_moves")]

    operations = [
        AddIndexConcurrently(
            "actualbatch",
            models.Index(
                fields=["tenant", "id"],
                condition=models.Q(totals_counted_at__isnull=True),
                name="batch_totals_not_counted",
            ),
        )
    ]
