"""How far tasks are, as the plan shows it. Source: docs/rules/projects.md, P-12."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal


@dataclass(frozen=True, slots=True)
class Progressed:
    """A row in plan order: what the manager set in percent, and the share by effort (0 to 1)."""

    depth: int
    is_summary: bool
    effort_minutes: int
    percent_set: int
    is_completed: bool
    share_by_effort: Decimal


def shown_progress(rows: Sequence[Progressed]) -> list[int]:
    """Whole percent per row, rounded down so that 100 means done.

    A leaf shows what was set; where nothing was, booked ÷ (booked + left). A summary shows its
    leaves weighted by effort; without any effort below it, 100 when all are done, else 0.
    """
    shown: list[int] = []
    # By level: effort below, and effort × percent done.
    below: dict[int, tuple[int, int]] = {}
    for row in reversed(rows):
        if row.is_summary:
            effort, earned = below.pop(row.depth + 1, (0, 0))
            percent = earned // effort if effort else 100 if row.is_completed else 0
        else:
            percent = _of_leaf(row)
            effort, earned = row.effort_minutes, row.effort_minutes * percent
        before = below.get(row.depth, (0, 0))
        below[row.depth] = (before[0] + effort, before[1] + earned)
        shown.append(percent)
    shown.reverse()
    return shown


def _of_leaf(row: Progressed) -> int:
    if row.is_completed:
        return 100
    if row.percent_set:
        return row.percent_set
    return int((row.share_by_effort * 100).to_integral_value(ROUND_DOWN))
