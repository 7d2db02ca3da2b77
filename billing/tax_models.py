"""How supplies are taxed: codes, their dated rates, and which a kind of supply has by itself."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class TaxCode(TenantModel):
    """How a supply is taxed; its rates are dated."""

    class Treatment(models.TextChoices):
        STANDARD = "standard", "Standard"
        ZERO = "zero", "Zero-rated"
        EXEMPT = "exempt", "Exempt"
        REVERSE_CHARGE = "reverse_charge", "Reverse charge"
        GST_SPLIT = "gst_split", "CGST and SGST"
        OUTSIDE_SCOPE = "outside_scope", "Outside the scope"

    class Supply(models.TextChoices):
        """Of which supplies the code is taken by itself, whatever a contract line says."""

        NONE = "", "Only where a contract line names it"
        INTERSTATE = "interstate", "To another state (India)"
        REVERSE_CHARGE = "reverse_charge", "To a business abroad that accounts for the tax"
        OUTSIDE_SCOPE = "outside_scope", "Abroad, outside the scope of tax"

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    treatment = models.CharField(max_length=16, choices=Treatment, default=Treatment.STANDARD)
    note = models.CharField(max_length=200, blank=True)
    is_default = models.BooleanField(default=False)
    supply = models.CharField(
        max_length=16, choices=Supply, default=Supply.NONE, db_default="", blank=True
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "code"], name="tax_code_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "supply"],
                condition=~Q(supply=""),
                name="tax_code_once_per_supply",
            ),
            models.UniqueConstraint(
                fields=["tenant", "legal_entity"],
                condition=Q(is_default=True),
                name="one_default_tax_code",
            ),
        ]


class TaxRate(TenantModel):
    tax_code = TenantForeignKey(TaxCode, models.CASCADE, related_name="rates")
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4)
    valid_from = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "tax_code", "valid_from"], name="tax_rate_once"
            ),
            models.CheckConstraint(
                condition=Q(tax_percent__gte=0, tax_percent__lte=100), name="tax_percent_range"
            ),
        ]


class CategoryTaxCode(TenantModel):
    """At one legal entity: the code of one category, or of a whole class of transactions."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    # One of the two.
    category = TenantForeignKey(
        "org.TransactionCategory", models.CASCADE, null=True, blank=True, related_name="+"
    )
    transaction_class = models.CharField(max_length=10, blank=True)
    tax_code = TenantForeignKey(TaxCode, related_name="+")

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
