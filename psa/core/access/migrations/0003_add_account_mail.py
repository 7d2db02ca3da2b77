from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0002_add_invitations_and_providers"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=80)),
                ("sealed", models.TextField()),
                ("queued_at", models.DateTimeField()),
                ("next_attempt_at", models.DateTimeField(db_index=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
            ],
        ),
    ]
