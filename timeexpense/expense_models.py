"""What expenses are held against and settled by: categories, rate tables, policy, travel, cards."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from psa.core.org.models import DateRange
from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class CategoryKind(models.TextChoices):
    STANDARD = "standard", "Standard"
    MILEAGE = "mileage", "Mileage"
    PER_DIEM = "per_diem", "Per diem"
    LODGING = "lodging", "Lodging"
    ENTERTAINMENT = "entertainment", "Entertainment"


class CategoryFields(models.Model):
    """What only some kinds of category ask for; blank for the others."""

    # As the category was when the expense was entered.
    kind = models.CharField(
        max_length=14,
        choices=CategoryKind,
        default=CategoryKind.STANDARD,
        db_default=CategoryKind.STANDARD,
    )
    country = models.CharField(max_length=2, blank=True, default="", db_default="")
    place = models.CharField(max_length=80, blank=True, default="", db_default="")
    vehicle = models.CharField(max_length=40, blank=True, default="", db_default="")
    from_place = models.CharField(max_length=120, blank=True, default="", db_default="")
    to_place = models.CharField(max_length=120, blank=True, default="", db_default="")
    distance = models.DecimalField(max_digits=9, decimal_places=1, null=True, blank=True)
    # The parts of the year's distance that this claim takes, such as "9960-10000 10000-10060".
    distance_spans = models.TextField(blank=True, default="", db_default="")
    ends_on = models.DateField(null=True, blank=True)
    first_day_part = models.CharField(max_length=7, blank=True, default="", db_default="")
    last_day_part = models.CharField(max_length=7, blank=True, default="", db_default="")
    # Meals that were provided, such as "2026-07-06:breakfast 2026-07-07:lunch".
    meals = models.TextField(blank=True, default="", db_default="")
    nights = models.PositiveSmallIntegerField(null=True, blank=True)
    client = models.CharField(max_length=120, blank=True, default="", db_default="")
    attendees = models.CharField(max_length=400, blank=True, default="", db_default="")
    justification = models.CharField(max_length=400, blank=True, default="", db_default="")
    # How the amount came about, in words, with the table's source.
    calculation = models.CharField(max_length=400, blank=True, default="", db_default="")

    class Meta:
        abstract = True


class ExpenseCategory(TenantModel):
    """Of which kind a category is; one without a row is standard."""

    category = TenantForeignKey("org.TransactionCategory", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=14, choices=CategoryKind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "category"], name="expense_category_kind")
        ]


class MileageRate(TenantModel):
    """What a distance with one's own vehicle is paid, from a year's distance on, in one country."""

    class Unit(models.TextChoices):
        MILE = "mi", "mile"
        KILOMETRE = "km", "kilometre"

    country = models.CharField(max_length=2)
    vehicle = models.CharField(max_length=40)
    unit = models.CharField(max_length=2, choices=Unit)
    currency = models.CharField(max_length=3)
    # The day on which the year's distance starts anew.
    year_start_month = models.PositiveSmallIntegerField(default=1)
    year_start_day = models.PositiveSmallIntegerField(default=1)
    from_distance = models.PositiveIntegerField(default=0)
    rate_per_unit = models.DecimalField(max_digits=20, decimal_places=6)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="mileage_rates_do_not_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("country", RangeOperators.EQUAL),
                    ("vehicle", RangeOperators.EQUAL),
                    ("from_distance", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(year_start_month__range=(1, 12), year_start_day__range=(1, 28)),
                name="mileage_year_starts_on_a_day",
            ),
            models.CheckConstraint(
                condition=Q(rate_per_unit__gte=0), name="mileage_rate_not_negative"
            ),
        ]


class PerDiemRate(TenantModel):
    """What a day away from home is paid by one country's rules, by where it is spent.

    `scheme` is the country whose rules they are, `country` and `place` where somebody stays; a blank
    place is the rest of the country. Meals provided are deducted by their amounts.
    """

    scheme = models.CharField(max_length=2)
    country = models.CharField(max_length=2)
    place = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3)
    full_day_amount = models.DecimalField(max_digits=19, decimal_places=4)
    partial_day_amount = models.DecimalField(max_digits=19, decimal_places=4)
    breakfast_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    lunch_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    dinner_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    # What a night may cost; null where the rules name none.
    lodging_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="per_diem_rates_do_not_overlap",
                expressions=[
                    ("tenant", RangeOperators.EQUAL),
                    ("scheme", RangeOperators.EQUAL),
                    ("country", RangeOperators.EQUAL),
                    ("place", RangeOperators.EQUAL),
                    (DateRange("valid_from", "valid_until"), RangeOperators.OVERLAPS),
                ],
            )
        ]


class PolicyRule(TenantModel):
    """One rule of the firm's expense policy, for one category or all."""

    class Kind(models.TextChoices):
        PER_ENTRY = "per_entry", "Limit per expense"
        PER_DAY = "per_day", "Limit per day"
        PER_NIGHT = "per_night", "Limit per night"
        PER_PERSON = "per_person", "Limit per person"
        LODGING_CAP = "lodging_cap", "Lodging within the rate table"
        RECEIPT = "receipt", "Receipt above"
        JUSTIFICATION = "justification", "Justification above"
        PRE_APPROVAL = "pre_approval", "Travel request above"
        PROHIBITED = "prohibited", "Not reimbursed"

    class Action(models.TextChoices):
        FLAG = "flag", "Flag for the approver"
        BLOCK = "block", "Block"

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    category = TenantForeignKey("org.TransactionCategory", null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=14, choices=Kind)
    limit_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    action = models.CharField(max_length=5, choices=Action, default=Action.FLAG)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="policy_rule_code"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")),
                name="policy_rule_ends_after_it_starts",
            ),
        ]


