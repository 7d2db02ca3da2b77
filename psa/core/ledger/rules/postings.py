"""The journal entry of each event that posts at once or at the close."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules import positions as positions_rule
from psa.core.ledger.rules.conversion import converted, spread
from psa.core.ledger.rules.journals import (
    NO_DIMENSIONS,
    ZERO,
    Dimensions,
    EntryHeader,
    EntryLines,
    JournalDraft,
)
from psa.core.ledger.rules.positions import ContractPosition, PositionMove
from psa.core.ledger.rules.posting_profiles import ProfileBook, Slot
from psa.core.money.rounding import allocate


@dataclass(frozen=True, slots=True)
class AccrualFact:
    """Net unbilled of one right-to-invoice obligation at the period's last day."""

    unbilled: Money
    entity_amount: Decimal
    dimensions: Dimensions


def accrual_entry(
    header: EntryHeader, book: ProfileBook, facts: Sequence[AccrualFact]
) -> JournalDraft:
    """Contract asset against accrued revenue; `journals.mirror` on day 1 takes it back.

    Raises  NothingToPost if nothing is unbilled.
    """
    entry = EntryLines(header, book)
    for fact in facts:
        entry.debit(
            Slot.CONTRACT_ASSET,
            fact.entity_amount,
            dimensions=fact.dimensions,
            transaction=fact.unbilled,
        )
        entry.credit(
            Slot.ACCRUED_REVENUE,
            fact.entity_amount,
            dimensions=fact.dimensions,
            transaction=fact.unbilled,
        )
    return entry.entry()


@dataclass(frozen=True, slots=True)
class InvoiceLineFact:
    """One invoice line net of tax, in the invoice's currency.

    `stored_entity_amount` is the sum of its actuals at their stored rates and is given exactly
    for right-to-invoice obligations; other obligations name their contract instead.
    """

    net: Money
    dimensions: Dimensions
    stored_entity_amount: Decimal | None = None
    contract_id: int | None = None

    @property
    def is_right_to_invoice(self) -> bool:
        return self.stored_entity_amount is not None


@dataclass(frozen=True, slots=True)
class InvoiceTaxFact:
    """Tax of one component; `entity_amount` where the caller settled it, else at the rate."""

    tax: Money
    line_type: str | None = None
    entity_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    """An invoice, or a credit note (all amounts negative, at the original's rate).

    `entity_total` is what the receivable moves by where the caller settled it (the credit that
    empties an invoice takes what is left of it), else the total at the rate.
    """

    lines: tuple[InvoiceLineFact, ...]
    taxes: tuple[InvoiceTaxFact, ...]
    rate: Decimal
    receivable_dimensions: Dimensions = NO_DIMENSIONS
    entity_total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class InvoiceEntry:
    draft: JournalDraft
    positions: dict[int, ContractPosition]
    realised_fx: Decimal


