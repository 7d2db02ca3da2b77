"""Two lists side by side: what was added, removed, raised and lowered."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from psa.core.money.rounding import EXACT, round_half_up

PERCENT_PLACES = 2


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    RAISED = "raised"
    LOWERED = "lowered"
    SAME = "same"


class ComparedLine(NamedTuple):
    """A line as it is compared: lines of one key are the same line in two lists."""

    key: tuple[object, ...]
    value: Decimal


class LineChange(NamedTuple):
    """One line in both lists; None where a list does not have it."""

    key: tuple[object, ...]
    change: Change
    old: Decimal | None
    new: Decimal | None
    amount: Decimal | None
    percent: Decimal | None


def difference(old: Iterable[ComparedLine], new: Iterable[ComparedLine]) -> list[LineChange]:
    """Every line of either list, in the order of the new one, then what is gone.

    The percentage is of the old price, half up to two places; there is none from 0.
    Source  docs/rules/pricing.md, P-16.
    """
    before = {line.key: line.value for line in old}
    changes: list[LineChange] = []
    for line in new:
        changes.append(changed(line.key, before.pop(line.key, None), line.value))
    return changes + [changed(key, value, None) for key, value in before.items()]


def changed(key: tuple[object, ...], old: Decimal | None, new: Decimal | None) -> LineChange:
    """What became of one line."""
    if old is None:
        return LineChange(key, Change.ADDED, None, new, None, None)
    if new is None:
        return LineChange(key, Change.REMOVED, old, None, None, None)
    amount = EXACT.subtract(new, old)
    kind = Change.RAISED if amount > 0 else Change.LOWERED if amount < 0 else Change.SAME
    return LineChange(key, kind, old, new, amount, percent_of(amount, old))


def percent_of(amount: Decimal, whole: Decimal) -> Decimal | None:
    """`amount` in percent of `whole`, half up to two places; None of nothing."""
    if not whole:
        return None
    return round_half_up(EXACT.divide(EXACT.multiply(amount, Decimal(100)), whole), PERCENT_PLACES)


def counts(changes: Sequence[LineChange]) -> Mapping[Change, int]:
    """How many lines changed in which way."""
    found = dict.fromkeys(Change, 0)
    for one in changes:
        found[one.change] += 1
    return found
