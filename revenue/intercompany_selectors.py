"""Lent work that waits for an invoice between legal entities, and the invoices that were issued."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Sum
from moneyed import Money

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.journals import Dimensions
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity

from .models import (
    IntercompanyInvoice,
    IntercompanyInvoiceActual,
    IntercompanyInvoiceLine,
    IntercompanySettlement,
)
from .permissions import RevenuePermission
from .rules.intercompany import LentRow
from .rules.intercompany_payments import paid_of_net

ZERO = Decimal(0)
SOLD, BORROWED = JournalEvent.INTERCOMPANY_SALES.value, JournalEvent.BORROWED_COST.value


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """Who invoices whom, in which currency."""

    lender_id: int
    borrower_id: int
    currency: str


def check_may_see(actor: Actor) -> None:
    """Raises  PermissionDenied: what is charged for people shows what they cost."""
    actor.require(RevenuePermission.VIEW)
    actor.require(PricingPermission.VIEW_COST_RATES)


def _not_invoiced(*, worked_until_on: date, posted_until_on: date) -> "QuerySet[Actual]":
    """Lent work in the books of a day that is on no invoice yet."""
    return Actual.objects.filter(
        ~Exists(IntercompanyInvoiceActual.objects.filter(actual_id=OuterRef("pk"))),
        posting_event__in=(SOLD, BORROWED),
        work_on__lte=worked_until_on,
        posted_on__lte=posted_until_on,
        batch__journalled_at__isnull=False,
    )


def rows_to_invoice(
    *, worked_until_on: date, issued_on: date, lender_id: int | None
) -> Mapping[Pair, list[LentRow]]:
    """The rows of both books by pair, of one lender or of all. Two queries."""
    entity_of = org.unit_entities()
    found: dict[Pair, list[LentRow]] = defaultdict(list)
    for (
        pk, event, entity_id, contracting_id, resourcing_id, currency, kind, source_id, revision,
        taken_back, of_kind, of_source_id, of_revision, project_id, role_id, price, unit, minutes,
        amount, entity_amount, contract_id, category_id, account_id,
    ) in (
        _not_invoiced(worked_until_on=worked_until_on, posted_until_on=issued_on)
        .order_by("id")
        .values_list(
            "id", "posting_event", "legal_entity_id", "contracting_unit_id",
            "resourcing_unit_id", "currency", "source_kind", "source_id", "revision",
            "reversal_of_id", "reversal_of__source_kind", "reversal_of__source_id",
            "reversal_of__revision", "project_id", "role_id", "price", "unit", "minutes",
            "amount", "entity_amount", "contract_id", "category_id", "account_id",
        )
    ):  # fmt: skip
        is_lenders = event == SOLD
        # Lent work names both units: whose contract it is for, and whose person did it.
        pair = (
            Pair(entity_id, entity_of[contracting_id or 0], currency)
            if is_lenders
            else Pair(entity_of[resourcing_id or 0], entity_id, currency)
        )
        if lender_id is not None and pair.lender_id != lender_id:
            continue
        work = (
            (kind, source_id, revision, False)
            if taken_back is None
            else (of_kind, of_source_id, of_revision, True)
        )
        found[pair].append(
            LentRow(
                pk, is_lenders, work, project_id, role_id, price, unit, minutes or 0, amount,
                entity_amount,
                Dimensions(
                    project_id=project_id, contract_id=contract_id, unit_id=resourcing_id,
                    category_id=category_id, customer_id=account_id,
                ),
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a lender has accrued and not invoiced."""

    lender: str
    borrower: str
    amount: Money


def waiting(*, as_of: date, lender_id: int | None = None) -> list[Waiting]:
    """By pair and currency; nothing where it sums to 0. One query, with anything two more."""
    rows = _not_invoiced(worked_until_on=as_of, posted_until_on=as_of).filter(posting_event=SOLD)
    if lender_id is not None:
        rows = rows.filter(legal_entity_id=lender_id)
    sums: dict[Pair, Decimal] = defaultdict(Decimal)
    by_unit = list(
        rows.order_by()
        .values_list("legal_entity_id", "contracting_unit_id", "currency")
        .annotate(total=Sum("amount"))
    )
    if not by_unit:
        return []
    entity_of = org.unit_entities()
    for entity_id, unit_id, currency, total in by_unit:
        sums[Pair(entity_id, entity_of[unit_id], currency)] += total
    codes = dict(LegalEntity.objects.values_list("id", "code"))
    return [
        Waiting(codes[pair.lender_id], codes[pair.borrower_id], Money(total, pair.currency))
        for pair, total in sorted(sums.items())
        if total
    ]


