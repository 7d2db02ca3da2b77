"""Who and where: legal entities, units, job roles, calendars, resources, categories."""

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from psa.core.documents.language import ENGLISH, LANGUAGES
from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class DateRange(Func):
    """``daterange(from, until)``, half-open; null means unbounded."""

    function = "daterange"


class LegalEntity(TenantModel):
    """A company of the firm: it has books, a currency, and an address on its invoices."""

    code = models.CharField(max_length=12)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3)
    country = models.CharField(max_length=2)
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    registration = models.CharField(max_length=120, blank=True)
    bank_name = models.CharField(max_length=80, blank=True)
    bank_iban = models.CharField(max_length=40, blank=True)
    bank_bic = models.CharField(max_length=20, blank=True)
    email = models.EmailField(blank=True)
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)
    time_zone = models.CharField(max_length=40, default="UTC")
    # Of its documents for customers that have none of their own.
    language = models.CharField(
        max_length=2, choices=LANGUAGES, default=ENGLISH, db_default=ENGLISH
    )
    invoice_prefix = models.CharField(max_length=12)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="legal_entity_code"),
            models.UniqueConstraint(
                fields=["tenant", "invoice_prefix"], name="invoice_prefix_once"
            ),
            models.CheckConstraint(
                condition=Q(fiscal_year_start_month__range=(1, 12)), name="fiscal_start_is_a_month"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EntityBankAccount(TenantModel):
    """An account of an entity beside the main one on the entity itself; one a currency is paid into."""

    legal_entity = TenantForeignKey(LegalEntity, related_name="bank_accounts")
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    bank_name = models.CharField(max_length=80, blank=True)
    bank_iban = models.CharField(max_length=40)
    bank_bic = models.CharField(max_length=20, blank=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "bank_iban"], name="entity_account_number"
            ),
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "currency"],
                condition=Q(is_default=True),
                name="entity_account_of_currency",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(is_active=True), name="default_account_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class OrgUnit(TenantModel):
    """A node of the organisation tree; it contracts, resources, or both."""

    parent = TenantForeignKey("self", null=True, blank=True, related_name="children")
    legal_entity = TenantForeignKey(LegalEntity, related_name="units")
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="org_unit_code"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="org_unit_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.name


class JobRole(TenantModel):
    """A job function (Senior consultant): the first dimension of every price."""

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    billing_type = models.CharField(max_length=16, default="chargeable")
    target_utilisation_percent = models.DecimalField(max_digits=5, decimal_places=2, default=75)
    is_active = models.BooleanField(default=True)
    # What a price list's author starts from; no price is ever resolved from a hint.
    cost_rate_hint = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    bill_rate_hint = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    required_skills = models.CharField(max_length=300, blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="job_role_code")]

    def __str__(self) -> str:
        return self.name


class WorkCalendar(TenantModel):
    """A work-hours template with the public holidays of a country and region."""

    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=40, default="UTC")
    country = models.CharField(max_length=2, blank=True)
    subdivision = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="calendar_name")]

    def __str__(self) -> str:
        return self.name


class WorkInterval(TenantModel):
    """Working time on a weekday (0 Monday … 6 Sunday), minutes from midnight, half-open."""

    calendar = TenantForeignKey(WorkCalendar, models.CASCADE, related_name="intervals")
    weekday = models.PositiveSmallIntegerField()
    start_minute = models.PositiveSmallIntegerField()
    end_minute = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="work_interval_weekday"),
            models.CheckConstraint(
                condition=Q(end_minute__gt=F("start_minute"), end_minute__lte=1440),
                name="work_interval_within_day",
            ),
            models.UniqueConstraint(
                fields=["tenant", "calendar", "weekday", "start_minute"], name="work_interval_once"
            ),
        ]