def invoice_entry(
    header: EntryHeader,
    book: ProfileBook,
    fact: InvoiceFact,
    *,
    positions: dict[int, ContractPosition] | None = None,
) -> InvoiceEntry:
    """Receivable and tax at the invoice's rate, against revenue or the contract's position.

    Right-to-invoice lines credit revenue at their actuals' stored rates; what the invoice's
    rate makes of them beyond that is realised FX. Other lines use up the contract asset at the rate
    it was recognised at (the difference is an exchange gain or loss of the contract) and then
    raise the contract liability at the invoice's rate. The entity amount of the whole
    net is split over the lines by largest remainder, so no cent is left over.
    Raises  DomainError if a right-to-invoice line in the entity's own currency differs from
            its actuals; NothingToPost.
    Source  docs/rules/ledger.md, L-6.
    """
    entry = EntryLines(header, book)
    after = dict(positions or {})
    currency = header.currency
    net_total = sum((line.net.amount for line in fact.lines), ZERO)
    tax_total = sum((tax.tax.amount for tax in fact.taxes), ZERO)
    code = fact.lines[0].net.currency.code
    receivable = fact.entity_total
    if receivable is None:
        receivable = converted(net_total + tax_total, fact.rate, currency)
    entity_taxes = [
        converted(tax.tax.amount, fact.rate, currency)
        if tax.entity_amount is None
        else tax.entity_amount
        for tax in fact.taxes
    ]
    shares = spread(
        receivable - sum(entity_taxes, ZERO), [line.net.amount for line in fact.lines], currency
    )
    entry.debit(
        Slot.RECEIVABLE,
        receivable,
        dimensions=fact.receivable_dimensions,
        transaction=Money(net_total + tax_total, code),
        rate=fact.rate,
    )
    realised_fx = ZERO
    for line, share in zip(fact.lines, shares, strict=True):
        if line.stored_entity_amount is not None:
            realised_fx += share - line.stored_entity_amount
            entry.credit(
                Slot.REVENUE,
                line.stored_entity_amount,
                dimensions=line.dimensions,
                transaction=line.net,
            )
            continue
        if line.contract_id is None:
            raise DomainError("An invoice line that is not right-to-invoice names its contract.")
        position = after.get(line.contract_id, ContractPosition())
        move = positions_rule.bill(position, line.net.amount, share, currency=currency)
        after[line.contract_id] = move.after
        credit_position(entry, move, line, fact.rate)
    if realised_fx != 0 and code == currency:
        raise DomainError(
            f"Invoice {header.source_ref} is in {currency}, yet its lines differ from their "
            f"actuals by {realised_fx} {currency}. Rebuild the proposal."
        )
    for tax, entity_tax in zip(fact.taxes, entity_taxes, strict=True):
        entry.credit(
            Slot.TAX_PAYABLE,
            entity_tax,
            dimensions=fact.receivable_dimensions,
            transaction=tax.tax,
            rate=fact.rate,
            line_type=tax.line_type,
        )
    entry.credit(Slot.REALISED_FX, realised_fx, dimensions=fact.receivable_dimensions)
    return InvoiceEntry(entry.entry(), after, realised_fx)


def credit_position(
    entry: EntryLines, move: PositionMove, line: InvoiceLineFact, rate: Decimal
) -> None:
    """The two parts of one line, and what the asset that it relieves is worth more by now."""
    for slot, booked, amount in (
        (Slot.CONTRACT_ASSET, -move.asset_booked, -move.asset),
        (Slot.CONTRACT_LIABILITY, move.liability_booked, move.liability),
    ):
        entry.credit(
            slot,
            booked,
            dimensions=line.dimensions,
            transaction=Money(amount, line.net.currency),
            rate=rate,
        )
    entry.credit(Slot.CONTRACT_EXCHANGE, move.exchange, dimensions=line.dimensions)


@dataclass(frozen=True, slots=True)
class RevenueEntry:
    """The entry, the contract's position after it, and the revenue as booked."""

    draft: JournalDraft
    position: ContractPosition
    booked: Decimal


def revenue_entry(
    header: EntryHeader,
    book: ProfileBook,
    *,
    amount: Money,
    worth: Decimal,
    position: ContractPosition,
    dimensions: Dimensions,
) -> RevenueEntry:
    """The period's revenue of one contract; `worth` is `amount` at the estimate's rate.

    Revenue set against an advance is worth what the advance was booked at. May be negative.
    Raises  NothingToPost if the amount is 0.
    Source  docs/rules/ledger.md, L-11.
    """
    entry = EntryLines(header, book)
    code = amount.currency.code
    move = positions_rule.recognise(position, amount.amount, worth, currency=header.currency)
    for slot, booked, part in (
        (Slot.CONTRACT_LIABILITY, -move.liability_booked, -move.liability),
        (Slot.CONTRACT_ASSET, move.asset_booked, move.asset),
    ):
        entry.debit(slot, booked, dimensions=dimensions, transaction=Money(part, code))
    entry.credit(Slot.REVENUE, move.booked, dimensions=dimensions, transaction=amount)
    return RevenueEntry(entry.entry(), move.after, move.booked)


