"""Price lists, their lines, the trace of each price found, and what found none."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from psa.core.org.models import DateRange
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class PriceList(TenantModel):
    """Prices of one context and currency, effective between two dates, for one owner.

    The owner (tenant, unit, account, contract, quote, vendor, pair) is named by kind and id and not
    by a foreign key: owners live in rooms above this one, and the resolver is handed the ordered
    owners to search.
    """

    class Context(models.TextChoices):
        COST = "cost", "Cost"
        SALES = "sales", "Sales"
        PURCHASE = "purchase", "Purchase"
        TRANSFER = "transfer", "Transfer"

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        EXPIRED = "expired", "Expired"

    name = models.CharField(max_length=120)
    context = models.CharField(max_length=8, choices=Context)
    currency = models.CharField(max_length=3)
    time_unit = models.CharField(max_length=4, default="hour")
    hours_per_day = models.DecimalField(max_digits=4, decimal_places=2, default=8)
    owner_kind = models.CharField(max_length=12, default="tenant")
    owner_id = models.BigIntegerField(default=0)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    predecessor = TenantForeignKey("self", null=True, blank=True, related_name="successors")
    # A price of it is in a stored trace: from then on an edit makes a new version.
    is_used = models.BooleanField(default=False)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="active_price_lists_do_not_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("context", RangeOperators.EQUAL),
                    ("currency", RangeOperators.EQUAL),
                    ("owner_kind", RangeOperators.EQUAL),
                    ("owner_id", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
                condition=Q(status="active"),
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="price_list_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(hours_per_day__gt=0, hours_per_day__lte=24), name="price_list_hours"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PricingDimension(TenantModel):
    """A dimension of price beside role and unit (seniority, location, …), with its priority."""

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    priority = models.PositiveSmallIntegerField()
    applies_to_cost = models.BooleanField(default=True)
    applies_to_sales = models.BooleanField(default=True)
    source = models.CharField(max_length=40)
    is_markup = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="pricing_dimension_code"),
            models.UniqueConstraint(
                fields=["tenant", "priority"], name="pricing_dimension_priority"
            ),
        ]


class PriceLine(TenantModel):
    """A price for a combination of dimension values; an empty one means any."""

    class Method(models.TextChoices):
        PRICE = "price", "Price"
        MARKUP = "markup", "Markup on cost, %"
        AT_COST = "at_cost", "At cost"

    price_list = TenantForeignKey(PriceList, models.CASCADE, related_name="lines")
    transaction_class = models.CharField(max_length=10, default="time")
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    resourcing_unit = TenantForeignKey("org.OrgUnit", null=True, blank=True, related_name="+")
    category = TenantForeignKey("org.TransactionCategory", null=True, blank=True, related_name="+")
    item = models.CharField(max_length=60, blank=True)
    # Further dimension values, canonical text "code=value;code=value" sorted by code.
    dimensions = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=10, default="hour")
    method = models.CharField(max_length=8, choices=Method, default=Method.PRICE)
    value = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "tenant", "price_list", "transaction_class", "role", "resourcing_unit",
                    "category", "item", "dimensions", "unit",
                ],
                name="price_line_unambiguous",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="price_not_negative"),
        ]  # fmt: skip


class PriceTrace(TenantModel):
    """How a price was found, step by step; shared by all actuals that were priced alike."""

    digest = models.CharField(max_length=64)
    steps = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "digest"], name="price_trace_once")
        ]


class UnpricedEntry(TenantModel):
    """Work that waits for a price: never a silent zero."""

    source_kind = models.CharField(max_length=20)
    source_id = models.BigIntegerField()
    context = models.CharField(max_length=8)
    project_id = models.BigIntegerField(null=True)
    resource = TenantForeignKey("org.Resource", null=True, related_name="+")
    role = TenantForeignKey("org.JobRole", null=True, related_name="+")
    work_on = models.DateField()
    reason = models.CharField(max_length=400)
    searched = models.JSONField(default=list)
    added_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "source_kind", "source_id", "context"],
                condition=Q(resolved_at__isnull=True),
                name="unpriced_waits_once",
            )
        ]
        indexes = [
            models.Index(fields=["tenant", "resolved_at", "work_on"], name="unpriced_waiting")
        ]
