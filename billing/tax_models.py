"""Which tax code a kind of supply has where its contract line names none."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class CategoryTaxCode(TenantModel):
    """At one legal entity: the code of one category, or of a whole class of transactions."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    # One of the two.
    category = TenantForeignKey(
        "org.TransactionCategory", models.CASCADE, null=True, blank=True, related_name="+"
    )
    transaction_class = models.CharField(max_length=10, blank=True)
    tax_code = TenantForeignKey("billing.TaxCode", related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "category"],
                condition=Q(category__isnull=False),
                name="one_tax_code_per_category",
            ),
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "transaction_class"],
                condition=Q(category__isnull=True),
                name="one_tax_code_per_class",
            ),
            models.CheckConstraint(
                condition=Q(category__isnull=True) ^ Q(transaction_class=""),
                name="tax_of_a_category_or_a_class",
            ),
        ]
