"""An invoice between legal entities for lent work: what is on it, and its entry in both books."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from moneyed import Money

from psa.core.ledger.rules.journals import (
    Dimensions,
    EntryHeader,
    JournalDraft,
    ProfileLine,
    profile_entry,
)
from psa.core.ledger.rules.posting_profiles import JournalEvent, ProfileBook, Slot

ZERO = Decimal(0)
# The work, its revision, and whether the row takes it back.
WorkKey = tuple[str, int, int, bool]


@dataclass(frozen=True, slots=True)
class LentRow:
    """A row of lent work in one of the two books; `entity_amount` is in that book's currency."""

    actual_id: int
    is_lenders: bool
    work: WorkKey
    project_id: int | None
    role_id: int | None
    price: Decimal
    unit: str
    minutes: int
    amount: Decimal
    entity_amount: Decimal
    dimensions: Dimensions


@dataclass(frozen=True, slots=True)
class Line:
    """Work of one role on one project at one price; `actual_ids` are its rows in both books."""

    project_id: int | None
    role_id: int | None
    price: Decimal
    unit: str
    minutes: int
    net: Decimal
    lender_value: Decimal
    borrower_value: Decimal
    actual_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Tax:
    """The tax of an invoice in its currency, and what it comes to in one of the books."""

    amount: Decimal
    entity_amount: Decimal


def in_both_books(rows: Sequence[LentRow]) -> list[LentRow]:
    """The rows whose work stands in both books at one price; the others wait.

    One side alone is there while the other entity's period is closed: it posts later.
    Source  docs/rules/revenue.md, R-14.
    """
    sides: dict[WorkKey, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    seen: dict[WorkKey, set[bool]] = defaultdict(set)
    for row in rows:
        sides[row.work][0 if row.is_lenders else 1] += row.amount
        seen[row.work].add(row.is_lenders)
    agreed = {work for work, (one, other) in sides.items() if one == other and len(seen[work]) == 2}
    return [row for row in rows if row.work in agreed]


def lines_of(rows: Iterable[LentRow]) -> list[Line]:
    """The rows summed by project, role and price, in that order. Nothing is rounded again.

    The lines sum to the rows: net of the lender's, each value of its own book's.
    Source  docs/rules/revenue.md, R-14.
    """
    groups: dict[tuple[int | None, int | None, Decimal, str], list[LentRow]] = defaultdict(list)
    for row in rows:
        groups[row.project_id, row.role_id, row.price, row.unit].append(row)
    return [
        Line(
            *key,
            minutes=sum(row.minutes for row in group if row.is_lenders),
            net=sum((row.amount for row in group if row.is_lenders), ZERO),
            lender_value=sum((row.entity_amount for row in group if row.is_lenders), ZERO),
            borrower_value=sum((row.entity_amount for row in group if not row.is_lenders), ZERO),
            actual_ids=tuple(row.actual_id for row in group),
        )
        for key, group in sorted(
            groups.items(), key=lambda item: (item[0][0] or 0, item[0][1] or 0, item[0][2])
        )
    ]


def lender_entry(
    header: EntryHeader, book: ProfileBook, rows: Sequence[LentRow], *, currency: str, tax: Tax
) -> JournalDraft:
    """Receivable from the borrower against accrued income, which is relieved as it was booked.

    Source  docs/rules/ledger.md, L-18.
    """
    return _entry(
        header, book, [row for row in rows if row.is_lenders], currency, tax, sign=1,
        accrued=(Slot.INTERCOMPANY_ACCRUED_INCOME, JournalEvent.INTERCOMPANY_SALES),
        open_slot=Slot.INTERCOMPANY_RECEIVABLE, tax_slot=Slot.TAX_PAYABLE,
    )  # fmt: skip


def borrower_entry(
    header: EntryHeader, book: ProfileBook, rows: Sequence[LentRow], *, currency: str, tax: Tax
) -> JournalDraft:
    """Accrued cost against payable to the lender; the lender's tax is recovered.

    Source  docs/rules/ledger.md, L-18.
    """
    return _entry(
        header, book, [row for row in rows if not row.is_lenders], currency, tax, sign=-1,
        accrued=(Slot.INTERCOMPANY_ACCRUED_COST, JournalEvent.BORROWED_COST),
        open_slot=Slot.INTERCOMPANY_PAYABLE, tax_slot=Slot.RECOVERABLE_TAX,
    )  # fmt: skip


def _entry(
    header: EntryHeader,
    book: ProfileBook,
    rows: Sequence[LentRow],
    currency: str,
    tax: Tax,
    *,
    sign: int,
    accrued: tuple[Slot, JournalEvent],
    open_slot: Slot,
    tax_slot: Slot,
) -> JournalDraft:
    """`sign` 1 for the lender, whose open item is a debit; -1 for the borrower, the mirror."""
    slot, event = accrued
    sums: dict[Dimensions, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for row in rows:
        sums[row.dimensions][0] += row.entity_amount
        sums[row.dimensions][1] += row.amount
    booked = sum((entity for entity, _ in sums.values()), ZERO)
    amount = sum((transaction for _, transaction in sums.values()), ZERO)
    lines = [
        ProfileLine(
            open_slot,
            sign * (booked + tax.entity_amount),
            transaction=Money(sign * (amount + tax.amount), currency),
        )
    ]
    lines += [
        ProfileLine(
            slot,
            -sign * entity,
            dimensions,
            transaction=Money(-sign * transaction, currency),
            # Where the work was accrued: the posting run asked by its own event.
            gl_account_id=book.account_for(
                slot,
                event=event,
                legal_entity_id=header.legal_entity_id,
                category=dimensions.category_id,
                unit_id=dimensions.unit_id,
            ),
        )
        for dimensions, (entity, transaction) in sums.items()
    ]
    lines.append(
        ProfileLine(
            tax_slot, -sign * tax.entity_amount, transaction=Money(-sign * tax.amount, currency)
        )
    )
    return profile_entry(header, book, lines)
