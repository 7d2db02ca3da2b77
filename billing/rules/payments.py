"""Which open items a payment settles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from moneyed import Money

from billing.rules.types import MixedCurrency
from psa.core.errors import DomainError
from psa.core.money.rounding import total_of


class MoreThanOpen(DomainError):
    """An invoice would be settled with more than is open of it."""

    def __init__(self, item: "OpenItem", paid: Money) -> None:
        super().__init__(
            f"Invoice {item.number} has {item.open} open; {paid} cannot be settled.",
            field="amount",
        )
        self.item = item


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice with something open, in its own currency."""

    invoice_id: int
    number: str
    due_on: date
    open: Money
    is_disputed: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    invoice_id: int
    paid: Money
    still_open: Money


@dataclass(frozen=True, slots=True)
class PaymentAllocation:
    """`unallocated` is the over-payment: an advance until it is applied or returned."""

    settlements: tuple[Settlement, ...]
    unallocated: Money


def allocate_oldest_first(received: Money, items: Sequence[OpenItem]) -> PaymentAllocation:
    """Settle items in order of due date, then number; disputed ones last.

    Parts sum to the payment: sum(paid) + unallocated == received.
    Raises  MixedCurrency; DomainError if nothing was received.
    Source  docs/rules/billing.md, example B-11.
    """
    _check(received, items)
    left = received
    settlements = []
    for item in sorted(items, key=lambda i: (i.is_disputed, i.due_on, i.number)):
        paid = min(item.open, left)
        if paid.amount <= 0:
            continue
        settlements.append(Settlement(item.invoice_id, paid, item.open - paid))
        left -= paid
    return PaymentAllocation(tuple(settlements), left)


def allocate_chosen(
    received: Money, items: Sequence[OpenItem], chosen: Sequence[tuple[int, Money]]
) -> PaymentAllocation:
    """Settle what somebody chose: (invoice id, amount) pairs.

    Raises  DomainError if an item is chosen twice, is not open, or takes more than is open, or
            the pairs add up to more than was received; MixedCurrency.
    """
    _check(received, items)
    by_id = {item.invoice_id: item for item in items}
    settlements: dict[int, Settlement] = {}
    for invoice_id, paid in chosen:
        item = by_id.get(invoice_id)
        if item is None or invoice_id in settlements:
            raise DomainError(
                "A payment settles each open invoice at most once; choose open invoices only.",
                field="invoice",
            )
        if paid.currency != received.currency:
            raise MixedCurrency(f"The payment is in {received.currency}, not {paid.currency}.")
        if paid.amount <= 0 or paid > item.open:
            raise MoreThanOpen(item, paid)
        settlements[invoice_id] = Settlement(invoice_id, paid, item.open - paid)
    left = received - total_of((s.paid for s in settlements.values()), received.currency)
    if left.amount < 0:
        raise DomainError(
            f"The invoices chosen add up to {-left} more than the payment.", field="amount"
        )
    return PaymentAllocation(tuple(settlements.values()), left)


def check_can_write_off(still_open: Money, *, limit: Money) -> None:
    """Whether a small rest may be written off without a credit note. Raises DomainError."""
    if still_open.currency != limit.currency:
        raise MixedCurrency(
            f"The write-off limit is in {limit.currency}, the invoice in {still_open.currency}."
        )
    if abs(still_open) > limit:
        raise DomainError(
            f"{still_open} is more than the write-off limit of {limit}. Issue a credit note.",
            field="amount",
        )


def _check(received: Money, items: Sequence[OpenItem]) -> None:
    if received.amount <= 0:
        raise DomainError("A payment is more than 0.", field="amount")
    for item in items:
        if item.open.currency != received.currency:
            raise MixedCurrency(
                f"Invoice {item.number} is in {item.open.currency}, the payment in "
                f"{received.currency}. Convert the payment, or choose another invoice."
            )
