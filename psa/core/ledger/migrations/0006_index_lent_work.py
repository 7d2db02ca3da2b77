from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("ledger", "0005_index_uncounted_batches")]

    operations = [
        AddIndexConcurrently(
            "actual",
            models.Index(
                fields=["tenant", "work_on"],
                condition=models.Q(
                    posting_event__in=["borrowed_cost", "intercompany_sales", "lent_cost"]
                ),
                name="actual_lent",
            ),
        )
    ]
