"""Planned, earned and actual cost over time, summed up. Source: docs/rules/projects.md, P-5."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from psa.core.money.rounding import EXACT

from .phasing import Split, WorkingTime, planned_share
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


@dataclass(frozen=True, slots=True)
class PlannedCost:
    """A cost and the days over which it was planned, both included."""

    cost: Decimal
    starts_on: date | None
    finishes_on: date | None
    split: Split | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What a task's progress was until the day on which it changed."""

    on: date
    was_remaining_minutes: int
    was_percent_complete: int
    was_completed: bool


def burn_up(
    leaves: Sequence[PlanLine],
    *,
    time: WorkingTime,
    days: Sequence[date],
    as_of: date,
    minutes_by_day: Mapping[int, Sequence[tuple[date, int]]],
    cost_by_day: Sequence[tuple[date, Decimal]],
    planned: Sequence[PlannedCost] | None = None,
    changes: Mapping[int, Sequence[Change]] | None = None,
) -> list[BurnUpPoint]:
    """The running sums on each of `days`, which are in order.

    A task whose progress was ever set anew earned on a day what was known on that day (`changes`,
    in order). What any other task has earned today is spread over the past as its hours were
    booked: half of its hours by a day, half of its earned value by that day. A task that is done
    without hours (a milestone) earned on its finish, or at the status date if that is later.
    `planned` is what the baseline foresaw; without it, the leaves' own budgets and days.
    """
    known = changes or {}
    followed = [leaf for leaf in leaves if known.get(leaf.key) and leaf.budget]
    earned_on = _earned_by_hours(
        [leaf for leaf in leaves if not known.get(leaf.key)], minutes_by_day, as_of
    )
    if planned is None:
        planned = [
            PlannedCost(leaf.budget, leaf.starts_on, leaf.finishes_on, leaf.split)
            for leaf in leaves
        ]
    found = []
    for on in days:
        due = sum(
            (
                EXACT.multiply(
                    one.cost,
                    planned_share(
                        time,
                        starts_on=one.starts_on,
                        finishes_on=one.finishes_on,
                        as_of=on,
                        split=one.split,
                    ),
                )
                for one in planned
            ),
            Decimal(0),
        )
        if on > as_of:
            found.append(BurnUpPoint(on, due, None, None))
            continue
        earned = _sum_until(earned_on, on)
        for leaf in followed:
            booked = sum(m for day, m in minutes_by_day.get(leaf.key, ()) if day <= on)
            share = complete_on(leaf, known[leaf.key], on, booked)
            earned += EXACT.multiply(leaf.budget, share)
        found.append(BurnUpPoint(on, due, earned, _sum_until(cost_by_day, on)))
    return found


def complete_on(leaf: PlanLine, changes: Sequence[Change], on: date, booked: int) -> Decimal:
    """The share of a task that was complete on a day, by what was known and booked until then."""
    then = next((change for change in changes if change.on > on), None)
    if then is None:
        return replace(leaf, actual_minutes=booked).complete
    said = leaf.said_complete
    if said is not None:
        said = EXACT.divide(Decimal(then.was_percent_complete), Decimal(100))
    return replace(
        leaf,
        actual_minutes=booked,
        remaining_minutes=then.was_remaining_minutes,
        is_completed=then.was_completed,
        said_complete=said,
    ).complete


def _earned_by_hours(
    leaves: Sequence[PlanLine],
    minutes_by_day: Mapping[int, Sequence[tuple[date, int]]],
    as_of: date,
) -> list[tuple[date, Decimal]]:
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
    return earned_on


def _sum_until(values: Sequence[tuple[date, Decimal]], on: date) -> Decimal:
    return sum((value for day, value in values if day <= on), Decimal(0))
