"""How accounts are called in an accounting package outside; several packages an entity."""

from django.db import models

from psa.core.ledger.rules.packages import SHAPES, Package
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class AccountMapping(TenantModel):
    """A named mapping of one entity's accounts to a package that its journals are exported to."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    name = models.CharField(max_length=60)
    package = models.CharField(
        max_length=10, choices=[(one.value, SHAPES[one].title) for one in Package]
    )
    # Of lines whose account has no code of its own.
    tax_code = models.CharField(max_length=20, blank=True)
    dimension = models.CharField(max_length=40, blank=True)
    consultant_number = models.CharField(max_length=7, blank=True)
    client_number = models.CharField(max_length=5, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "name"], name="account_mapping_name"
            )
        ]


class MappedAccount(TenantModel):
    """One account's number, and the tax code of its lines, in the package."""

    mapping = TenantForeignKey(
        AccountMapping, models.CASCADE, db_index=False, related_name="accounts"
    )
    account = TenantForeignKey("ledger.LedgerAccount", models.CASCADE, related_name="+")
    number = models.CharField(max_length=20)
    tax_code = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "mapping", "account"], name="mapped_account_once"
            )
        ]
