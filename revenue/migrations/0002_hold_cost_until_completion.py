from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("revenue", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="revenueestimate",
            name="held_cost_amount",
            field=models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=19),
        ),
        migrations.AddField(
            model_name="revenueestimate",
            name="held_cost_change_amount",
            field=models.DecimalField(db_default=0, decimal_places=4, default=0, max_digits=19),
        ),
    ]
