"""Schedules, proposals, invoices and payments."""

from django.db import models
from django.db.models import F, Q

from billing.tax_models import CategoryTaxCode as CategoryTaxCode
from billing.tax_models import TaxCode as TaxCode
from billing.tax_models import TaxRate as TaxRate
from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantForeignKey, TenantModel


class ContractMilestone(TenantModel):
    """A part of a fixed price that falls due when something is done."""

    class State(models.TextChoices):
        NOT_STARTED = "not_started", "Not started"
        READY = "ready", "Ready to invoice"
        INVOICED = "invoiced", "Invoiced"

    contract_line = TenantForeignKey("sales.ContractLine", related_name="milestones")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=120)
    acceptance_criteria = models.TextField(blank=True)
    due_on = models.DateField()
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    project = TenantForeignKey("projects.Project", null=True, blank=True, related_name="+")
    task = TenantForeignKey("projects.Task", null=True, blank=True, related_name="+")
    state = models.CharField(max_length=12, choices=State, default=State.NOT_STARTED)
    ready_on = models.DateField(null=True, blank=True)
    ready_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract_line", "position"], name="milestone_position"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="milestone_amount_positive"),
        ]


class RetainerPeriod(TenantModel):
    """One period of a retainer: its advance, what it includes, and what was used."""

    contract_line = TenantForeignKey("sales.ContractLine", related_name="retainer_periods")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="exclusive")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    included_minutes = models.IntegerField(null=True, blank=True)
    is_released = models.BooleanField(default=False)
    released_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "contract_line", "starts_on"], name="retainer_period_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")), name="retainer_has_days"
            ),
        ]


class Proposal(TenantModel):
    """A draft invoice (pro forma) of one contract, customer and currency; it has no final number."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        CONFIRMED = "confirmed", "Confirmed"
        CANCELLED = "cancelled", "Cancelled"

    contract = TenantForeignKey("sales.Contract", related_name="proposals")
    account = TenantForeignKey("sales.Account", related_name="+")
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    currency = models.CharField(max_length=3)
    number = models.CharField(max_length=20)
    cutoff_on = models.DateField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    run_key = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    reviewed_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    approved_by = TenantForeignKey("access.Membership", null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=400, blank=True)
    lock_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="proposal_number"),
            models.UniqueConstraint(
                fields=["tenant", "contract", "account"],
                condition=Q(state="draft"),
                name="one_draft_per_contract_and_customer",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "state", "-id"], name="proposal_by_state")]


class ProposalLine(TenantModel):
    """One unbilled actual (time, expense, milestone, period, fee) and how it is to be invoiced."""

    class Treatment(models.TextChoices):
        CHARGEABLE = "chargeable", "Chargeable"
        NON_CHARGEABLE = "non_chargeable", "Not chargeable"
        COMPLIMENTARY = "complimentary", "Complimentary"
        HOLD = "hold", "Held for next invoice"

    proposal = TenantForeignKey(Proposal, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    # Null for a discount, credit or fee that the reviewer added.
    actual = TenantForeignKey(
        "ledger.Actual", null=True, blank=True, db_index=False, related_name="+"
    )
    contract_line = TenantForeignKey("sales.ContractLine", db_index=False, related_name="+")
    project_id = models.BigIntegerField(null=True)
    task_id = models.BigIntegerField(null=True)
    resource_id = models.BigIntegerField(null=True)
    role_id = models.BigIntegerField(null=True)
    category_id = models.BigIntegerField(null=True)
    transaction_class = models.CharField(max_length=10)
    work_on = models.DateField()
    description = models.CharField(max_length=400, blank=True)
    minutes = models.IntegerField(null=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    unit = models.CharField(max_length=10)
    price = models.DecimalField(max_digits=20, decimal_places=6)
    original_amount = models.DecimalField(max_digits=19, decimal_places=4)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    treatment = models.CharField(max_length=16, choices=Treatment, default=Treatment.CHARGEABLE)
    # What happens to the part not invoiced: written off, or left in the backlog.
    remainder = models.CharField(max_length=10, default="write_off")
    reason = models.CharField(max_length=200, blank=True)
    tax_code = TenantForeignKey(TaxCode, db_index=False, related_name="+")
    flags = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "proposal", "position"], name="proposal_line_position"
            ),
            models.UniqueConstraint(
                fields=["tenant", "proposal", "actual"],
                condition=Q(actual__isnull=False),
                name="actual_once_per_proposal",
            ),
        ]


class Invoice(TenantModel):
    """A confirmed, numbered invoice or credit note, frozen. Its state is derived, never edited.

    What a department pays is of the two kinds of charge: in a series of their own, without tax,
    document or open item. Nothing is receivable of them.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit_note", "Credit note"
        CHARGE = "charge", "Internal charge"
        CHARGE_BACK = "charge_back", "Charge taken back"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INVOICE)
    number = models.CharField(max_length=30)
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    contract = TenantForeignKey("sales.Contract", related_name="invoices")
    account = TenantForeignKey("sales.Account", related_name="invoices")
    proposal = TenantForeignKey(Proposal, null=True, blank=True, related_name="invoices")
    corrects = TenantForeignKey("self", null=True, blank=True, related_name="corrections")
    issued_on = models.DateField()
    due_on = models.DateField()
    currency = models.CharField(max_length=3)
    net_amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4)
    total_amount = models.DecimalField(max_digits=19, decimal_places=4)
    entity_currency = models.CharField(max_length=3)
    entity_rate = models.DecimalField(max_digits=20, decimal_places=10)
    entity_rate_on = models.DateField()
    entity_total_amount = models.DecimalField(max_digits=19, decimal_places=4)
    entity_tax_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # Seller, buyer, terms, bank, texts as they stood: the document never looks them up again.
    snapshot = models.JSONField()
    reason = models.CharField(max_length=200, blank=True)
    confirmed_at = models.DateTimeField()
    confirmed_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    # None where the firm kept no books when it was written (Lite).
    journal_entry = TenantForeignKey("ledger.JournalEntry", null=True, related_name="+")

    @property
    def is_charge(self) -> bool:
        """Whether a department bears it: charged, or charged back, by journal."""
        return self.kind in CHARGES

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "number"], name="invoice_number"
            ),
            models.UniqueConstraint(
                fields=["tenant", "proposal"],
                condition=Q(proposal__isnull=False),
                name="one_invoice_per_proposal",
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("net_amount") + F("tax_amount")), name="invoice_adds_up"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("charge", "charge_back")) | Q(tax_amount=0),
                name="charge_without_tax",
            ),
            AppendOnly(name="invoice_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "-issued_on", "-id"], name="invoice_latest"),
            models.Index(fields=["tenant", "account", "-id"], name="invoice_by_customer"),
        ]


