"""What the room's actuals came from, for the pages of the ledger."""

from collections.abc import Mapping
from typing import Final

from django.urls import reverse

from billing.models import ContractMilestone, InvoiceLine, RetainerPeriod
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE
from billing.selectors import retainers, visibility
from billing.services.readiness import MILESTONE, RETAINER_PERIOD
from psa.core.actor import Actor
from psa.core.ledger.origins import Decided, Describer, Origin
from sales.models import Contract


def of_line(actor: Actor, line_id: int, revision: int) -> Origin | None:
    """An invoice's or credit note's line. Two queries."""
    row = InvoiceLine.objects.select_related("invoice__confirmed_by").filter(pk=line_id).first()
    if row is None:
        return None
    invoice = row.invoice
    may_open = visibility.invoices_visible_to(actor).filter(pk=invoice.pk).exists()
    return Origin(
        f"Line {row.position} of {invoice.get_kind_display().lower()} {invoice.number}",
        reverse("billing:invoice", args=[invoice.pk]) if may_open else "",
        (
            Decided(
                "Confirmed", invoice.confirmed_by.name if invoice.confirmed_by else "",
                invoice.confirmed_at,
            ),
        ),
    )  # fmt: skip


def of_milestone(actor: Actor, milestone_id: int, revision: int) -> Origin | None:
    """Two queries."""
    row = (
        ContractMilestone.objects.select_related("contract_line__contract")
        .filter(pk=milestone_id)
        .first()
    )
    if row is None:
        return None
    contract = row.contract_line.contract
    return Origin(f"Milestone “{row.name}” of {contract.number}", _contract_url(actor, contract))


def of_period(actor: Actor, period_id: int, revision: int) -> Origin | None:
    """Two queries."""
    row = (
        RetainerPeriod.objects.select_related("contract_line__contract")
        .filter(pk=period_id)
        .first()
    )
    if row is None:
        return None
    line = row.contract_line
    return Origin(
        f"{retainers.title_of(row)} of “{line.name}”, {line.contract.number}",
        _contract_url(actor, line.contract),
    )


def _contract_url(actor: Actor, contract: Contract) -> str:
    may_open = visibility.contracts_visible_to(actor).filter(pk=contract.pk).exists()
    return reverse("sales:contract", args=[contract.pk]) if may_open else ""


DESCRIBERS: Final[Mapping[str, Describer]] = {
    INVOICE_LINE: of_line,
    CREDIT_LINE: of_line,
    MILESTONE: of_milestone,
    RETAINER_PERIOD: of_period,
}
