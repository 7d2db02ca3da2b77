from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_add_account_mail"),
        ("automation", "0001_add_rules"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        migrations.AddField(
            model_name="automationrule",
            name="after_days",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="rulerecipient",
            name="kind",
            field=models.CharField(
                choices=[
                    ("person", "A person of the record"),
                    ("above", "The manager of a person of the record"),
                    ("role", "A role"),
                    ("member", "A member"),
                ],
                max_length=6,
            ),
        ),
        migrations.AddConstraint(
            model_name="automationrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("lead_days", 0), ("after_days", 0), _connector="OR"),
                name="rule_before_or_after_a_day",
            ),
        ),
    ]
