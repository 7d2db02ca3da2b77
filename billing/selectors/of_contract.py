"""What was and will be billed of one contract: its milestones, retainer months, invoices and payments."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum
from moneyed import Money

from billing.models import ContractMilestone, Invoice, PaymentAllocation, RetainerPeriod
from billing.permissions import BillingPermission
from billing.selectors import visibility
from billing.selectors.invoices import with_state
from psa.core.actor import Actor

MOST = 12


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    id: int
    name: str
    line_name: str
    project_id: int | None
    project_name: str
    due_on: date
    state: str
    amount: Money | None


@dataclass(frozen=True, slots=True)
class RetainerLine:
    """One month of a retainer; `state` is released, due or planned."""

    id: int
    line_name: str
    starts_on: date
    state: str
    included_minutes: int | None
    amount: Money | None


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    id: int
    number: str
    state: str
    issued_on: date
    due_on: date
    total: Money | None
    open: Money | None


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """What of a payment settled invoices of the contract."""

    id: int
    number: str
    received_on: date
    invoices: str
    amount: Money | None


@dataclass(frozen=True, slots=True)
class ContractBilling:
    """The newest of each; `invoice_count` and `invoiced` are of all. Amounts None where hidden."""

    contract_id: int
    number: str
    milestones: tuple[MilestoneLine, ...]
    retainers: tuple[RetainerLine, ...]
    invoices: tuple[InvoiceRow, ...]
    invoice_count: int
    payments: tuple[PaymentRow, ...]
    may_open_payments: bool


def contract_billing(*, actor: Actor, contract_id: int, today: date) -> ContractBilling:
    """Seven queries. Raises  NotFound for a contract whose billing is not the actor's to see."""
    contract = visibility.get_contract(actor=actor, contract_id=contract_id)
    sees = visibility.sees_bill_rates(actor, contract_id)

    def shown(amount: Decimal) -> Money | None:
        return Money(amount, contract.currency) if sees else None

    invoices = Invoice.objects.filter(contract_id=contract_id)
    return ContractBilling(
        contract_id=contract_id,
        number=contract.number,
        milestones=_milestones(contract_id, today, contract.currency, sees),
        retainers=tuple(
            RetainerLine(pk, line, on, _period(is_released, on, today), minutes, shown(amount))
            for pk, line, on, is_released, minutes, amount in RetainerPeriod.objects.filter(
                contract_line__contract_id=contract_id
            )
            .order_by("starts_on", "contract_line__position")
            .values_list(
                "id", "contract_line__name", "starts_on", "is_released", "included_minutes",
                "amount",
            )
        ),
        invoices=tuple(
            InvoiceRow(
                row["id"], row["number"], row["state"], row["issued_on"], row["due_on"],
                Money(row["total_amount"], row["currency"]) if sees else None,
                Money(row["open_amount"], row["currency"]) if sees else None,
            )
            for row in with_state(invoices, today=today)
            .order_by("-id")
            .values(
                "id", "number", "state", "issued_on", "due_on", "currency", "total_amount",
                "open_amount",
            )[:MOST]
        ),
        invoice_count=invoices.count(),
        payments=_payments(contract_id, sees),
        may_open_payments=actor.has(BillingPermission.VIEW),
    )  # fmt: skip


def _milestones(
    contract_id: int, today: date, currency: str, sees: bool
) -> tuple[MilestoneLine, ...]:
    rows = (
        ContractMilestone.objects.filter(contract_line__contract_id=contract_id)
        .select_related("contract_line", "project")
        .order_by("due_on", "position")
    )
    return tuple(
        MilestoneLine(
            id=row.pk,
            name=row.name,
            line_name=row.contract_line.name,
            project_id=row.project_id,
            project_name=row.project.name if row.project else "",
            due_on=row.due_on,
            state=_milestone(row.state, row.due_on, today),
            amount=Money(row.amount, currency) if sees else None,
        )
        for row in rows
    )


def _milestone(state: str, due_on: date, today: date) -> str:
    is_late = state == ContractMilestone.State.NOT_STARTED and due_on < today
    return "overdue" if is_late else state


def _period(is_released: bool, starts_on: date, today: date) -> str:
    if is_released:
        return "released"
    return "due" if starts_on <= today else "planned"


def _payments(contract_id: int, sees: bool) -> tuple[PaymentRow, ...]:
    rows = (
        PaymentAllocation.objects.filter(invoice__contract_id=contract_id)
        .order_by("-payment_id")
        .values(
            "payment_id", "invoice__number", on=F("payment__received_on"),
            number=F("payment__number"), currency=F("invoice__currency"),
        )
        .annotate(total=Sum("amount"))[:MOST]
    )  # fmt: skip
    return tuple(
        PaymentRow(
            row["payment_id"], row["number"], row["on"], row["invoice__number"],
            Money(row["total"], row["currency"]) if sees else None,
        )
        for row in rows
    )  # fmt: skip
