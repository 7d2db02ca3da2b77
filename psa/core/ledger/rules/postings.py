"""The journal entry of each event that posts at once or at the close."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.journals import (
    NO_DIMENSIONS,
    ZERO,
    Dimensions,
    EntryHeader,
    EntryLines,
    JournalDraft,
)
from psa.core.ledger.rules.posting_profiles import ProfileBook, Slot
from psa.core.money.rounding import EXACT, allocate, minor_units, round_to_minor


@dataclass(frozen=True, slots=True)
class ContractPosition:
    """A contract's balances in the entity's currency; neither is negative."""

    asset: Decimal = ZERO
    liability: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.asset - self.liability


@dataclass(frozen=True, slots=True)
class PositionMove:
    """Signed changes: `asset` debits the contract asset, `liability` credits the liability."""

    asset: Decimal
    liability: Decimal
    after: ContractPosition


def move_position(position: ContractPosition, amount: Decimal) -> PositionMove:
    """Recognising (positive) or billing (negative) `amount` on one contract.

    Recognising uses up the contract liability, then raises the contract asset; billing, a
    negative estimate and so on use up the contract asset, then raise the contract liability.
    Each is the other's mirror, so doing and undoing restores both balances, and neither is
    ever negative. Source  docs/rules/ledger.md, L-7.
    """
    if amount >= 0:
        from_liability = min(amount, position.liability)
        asset, liability = amount - from_liability, -from_liability
    else:
        from_asset = min(-amount, position.asset)
        asset, liability = -from_asset, -amount - from_asset
    return PositionMove(
        asset,
        liability,
        ContractPosition(position.asset + asset, position.liability + liability),
    )


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
    tax: Money
    line_type: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceFact:
    """An invoice, or a credit note (all amounts negative, at the original's rate)."""

    lines: tuple[InvoiceLineFact, ...]
    taxes: tuple[InvoiceTaxFact, ...]
    rate: Decimal
    receivable_dimensions: Dimensions = NO_DIMENSIONS


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
    rate makes of them beyond that is realised FX. Other lines, at the invoice's rate, use up
    the contract asset and then raise the contract liability. The entity amount of the whole
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
    receivable = converted(net_total + tax_total, fact.rate, currency)
    entity_taxes = [converted(tax.tax.amount, fact.rate, currency) for tax in fact.taxes]
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
        move = move_position(after.get(line.contract_id, ContractPosition()), -share)
        after[line.contract_id] = move.after
        _credit_position(entry, move, line, share, fact.rate, currency)
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


def _credit_position(
    entry: EntryLines,
    move: PositionMove,
    line: InvoiceLineFact,
    share: Decimal,
    rate: Decimal,
    currency: str,
) -> None:
    """The two parts of one line, their transaction amounts split as their entity amounts are."""
    parts = spread(line.net.amount, [-move.asset, move.liability], line.net.currency.code)
    for slot, amount, part in zip(
        (Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY),
        (-move.asset, move.liability),
        parts,
        strict=True,
    ):
        entry.credit(
            slot,
            amount,
            dimensions=line.dimensions,
            transaction=Money(part, line.net.currency),
            rate=rate,
        )


def converted(amount: Decimal, rate: Decimal, currency: str) -> Decimal:
    """`amount × rate`, rounded once to the minor unit of the currency converted to."""
    return round_to_minor(EXACT.multiply(amount, rate), currency)


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """`total` in proportion to weights of either sign, to the minor unit, summing exactly.

    Largest remainder, ties by order; a negative total is the mirror of the positive one. (A
    discount line is a negative weight, which `allocate` has no use for.) Weights that sum to
    0 leave nothing to be proportional to: then `total` must be 0 and each part is 0.
    """
    digits = minor_units(currency)
    units = int(abs(total).scaleb(digits))
    whole = sum((Fraction(weight) for weight in weights), Fraction(0))
    if whole == 0:
        if units:
            raise DomainError(f"{total} {currency} cannot be split over lines that sum to 0.")
        return [ZERO for _ in weights]
    exact = [units * Fraction(weight) / whole for weight in weights]
    parts = [value.numerator // value.denominator for value in exact]
    order = sorted(range(len(exact)), key=lambda index: (parts[index] - exact[index], index))
    for index in order[: units - sum(parts)]:
        parts[index] += 1
    sign = -1 if total < 0 else 1
    return [Decimal(sign * part).scaleb(-digits) for part in parts]


def revenue_entry(
    header: EntryHeader,
    book: ProfileBook,
    *,
    amount: Decimal,
    position: ContractPosition,
    dimensions: Dimensions,
) -> tuple[JournalDraft, ContractPosition]:
    """The period's revenue of one contract, in the entity's currency; may be negative.

    Raises  NothingToPost if the amount is 0.
    """
    entry = EntryLines(header, book)
    move = move_position(position, amount)
    entry.debit(Slot.CONTRACT_LIABILITY, -move.liability, dimensions=dimensions)
    entry.debit(Slot.CONTRACT_ASSET, move.asset, dimensions=dimensions)
    entry.credit(Slot.REVENUE, amount, dimensions=dimensions)
    return entry.entry(), move.after


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
    """A foreign balance (debit positive) and what the books carry it at."""

    slot: Slot
    balance: Money
    entity_amount: Decimal
    closing_rate: Decimal
    dimensions: Dimensions


NEVER_REVALUED = frozenset({Slot.CONTRACT_LIABILITY})


def revaluation_entry(
    header: EntryHeader, book: ProfileBook, balances: Sequence[MonetaryBalance]
) -> JournalDraft:
    """Bring foreign monetary balances to the closing rate against unrealised FX.

    No transaction amount moves, so the facts are in the entity's currency; `journals.mirror`
    on day 1 takes the entry back. A contract liability keeps its rate and is refused.
    Raises  DomainError for a contract liability; NothingToPost if no balance moves.
    """
    entry = EntryLines(header, book)
    for balance in balances:
        if balance.slot in NEVER_REVALUED:
            raise DomainError("A contract liability keeps its rate and is never revalued.")
        worth = converted(balance.balance.amount, balance.closing_rate, header.currency)
        change = worth - balance.entity_amount
        entry.debit(balance.slot, change, dimensions=balance.dimensions)
        entry.credit(Slot.UNREALISED_FX, change, dimensions=balance.dimensions)
    return entry.entry()
