"""Invoices between legal entities for lent work, and their payments. Neither is ever changed."""

from django.db import models
from django.db.models import F, Q

from psa.core.tenancy.constraints import AppendOnly
from psa.core.tenancy.models import TenantFact, TenantForeignKey, TenantModel


class IntercompanyInvoice(TenantModel):
    """What a lender invoices a borrower: one document, in the books of both on one day."""

    number = models.CharField(max_length=30)
    lender = TenantForeignKey("org.LegalEntity", related_name="+")
    borrower = TenantForeignKey("org.LegalEntity", related_name="+")
    currency = models.CharField(max_length=3)
    worked_until_on = models.DateField(help_text="the last day of the work in it")
    issued_on = models.DateField()
    net_amount = models.DecimalField(max_digits=19, decimal_places=4)
    tax_amount = models.DecimalField(max_digits=19, decimal_places=4)
    total_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # The total in each entity's own currency: lent work as it was booked, tax at the day's rate.
    lender_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    borrower_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # Both parties and the taxes as they stood.
    snapshot = models.JSONField()
    lender_entry = TenantForeignKey("ledger.JournalEntry", related_name="+")
    borrower_entry = TenantForeignKey("ledger.JournalEntry", related_name="+")
    issued_at = models.DateTimeField()
    issued_by = TenantForeignKey("access.Membership", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="intercompany_number_once"),
            models.CheckConstraint(
                condition=~Q(lender=F("borrower")), name="intercompany_between_two"
            ),
            models.CheckConstraint(
                condition=Q(total_amount=F("net_amount") + F("tax_amount")),
                name="intercompany_total_adds_up",
            ),
            AppendOnly(name="intercompany_invoice_append_only"),
        ]
        indexes = [
            models.Index(fields=["tenant", "lender", "issued_on"], name="intercompany_by_lender"),
            models.Index(
                fields=["tenant", "borrower", "issued_on"], name="intercompany_by_borrower"
            ),
        ]

    def __str__(self) -> str:
        return self.number


class IntercompanyInvoiceLine(TenantModel):
    """One role's work on one project at one price, with its value in both books."""

    invoice = TenantForeignKey(IntercompanyInvoice, related_name="lines")
    position = models.PositiveIntegerField()
    project = TenantForeignKey("projects.Project", null=True, related_name="+")
    role = TenantForeignKey("org.JobRole", null=True, related_name="+")
    minutes = models.IntegerField()
    price = models.DecimalField(max_digits=20, decimal_places=6)
    unit = models.CharField(max_length=10)
    net_amount = models.DecimalField(max_digits=19, decimal_places=4)
    lender_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    borrower_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "invoice", "position"], name="intercompany_line_once"
            ),
            AppendOnly(name="intercompany_line_append_only"),
        ]


class IntercompanyInvoiceActual(TenantFact):
    """The rows that a line is the sum of, of both books; a row is on one invoice alone."""

    line = TenantForeignKey(IntercompanyInvoiceLine, related_name="rows")
    actual = TenantForeignKey("ledger.Actual", db_index=False, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "actual"], name="lent_work_invoiced_once"),
            AppendOnly(name="intercompany_row_append_only"),
        ]


class IntercompanyPayment(TenantModel):
    """What a borrower paid a lender, in the books of both on one day; a reversal is one, negative.

    `amount` is what was settled, in the invoices' currency; `paid_amount` what left one bank and
    reached the other, which may be in another.
    """

    number = models.CharField(max_length=30)
    lender = TenantForeignKey("org.LegalEntity", related_name="+")
    borrower = TenantForeignKey("org.LegalEntity", related_name="+")
    paid_on = models.DateField()
    currency = models.CharField(max_length=3)
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    paid_currency = models.CharField(max_length=3)
    paid_amount = models.DecimalField(max_digits=19, decimal_places=4)
    # What was paid is worth in each entity's own currency, at its rate of the day.
    lender_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    borrower_entity_amount = models.DecimalField(max_digits=19, decimal_places=4)
    reference = models.CharField(max_length=80, blank=True)
    request_key = models.CharField(max_length=120)
    reverses = TenantForeignKey("self", null=True, blank=True, related_name="reversals")
    lender_entry = TenantForeignKey("ledger.JournalEntry", related_name="+")
    borrower_entry = TenantForeignKey("ledger.JournalEntry", related_name="+")
    recorded_at = models.DateTimeField()
    recorded_by = TenantForeignKey("access.Membership", null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "number"], name="intercompany_payment_number_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "request_key"], name="intercompany_payment_asked_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="intercompany_payment_reversed_once",
            ),
            models.CheckConstraint(
                condition=~Q(lender=F("borrower")), name="intercompany_payment_between_two"
            ),
            AppendOnly(name="intercompany_payment_append_only"),
        ]

    def __str__(self) -> str:
        return self.number


class IntercompanySettlement(TenantModel):
    """What a payment settles of one invoice, and the booked value that it relieves in each book."""

    payment = TenantForeignKey(IntercompanyPayment, related_name="settlements")
    invoice = TenantForeignKey(IntercompanyInvoice, related_name="settlements")
    amount = models.DecimalField(max_digits=19, decimal_places=4)
    lender_booked_amount = models.DecimalField(max_digits=19, decimal_places=4)
    borrower_booked_amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "payment", "invoice"], name="intercompany_settled_once"
            ),
            AppendOnly(name="intercompany_settlement_append_only"),
        ]