# What departments bear; the other kinds are owed by customers.
CHARGES = (Invoice.Kind.CHARGE, Invoice.Kind.CHARGE_BACK)


class InvoiceLine(TenantModel):
    invoice = TenantForeignKey(Invoice, db_index=False, related_name="lines")
    position = models.PositiveIntegerField()
    contract_line = TenantForeignKey("sales.ContractLine", db_index=False, related_name="+")
    actual = TenantForeignKey("ledger.Actual", null=True, db_index=False, related_name="+")
    project_id = models.BigIntegerField(null=True)
    task_id = models.BigIntegerField(null=True)
    resource_id = models.BigIntegerField(null=True)
    role_id = models.BigIntegerField(null=True)
    category_id = models.BigIntegerField(null=True)
    transaction_class = models.CharField(max_length=10)
    work_on = models.DateField()
    description = models.CharField(max_length=400)
    minutes = models.IntegerField(null=True)
    quantity = models.DecimalField(max_digits=19, decimal_places=4, null=True)
    unit = models.CharField(max_length=10)
    price = models.DecimalField(max_digits=20, decimal_places=6)
    net_amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_code = TenantForeignKey(TaxCode, db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "invoice", "position"], name="invoice_line_position"
            ),
            AppendOnly(name="invoice_line_append_only"),
        ]


class InvoiceTax(TenantModel):
    """Tax of one group of an invoice, computed on the net sum of the group."""

    invoice = TenantForeignKey(Invoice, db_index=False, related_name="taxes")
    tax_code = TenantForeignKey(TaxCode, db_index=False, related_name="+")
    name = models.CharField(max_length=80)
    tax_percent = models.DecimalField(max_digits=7, decimal_places=4)
    net_amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4)
    entity_tax_amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "invoice", "tax_code", "name"], name="invoice_tax_once"
            ),
            AppendOnly(name="invoice_tax_append_only"),
        ]


