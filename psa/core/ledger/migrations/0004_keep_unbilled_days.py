import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_add_account_mail"),
        ("ledger", "0003_drop_tenant_keys_of_facts"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnbilledDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("work_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("tenant_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("minutes", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="actualbatch",
            name="counted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="unbilledday",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledday",
            constraint=models.UniqueConstraint(
                fields=("tenant", "contract_id", "currency", "work_on"),
                name="unbilled_day_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledday",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="ledger_unbilledday_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledday",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="ledger_unbilledday_tenant_id"
            ),
        ),
    ]
