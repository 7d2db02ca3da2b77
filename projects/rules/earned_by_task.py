"""Earned value task by task. Source: docs/rules/projects.md, P-4."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from psa.core.money.rounding import EXACT

from .roll_up import PlanLine

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Valued:
    """What a part of a project may cost in all, should have earned, has earned and has cost."""

    bac: Decimal = ZERO
    pv: Decimal = ZERO
    ev: Decimal = ZERO
    ac: Decimal = ZERO

    @property
    def amounts(self) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        return (self.bac, self.pv, self.ev, self.ac)

    @property
    def spi(self) -> Decimal | None:
        return EXACT.divide(self.ev, self.pv) if self.pv else None

    @property
    def cpi(self) -> Decimal | None:
        return EXACT.divide(self.ev, self.ac) if self.ac else None

    def without(self, parts: Iterable["Valued"]) -> "Valued":
        """What is left when these parts are taken away."""
        sums = [sum(column, ZERO) for column in zip(*(one.amounts for one in parts), strict=True)]
        left = zip(self.amounts, sums or [ZERO] * 4, strict=True)
        return Valued(*(whole - part for whole, part in left))


def valued(lines: Sequence[PlanLine]) -> list[Valued]:
    """Per row of a plan that is rolled up; a summary has the sums of what is below it.

    Cost posted on a summary itself is its own.
    """
    done: list[Valued] = []
    below: dict[int, tuple[Decimal, Decimal]] = {}
    for line in reversed(lines):
        pv, ev = below.pop(line.depth + 1, (ZERO, ZERO))
        if not line.is_summary:
            pv = EXACT.multiply(line.budget, line.planned_share)
            ev = EXACT.multiply(line.budget, line.complete)
        done.append(Valued(line.budget, pv, ev, line.cost))
        beside = below.get(line.depth, (ZERO, ZERO))
        below[line.depth] = (beside[0] + pv, beside[1] + ev)
    done.reverse()
    return done
