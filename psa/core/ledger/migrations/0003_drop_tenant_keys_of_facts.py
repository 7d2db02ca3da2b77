"""Composite references prove the tenant of a fact already; each lock is short, table by table."""

import django.db.models.deletion
from django.db import migrations, models


def _tenant() -> models.Field:
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="tenancy.tenant",
    )


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("ledger", "0002_initial"),
        ("tenancy", "0004_add_sign_in_rules"),
    ]

    operations = [
        migrations.AlterField(model_name=name, name="tenant", field=_tenant())
        for name in ("actual", "actualclaim", "actualjournalline", "actuallink")
    ]
