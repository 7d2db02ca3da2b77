"""Performance obligations, revenue estimates, and the close."""

from django.db import models
from django.db.models import Q

from psa.core.tenancy.models import TenantForeignKey, TenantModel


class Obligation(TenantModel):
    """A performance obligation: a contract line, its price and how progress is measured."""

    class Method(models.TextChoices):
        AS_INVOICED = "as_invoiced", "As invoiced"
        COST_TO_COST = "cost_to_cost", "Cost to cost"
        EFFORT = "effort", "Effort"
        PERCENT = "percent", "Manager's % complete"
        MILESTONE = "milestone", "Milestones reached"
        STRAIGHT_LINE = "straight_line", "Straight line"
        COMPLETED = "completed", "Completed contract"

    contract_line = TenantForeignKey("sales.ContractLine", related_name="obligations")
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    method = models.CharField(max_length=16, choices=Method)
    currency = models.CharField(max_length=3)
    price_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # The line's expected cost in the entity's currency; ETC starts from it until a forecast exists.
    planned_cost_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    completed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract_line"], name="one_obligation_per_line"
            )
        ]


class RevenueEstimate(TenantModel):
    """What one obligation earned in one period: drafted, reviewed, approved, posted; it keeps its inputs."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        APPROVED = "approved", "Approved"
        POSTED = "posted", "Posted"
        REVERSED = "reversed", "Reversed"

    obligation = TenantForeignKey(Obligation, related_name="estimates")
    period = TenantForeignKey("ledger.FiscalPeriod", related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    cost_to_date = models.DecimalField(max_digits=19, decimal_places=4)
    estimate_to_complete = models.DecimalField(max_digits=19, decimal_places=4)
    progress_numerator = models.DecimalField(max_digits=30, decimal_places=6)
    progress_denominator = models.DecimalField(max_digits=30, decimal_places=6)
    revenue_to_date = models.DecimalField(max_digits=19, decimal_places=4)
    previous_revenue = models.DecimalField(max_digits=19, decimal_places=4)
    period_revenue = models.DecimalField(max_digits=19, decimal_places=4)
    entity_period_revenue = models.DecimalField(max_digits=19, decimal_places=4)
    entity_rate = models.DecimalField(max_digits=20, decimal_places=10)
    entity_rate_on = models.DateField()
    provision_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    provision_change_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0)
    # Cost that a completed contract holds back in WIP until it is complete, and what was posted of it.
    held_cost_amount = models.DecimalField(max_digits=19, decimal_places=4, default=0, db_default=0)
    held_cost_change_amount = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, db_default=0
    )
    flags = models.JSONField(default=list)
    inputs = models.JSONField(default=dict)
    adjustment_reason = models.CharField(max_length=300, blank=True)
    run_key = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    approved_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    journal_entry = TenantForeignKey("ledger.JournalEntry", null=True, blank=True, related_name="+")
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "obligation", "period"],
                condition=~Q(state="reversed"),
                name="one_live_estimate_per_period",
            )
        ]
        indexes = [models.Index(fields=["tenant", "period", "state"], name="estimate_by_period")]


class CloseStep(TenantModel):
    """The state of one step of a period's close."""

    period = TenantForeignKey("ledger.FiscalPeriod", related_name="+")
    code = models.CharField(max_length=30)
    state = models.CharField(max_length=10, default="waiting")
    summary = models.CharField(max_length=300, blank=True)
    ran_at = models.DateTimeField(null=True, blank=True)
    ran_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "period", "code"], name="close_step_once")
        ]


class ContractCost(TenantModel):
    """A cost to obtain or fulfil a contract, kept as an asset and written down over its term."""

    class Kind(models.TextChoices):
        OBTAIN = "obtain", "To obtain the contract"
        FULFIL = "fulfil", "To fulfil the contract"

    contract = TenantForeignKey("sales.Contract", related_name="capitalised_costs")
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    description = models.CharField(max_length=200)
    # In the entity's currency, whose books had it as an expense until then.
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    currency = models.CharField(max_length=3)
    booked_account = TenantForeignKey("ledger.LedgerAccount", related_name="+")
    capitalised_on = models.DateField()
    starts_on = models.DateField()
    ends_on = models.DateField()
    journal_entry = TenantForeignKey("ledger.JournalEntry", null=True, blank=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="contract_cost_positive"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=models.F("starts_on")), name="contract_cost_has_days"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "legal_entity", "capitalised_on"], name="contract_cost_by_entity"
            )
        ]


class ContractCostCharge(TenantModel):
    """What one period took of a capitalised cost: its amortisation, and what was impaired."""

    cost = TenantForeignKey(ContractCost, related_name="charges")
    period = TenantForeignKey("ledger.FiscalPeriod", related_name="+")
    amortised_amount = models.DecimalField(max_digits=19, decimal_places=4)
    impaired_amount = models.DecimalField(max_digits=19, decimal_places=4)
    carrying_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # What the contract can still bear; empty where nothing said what it will bring and cost.
    recoverable_amount = models.DecimalField(max_digits=19, decimal_places=4, null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    journal_entry = TenantForeignKey("ledger.JournalEntry", null=True, blank=True, related_name="+")
    posted_at = models.DateTimeField()
    reversed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "cost", "period"],
                condition=Q(reversed_at__isnull=True),
                name="one_live_charge_per_period",
            )
        ]
        indexes = [models.Index(fields=["tenant", "period"], name="cost_charge_by_period")]


from revenue.intercompany_models import IntercompanyInvoice as IntercompanyInvoice  # noqa: E402
from revenue.intercompany_models import (  # noqa: E402
    IntercompanyInvoiceActual as IntercompanyInvoiceActual,
)
from revenue.intercompany_models import (  # noqa: E402
    IntercompanyInvoiceLine as IntercompanyInvoiceLine,
)
from revenue.intercompany_models import (  # noqa: E402
    IntercompanyPayment as IntercompanyPayment,
)
from revenue.intercompany_models import (  # noqa: E402
    IntercompanySettlement as IntercompanySettlement,
)
