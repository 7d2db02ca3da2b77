"""Accounts, opportunities, quotes, and contracts with their terms."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from psa.core.documents.language import LANGUAGES
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Account(TenantModel):
    """A customer, prospect or vendor; or a department of the firm that pays a share of a contract.

    A department's account is made when it is first named as a payer, one a unit, and is no
    customer: it is in no list of customers, has no statement and no open items.
    """

    class Kind(models.TextChoices):
        PROSPECT = "prospect", "Prospect"
        CUSTOMER = "customer", "Customer"
        VENDOR = "vendor", "Vendor"
        DEPARTMENT = "department", "Department"

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PROSPECT)
    legal_name = models.CharField(max_length=160, blank=True)
    country = models.CharField(max_length=2)
    address = models.TextField(blank=True)
    tax_id = models.CharField(max_length=40, blank=True)
    is_consumer = models.BooleanField(default=False, db_default=False)
    industry = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3)
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    credit_limit_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )
    email = models.EmailField(blank=True)
    # Of its documents and mails; empty: the language of the entity that writes them.
    language = models.CharField(
        max_length=2, choices=LANGUAGES, blank=True, default="", db_default=""
    )
    owner = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    parent = TenantForeignKey("self", null=True, blank=True, related_name="children")
    org_unit = TenantForeignKey("org.OrgUnit", null=True, blank=True, related_name="+")
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="account_code"),
            models.UniqueConstraint(fields=["tenant", "org_unit"], name="account_of_unit_once"),
            models.CheckConstraint(
                condition=Q(kind="department", org_unit__isnull=False)
                | (~Q(kind="department") & Q(org_unit__isnull=True)),
                name="department_is_a_unit",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "name"], name="account_by_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_department(self) -> bool:
        return self.kind == self.Kind.DEPARTMENT


# What somebody may say an account is; departments come of their units.
CHOSEN_KINDS = [choice for choice in Account.Kind.choices if choice[0] != Account.Kind.DEPARTMENT]


class Contact(TenantModel):
    account = TenantForeignKey(Account, models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    job_title = models.CharField(max_length=80, blank=True)
    is_billing = models.BooleanField(default=False)


class OpportunityStage(TenantModel):
    """A step of the tenant's pipeline."""

    code = models.CharField(max_length=20)
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    probability_percent = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=5, default="open")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "code"], name="opportunity_stage_code"),
            models.CheckConstraint(
                condition=Q(probability_percent__lte=100), name="stage_probability_percent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Opportunity(TenantModel):
    """A deal in the making."""

    number = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    account = TenantForeignKey(Account, related_name="opportunities")
    owner = TenantForeignKey("access.Membership", related_name="+")
    contracting_unit = TenantForeignKey("org.OrgUnit", related_name="+")
    currency = models.CharField(max_length=3)
    stage = TenantForeignKey(OpportunityStage, related_name="opportunities")
    estimated_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    close_on = models.DateField()
    needed_by_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True)
    competitors = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    loss_reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="opportunity_number")
        ]
        indexes = [
            models.Index(fields=["tenant", "stage", "close_on"], name="opportunity_by_stage")
        ]


class LineTerms(TenantModel):
    """Terms that a quote line and the contract line made of it have in common."""

    class Method(models.TextChoices):
        TIME_AND_MATERIAL = "time_and_material", "Time and material"
        FIXED_PRICE = "fixed_price", "Fixed price"
        RETAINER = "retainer", "Retainer"

    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=160)
    billing_method = models.CharField(max_length=20, choices=Method)
    transaction_classes = ArrayField(models.CharField(max_length=10), default=list)
    value_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    not_to_exceed_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )
    not_to_exceed_warning_percent = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True
    )
    budget_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    tax_code = models.CharField(max_length=20, blank=True)
    invoice_frequency = models.CharField(max_length=12, default="monthly")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    retainer_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    retainer_minutes = models.PositiveIntegerField(null=True, blank=True)
    retainer_overage_policy = models.CharField(max_length=16, blank=True)
    retainer_underuse_policy = models.CharField(max_length=16, blank=True)
    expense_policy = models.CharField(max_length=10, default="at_cost")
    expense_markup_percent = models.DecimalField(max_digits=7, decimal_places=4, default=0)
    recognition_method = models.CharField(max_length=20, default="as_invoiced")

    class Meta:
        abstract = True


