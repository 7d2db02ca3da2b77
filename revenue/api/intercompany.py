"""Endpoints of work that one legal entity lends another, and of its invoices."""

from datetime import date
from typing import Any

from ninja import Query

from psa.core import clock
from psa.core.web.api import ApiRequest, In, Out, shape
from psa.core.web.api.fields import Day, Id, Number
from revenue import intercompany_payment_selectors as payments_made
from revenue import intercompany_selectors as lent_invoices
from revenue import lending as lent_work
from revenue import lists as room_lists
from revenue.models import IntercompanyInvoice
from revenue.permissions import RevenuePermission
from revenue.services import intercompany_invoices

from .area import VIEW, endpoints

LentOut = shape(lent_work.LentRow, "LentWork")
OwedOut = shape(lent_work.Owed, "OwedBetweenEntities")
MarginOut = shape(lent_work.ProjectMargin, "BorrowingProjectMargin")
LentLineOut = shape(lent_invoices.InvoiceLineRow, "IntercompanyInvoiceLine")


class LendingReport(Out):
    """Work that one legal entity lends another, in the tenant's currency."""

    as_of: date
    owed: list[OwedOut]  # type: ignore[valid-type]
    rows: list[LentOut]  # type: ignore[valid-type]
    margins: list[MarginOut]  # type: ignore[valid-type]


class IntercompanyInvoiceOut(Out):
    """An invoice between legal entities; the entity amounts are the total in their currencies."""

    id: int
    number: str
    lender_id: int
    borrower_id: int
    worked_until_on: date
    issued_on: date
    currency: str
    net_amount: Number
    tax_amount: Number
    total_amount: Number
    lender_entity_amount: Number
    borrower_entity_amount: Number
    lender_entry_id: int
    borrower_entry_id: int
    lines: list[LentLineOut]  # type: ignore[valid-type]

    @staticmethod
    def resolve_lines(row: IntercompanyInvoice) -> list[lent_invoices.InvoiceLineRow]:
        return lent_invoices.lines_of(row)


class IntercompanyInvoices(Out):
    invoices: list[IntercompanyInvoiceOut]


class InvoiceLentWorkIn(In):
    worked_until_on: Day
    issued_on: Day
    lender_id: Id | None = None


@endpoints.report("/intercompany", LendingReport, VIEW)
def get_intercompany(request: ApiRequest, as_of: Day | None = Query(None)) -> Any:
    """Who owes whom for lent work of days up to and including a day."""
    on = as_of or clock.today()
    found = lent_work.lending(actor=request.actor, as_of=on)
    return {"as_of": on, "owed": found.owed, "rows": found.rows, "margins": found.margins}


@endpoints.list(
    "/intercompany-invoices", room_lists.INTERCOMPANY_INVOICES, VIEW, name="IntercompanyInvoiceRow"
)
def list_intercompany_invoices(request: ApiRequest) -> Any:
    """Invoices between legal entities for lent work."""
    return payments_made.invoices(actor=request.actor)


@endpoints.read("/intercompany-invoices/{intercompany_invoice_id}", IntercompanyInvoiceOut, VIEW)
def get_intercompany_invoice(request: ApiRequest, intercompany_invoice_id: Id) -> Any:
    """One invoice between legal entities, with its lines."""
    return lent_invoices.get_invoice(
        actor=request.actor, intercompany_invoice_id=intercompany_invoice_id
    )


@endpoints.write(
    "POST", "/intercompany-invoices", IntercompanyInvoices, RevenuePermission.POST, status=201
)
def issue_intercompany_invoices(request: ApiRequest, body: InvoiceLentWorkIn) -> Any:
    """Invoice lent work: one invoice for each pair of legal entities and currency."""
    made = intercompany_invoices.issue_invoices(
        actor=request.actor, at=clock.now(), **body.values()
    )
    return {"invoices": made}
