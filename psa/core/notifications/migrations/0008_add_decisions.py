"""What a notification lets its reader decide on from a device, and when they did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_seal_devices")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="decides_on",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