class Quote(TenantModel):
    """One version of what is offered."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        SENT = "sent", "Sent"
        WON = "won", "Won"
        LOST = "lost", "Lost"
        SUPERSEDED = "superseded", "Superseded"
        EXPIRED = "expired", "Expired"

    opportunity = TenantForeignKey(Opportunity, related_name="quotes")
    number = models.CharField(max_length=20)
    version = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    currency = models.CharField(max_length=3)
    valid_until = models.DateField(null=True, blank=True)
    scope = models.TextField(blank=True)
    terms = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "number", "version"], name="quote_version_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "opportunity"],
                condition=Q(status="won"),
                name="one_won_quote_per_opportunity",
            ),
        ]


class QuoteLine(LineTerms):
    quote = TenantForeignKey(Quote, models.CASCADE, related_name="lines")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "quote", "position"], name="quote_line_position"
            )
        ]


class QuoteLineDetail(TenantModel):
    """A row of the estimate: a role, or a category, with its cost and bill rates and their trace."""

    line = TenantForeignKey(QuoteLine, models.CASCADE, related_name="details")
    position = models.PositiveSmallIntegerField()
    transaction_class = models.CharField(max_length=10, default="time")
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    resourcing_unit = TenantForeignKey("org.OrgUnit", null=True, blank=True, related_name="+")
    category = TenantForeignKey("org.TransactionCategory", null=True, blank=True, related_name="+")
    description = models.CharField(max_length=160, blank=True)
    starts_on = models.DateField()
    minutes = models.PositiveIntegerField(null=True, blank=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    cost_rate = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    cost_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    bill_rate = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    list_bill_rate = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    bill_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    override_reason = models.CharField(max_length=200, blank=True)
    cost_trace = TenantForeignKey("pricing.PriceTrace", null=True, blank=True, related_name="+")
    bill_trace = TenantForeignKey("pricing.PriceTrace", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "line", "position"], name="quote_detail_position"
            )
        ]


class QuoteMilestone(TenantModel):
    """A milestone of a fixed-price quote line; becomes a contract milestone when won."""

    line = TenantForeignKey(QuoteLine, models.CASCADE, related_name="milestones")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    due_on = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "line", "position"], name="quote_milestone_position"
            )
        ]


class Contract(TenantModel):
    """What was agreed with a customer; owned by a contracting unit."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        CONFIRMED = "confirmed", "Confirmed"
        ON_HOLD = "on_hold", "On hold"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        CLOSED = "closed", "Closed"

    number = models.CharField(max_length=20)
    name = models.CharField(max_length=160)
    account = TenantForeignKey(Account, related_name="contracts")
    quote = TenantForeignKey(Quote, null=True, blank=True, related_name="contracts")
    owner = TenantForeignKey("access.Membership", related_name="+")
    contracting_unit = TenantForeignKey("org.OrgUnit", related_name="+")
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    currency = models.CharField(max_length=3)
    fx_policy = models.CharField(max_length=10, default="spot")
    payment_terms_days = models.PositiveSmallIntegerField(default=30)
    bill_to_name = models.CharField(max_length=160, blank=True)
    bill_to_address = models.TextField(blank=True)
    bill_to_email = models.EmailField(blank=True)
    po_number = models.CharField(max_length=40, blank=True)
    po_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    original_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    hold_reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="contract_number"),
            models.UniqueConstraint(
                fields=["tenant", "quote"],
                condition=Q(quote__isnull=False),
                name="one_contract_per_quote",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "status", "number"], name="contract_by_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class ContractLine(LineTerms):
    contract = TenantForeignKey(Contract, related_name="lines")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "position"], name="contract_line_position"
            ),
            models.CheckConstraint(
                condition=Q(not_to_exceed_amount__isnull=True) | Q(not_to_exceed_amount__gte=0),
                name="nte_not_negative",
            ),
        ]


class ContractLimit(TenantModel):
    """A not-to-exceed limit beside the line's own: of the contract, or of one funding customer."""

    contract = TenantForeignKey(Contract, models.CASCADE, related_name="limits")
    line = TenantForeignKey(ContractLine, null=True, blank=True, related_name="limits")
    account = TenantForeignKey(Account, null=True, blank=True, related_name="+")
    transaction_classes = ArrayField(models.CharField(max_length=10), default=list)
    limit_amount = models.DecimalField(max_digits=19, decimal_places=4)
    warning_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "line", "account"],
                name="contract_limit_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(limit_amount__gte=0), name="limit_not_negative"),
        ]


class FundingSource(TenantModel):
    """A customer who pays a contract, up to a limit if there is one."""

    contract = TenantForeignKey(Contract, models.CASCADE, related_name="funding_sources")
    position = models.PositiveSmallIntegerField()
    account = TenantForeignKey(Account, related_name="+")
    # Of a sole payer. Where several pay, FundingShare says who takes what.
    share_percent = models.DecimalField(max_digits=7, decimal_places=4, default=100)
    limit_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract", "position"], name="funding_position_once"
            )
        ]


class ChargeabilityRule(TenantModel):
    """What of a contract line is chargeable; the most specific rule wins."""

    line = TenantForeignKey(ContractLine, models.CASCADE, related_name="chargeability_rules")
    role = TenantForeignKey("org.JobRole", null=True, blank=True, related_name="+")
    category = TenantForeignKey("org.TransactionCategory", null=True, blank=True, related_name="+")
    # Tasks live in the projects room, downstream: a plain id, handed over by it.
    task_id = models.BigIntegerField(null=True, blank=True)
    resource = TenantForeignKey("org.Resource", null=True, blank=True, related_name="+")
    billing_type = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "line", "role", "category", "task_id", "resource"],
                name="chargeability_rule_once",
                nulls_distinct=False,
            )
        ]


class RateOverride(TenantModel):
    """An agreed bill rate of a role on a contract line."""

    line = TenantForeignKey(ContractLine, models.CASCADE, related_name="rate_overrides")
    role = TenantForeignKey("org.JobRole", related_name="+")
    unit = models.CharField(max_length=4, default="hour")
    price = models.DecimalField(max_digits=20, decimal_places=6)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "line", "role"], name="rate_override_once"),
            models.CheckConstraint(condition=Q(price__gte=0), name="override_not_negative"),
        ]


class NumberCounter(TenantModel):
    """The next number of quotes, contracts, accounts, …; gaps are allowed, repeats are not."""

    kind = models.CharField(max_length=20)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="sales_counter_once")
        ]


# Of the same room, in a file of their own.
from sales.amendment_models import AmendmentChange as AmendmentChange  # noqa: E402
from sales.amendment_models import ContractAmendment as ContractAmendment  # noqa: E402
from sales.funding_models import FundingShare as FundingShare  # noqa: E402
from sales.fx_models import ContractFxRate as ContractFxRate  # noqa: E402
