"""What people arrange for themselves: saved views of lists, and their own settings."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class SavedView(TenantModel):
    """A list as somebody arranged it: filters, sort, columns and grouping, as its address has them."""

    list_key = models.CharField(max_length=60)
    name = models.CharField(max_length=60)
    owner = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    is_shared = models.BooleanField(default=False)
    query = models.CharField(max_length=2000, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "list_key", "owner", "name"], name="saved_view_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class DefaultView(TenantModel):
    """The view that a list opens with for one member."""

    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    list_key = models.CharField(max_length=60)
    view = TenantForeignKey(SavedView, models.CASCADE, related_name="defaults")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "membership", "list_key"], name="default_view_once"
            )
        ]


class PersonalSettings(TenantModel):
    """How the application looks and answers for one member; without a row, as the firm has it."""

    class Theme(models.TextChoices):
        SYSTEM = "system", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable", "Comfortable"
        COMPACT = "compact", "Compact"

    membership = TenantForeignKey("access.Membership", models.CASCADE, related_name="+")
    language = models.CharField(max_length=8, blank=True)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    has_letter_keys = models.BooleanField(default=True)
    # 0 is Monday; without a value, as the region has it.
    week_starts_on = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(6)]
    )
    hides_checklist = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "membership"], name="personal_settings_once"),
            models.CheckConstraint(
                condition=Q(week_starts_on__isnull=True) | Q(week_starts_on__lte=6),
                name="personal_week_start",
            ),
        ]
