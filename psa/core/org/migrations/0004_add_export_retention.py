from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0003_limit_write_offs"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantparameters",
            name="export_retention_days",
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
    ]
