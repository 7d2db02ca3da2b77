"""What holds or bills approved work, by the name that people know it by."""

from collections.abc import Callable, Mapping
from typing import Final

from billing.models import InvoiceLine, Proposal, ReimbursementBatch
from billing.rules.confirmation import CREDIT_LINE, INVOICE_LINE


def _proposal(proposal_id: int) -> str | None:
    """The draft, or the invoice that it became."""
    found = (
        Proposal.objects.filter(pk=proposal_id).values_list("number", "invoices__number").first()
    )
    if found is None:
        return None
    number, invoice = found
    return f"invoice {invoice}" if invoice else f"the invoice draft {number}"


def _line(line_id: int) -> str | None:
    number = (
        InvoiceLine.objects.filter(pk=line_id)
        .values_list("invoice__corrects__number", "invoice__number")
        .first()
    )
    return f"invoice {number[0] or number[1]}" if number else None


def _batch(batch_id: int) -> str | None:
    number = ReimbursementBatch.objects.filter(pk=batch_id).values_list("number", flat=True).first()
    return f"the reimbursement batch {number}" if number else None


NAMERS: Final[Mapping[str, Callable[[int], str | None]]] = {
    "proposal": _proposal,
    INVOICE_LINE: _line,
    CREDIT_LINE: _line,
    "reimbursement_batch": _batch,
}
