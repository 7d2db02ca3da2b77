from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0005_add_booking_policy"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantparameters",
            name="approval_cutoff_business_days",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="escalation_business_days",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="tenantparameters",
            name="submission_reminder_minute",
            field=models.PositiveSmallIntegerField(db_default=900, default=900),
        ),
    ]
