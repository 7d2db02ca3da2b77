from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0011_choose_closing_rate"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantparameters",
            name="delivery_retention_days",
            field=models.PositiveSmallIntegerField(db_default=90, default=90),
        ),
    ]