class FlagAcknowledgement(TenantModel):
    """That an approver has seen what the policy flags on an entry: who, when, and the words."""

    entry_kind = models.CharField(max_length=8)
    entry_id = models.BigIntegerField()
    revision = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    sentence = models.CharField(max_length=400)
    acknowledged_at = models.DateTimeField()
    acknowledged_by = TenantForeignKey("access.Membership", db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "tenant",
                    "entry_kind",
                    "entry_id",
                    "revision",
                    "code",
                    "sentence",
                    "acknowledged_by",
                ],
                name="flag_acknowledged_once_each",
            ),
            AppendOnly(name="flag_acknowledgement_append_only"),
        ]


class TravelRequest(TenantModel):
    """A journey with its estimate, asked for before it is made."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SUBMITTED = "submitted", "Submitted"
        APPROVED = "approved", "Approved"
        RETURNED = "returned", "Returned"

    number = models.CharField(max_length=20)
    resource = TenantForeignKey("org.Resource", related_name="+")
    project = TenantForeignKey("projects.Project", related_name="+")
    purpose = models.CharField(max_length=200)
    destination = models.CharField(max_length=120)
    starts_on = models.DateField()
    ends_on = models.DateField()
    currency = models.CharField(max_length=3)
    estimate_amount = models.DecimalField(max_digits=19, decimal_places=4)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )
    return_reason = models.CharField(max_length=400, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="travel_request_number"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="travel_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(estimate_amount__gt=0), name="travel_estimate_positive"
            ),
        ]


class CompanyCard(TenantModel):
    """A card of the firm that somebody carries, known by its last four digits."""

    resource = TenantForeignKey("org.Resource", related_name="+")
    ending = models.CharField(max_length=4)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "ending"], name="company_card_ending")
        ]


class CardStatement(TenantModel):
    """A file of card transactions that was imported."""

    filename = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    imported_at = models.DateTimeField()
    imported_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")
    line_count = models.PositiveIntegerField()
    known_count = models.PositiveIntegerField()


class CardLine(TenantModel):
    """One transaction of a card, known by its print: the same line is never there twice."""

    statement = TenantForeignKey(CardStatement, related_name="lines")
    card = TenantForeignKey(CompanyCard, related_name="lines")
    fingerprint = models.CharField(max_length=64)
    spent_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    merchant = models.CharField(max_length=120)
    reference = models.CharField(max_length=80, blank=True)
    entry = TenantForeignKey(
        "timeexpense.ExpenseEntry", null=True, blank=True, db_index=False, related_name="+"
    )
    matched_at = models.DateTimeField(null=True, blank=True)
    matched_by = TenantForeignKey(
        "access.Membership", null=True, blank=True, db_index=False, related_name="+"
    )
    dismissed_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "fingerprint"], name="card_line_once"),
            models.UniqueConstraint(
                fields=["tenant", "entry"],
                condition=Q(entry__isnull=False),
                name="card_line_of_one_entry",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "card", "spent_on"],
                condition=Q(entry__isnull=True, dismissed_reason=""),
                name="card_lines_unmatched",
            )
        ]


class BankAccount(TenantModel):
    """Where a person is paid: the number sealed, its end to know it by."""

    resource = TenantForeignKey("org.Resource", related_name="+")
    holder = models.CharField(max_length=70)
    sealed_number = models.TextField()
    number_end = models.CharField(max_length=4)
    bic = models.CharField(max_length=11, blank=True)
    changed_at = models.DateTimeField()
    changed_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "resource"], name="one_bank_account_each")
        ]


class PayrollExport(TenantModel):
    """Hours of one entity and pay period that were handed to payroll."""

    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    sequence = models.PositiveIntegerField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    made_at = models.DateTimeField()
    made_by = TenantForeignKey("access.Membership", null=True, db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "sequence"], name="payroll_export_sequence"
            ),
            AppendOnly(name="payroll_export_append_only"),
        ]


class PayrollLine(TenantModel):
    """Minutes of one person, day and kind in an export; a correction is the difference."""

    class Kind(models.TextChoices):
        NORMAL = "normal", "Normal"
        OVERTIME = "overtime", "Overtime"
        LEAVE = "leave", "Leave"

    export = TenantForeignKey(PayrollExport, related_name="lines")
    resource = TenantForeignKey("org.Resource", related_name="+")
    work_on = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind)
    # How many lines of the same person, day and kind went before: two exports can't make the same.
    position = models.PositiveSmallIntegerField()
    minutes = models.IntegerField()
    reason = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "resource", "work_on", "kind", "position"],
                name="payroll_line_once",
            ),
            AppendOnly(name="payroll_line_append_only"),
        ]
