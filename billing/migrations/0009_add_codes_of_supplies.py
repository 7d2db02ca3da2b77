"""The codes that a firm set up today begins with, for firms of before: without them nobody abroad,
or in another Indian state, could be invoiced any more."""

from datetime import date

from django.db import migrations

from psa.core.tenancy.scope import tenant_scope

# By country: code, name, treatment, note, supply, percent.
CODES = {
    "GB": (
        "UKOS", "Outside the scope of UK VAT", "outside_scope",
        "Outside the scope of UK VAT: supplied where the customer belongs.", "outside_scope", 0,
    ),
    "DE": (
        "DEOS", "Nicht im Inland steuerbar", "outside_scope",
        "Nicht im Inland steuerbare Leistung, § 3a UStG.", "outside_scope", 0,
    ),
    "IN": ("INIG18", "IGST 18 %", "standard", "", "interstate", 18),
}  # fmt: skip
VALID_FROM = date(2000, 1, 1)


def add(apps, schema_editor):
    """Re-runnable: a firm that has a code for the supply, or of the name, keeps what it has."""
    tax_codes = apps.get_model("billing", "TaxCode").objects
    rates = apps.get_model("billing", "TaxRate").objects
    entities = apps.get_model("org", "LegalEntity").objects
    for tenant_id in apps.get_model("tenancy", "Tenant").objects.values_list("id", flat=True):
        with tenant_scope(tenant_id):
            for entity_id, country in entities.values_list("id", "country"):
                of_entity = tax_codes.filter(legal_entity_id=entity_id)
                if country not in CODES or not of_entity.exists():
                    continue
                code, name, treatment, note, supply, percent = CODES[country]
                if of_entity.filter(supply=supply).exists() or of_entity.filter(code=code).exists():
                    continue
                made = tax_codes.create(
                    tenant_id=tenant_id, legal_entity_id=entity_id, code=code, name=name,
                    treatment=treatment, note=note, supply=supply,
                )  # fmt: skip
                rates.create(
                    tenant_id=tenant_id, tax_code_id=made.pk, tax_percent=percent,
                    valid_from=VALID_FROM,
                )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0008_reimburse_people"),
        ("org", "0003_limit_write_offs"),
    ]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
