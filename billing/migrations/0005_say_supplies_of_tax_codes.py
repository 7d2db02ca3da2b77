from django.db import migrations

from psa.core.tenancy.scope import tenant_scope

# What a firm's first tax codes were for before a code said so itself.
KNOWN = {"UKRC": "reverse_charge", "DERC": "reverse_charge", "INEX": "outside_scope"}


def say(apps, schema_editor):
    """Re-runnable: a code that says something already keeps it."""
    tax_codes = apps.get_model("billing", "TaxCode").objects
    for tenant_id in apps.get_model("tenancy", "Tenant").objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            for code, supply in KNOWN.items():
                tax_codes.filter(code=code, supply="").update(supply=supply)


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_tax_codes_by_supply")]

    operations = [migrations.RunPython(say, migrations.RunPython.noop)]
