import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_add_account_mail"),
        ("ledger", "0006_index_lent_work"),
        ("tenancy", "0005_add_session_lifetimes"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnbilledContract",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("contract_id", models.BigIntegerField(null=True)),
                ("currency", models.CharField(max_length=3)),
                ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("tenant_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("minutes", models.BigIntegerField()),
                ("oldest_on", models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="UnbilledMove",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("posted_on", models.DateField()),
                ("currency", models.CharField(max_length=3)),
                ("performed_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("invoiced_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                ("total_amount", models.DecimalField(decimal_places=4, max_digits=19)),
            ],
        ),
        migrations.AddField(
            model_name="actualbatch",
            name="totals_counted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="unbilledcontract",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddField(
            model_name="unbilledmove",
            name="tenant",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenancy.tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledcontract",
            constraint=models.UniqueConstraint(
                fields=("tenant", "contract_id", "currency"),
                name="unbilled_contract_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledcontract",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="ledger_unbilledcontract_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledcontract",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="ledger_unbilledcontract_tenant_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledmove",
            constraint=models.UniqueConstraint(
                fields=("tenant", "posted_on", "currency"), name="unbilled_move_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledmove",
            constraint=psa.core.tenancy.constraints.TenantRLS(
                field="tenant", name="ledger_unbilledmove_tenant_rls"
            ),
        ),
        migrations.AddConstraint(
            model_name="unbilledmove",
            constraint=models.UniqueConstraint(
                fields=("tenant", "id"), name="ledger_unbilledmove_tenant_id"
            ),
        ),
    ]
