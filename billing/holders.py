"""What holds or bills approved work, by the name that people know it by."""

from collections.abc import Callable, Mapping
from typing import Final

from billing.models import InvoiceLine, Proposal
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


NAMERS: Final[Mapping[str, Callable[[int], str | None]]] = {
    "proposal": _proposal,
    INVOICE_LINE: _line,
    CREDIT_LINE: _line,
}
