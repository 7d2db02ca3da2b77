"""Journal drafts: balanced by construction, mirrored exactly, aggregated for a posting run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot
from psa.core.money.rounding import round_to_minor

ZERO = Decimal(0)


class Unbalanced(DomainError):
    """A journal entry whose debits and credits differ, or whose lines are malformed."""


class NothingToPost(DomainError):
    """Every line of the entry would be zero."""


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What a line is analysed by; plain ids."""

    project_id: int | None = None
    contract_id: int | None = None
    unit_id: int | None = None
    category_id: int | None = None
    customer_id: int | None = None
    vendor_id: int | None = None
    contract_line_id: int | None = None


NO_DIMENSIONS = Dimensions()


@dataclass(frozen=True, slots=True)
class EntryHeader:
    """One entity, one date, one source. `source_ref` tells accrual, estimate and revaluation
    of one project apart, such as `2026-01/C-17/accrual`."""

    event: JournalEvent
    legal_entity_id: int
    currency: str
    posting_on: date
    source_kind: str
    source_ref: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class JournalLineDraft:
    """Debit or credit in the entity's currency. The transaction's own currency, signed amount
    (a debit is positive) and rate are facts beside it."""

    slot: Slot
    gl_account_id: int
    debit: Decimal
    credit: Decimal
    transaction_currency: str
    transaction_amount: Decimal
    rate: Decimal | None
    dimensions: Dimensions
    rate_type: str = "spot"

    @property
    def amount(self) -> Decimal:
        return self.debit - self.credit


@dataclass(frozen=True, slots=True)
class JournalDraft:
    header: EntryHeader
    lines: tuple[JournalLineDraft, ...]
    reverses_id: int | None = None


class EntryLines:
    """Collects one entry's lines: resolves accounts, drops zeros, turns a sign into a side."""

    def __init__(self, header: EntryHeader, book: ProfileBook) -> None:
        self.header = header
        self._book = book
        self._lines: list[JournalLineDraft] = []

    def debit(
        self,
        slot: Slot,
        amount: Decimal,
        *,
        dimensions: Dimensions = NO_DIMENSIONS,
        transaction: Money | None = None,
        rate: Decimal | None = None,
        line_type: str | None = None,
        gl_account_id: int | None = None,
        rate_type: str = "spot",
    ) -> None:
        """Add `amount` (entity currency; negative lands on the credit side; zero adds nothing).

        `transaction` carries the same sign as `amount`; without it the entity amount is the fact.
        `gl_account_id` names the account where it is known: a balance is revalued where it stands.
        """
        if amount == 0:
            return
        header = self.header
        account_id = gl_account_id or self._book.account_for(
            slot,
            event=header.event,
            legal_entity_id=header.legal_entity_id,
            category=line_type if line_type is not None else dimensions.category_id,
            unit_id=dimensions.unit_id,
        )
        self._lines.append(
            JournalLineDraft(
                slot=slot,
                gl_account_id=account_id,
                debit=amount if amount > 0 else ZERO,
                credit=-amount if amount < 0 else ZERO,
                transaction_currency=(
                    transaction.currency.code if transaction is not None else header.currency
                ),
                transaction_amount=transaction.amount if transaction is not None else amount,
                rate=rate,
                dimensions=dimensions,
                rate_type=rate_type,
            )
        )

    def credit(
        self,
        slot: Slot,
        amount: Decimal,
        *,
        dimensions: Dimensions = NO_DIMENSIONS,
        transaction: Money | None = None,
        rate: Decimal | None = None,
        line_type: str | None = None,
    ) -> None:
        """`debit` from the other side: `amount` and `transaction` are given positive."""
        self.debit(
            slot,
            -amount,
            dimensions=dimensions,
            transaction=None if transaction is None else -transaction,
            rate=rate,
            line_type=line_type,
        )

    @property
    def has_lines(self) -> bool:
        return bool(self._lines)

    def entry(self) -> JournalDraft:
        """The finished draft. Raises NothingToPost, Unbalanced."""
        if not self._lines:
            raise NothingToPost(
                f"{self.header.source_kind}/{self.header.source_ref} has no amount to post."
            )
        draft = JournalDraft(self.header, tuple(self._lines))
        check_balanced(draft)
        return draft