class CalendarException(TenantModel):
    """A date on which a calendar differs: a public holiday, a company closure, an extra day."""

    class Kind(models.TextChoices):
        HOLIDAY = "holiday", "Public holiday"
        CLOSURE = "closure", "Company closure"
        WORKING = "working", "Extra working day"

    calendar = TenantForeignKey(WorkCalendar, models.CASCADE, related_name="exceptions")
    on = models.DateField()
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind)
    working_minutes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "calendar", "on"], name="calendar_exception_once"
            )
        ]


class Resource(TenantModel):
    """A person, or generic or vendor capacity, that work is planned and booked on."""

    class Kind(models.TextChoices):
        EMPLOYEE = "employee"
        CONTRACTOR = "contractor"
        GENERIC = "generic"
        FUTURE_HIRE = "future_hire", "Future hire"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.EMPLOYEE)
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    membership = TenantForeignKey(
        "access.Membership", null=True, blank=True, related_name="resources"
    )
    org_unit = TenantForeignKey(OrgUnit, related_name="resources")
    job_role = TenantForeignKey(JobRole, related_name="resources")
    manager = TenantForeignKey("self", null=True, blank=True, related_name="reports")
    calendar = TenantForeignKey(WorkCalendar, related_name="resources")
    location = models.CharField(max_length=80, blank=True)
    work_location = models.CharField(max_length=10, default="any")
    seniority = models.CharField(max_length=20, blank=True)
    employed_from = models.DateField()
    employed_until = models.DateField(null=True, blank=True)
    is_bookable = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="resource_code"),
            models.UniqueConstraint(
                fields=["tenant", "membership"],
                condition=Q(membership__isnull=False),
                name="one_resource_per_member",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "name"], name="resource_by_name")]

    def __str__(self) -> str:
        return self.name


class ResourceCalendar(TenantModel):
    """Which calendar a person works by, from when: a new pattern never rewrites the past."""

    resource = TenantForeignKey(Resource, models.CASCADE, related_name="calendar_periods")
    calendar = TenantForeignKey(WorkCalendar, related_name="+")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="resource_calendar_no_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("resource", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            )
        ]


class ResourceException(TenantModel):
    """Approved leave or another dated exception of one person; minutes off a day, all if null."""

    resource = TenantForeignKey(Resource, models.CASCADE, related_name="exceptions")
    kind = models.CharField(max_length=20, default="leave")
    name = models.CharField(max_length=80)
    valid_from = models.DateField()
    valid_until = models.DateField()
    minutes_off_per_day = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gt=F("valid_from")), name="resource_exception_has_days"
            )
        ]


