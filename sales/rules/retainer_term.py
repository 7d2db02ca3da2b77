"""The months of a retainer: what the value of its term is made of."""

import calendar
import itertools
from dataclasses import dataclass
from datetime import date, timedelta

from moneyed import Money

from psa.core.errors import DomainError


@dataclass(frozen=True, slots=True)
class RetainerMonth:
    """One period; `ends_on` is exclusive."""

    starts_on: date
    ends_on: date


def months_of(starts_on: date, ends_on: date) -> list[RetainerMonth]:
    """The monthly periods from `starts_on` to `ends_on`, both included.

    A period starts on the first one's day, or the month's last day where that is shorter.
    Raises  DomainError if the term is not a whole number of months, naming the next end that is.
    Source  docs/rules/sales.md, example S-22.
    """
    if ends_on < starts_on:
        raise DomainError("The retainer ends before it starts. Correct a date.", field="ends_on")
    after = ends_on + timedelta(days=1)
    edges = [starts_on]
    while edges[-1] < after:
        edges.append(month_later(starts_on, len(edges)))
    if edges[-1] != after:
        proper = edges[-1] - timedelta(days=1)
        raise DomainError(
            "A retainer runs for whole months. "
            f"Starting on {starts_on.isoformat()}, end it on {proper.isoformat()}.",
            field="ends_on",
        )
    return [RetainerMonth(a, b) for a, b in itertools.pairwise(edges)]


def month_later(first_on: date, months: int) -> date:
    """The same day `months` later, or the month's last day if it is shorter."""
    year, month0 = divmod(first_on.month - 1 + months, 12)
    year += first_on.year
    return date(year, month0 + 1, min(first_on.day, calendar.monthrange(year, month0 + 1)[1]))


def value_of_term(monthly: Money, starts_on: date, ends_on: date) -> Money:
    """What the whole term comes to: the monthly amount times its months."""
    return monthly * len(months_of(starts_on, ends_on))