def check_balanced(draft: JournalDraft) -> None:
    """Debits equal credits exactly, in at least two lines, each one-sided and in minor units.

    Raises  Unbalanced naming the source and the difference.
    Source  docs/rules/ledger.md, L-4.
    """
    name = f"{draft.header.source_kind}/{draft.header.source_ref}"
    if len(draft.lines) < 2:
        raise Unbalanced(f"Journal entry {name} needs at least two lines.")
    difference = ZERO
    for line in draft.lines:
        if line.debit < 0 or line.credit < 0 or (line.debit == 0) == (line.credit == 0):
            raise Unbalanced(f"Journal entry {name} has a line that is not one positive side.")
        amount = line.amount
        if round_to_minor(amount, draft.header.currency) != amount:
            raise Unbalanced(
                f"Journal entry {name}: {amount} has more decimals than {draft.header.currency}."
            )
        difference += amount
    if difference != 0:
        raise Unbalanced(
            f"Journal entry {name} does not balance: debits and credits differ by "
            f"{difference} {draft.header.currency}."
        )


def mirror(
    draft: JournalDraft,
    *,
    posting_on: date,
    reverses_id: int | None = None,
    description: str = "",
) -> JournalDraft:
    """The exact opposite of an entry: a reversal, or an accrual's return on day 1.

    Accounts, amounts, rates and dimensions stay; sides swap. The source stays the original's,
    `reverses_id` (the posted entry) says which of the two it is.
    """
    return JournalDraft(
        header=replace(
            draft.header,
            posting_on=posting_on,
            description=description or f"Reversal: {draft.header.description}".rstrip(": "),
        ),
        lines=tuple(
            replace(
                line,
                debit=line.credit,
                credit=line.debit,
                transaction_amount=-line.transaction_amount,
            )
            for line in draft.lines
        ),
        reverses_id=reverses_id,
    )


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """One signed amount for an entry whose accounts come by profile alone; debit is positive."""

    slot: Slot
    amount: Decimal
    dimensions: Dimensions = NO_DIMENSIONS
    transaction: Money | None = None
    rate: Decimal | None = None
    line_type: str | None = None
    gl_account_id: int | None = None


def profile_entry(
    header: EntryHeader, book: ProfileBook, lines: Sequence[ProfileLine]
) -> JournalDraft:
    """An entry by profile: write-off, retention, vendor payment, provision, opening balances…"""
    entry = EntryLines(header, book)
    for line in lines:
        entry.debit(
            line.slot,
            line.amount,
            dimensions=line.dimensions,
            transaction=line.transaction,
            rate=line.rate,
            line_type=line.line_type,
            gl_account_id=line.gl_account_id,
        )
    return entry.entry()


COST_SIDES: dict[JournalEvent, tuple[Slot, Slot]] = {
    JournalEvent.TIME_COST: (Slot.PROJECT_COST, Slot.PAYROLL_ALLOCATION),
    JournalEvent.EXPENSE_OWN_PAID: (Slot.PROJECT_EXPENSE, Slot.EMPLOYEE_PAYABLE),
    JournalEvent.EXPENSE_CARD: (Slot.PROJECT_EXPENSE, Slot.CARD_CLEARING),
    JournalEvent.SUBCONTRACT_COST: (Slot.PROJECT_COST, Slot.ACCRUED_COST),
    JournalEvent.GOODS_ISSUED: (Slot.PROJECT_COST, Slot.INVENTORY),
    JournalEvent.LENT_COST: (Slot.PROJECT_COST, Slot.PAYROLL_ALLOCATION),
    JournalEvent.INTERCOMPANY_SALES: (
        Slot.INTERCOMPANY_ACCRUED_INCOME,
        Slot.INTERCOMPANY_REVENUE,
    ),
    JournalEvent.BORROWED_COST: (Slot.INTERCOMPANY_COST, Slot.INTERCOMPANY_ACCRUED_COST),
    # Units of one entity: two accounts that come to 0 together.
    JournalEvent.INTERNAL_LENDING: (Slot.RECHARGE_EXPENSE, Slot.RECHARGE_INCOME),
}


@dataclass(frozen=True, slots=True)
class CostFact:
    """One posted actual as the general ledger sees it; a reversal has negative amounts.

    `entity_amount` is net of `entity_recoverable_tax`, both in the entity's currency;
    `amount` and `recoverable_tax` are the same in the transaction's `currency`. `bearing_unit_id`
    is the unit that the debit falls on, where that is not the unit which worked.
    """

    actual_id: int
    event: JournalEvent
    entity_amount: Decimal
    currency: str
    amount: Decimal
    dimensions: Dimensions
    entity_recoverable_tax: Decimal = ZERO
    recoverable_tax: Decimal = ZERO
    bearing_unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class AggregatedCosts:
    """The run's entry, and for each actual the index of the debit-slot line that contains it."""

    draft: JournalDraft
    line_of_actual: dict[int, int]


