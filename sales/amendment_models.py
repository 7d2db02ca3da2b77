"""Amendments of a contract: numbered versions of its terms, each from a day on."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class ContractAmendment(TenantModel):
    """A version of a contract: what it changes, why, from when, and who accepted it.

    `terms_before` are the terms up to `effective_on`, kept when it comes into force: old versions
    stay readable, and work of earlier days keeps its prices.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACCEPTED = "accepted", "Accepted by the client"
        IN_FORCE = "in_force", "In force"
        WITHDRAWN = "withdrawn", "Withdrawn"

    contract = TenantForeignKey("sales.Contract", related_name="amendments")
    number = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=160)
    reason = models.TextField()
    effective_on = models.DateField()
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    client_accepted_on = models.DateField(null=True, blank=True)
    client_name = models.CharField(max_length=120, blank=True)
    created_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()
    in_force_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    in_force_at = models.DateTimeField(null=True, blank=True)
    terms_before = models.JSONField(null=True, blank=True)
    impact = models.JSONField(null=True, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "number"], name="amendment_number"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("accepted", "in_force"))
                | (Q(client_accepted_on__isnull=False) & ~Q(client_name="")),
                name="amendment_accepted_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(
                    status="in_force", in_force_at__isnull=False, terms_before__isnull=False
                )
                | ~Q(status="in_force") & Q(in_force_at__isnull=True, terms_before__isnull=True),
                name="amendment_in_force_keeps_terms",
            ),
        ]

    def __str__(self) -> str:
        return f"Amendment {self.number}: {self.title}"


class AmendmentChange(TenantModel):
    """One term that an amendment changes; `after` and `before` as sales.rules.amendment reads them."""

    class Kind(models.TextChoices):
        NEW_LINE = "new_line", "New line"
        VALUE = "value", "Value and milestones"
        LIMIT = "limit", "Not-to-exceed limit"
        TERM = "term", "Dates"
        RATE = "rate", "Rate of a role"
        RETAINER = "retainer", "Monthly amount"

    amendment = TenantForeignKey(ContractAmendment, models.CASCADE, related_name="changes")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    # None: a line to be, or the term of the contract itself. A new line is named once it is made.
    line = TenantForeignKey("sales.ContractLine", null=True, blank=True, related_name="+")
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    after = models.JSONField()
    before = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "amendment", "position"], name="amendment_change_position"
            ),
            models.CheckConstraint(
                condition=Q(kind="rate", role__isnull=False)
                | ~Q(kind="rate") & Q(role__isnull=True),
                name="amendment_rate_has_role",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
