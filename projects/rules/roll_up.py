"""What summary tasks add up to from the tasks below them. Source: docs/rules/projects.md, P-1."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from psa.core.money.rounding import EXACT

from .earned_value import fraction_complete
from .phasing import Split


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A row of the plan in outline order; a summary's own effort, remaining and dates don't count.

    `earned` is effort × share complete, so that progress rolls up weighted by effort; `cost` is
    what was posted on the row itself, `budget` its share of the project's.
    """

    key: int
    depth: int
    is_summary: bool
    is_milestone: bool
    is_completed: bool
    effort_minutes: int
    remaining_minutes: int
    actual_minutes: int
    starts_on: date | None
    finishes_on: date | None
    cost: Decimal = Decimal(0)
    budget: Decimal = Decimal(0)
    planned_share: Decimal = Decimal(0)
    earned: Decimal = Decimal(0)
    planned: Decimal = Decimal(0)
    left_cost: Decimal = Decimal(0)
    said_complete: Decimal | None = None
    split: Split | None = None

    @property
    def complete(self) -> Decimal:
        """Share complete, 0 to 1: for summaries weighted by effort."""
        if not self.is_summary:
            return _own_complete(self)
        if self.effort_minutes == 0:
            return Decimal(1) if self.is_completed else Decimal(0)
        return EXACT.divide(self.earned, Decimal(self.effort_minutes))


def rolled_up(lines: Sequence[PlanLine]) -> list[PlanLine]:
    """The same rows with every summary holding the sums of its leaves, and the span of their dates.

    Work posted on a summary itself counts to it. A summary is completed when all its leaves are.
    """
    done: list[PlanLine] = []
    children: dict[int, list[PlanLine]] = {}
    for line in reversed(lines):
        below = children.pop(line.depth + 1, [])
        if line.is_summary:
            line = _summed(line, below)
        else:
            line = _leaf(line)
        children.setdefault(line.depth, []).append(line)
        done.append(line)
    done.reverse()
    return done


def total_of(lines: Sequence[PlanLine]) -> PlanLine:
    """The whole project: the sum of the topmost rows of a plan that is rolled up."""
    top = [line for line in lines if line.depth == 1]
    whole = PlanLine(0, 0, True, False, False, 0, 0, 0, None, None)
    return _summed(whole, top)


def _own_complete(line: PlanLine) -> Decimal:
    if line.said_complete is not None and not line.is_completed and not line.is_milestone:
        return line.said_complete
    return fraction_complete(
        actual_minutes=line.actual_minutes,
        remaining_minutes=line.remaining_minutes,
        is_milestone=line.is_milestone,
        is_completed=line.is_completed,
    )


def _leaf(line: PlanLine) -> PlanLine:
    effort = Decimal(line.effort_minutes)
    return replace(
        line,
        earned=EXACT.multiply(effort, _own_complete(line)),
        planned=EXACT.multiply(effort, line.planned_share),
        remaining_minutes=0 if line.is_completed else line.remaining_minutes,
    )


def _summed(line: PlanLine, below: Sequence[PlanLine]) -> PlanLine:
    starts = [b.starts_on for b in below if b.starts_on]
    finishes = [b.finishes_on for b in below if b.finishes_on]
    return replace(
        line,
        effort_minutes=sum(b.effort_minutes for b in below),
        remaining_minutes=sum(b.remaining_minutes for b in below),
        actual_minutes=line.actual_minutes + sum(b.actual_minutes for b in below),
        cost=line.cost + sum((b.cost for b in below), Decimal(0)),
        left_cost=sum((b.left_cost for b in below), Decimal(0)),
        budget=sum((b.budget for b in below), Decimal(0)),
        earned=sum((b.earned for b in below), Decimal(0)),
        planned=sum((b.planned for b in below), Decimal(0)),
        starts_on=min(starts, default=None),
        finishes_on=max(finishes, default=None),
        is_completed=bool(below) and all(b.is_completed for b in below),
    )
