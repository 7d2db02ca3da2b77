"""The total and the tax of a receipt, told by their words and proven by their sums."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from .amounts import figures_in
from .lines import Line
from .words import About, about

_CENT = Decimal("0.01")
_LOOSE = Decimal("0.03")
# How well the words of a line tell that its amount is what was paid.
_WORTH = {
    About.GRAND_TOTAL: 0.90,
    About.TOTAL: 0.86,
    About.CARD: 0.55,
    About.TIP: 0.05,
    About.SUBTOTAL: 0.45,
    About.OTHER: 0.30,
    About.CASH: 0.25,
}
_PROVEN = 0.09
_SEEN_AGAIN = 0.05
_LARGEST = 0.03


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount, and how sure it is what it is taken for (0 to 1)."""

    value: Decimal
    certainty: float


@dataclass(frozen=True, slots=True)
class Row:
    """A line with figures: what it is about, its amounts and its percentages."""

    about: About
    amounts: tuple[Decimal, ...]
    percents: tuple[Decimal, ...]
    certainty: float

    @property
    def last(self) -> Decimal:
        return self.amounts[-1]


def total_of(lines: Sequence[Line]) -> Figure | None:
    """What was paid.

    The words decide, and sums prove: net and tax, cash less change, the same amount once more.
    Without a word for it the largest amount is a guess, and is called one.
    """
    rows = rows_of(lines)
    candidates = [row for row in rows if row.about in _WORTH and row.last > 0]
    if not candidates:
        return None
    largest = max(row.last for row in candidates if row.about is not About.CASH or _alone(rows))
    best: tuple[float, Figure] | None = None
    for place, row in enumerate(candidates):
        worth = _WORTH[row.about]
        value = row.last
        if _is_proven(value, row, rows):
            worth += _PROVEN
        if any(one is not row and value in one.amounts for one in rows):
            worth += _SEEN_AGAIN
        if value == largest:
            worth += _LARGEST
        score = worth + place * 0.001  # of two alike the later: with the tip, after the parts
        if best is None or score > best[0]:
            best = (score, Figure(value, min(worth, 0.99) * row.certainty))
    return None if best is None else best[1]


def tax_of(lines: Sequence[Line], total: Decimal | None) -> Figure | None:
    """The sum of the taxes on a receipt of `total`; None when it names none.

    A rate on the line proves its amount: it is that share of a net or gross amount there.
    """
    found: list[tuple[Decimal, Decimal | None, float]] = []
    for row in rows_of(lines):
        if row.about is About.TAX or (row.percents and len(row.amounts) >= 2):
            tax, certainty = _tax_on(row, total)
            if tax is None or tax <= 0 or (total is not None and tax >= total):
                continue
            rate = row.percents[0] if row.percents else None
            found.append((tax, rate, certainty * row.certainty))
    if not found:
        return None
    for place, (tax, rate, certainty) in enumerate(found):
        others = _each_once([one for at, one in enumerate(found) if at != place])
        if rate is None and len(others) > 1 and tax == sum(one for one, _, _ in others):
            return Figure(tax, min(certainty + 0.1, 0.97))  # a line that sums up the others
    kept = _each_once(found)
    value = sum((tax for tax, _, _ in kept), Decimal(0))
    if total is not None and value >= total:
        return None
    return Figure(value, min(certainty for _, _, certainty in kept))


def rows_of(lines: Sequence[Line]) -> list[Row]:
    """The lines with amounts; a word alone on its line goes with the amounts below it."""
    rows: list[Row] = []
    waiting: About | None = None
    for line in lines:
        figures = figures_in_cells(line)
        kind = about(line.text)
        if not figures[0]:
            waiting = kind if kind is not About.OTHER and not figures[1] else None
            continue
        has_words = any(letter.isalpha() for letter in line.text.replace("EUR", ""))
        if kind is About.OTHER and waiting is not None and not has_words:
            kind = waiting
        waiting = None
        rows.append(Row(kind, figures[0], figures[1], figures[2]))
    return rows


def figures_in_cells(line: Line) -> tuple[tuple[Decimal, ...], tuple[Decimal, ...], float]:
    """Amounts and percentages of a line, cell by cell, and the least certainty among them."""
    amounts: list[Decimal] = []
    percents: list[Decimal] = []
    certainty = 1.0
    for cell in line.cells:
        figures = figures_in(cell.text)
        percents += figures.percents
        for amount in figures.amounts:
            amounts.append(amount.value)
            certainty = min(certainty, amount.certainty * cell.confidence)
    return tuple(amounts), tuple(percents), certainty


def _alone(rows: Sequence[Row]) -> bool:
    return all(row.about is About.CASH for row in rows)


def _is_proven(value: Decimal, row: Row, rows: Sequence[Row]) -> bool:
    others = [one for one in rows if one is not row]
    taxes = [one.last for one in others if one.about is About.TAX]
    tips = [one.last for one in others if one.about is About.TIP]
    for one in others:
        if one.about is About.SUBTOTAL and taxes:
            for extra in (Decimal(0), sum(tips, Decimal(0))):
                if abs(one.last + sum(taxes, Decimal(0)) + extra - value) <= _LOOSE:
                    return True
    for given, back in pairwise(others):
        if back.about is About.CHANGE and given.last - back.last == value:
            return True
    items = [one.last for one in _before(row, rows) if one.about is About.OTHER]
    return len(items) > 1 and abs(sum(items, Decimal(0)) - value) <= _CENT


def _before(row: Row, rows: Sequence[Row]) -> Iterator[Row]:
    for one in rows:
        if one is row:
            return
        yield one


def _tax_on(row: Row, total: Decimal | None) -> tuple[Decimal | None, float]:
    bases = [amount for amount in row.amounts if amount > 0]
    if total is not None:
        bases.append(total)
    for rate in row.percents:
        for tax in row.amounts:
            for base in bases:
                if base == tax:
                    continue
                if _is_share(tax, base * rate / 100) or _is_share(tax, base * rate / (100 + rate)):
                    return tax, 0.97
    if row.about is not About.TAX:
        return None, 0.0
    if len(row.amounts) == 1:
        return row.amounts[0], 0.85
    return min(row.amounts), 0.6


def _is_share(tax: Decimal, share: Decimal) -> bool:
    return abs(tax - share) <= _CENT


def _each_once(
    found: Sequence[tuple[Decimal, Decimal | None, float]],
) -> list[tuple[Decimal, Decimal | None, float]]:
    """A tax that is printed twice with its rate (beside the total and in a table) counts once."""
    kept: list[tuple[Decimal, Decimal | None, float]] = []
    for one in found:
        again = [other for other in kept if other[0] == one[0]]
        # Two halves of one tax (CGST and SGST at 9 %) are alike in both, and stand side by side.
        is_half = bool(again) and kept[-1] == again[-1] and again[-1][1] == one[1]
        if not again or is_half:
            kept.append(one)
    return kept
