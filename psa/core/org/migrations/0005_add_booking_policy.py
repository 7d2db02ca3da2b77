from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0004_add_export_retention"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantparameters",
            name="overbooking",
            field=models.CharField(db_default="refuse", default="refuse", max_length=8),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="self_booking",
            field=models.CharField(db_default="limited", default="limited", max_length=8),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="self_booking_hours",
            field=models.PositiveSmallIntegerField(db_default=40, default=40),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="soft_booking_allowed",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
