"""Planned, earned and actual cost over time, summed up. Source: docs/rules/projects.md, P-5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from psa.core.money.rounding import EXACT

from .phasing import WorkingTime, planned_share
from .roll_up import PlanLine


@dataclass(frozen=True, slots=True)
class BurnUpPoint:
    """The sums up to and including a day; earned and actual are None after the status date."""

    on: date
    planned: Decimal
    earned: Decimal | None
    actual: Decimal | None


def points_between(first_on: date, last_on: date, as_of: date, *, most: int = 40) -> list[date]:
    """Days to draw: evenly spaced, at most `most`, with the first, last and status dates."""
    days = max((last_on - first_on).days, 1)
    step = max(7, -(-days // most))
    found = {first_on + timedelta(days=n) for n in range(0, days + 1, step)}
    found |= {first_on, last_on}
    if first_on <= as_of <= last_on:
        found.add(as_of)
    return sorted(found)


def burn_up(
    leaves: Sequence[PlanLine],
    *,
    time: WorkingTime,
    days: Sequence[date],
    as_of: date,
    minutes_by_day: Mapping[int, Sequence[tuple[date, int]]],
    cost_by_day: Sequence[tuple[date, Decimal]],
) -> list[BurnUpPoint]:
    """The running sums on each of `days`, which are in order.

    What a task has earned today is spread over the past as its hours were booked: half of its hours
    by a day, half of its earned value by that day. A task that is done without hours (a milestone)
    earned on its finish, or at the status date if that is later.
    """
    earned_on: list[tuple[date, Decimal]] = []
    for leaf in leaves:
        value = EXACT.multiply(leaf.budget, leaf.complete)
        booked = minutes_by_day.get(leaf.key, ())
        whole = sum(minutes for _, minutes in booked)
        if value and whole > 0:
            earned_on += [
                (on, EXACT.divide(EXACT.multiply(value, Decimal(minutes)), Decimal(whole)))
                for on, minutes in booked
            ]
        elif value:
            earned_on.append((min(leaf.finishes_on or as_of, as_of), value))
    found = []
    for on in days:
        planned = sum(
            (
                EXACT.multiply(
                    leaf.budget,
                    planned_share(
                        time, starts_on=leaf.starts_on, finishes_on=leaf.finishes_on, as_of=on
                    ),
                )
                for leaf in leaves
            ),
            Decimal(0),
        )
        past = on <= as_of
        found.append(
            BurnUpPoint(
                on,
                planned,
                _sum_until(earned_on, on) if past else None,
                _sum_until(cost_by_day, on) if past else None,
            )
        )
    return found


def _sum_until(values: Sequence[tuple[date, Decimal]], on: date) -> Decimal:
    return sum((value for day, value in values if day <= on), Decimal(0))
