"""Who operates the installation, and which backups there are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Nobody becomes an operator through the application, whatever is wrong with it.
READ_ONLY = "REVOKE INSERT, UPDATE, DELETE ON operations_operator FROM psa_app"
WRITABLE = "GRANT INSERT, UPDATE, DELETE ON operations_operator TO psa_app"


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="BackupMade",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("tables", models.PositiveIntegerField()),
                ("rows", models.PositiveBigIntegerField()),
                ("documents", models.PositiveIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="Operator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="operator",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(READ_ONLY, WRITABLE),
    ]