class TransactionCategory(TenantModel):
    """What kind of time, expense, material or fee; maps to a revenue and a cost account."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=80)
    transaction_class = models.CharField(max_length=10)
    revenue_account_code = models.CharField(max_length=12, blank=True)
    cost_account_code = models.CharField(max_length=12, blank=True)
    receipt_required_over = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "transaction categories"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="transaction_category_code")
        ]

    def __str__(self) -> str:
        return self.name


class TenantParameters(TenantModel):
    """Tenant policy in typed columns: one row a tenant, made with it."""

    # Up to which version of the shipped defaults (roles, templates, rules) the firm was brought.
    defaults_version = models.PositiveSmallIntegerField(default=0, db_default=0)
    time_entry_mode = models.CharField(max_length=8, default="weekly")
    week_starts_on = models.PositiveSmallIntegerField(default=0)
    late_lock_business_days = models.PositiveSmallIntegerField(default=5)
    missing_price_policy = models.CharField(max_length=16, default="block")
    late_work_policy = models.CharField(max_length=16, default="open_period")
    self_approval_allowed = models.BooleanField(default=False)
    billing_type_on_rows = models.BooleanField(default=True, db_default=True)
    nte_warning_percent = models.DecimalField(max_digits=5, decimal_places=2, default=80)
    hours_per_day = models.DecimalField(max_digits=4, decimal_places=2, default=8)
    fx_policy = models.CharField(max_length=10, default="spot")
    fx_max_age_days = models.PositiveSmallIntegerField(default=7)
    fx_base_currency = models.CharField(max_length=3, default="EUR")
    closing_rate_type = models.CharField(max_length=10, default="spot", db_default="spot")
    budget_control = models.CharField(max_length=6, default="warn")
    estimate_required_before_propose = models.BooleanField(default=True)
    minimum_invoice_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    write_off_limit_amount = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, db_default=0
    )
    largest_credit_amount = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, db_default=0
    )
    deployment_model = models.CharField(max_length=12, default="non_stocked")
    # Since when journals are kept here, for a firm that moved up; what was posted before stays out.
    books_begin_on = models.DateField(null=True, blank=True)
    submission_deadline_weekday = models.PositiveSmallIntegerField(default=4, db_default=4)
    submission_deadline_minute = models.PositiveSmallIntegerField(default=1020, db_default=1020)
    submission_reminder_minute = models.PositiveSmallIntegerField(default=900, db_default=900)
    escalation_business_days = models.PositiveSmallIntegerField(default=1, db_default=1)
    approval_cutoff_business_days = models.PositiveSmallIntegerField(default=1, db_default=1)
    invoice_frequency = models.CharField(max_length=12, default="monthly", db_default="monthly")
    billing_cutoff = models.CharField(max_length=12, default="month_end", db_default="month_end")
    eac_amber_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=5, db_default=Decimal(5)
    )
    eac_red_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=15, db_default=Decimal(15)
    )
    notification_retention_days = models.PositiveSmallIntegerField(default=365, db_default=365)
    job_retention_days = models.PositiveSmallIntegerField(default=0, db_default=0)
    export_retention_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    delivery_retention_days = models.PositiveSmallIntegerField(default=90, db_default=90)
    self_booking = models.CharField(max_length=8, default="limited", db_default="limited")
    self_booking_hours = models.PositiveSmallIntegerField(default=40, db_default=40)
    soft_booking_allowed = models.BooleanField(default=True, db_default=True)
    overbooking = models.CharField(max_length=8, default="refuse", db_default="refuse")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="one_parameter_row"),
            models.CheckConstraint(
                condition=Q(eac_red_percent__gt=F("eac_amber_percent")), name="eac_bands_in_order"
            ),
            models.CheckConstraint(
                condition=Q(deployment_model__in=("lite", "non_stocked", "stocked")),
                name="known_deployment_model",
            ),
        ]


class ParameterDecision(TenantModel):
    """Why a parameter is as it is: what was asked, considered and decided, and by whom."""

    parameter = models.CharField(max_length=60)
    asked = models.CharField(max_length=300)
    considered = models.TextField(blank=True)
    decided = models.CharField(max_length=300)
    why = models.TextField()
    decided_by = models.CharField(max_length=120)
    decided_on = models.DateField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [AppendOnly(name="parameter_decision_append_only")]
        indexes = [models.Index(fields=["tenant", "parameter", "-id"], name="decision_latest")]


class ManualControl(TenantModel):
    """A rule of the firm that the system does not enforce: who checks it, how and how often."""

    class Frequency(models.TextChoices):
        DAILY = "daily", "Daily"
        WEEKLY = "weekly", "Weekly"
        MONTHLY = "monthly", "Monthly"
        QUARTERLY = "quarterly", "Quarterly"
        YEARLY = "yearly", "Yearly"

    code = models.CharField(max_length=40)
    policy_rule = models.CharField(max_length=300)
    reason = models.CharField(max_length=300)
    check_text = models.CharField(max_length=300, blank=True)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.MONTHLY)
    owner = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    is_active = models.BooleanField(default=True)
    # Finance's word that it knows and checks the rule; a changed rule needs it anew.
    acknowledged_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="control_code")]


class TimeRule(TenantModel):
    """The switch of one validation rule of time and expense: off, warn or block."""

    code = models.CharField(max_length=40)
    mode = models.CharField(max_length=5, default="warn")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="time_rule_once")]
