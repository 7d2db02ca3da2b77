"""How the demo firm collects what it is owed, and pays people what it owes them."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from billing.models import ReceivableMove
from billing.selectors.dunning import due_reminders
from billing.selectors.reimbursements import owed_to_people
from billing.services import dunning, receivable_moves, reimbursements
from billing.services.dunning import LevelInput
from psa.core.actor import Actor
from psa.core.ledger.models import FiscalPeriod, LedgerAccount
from psa.core.ledger.services import opening_balances
from psa.core.money.rounding import round_to_minor
from psa.core.org.models import LegalEntity
from psa.core.org.services import parameters
from revenue.services import contract_costs
from sales.models import Contract

from .firm import cast_actor, instant

# Public buyers hold back a part of each invoice until the work has proven itself.
RETAINED_BY: Final = ("Thornbury Councils Partnership", "Stadtwerke Elmau", "Wexcombe Water")
RETENTION_PERCENT: Final = Decimal(5)
HELD_FOR: Final = timedelta(days=30)
# What a bank on the way keeps of a payment.
BANK_CHARGES: Final = {
    "GBP": Decimal(15), "EUR": Decimal(18), "USD": Decimal(20), "INR": Decimal(900),
}  # fmt: skip
REMINDED_FOR: Final = timedelta(days=70)
# What the seller gets of a contract that runs long, kept and written down over its term.
COMMISSION_PERCENT: Final = Decimal(3)
COMMISSION_DAYS: Final = 150
_LEVELS: Final = (
    (7, "According to our books this invoice is past its due date. Please check whether it has been "
     "paid; if not, we ask for your payment in the coming days.", 0),
    (21, "This invoice is still open although we reminded you of it. Please pay it within seven "
     "days, or tell us what stands in the way.", 20),
    (42, "This is our last reminder of this invoice. Unless it is paid within seven days we have to "
     "take further steps.", 40),
)  # fmt: skip
# Before the first month here: bank, tax to be recovered, what vendors and the tax office are owed.
_OPENED: Final = {
    "UK": "1000 640000.00\n1500 18250.40\n2000 -96400.00\n2300 -71830.00",
    "DE": "1000 415000.00\n1500 9120.75\n2000 -38200.00\n2300 -44090.50",
    "IN": "1000 23500000.00\n2000 -1840000.00\n2300 -960500.00",
}


def open_books(*, first_on: date) -> None:
    """What each entity's accounts stood at when the books began here."""
    fay = cast_actor("Fay Ashworth")
    for entity in LegalEntity.objects.order_by("code"):
        opening_balances.post_opening_balances(
            legal_entity_id=entity.pk, opened_on=first_on, lines=_OPENED[entity.code], actor=fay,
            at=instant(first_on, 8),
        )  # fmt: skip


def agree_rules(*, on: date) -> None:
    """Up to what finance writes off, and how customers are reminded."""
    ada = cast_actor("Ada Kowalski")
    parameters.change_parameters(
        values={
            "write_off_limit_amount": Decimal(50),
            "largest_credit_amount": Decimal(25_000),
        },
        actor=ada,
        at=instant(on, 8),
    )
    dunning.set_levels(
        levels=[LevelInput(days, text, Decimal(fee)) for days, text, fee in _LEVELS], actor=ada,
        at=instant(on, 8),
    )  # fmt: skip


def agree_retention(*, contract_id: int, customer: str, on: date) -> None:
    """The contract's retention, where the customer is one that holds back."""
    if customer in RETAINED_BY:
        receivable_moves.set_billing_terms(
            contract_id=contract_id, retention_percent=RETENTION_PERCENT, is_dunning_stopped=False,
            actor=cast_actor("Bill Mercer"), at=instant(on, 16),
        )  # fmt: skip