class InvoiceBalance(TenantModel):
    """What is still open of an invoice: the row that payments and credits lock.

    Rebuilt at any time from the invoice, its credit notes and payment allocations.
    """

    invoice = TenantForeignKey(Invoice, related_name="balances")
    open_amount = models.DecimalField(max_digits=19, decimal_places=4)
    open_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    settled_on = models.DateField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "invoice"], name="one_balance_per_invoice")
        ]


class Payment(TenantModel):
    """Money received (or, as a reversal, taken back). Never deleted, only reversed."""

    number = models.CharField(max_length=30)
    legal_entity = TenantForeignKey("org.LegalEntity", related_name="+")
    account = TenantForeignKey("sales.Account", related_name="payments")
    received_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    entity_rate = models.DecimalField(max_digits=20, decimal_places=10)
    entity_rate_on = models.DateField()
    entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    reference = models.CharField(max_length=80, blank=True)
    request_key = models.CharField(max_length=80)
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversed_by")
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    # None where the firm kept no books when it was written (Lite).
    journal_entry = TenantForeignKey("ledger.JournalEntry", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "legal_entity", "number"], name="payment_number"
            ),
            models.UniqueConstraint(fields=["tenant", "request_key"], name="payment_recorded_once"),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="payment_reversed_once",
            ),
            AppendOnly(name="payment_append_only"),
        ]


class PaymentAllocation(TenantModel):
    payment = TenantForeignKey(Payment, related_name="allocations")
    invoice = TenantForeignKey(Invoice, related_name="allocations")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    # The part of the receivable's booked value that this allocation clears.
    booked_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "payment", "invoice"], name="allocation_once"
            ),
            AppendOnly(name="payment_allocation_append_only"),
        ]


class InvoiceApprovalRule(TenantModel):
    """Which invoices somebody else approves before they are confirmed; one row a tenant."""

    over_amount = models.DecimalField(
        max_digits=19, decimal_places=4, null=True, blank=True, help_text="in the tenant's currency"
    )
    over_percent = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant"], name="one_invoice_approval_rule"),
            models.CheckConstraint(
                condition=(Q(over_amount__isnull=True) | Q(over_amount__gte=0))
                & (Q(over_percent__isnull=True) | Q(over_percent__gte=0)),
                name="approval_rule_not_negative",
            ),
        ]


class InvoiceDelivery(TenantModel):
    """An invoice on its way to one address: by whom, with what, and whether it went out."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"

    invoice = TenantForeignKey(Invoice, related_name="deliveries")
    recipient = models.EmailField()
    message = models.TextField(blank=True)
    detail = models.CharField(max_length=20, default="by_role")
    with_backup = models.BooleanField(default=False)
    request_key = models.CharField(max_length=80, default="")
    requested_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = TenantForeignKey("access.Membership", null=True, related_name="+")
    # Of the very document that went out.
    document_sha256 = models.CharField(max_length=64, blank=True)
    outcome = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "invoice", "recipient", "request_key"],
                name="invoice_delivery_asked_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["tenant", "id"], condition=Q(state="waiting"), name="delivery_waiting"
            )
        ]


class BillingCounter(TenantModel):
    """The next proposal number; gaps are allowed here, unlike in the invoice series."""

    kind = models.CharField(max_length=20)
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "kind"], name="billing_counter_once")
        ]


class SkippedContract(TenantModel):
    """Why a billing run passed over a contract."""

    run_key = models.CharField(max_length=120)
    contract = TenantForeignKey("sales.Contract", models.CASCADE, related_name="+")
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "run_key", "contract"], name="skipped_once")
        ]


# Of the same room, in files of their own.
from billing.prompt_models import MilestonePrompt as MilestonePrompt  # noqa: E402
from billing.receivable_models import BillingTerms as BillingTerms  # noqa: E402
from billing.receivable_models import DunningLevel as DunningLevel  # noqa: E402
from billing.receivable_models import DunningNotice as DunningNotice  # noqa: E402
from billing.receivable_models import ReceivableMove as ReceivableMove  # noqa: E402
from billing.reimbursement_models import (  # noqa: E402
    Reimbursement as Reimbursement,
)
from billing.reimbursement_models import (  # noqa: E402
    ReimbursementBatch as ReimbursementBatch,
)
from billing.reimbursement_models import (  # noqa: E402
    ReimbursementBatchEntry as ReimbursementBatchEntry,
)
from billing.retainer_models import RetainerReconciliation as RetainerReconciliation  # noqa: E402
from billing.retainer_models import RetainerTerms as RetainerTerms  # noqa: E402
from billing.statement_models import StatementDelivery as StatementDelivery  # noqa: E402
