from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0004_add_sign_in_rules"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="session_hours",
            field=models.PositiveSmallIntegerField(db_default=12, default=12),
        ),
        migrations.AddField(
            model_name="tenant",
            name="session_idle_minutes",
            field=models.PositiveSmallIntegerField(db_default=60, default=60),
        ),
    ]