# Balances that no project, contract or unit owns. What payroll gave to projects belongs to none of
# them: were it theirs, the result by project, unit or category would show work as free. What people
# are owed is settled by person, so a payable by contract would never be empty again.
WITHOUT_DIMENSIONS = frozenset({Slot.PAYROLL_ALLOCATION, Slot.EMPLOYEE_PAYABLE})

# Slot, account, transaction currency, dimensions, and whether the line is a debit.
LineKey = tuple[Slot, int, str, Dimensions, bool]


def aggregate_costs(
    header: EntryHeader, book: ProfileBook, facts: Iterable[CostFact]
) -> AggregatedCosts:
    """One entry for a batch, lines summed by account, dimensions, currency and sign.

    Reversals keep lines of their own, so sums never cancel to a line that would vanish and
    every actual of an amount other than 0 finds the line it is part of. `header.event` names
    the batch; accounts are resolved by each fact's own event. Payroll allocation and employee
    payable carry no dimension.
    Raises  NothingToPost if all amounts are 0; PostingProfileMissing.
    Source  docs/rules/ledger.md, L-5.
    """
    sums: dict[LineKey, list[Decimal]] = {}
    accounts: dict[tuple[JournalEvent, Slot, Dimensions], int] = {}
    key_of_actual: dict[int, LineKey] = {}

    def add(
        fact: CostFact, slot: Slot, entity: Decimal, transaction: Decimal, dimensions: Dimensions
    ) -> LineKey:
        owner = NO_DIMENSIONS if slot is Slot.EMPLOYEE_PAYABLE else dimensions
        asked = (fact.event, slot, owner)
        account_id = accounts.get(asked)
        if account_id is None:
            account_id = accounts[asked] = book.account_for(
                slot,
                event=fact.event,
                legal_entity_id=header.legal_entity_id,
                category=owner.category_id,
                unit_id=owner.unit_id,
            )
        carried = NO_DIMENSIONS if slot in WITHOUT_DIMENSIONS else dimensions
        key = (slot, account_id, fact.currency, carried, entity > 0)
        total = sums.get(key)
        if total is None:
            sums[key] = [entity, transaction]
        else:
            total[0] += entity
            total[1] += transaction
        return key

    for fact in facts:
        debit_slot, credit_slot = cost_sides(fact.event)
        own = borne = fact.dimensions
        if fact.bearing_unit_id is not None:
            borne = replace(own, unit_id=fact.bearing_unit_id)
        if fact.entity_amount != 0:
            key_of_actual[fact.actual_id] = add(
                fact, debit_slot, fact.entity_amount, fact.amount, borne
            )
        if fact.entity_recoverable_tax != 0:
            add(fact, Slot.RECOVERABLE_TAX, fact.entity_recoverable_tax, fact.recoverable_tax, own)
        gross = fact.entity_amount + fact.entity_recoverable_tax
        if gross != 0:
            add(fact, credit_slot, -gross, -(fact.amount + fact.recoverable_tax), own)
    if not sums:
        raise NothingToPost(f"{header.source_kind}/{header.source_ref} has no amount to post.")
    index_of_key = {key: index for index, key in enumerate(sums)}
    draft = JournalDraft(header, tuple(_summed_line(key, sums[key], header) for key in sums))
    check_balanced(draft)
    return AggregatedCosts(
        draft, {actual: index_of_key[key] for actual, key in key_of_actual.items()}
    )


def cost_sides(event: JournalEvent) -> tuple[Slot, Slot]:
    """Debit and credit slot of a cost event. Raises DomainError if the event is none."""
    sides = COST_SIDES.get(event)
    if sides is None:
        raise DomainError(f"The event {event.replace('_', ' ')} is not posted by a posting run.")
    return sides


def _summed_line(key: LineKey, total: list[Decimal], header: EntryHeader) -> JournalLineDraft:
    slot, account_id, currency, dimensions, _is_debit = key
    entity, transaction = total
    return JournalLineDraft(
        slot=slot,
        gl_account_id=account_id,
        debit=entity if entity > 0 else ZERO,
        credit=-entity if entity < 0 else ZERO,
        transaction_currency=currency,
        transaction_amount=transaction,
        # Many rates meet in one sum of foreign amounts; each actual keeps its own.
        rate=Decimal(1) if currency == header.currency else None,
        dimensions=dimensions,
    )
