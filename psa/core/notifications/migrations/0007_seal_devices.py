"""What devices share with us is sealed."""

from django.db import migrations

from psa.core.access import seals
from psa.core.tenancy.scope import tenant_scope

PURPOSE = "push-device"


def seal(apps, schema_editor):
    """Re-runnable: what lies sealed already has no text in the clear any more."""
    for rows in _of_each_firm(apps):
        for row in rows.exclude(auth_secret=""):
            row.sealed_auth_secret = seals.seal(row.auth_secret, purpose=PURPOSE)
            row.auth_secret = ""
            row.save(update_fields=["sealed_auth_secret", "auth_secret"])


def open_again(apps, schema_editor):
    for rows in _of_each_firm(apps):
        for row in rows.exclude(sealed_auth_secret=""):
            row.auth_secret = seals.unseal(row.sealed_auth_secret, purpose=PURPOSE)
            row.sealed_auth_secret = ""
            row.save(update_fields=["sealed_auth_secret", "auth_secret"])


def _of_each_firm(apps):
    model = apps.get_model("notifications", "PushDevice")
    for tenant_id in apps.get_model("tenancy", "Tenant").objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            yield model.objects


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_add_sealed_auth_secret")]

    operations = [migrations.RunPython(seal, open_again)]
