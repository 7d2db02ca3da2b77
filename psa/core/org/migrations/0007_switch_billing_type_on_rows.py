from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("org", "0006_add_deadlines"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantparameters",
            name="billing_type_on_rows",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
