"""The journal of work that a department of the entity pays: no receivable, no tax."""

from dataclasses import dataclass, replace
from decimal import Decimal

from psa.core.errors import DomainError
from psa.core.ledger.rules import positions as positions_rule
from psa.core.ledger.rules.conversion import spread
from psa.core.ledger.rules.journals import EntryHeader, EntryLines, JournalDraft
from psa.core.ledger.rules.positions import ContractPosition
from psa.core.ledger.rules.posting_profiles import ProfileBook, Slot
from psa.core.ledger.rules.postings import InvoiceLineFact, credit_position


@dataclass(frozen=True, slots=True)
class ChargeFact:
    """What is charged (taken back: negative). `entity_total` is its value at `rate`, once rounded.

    `department_id` is the unit that bears it; the lines' own dimensions name the unit that worked.
    """

    lines: tuple[InvoiceLineFact, ...]
    department_id: int
    entity_total: Decimal
    rate: Decimal


def charge_entry(
    header: EntryHeader,
    book: ProfileBook,
    fact: ChargeFact,
    *,
    positions: dict[int, ContractPosition] | None = None,
) -> JournalDraft:
    """Expense of the department against income of the unit that worked; the two sum to 0.

    Work whose revenue an estimate recognises has used up the contract's position, as an invoice
    would; its revenue was none of a customer, so the charge takes it back.
    Raises  DomainError; NothingToPost; PostingProfileMissing.
    Source  docs/rules/ledger.md, L-20.
    """
    entry = EntryLines(header, book)
    after = dict(positions or {})
    shares = spread(fact.entity_total, [line.net.amount for line in fact.lines], header.currency)
    for line, share in zip(fact.lines, shares, strict=True):
        entry.debit(
            Slot.RECHARGE_EXPENSE,
            share,
            dimensions=replace(line.dimensions, unit_id=fact.department_id),
            transaction=line.net,
            rate=fact.rate,
        )
        entry.credit(
            Slot.RECHARGE_INCOME, share, dimensions=line.dimensions, transaction=line.net,
            rate=fact.rate,
        )  # fmt: skip
        if line.stored_entity_amount is not None:
            continue  # recognised as invoiced: nothing was, and nothing will be
        if line.contract_id is None:
            raise DomainError("A charged line that is not right-to-invoice names its contract.")
        position = after.get(line.contract_id, ContractPosition())
        move = positions_rule.bill(position, line.net.amount, share, currency=header.currency)
        after[line.contract_id] = move.after
        entry.debit(
            Slot.REVENUE, share, dimensions=line.dimensions, transaction=line.net, rate=fact.rate
        )
        credit_position(entry, move, line, fact.rate)
    return entry.entry()
