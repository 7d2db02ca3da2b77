"""Fields that a firm adds to its records, and their values."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class CustomField(TenantModel):
    """A field of one kind of record."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        DATE = "date", "Date"
        CHOICE = "choice", "Choice"
        USER = "user", "Member"

    record_type = models.CharField(max_length=60)
    key = models.CharField(max_length=40)
    label = models.CharField(max_length=60)
    help_text = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=6, choices=Kind)
    position = models.PositiveSmallIntegerField(default=1)
    is_required = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "record_type", "key"], name="custom_field_key"
            )
        ]

    def __str__(self) -> str:
        return self.label


class CustomFieldChoice(TenantModel):
    """One choice of a field; a retired one stays where it was chosen."""

    custom_field = TenantForeignKey(CustomField, models.CASCADE, related_name="choices")
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=1)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "custom_field", "code"], name="custom_field_choice_once"
            )
        ]

    def __str__(self) -> str:
        return self.label


class CustomValue(TenantModel):
    """A field's value on one record. Typed columns, as row security lets only their comparisons
    reach an index.
    """

    custom_field = TenantForeignKey(CustomField, models.CASCADE, related_name="values")
    record_id = models.BigIntegerField()
    text = models.CharField(max_length=200)
    scaled = models.BigIntegerField(null=True, blank=True)
    on = models.DateField(null=True, blank=True)
    choice = TenantForeignKey(CustomFieldChoice, null=True, blank=True, related_name="+")
    member = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "custom_field", "record_id"], name="custom_value_once"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="custom_value_not_empty"),
        ]
        indexes = [
            models.Index(fields=["tenant", "custom_field", "text"], name="custom_value_by_text"),
            models.Index(
                fields=["tenant", "custom_field", "on"],
                condition=Q(on__isnull=False),
                name="custom_value_by_day",
            ),
            models.Index(
                fields=["tenant", "custom_field", "scaled"],
                condition=Q(scaled__isnull=False),
                name="custom_value_by_number",
            ),
        ]
