"""Secrets of webhooks that stand in the clear are sealed."""

from django.db import migrations

from psa.core.access import seals
from psa.core.tenancy.scope import tenant_scope

PURPOSE = "webhook"


def seal(apps, schema_editor):
    """Re-runnable: what lies sealed already has no text in the clear any more."""
    for rows in _of_each_firm(apps):
        for row in rows.exclude(secret=""):
            row.sealed_secret = seals.seal(row.secret, purpose=PURPOSE)
            row.secret = ""
            row.save(update_fields=["sealed_secret", "secret"])


def open_again(apps, schema_editor):
    for rows in _of_each_firm(apps):
        for row in rows.exclude(sealed_secret=""):
            row.secret = seals.unseal(row.sealed_secret, purpose=PURPOSE)
            row.sealed_secret = ""
            row.save(update_fields=["sealed_secret", "secret"])


def _of_each_firm(apps):
    model = apps.get_model("webhooks", "Endpoint")
    for tenant_id in apps.get_model("tenancy", "Tenant").objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            yield model.objects


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_add_sealed_secret")]

    operations = [migrations.RunPython(seal, open_again)]