def invoiced_by_pair(*, as_of: date, home: str) -> dict[tuple[int, int], tuple[Money, Money]]:
    """What was invoiced up to a day and what of it was paid, by lender and borrower; net of tax, in
    the tenant's currency `home`. Two queries.
    """
    settled = dict(
        IntercompanySettlement.objects.filter(payment__paid_on__lte=as_of)
        .order_by()
        .values_list("invoice_id")
        .annotate(Sum("amount"))
    )
    rows = (
        IntercompanyInvoiceActual.objects.filter(
            line__invoice__issued_on__lte=as_of, actual__posting_event=SOLD,
            actual__work_on__lte=as_of,
        )
        .order_by()
        .values_list(
            "line__invoice_id", "line__invoice__lender_id", "line__invoice__borrower_id",
            "line__invoice__total_amount",
        )
        .annotate(net=Sum("actual__tenant_amount"))
    )  # fmt: skip
    found: dict[tuple[int, int], tuple[Money, Money]] = {}
    for invoice_id, lender_id, borrower_id, total, net in rows:
        invoiced, paid = found.get((lender_id, borrower_id), (Money(0, home), Money(0, home)))
        mine = Money(net, home)
        part = paid_of_net(mine, settled=settled.get(invoice_id, ZERO), total=total)
        found[lender_id, borrower_id] = (invoiced + mine, paid + part)
    return found


def all_invoices(*, actor: Actor) -> "QuerySet[IntercompanyInvoice]":
    """Invoices, for the list to say what is open of them. Raises  PermissionDenied."""
    check_may_see(actor)
    return IntercompanyInvoice.objects.all()


def get_invoice(*, actor: Actor, intercompany_invoice_id: int) -> IntercompanyInvoice:
    """One invoice with both entities and entries. Raises  NotFound, PermissionDenied."""
    check_may_see(actor)
    found = (
        IntercompanyInvoice.objects.select_related(
            "lender", "borrower", "lender_entry", "borrower_entry"
        )
        .filter(pk=intercompany_invoice_id)
        .first()
    )
    if found is None:
        raise NotFound("There is no such intercompany invoice, or it is not yours to see.")
    return found


@dataclass(frozen=True, slots=True)
class InvoiceLineRow:
    """One line as pages and documents show it; `price` is per `unit`."""

    id: int
    project_id: int | None
    project: str
    role: str
    minutes: int
    price: Money
    unit: str
    net: Money


def lines_of(invoice: IntercompanyInvoice) -> list[InvoiceLineRow]:
    """In the document's order; what was taken back before it was invoiced is left out. One query."""
    rows = (
        IntercompanyInvoiceLine.objects.filter(invoice=invoice)
        .exclude(net_amount=0, minutes=0)
        .order_by("position")
        .values_list(
            "id", "project_id", "project__code", "project__name", "role__name", "minutes",
            "price", "unit", "net_amount",
        )
    )  # fmt: skip
    return [
        InvoiceLineRow(
            pk, project_id, f"{code} {name}" if project_id else "", role or "Services", minutes,
            Money(price, invoice.currency), unit, Money(net, invoice.currency),
        )
        for pk, project_id, code, name, role, minutes, price, unit, net in rows
    ]  # fmt: skip


def actuals_of_line(*, actor: Actor, line_id: int) -> "QuerySet[Any]":
    """Ids of the rows of both books that a line is the sum of. Raises  NotFound, PermissionDenied."""
    check_may_see(actor)
    if not IntercompanyInvoiceLine.objects.filter(pk=line_id).exists():
        raise NotFound("There is no such line, or it is not yours to see.")
    return IntercompanyInvoiceActual.objects.filter(line_id=line_id).values("actual_id")
