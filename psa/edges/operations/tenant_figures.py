"""The figures by which a tenant is recognised: what an export and its restore must agree in."""

from django.db.models import Count, Sum

from billing.models import CHARGES, Invoice, Payment
from psa.core.ledger.models import Actual, JournalEntry, JournalLine

Figures = dict[str, str]


def tenant_figures() -> Figures:
    """Named totals of the open scope's tenant, amounts to the stored digits; one query each kind.

    Actuals by type and currency, journals by entity (debit, credit), invoices, what
    departments were charged, and payments by currency.
    """
    figures: Figures = {}
    for row in (
        Actual.objects.values("actual_type", "currency")
        .annotate(rows=Count("id"), amount=Sum("amount"))
        .order_by("actual_type", "currency")
    ):
        figures[f"actuals {row['actual_type']} {row['currency']}"] = (
            f"{row['amount']} in {row['rows']}"
        )
    for row in (
        JournalLine.objects.values("entry__legal_entity__code")
        .annotate(rows=Count("id"), debit=Sum("debit"), credit=Sum("credit"))
        .order_by("entry__legal_entity__code")
    ):
        figures[f"journals {row['entry__legal_entity__code']}"] = (
            f"debit {row['debit']} credit {row['credit']} in {row['rows']}"
        )
    figures["journal entries"] = str(JournalEntry.objects.count())
    for name, rows, amount in (
        ("invoices", Invoice.objects.exclude(kind__in=CHARGES), "total_amount"),
        ("internal charges", Invoice.objects.filter(kind__in=CHARGES), "total_amount"),
        ("payments", Payment.objects, "amount"),
    ):
        for row in (
            rows.values("currency").annotate(n=Count("id"), total=Sum(amount)).order_by("currency")
        ):
            figures[f"{name} {row['currency']}"] = f"{row['total']} in {row['n']}"
    return figures
