"""Planned work over months and people, to the minute. Source: docs/rules/projects.md, P-30."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from psa.core.money.rounding import EXACT, allocate_whole

from .phasing import Split, WorkingTime


@dataclass(frozen=True, slots=True)
class Share:
    """Who does a part of a task, as prices see them, and how large a part beside the others."""

    role_id: int | None
    unit_id: int | None
    seniority: str = ""
    work_location: str = ""
    resource_id: int | None = None
    weight: int = 1
    split: Split | None = None


def months_between(first_on: date, last_on: date) -> list[date]:
    """The first days of the months from one day to another, both included."""
    found = [first_on.replace(day=1)]
    while (following := (found[-1] + timedelta(days=32)).replace(day=1)) <= last_on:
        found.append(following)
    return found


def by_month(
    whole: int,
    *,
    time: WorkingTime,
    starts_on: date | None,
    finishes_on: date | None,
    split: Split | None = None,
) -> list[tuple[date, int]]:
    """A whole number divided over the months of a task by its working time, nothing lost.

    Where the work pauses, a month has the part of it that is done then.
    A task without working time, or without a finish, has it all in the month it starts in; one
    without dates has none to name, and the answer is empty.
    """
    starts_on, finishes_on = starts_on or finishes_on, finishes_on or starts_on
    if starts_on is None or finishes_on is None or finishes_on < starts_on:
        return []
    months = months_between(starts_on, finishes_on)
    begun = time.before(starts_on)
    ends = [*months[1:], finishes_on + timedelta(days=1)]
    passed = [0, *(time.before(end) - begun for end in ends)]
    if split is not None:
        passed = [split.done(minutes, passed[-1]) for minutes in passed]
    weights = [until - before for before, until in pairwise(passed)]
    if not any(weights):
        return [(months[0], whole)]
    return [
        (month_on, part)
        for month_on, part in zip(months, allocate_whole(whole, weights), strict=True)
        if part
    ]


def shared(minutes: int, shares: Sequence[Share]) -> list[tuple[Share, int]]:
    """Minutes divided over people by their weights; equally where none has any."""
    if not shares:
        return []
    weights = [share.weight for share in shares]
    if not any(weights):
        weights = [1] * len(shares)
    return [
        (share, part)
        for share, part in zip(shares, allocate_whole(minutes, weights), strict=True)
        if part
    ]


def margin_percent(cost: Decimal, price: Decimal) -> Decimal | None:
    """What of the price is left, in percent; None without a price."""
    return None if price == 0 else EXACT.divide((price - cost) * 100, price)