def release_retentions(*, month_on: date) -> int:
    """What was held back long enough is due; how many invoices."""
    fay = cast_actor("Fay Ashworth")
    released_on = month_on + timedelta(days=4)
    held = (
        ReceivableMove.objects.filter(
            kind__in=(
                ReceivableMove.Kind.RETENTION_WITHHELD, ReceivableMove.Kind.RETENTION_RELEASED,
            ),
            invoice__issued_on__lte=released_on - HELD_FOR,
        )
        .order_by("invoice_id")
        .values_list("invoice_id")
        .annotate(total=Sum("amount"))
        .filter(total__gt=0)
    )  # fmt: skip
    rows = list(held)
    for invoice_id, amount in rows:
        receivable_moves.release_retention(
            invoice_id=invoice_id, amount=amount, moved_on=released_on,
            request_key=f"demo release {invoice_id}", actor=fay, at=instant(released_on, 10),
        )  # fmt: skip
    return len(rows)


def charges_kept(amount: Decimal, currency: str) -> Decimal:
    """What a bank on the way keeps of a payment that is large enough to go abroad."""
    charges = BANK_CHARGES[currency]
    return charges if amount > 20 * charges else Decimal(0)


def write_off_charges(*, invoice_id: int, amount: Decimal, on: date) -> None:
    receivable_moves.write_off(
        invoice_id=invoice_id, amount=amount, reason="Charges kept by the customer's bank",
        moved_on=on, request_key=f"demo charges {invoice_id}", actor=cast_actor("Fay Ashworth"),
        at=instant(on, 12),
    )  # fmt: skip


def is_lately(on: date, *, today_on: date) -> bool:
    """Whether a month's end is one of the last two: older reminders are paid by now."""
    return today_on - on <= REMINDED_FOR


def remind(*, on: date, today_on: date) -> int:
    """Month-end reminders of late invoices, in the last two months alone: older ones are paid."""
    if not is_lately(on, today_on=today_on):
        return 0
    fay = cast_actor("Fay Ashworth")
    due = due_reminders(actor=fay, today=on)
    if due:
        dunning.raise_many(
            invoice_ids=[row.id for row in due], today_on=on, actor=fay, at=instant(on, 15)
        )
    return len(due)


def pay_people_back(*, month_on: date) -> int:
    """The month's run: everybody gets back what the books owe them; how many payments."""
    fay = cast_actor("Fay Ashworth")
    paid_on = month_on + timedelta(days=19)
    owed = [row for row in owed_to_people(actor=fay) if row.amount > 0]
    for row in owed:
        reimbursements.reimburse(
            request_key=f"demo {row.resource_id}-{row.legal_entity_id}-{row.currency}-{paid_on}",
            resource_id=row.resource_id, legal_entity_id=row.legal_entity_id,
            currency=row.currency, amount=row.amount, paid_on=paid_on,
            reference=f"Expenses, run of {paid_on:%B %Y}", actor=fay, at=instant(paid_on, 14),
        )  # fmt: skip
    return len(owed)


def capitalise_commissions(period: FiscalPeriod, *, actor: Actor, at: datetime) -> int:
    """The commissions of the entity's long contracts that began in a month. How many."""
    found = Contract.objects.filter(
        legal_entity_id=period.legal_entity_id,
        currency=period.legal_entity.currency,
        status=Contract.Status.CONFIRMED,
        starts_on__gte=period.starts_on,
        starts_on__lt=period.ends_on,
        original_amount__gt=0,
    ).order_by("id")
    account_id = LedgerAccount.objects.values_list("id", flat=True).get(code="5200")
    count = 0
    for contract in found:
        if contract.ends_on is None or (contract.ends_on - contract.starts_on).days < (
            COMMISSION_DAYS
        ):
            continue
        contract_costs.capitalise_cost(
            contract_id=contract.pk,
            cost=contract_costs.NewCost(
                "obtain", "Sales commission",
                round_to_minor(contract.original_amount * COMMISSION_PERCENT / 100, contract.currency),
                account_id, period.ends_on - timedelta(days=1), contract.starts_on, contract.ends_on,
            ),
            actor=actor, at=at,
        )  # fmt: skip
        count += 1
    return count
