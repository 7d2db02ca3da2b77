"""Earned value: what was planned, what is done and what it cost, and where that leads.

All amounts of one call are in one currency, the project's accounting currency. Indices are exact
quotients; pages round them. Worked figures: docs/rules/projects.md, P-3 to P-5.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from psa.core.money.rounding import EXACT, allocate_whole, minor_units, round_half_up

HUNDRED: Final = Decimal(100)


class EtcMethod(StrEnum):
    """How the estimate to complete is made."""

    BOTTOM_UP = "bottom_up"
    CPI = "cpi"
    CPI_SPI = "cpi_spi"


class ProgressMethod(StrEnum):
    """How the share complete of a task is measured."""

    EFFORT = "effort"
    COST = "cost"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """A leaf of the plan: its share of the budget, and how far it should be and is.

    `planned_share` is the part of its working time that lies on or before the status date, 0 to 1.
    """

    budget: Decimal
    planned_share: Decimal
    actual_minutes: int
    remaining_minutes: int
    is_milestone: bool = False
    is_completed: bool = False


@dataclass(frozen=True, slots=True)
class EarnedValue:
    """The figures of one project at a status date; None where a divisor is 0 or unknown."""

    bac: Decimal
    pv: Decimal
    ev: Decimal
    ac: Decimal
    etc: Decimal | None
    sv: Decimal
    cv: Decimal
    spi: Decimal | None
    cpi: Decimal | None
    eac: Decimal | None
    vac: Decimal | None
    tcpi: Decimal | None


def fraction_complete(
    *, actual_minutes: int, remaining_minutes: int, is_milestone: bool, is_completed: bool
) -> Decimal:
    """How much of a task is done, 0 to 1: actual ÷ (actual + remaining); a milestone is 0 or 1.

    A completed task is 1 whatever remains; a task without any effort is 0 until it is completed.
    Source  docs/rules/projects.md, P-3.
    """
    if is_completed:
        return Decimal(1)
    done = max(actual_minutes, 0)
    total = done + remaining_minutes
    if is_milestone or total == 0:
        return Decimal(0)
    return EXACT.divide(Decimal(done), Decimal(total))


def said_complete(
    method: ProgressMethod, *, actual_cost: Decimal, left_cost: Decimal, percent_complete: int
) -> Decimal | None:
    """How far a task is by cost, or as its manager says, 0 to 1; None when effort decides.

    By cost: actual ÷ (actual + what is left of it); a task that has cost nothing is at 0.
    Source  docs/rules/projects.md, P-3.
    """
    if method is ProgressMethod.MANUAL:
        return EXACT.divide(Decimal(percent_complete), HUNDRED)
    if method is ProgressMethod.COST:
        done = max(actual_cost, Decimal(0))
        return _quotient(done, done + left_cost) or Decimal(0)
    return None


def spread_budget(budget: Decimal, effort_minutes: Sequence[int], currency: str) -> list[Decimal]:
    """The budget divided over leaf tasks by effort, to the minor unit; parts sum to it exactly.

    With no effort anywhere the tasks get equal parts; without tasks there is nothing to divide.
    Source  docs/rules/projects.md, P-3.
    """
    if not effort_minutes:
        return []
    places = minor_units(currency)
    units = int(round_half_up(budget, places).scaleb(places))
    weights = list(effort_minutes) if any(effort_minutes) else [1] * len(effort_minutes)
    return [Decimal(part).scaleb(-places) for part in allocate_whole(units, weights)]


def planned_value(tasks: Sequence[TaskProgress]) -> Decimal:
    """PV: the budget of the work that should be done by the status date."""
    return sum((EXACT.multiply(t.budget, t.planned_share) for t in tasks), Decimal(0))


def earned_value(tasks: Sequence[TaskProgress]) -> Decimal:
    """EV: the budget of the work that is done."""
    return sum(
        (
            EXACT.multiply(
                t.budget,
                fraction_complete(
                    actual_minutes=t.actual_minutes,
                    remaining_minutes=t.remaining_minutes,
                    is_milestone=t.is_milestone,
                    is_completed=t.is_completed,
                ),
            )
            for t in tasks
        ),
        Decimal(0),
    )


def measures(
    *,
    bac: Decimal,
    pv: Decimal,
    ev: Decimal,
    ac: Decimal,
    remaining_cost: Decimal | None,
    method: EtcMethod = EtcMethod.BOTTOM_UP,
) -> EarnedValue:
    """All figures from the four that are measured.

    `remaining_cost` is the bottom-up estimate to complete (remaining hours at cost and planned
    expenses); None when it cannot be known. SPI, CPI and TCPI are None when their divisor is 0.
    Source  docs/rules/projects.md, P-4.
    """
    spi = _quotient(ev, pv)
    cpi = _quotient(ev, ac)
    etc = _etc(bac - ev, spi, cpi, remaining_cost, method)
    eac = None if etc is None else ac + etc
    return EarnedValue(
        bac=bac,
        pv=pv,
        ev=ev,
        ac=ac,
        etc=etc,
        sv=ev - pv,
        cv=ev - ac,
        spi=spi,
        cpi=cpi,
        eac=eac,
        vac=None if eac is None else bac - eac,
        tcpi=_quotient(bac - ev, bac - ac),
    )


def over_budget_percent(eac: Decimal | None, bac: Decimal) -> Decimal | None:
    """By how many percent the estimate at completion passes the budget; negative when under."""
    if eac is None or bac <= 0:
        return None
    return EXACT.multiply(EXACT.divide(eac - bac, bac), HUNDRED)


def _etc(
    work_left: Decimal,
    spi: Decimal | None,
    cpi: Decimal | None,
    remaining: Decimal | None,
    method: EtcMethod,
) -> Decimal | None:
    if method is EtcMethod.BOTTOM_UP:
        return remaining
    if cpi is None:
        return None
    if method is EtcMethod.CPI:
        return _quotient(work_left, cpi)
    return None if spi is None else _quotient(work_left, EXACT.multiply(cpi, spi))


def _quotient(number: Decimal, divisor: Decimal) -> Decimal | None:
    return None if divisor == 0 else EXACT.divide(number, divisor)
