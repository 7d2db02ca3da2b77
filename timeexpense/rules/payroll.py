"""Hours for payroll: by person, day and kind, and what of them has not been handed over yet."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from .validation import OVERTIME_AFTER_MINUTES

NORMAL, OVERTIME, LEAVE = "normal", "overtime", "leave"
REASON_LIMIT: Final = 400

# Person, day, kind.
PayKey = tuple[int, date, str]


@dataclass(frozen=True, slots=True)
class WorkedEntry:
    """Approved time; `reason` is the internal comment, which gives the reason for overtime."""

    resource_id: int
    work_on: date
    minutes: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PayLine:
    """Minutes to hand over; below 0 where less stands now than was handed over before."""

    resource_id: int
    work_on: date
    kind: str
    minutes: int
    reason: str = ""


def standing(
    worked: Iterable[WorkedEntry], leave: Mapping[tuple[int, date], int]
) -> tuple[dict[PayKey, int], dict[PayKey, str]]:
    """What payroll is to have of each person and day in all, and the reasons for overtime.

    More than ten hours of a day are overtime; leave is what the calendar lost by it.
    """
    minutes: dict[tuple[int, date], int] = defaultdict(int)
    said: dict[tuple[int, date], list[str]] = defaultdict(list)
    for entry in worked:
        key = (entry.resource_id, entry.work_on)
        minutes[key] += entry.minutes
        if entry.reason.strip() and entry.reason.strip() not in said[key]:
            said[key].append(entry.reason.strip())
    sums: dict[PayKey, int] = {}
    reasons: dict[PayKey, str] = {}
    for (person, day), total in minutes.items():
        sums[person, day, NORMAL] = min(total, OVERTIME_AFTER_MINUTES)
        if total > OVERTIME_AFTER_MINUTES:
            sums[person, day, OVERTIME] = total - OVERTIME_AFTER_MINUTES
            reasons[person, day, OVERTIME] = "; ".join(said[person, day])[:REASON_LIMIT]
    for (person, day), lost in leave.items():
        if lost > 0:
            sums[person, day, LEAVE] = lost
    return sums, reasons


def to_hand_over(
    now: Mapping[PayKey, int], before: Mapping[PayKey, int], reasons: Mapping[PayKey, str]
) -> list[PayLine]:
    """The difference between what stands and what payroll has, so that nothing goes over twice.

    Source  docs/rules/timeexpense.md, T-25.
    """
    return [
        PayLine(*key, difference, reasons.get(key, ""))
        for key in sorted(now.keys() | before.keys())
        if (difference := now.get(key, 0) - before.get(key, 0))
    ]
