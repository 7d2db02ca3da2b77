import django.db.models.deletion
from django.db import migrations, models

import psa.core.tenancy.constraints


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenancy", "0002_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="FxRate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("from_currency", models.CharField(max_length=3)),
                ("to_currency", models.CharField(max_length=3)),
                ("on", models.DateField()),
                ("rate", models.DecimalField(decimal_places=10, max_digits=20)),
                ("rate_type", models.CharField(default="spot", max_length=10)),
                ("source", models.CharField(blank=True, max_length=40)),
                ("is_carried", models.BooleanField(default=False)),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenancy.tenant",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "from_currency", "to_currency", "rate_type", "on"),
                        name="fx_rate_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate__gt", 0)), name="fx_rate_positive"
                    ),
                    psa.core.tenancy.constraints.TenantRLS(
                        field="tenant", name="money_fxrate_tenant_rls"
                    ),
                    models.UniqueConstraint(fields=("tenant", "id"), name="money_fxrate_tenant_id"),
                ],
            },
        ),
    ]