@dataclass(frozen=True, slots=True)
class SettledItem:
    """What a payment settles of one open invoice: what is open, and what of it is paid now."""

    open: Money
    open_entity_amount: Decimal
    paid: Money
    dimensions: Dimensions


def booked_share(item: SettledItem, currency: str) -> Decimal:
    """The receivable's booked entity amount that `paid` relieves; paying all relieves all.

    Partial payments relieve in proportion to what is still open (largest remainder), so the
    last one clears the booked amount exactly. Raises DomainError if more is paid than open.
    """
    rest = item.open - item.paid
    if item.paid.amount < 0 or rest.amount < 0:
        raise DomainError(
            f"A payment of {item.paid} cannot settle an open amount of {item.open}.",
            field="amount",
        )
    shares = allocate(Money(item.open_entity_amount, currency), [item.paid.amount, rest.amount])
    relieved: Decimal = shares[0].amount
    return relieved


def payment_entry(
    header: EntryHeader,
    book: ProfileBook,
    *,
    received: Money,
    rate: Decimal,
    items: Sequence[SettledItem],
    dimensions: Dimensions = NO_DIMENSIONS,
) -> JournalDraft:
    """Bank at the payment's rate, receivables at their booked rate, the rest realised FX.

    What is received beyond the settled items is a customer advance at the payment's rate.
    Raises  DomainError if items settle more than was received, or an item more than is open.
    Source  docs/rules/ledger.md, L-8.
    """
    entry = EntryLines(header, book)
    bank = converted(received.amount, rate, header.currency)
    advance = received - sum((item.paid for item in items), Money(0, received.currency))
    if advance.amount < 0:
        raise DomainError(
            f"The invoices settled add up to more than the {received} received.", field="amount"
        )
    advance_entity = spread(
        bank, [received.amount - advance.amount, advance.amount], header.currency
    )[1]
    entry.debit(Slot.BANK, bank, dimensions=dimensions, transaction=received, rate=rate)
    relieved_total = ZERO
    for item in items:
        relieved = booked_share(item, header.currency)
        relieved_total += relieved
        entry.credit(Slot.RECEIVABLE, relieved, dimensions=item.dimensions, transaction=item.paid)
    entry.credit(
        Slot.CUSTOMER_ADVANCE,
        advance_entity,
        dimensions=dimensions,
        transaction=advance,
        rate=rate,
    )
    entry.credit(Slot.REALISED_FX, bank - advance_entity - relieved_total, dimensions=dimensions)
    return entry.entry()


@dataclass(frozen=True, slots=True)
class MonetaryBalance:
    """A foreign balance (debit positive), what the books carry it at, and the account it is on."""

    slot: Slot
    gl_account_id: int
    balance: Money
    entity_amount: Decimal
    closing_rate: Decimal
    dimensions: Dimensions
    rate_type: str = "spot"


NEVER_REVALUED = frozenset({Slot.CONTRACT_LIABILITY})


def revaluation_entry(
    header: EntryHeader, book: ProfileBook, balances: Sequence[MonetaryBalance]
) -> JournalDraft:
    """Bring foreign monetary balances to the closing rate against unrealised FX.

    No transaction amount moves: each line says 0.00 of the balance's currency beside what the
    books change by; `journals.mirror` on day 1 takes the entry back. A contract liability keeps
    its rate and is refused.
    Raises  DomainError for a contract liability; NothingToPost if no balance moves.
    """
    entry = EntryLines(header, book)
    for balance in balances:
        if balance.slot in NEVER_REVALUED:
            raise DomainError("A contract liability keeps its rate and is never revalued.")
        worth = converted(balance.balance.amount, balance.closing_rate, header.currency)
        change = worth - balance.entity_amount
        entry.debit(
            balance.slot,
            change,
            dimensions=balance.dimensions,
            transaction=Money(0, balance.balance.currency),
            rate=balance.closing_rate,
            gl_account_id=balance.gl_account_id,
            rate_type=balance.rate_type,
        )
        entry.credit(Slot.UNREALISED_FX, change, dimensions=balance.dimensions)
    return entry.entry()
