from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projects", "0018_delay_and_split_work")]

    operations = [
        migrations.AddField(
            model_name="reportdelivery",
            name="document_sha256",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
