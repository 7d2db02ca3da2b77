"""Whether work or an expense is unlike what came before: a word to the approver, never a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

CODE: Final = "unusual"
SATURDAY: Final = 5
# Earlier days count from the week's Monday this many days back.
HISTORY_DAYS: Final = 56
FEWEST_DAYS: Final = 5
TIMES_THE_USUAL: Final = 2
LEAST_MORE_MINUTES: Final = 120
EXPENSE_HISTORY_DAYS: Final = 180
FEWEST_EXPENSES: Final = 8
TIMES_THE_USUAL_AMOUNT: Final = 3


@dataclass(frozen=True, slots=True)
class DayWorked:
    """One person's day on one project, all its entries together."""

    resource_id: int
    project_id: int
    on: date
    minutes: int


def unusual_day(worked: DayWorked, earlier: Mapping[date, int]) -> str:
    """Why a day is unlike the person's earlier days on the project, "" if it is not.

    `earlier` are minutes by day; those of the eight weeks before the day's own week count, and
    with fewer than five of them nothing is unusual. A day is, at twice the median and two hours
    more than it, or on a weekend when none of them was.
    Source  docs/rules/timeexpense.md, T-12.
    """
    monday = worked.on - timedelta(days=worked.on.weekday())
    known = {
        on: minutes
        for on, minutes in earlier.items()
        if monday - timedelta(days=HISTORY_DAYS) <= on < monday
    }
    if len(known) < FEWEST_DAYS:
        return ""
    usual = median(known.values())
    if worked.minutes >= TIMES_THE_USUAL * usual and worked.minutes - usual >= LEAST_MORE_MINUTES:
        return f"{_clock(worked.minutes)} on this day; the usual is {_clock(int(usual))}."
    if worked.on.weekday() >= SATURDAY and all(on.weekday() < SATURDAY for on in known):
        return "Worked on a weekend, as on no day of the eight weeks before."
    return ""


def unusual_amount(amount: Decimal, earlier: Sequence[Decimal]) -> str:
    """Why an expense is unlike earlier ones of its category and currency, "" if it is not.

    With fewer than eight earlier ones nothing is unusual; else more than three times their median
    is. The median is named as a multiple, since others paid it.
    """
    if len(earlier) < FEWEST_EXPENSES:
        return ""
    usual = median(earlier)
    if usual <= 0 or amount <= TIMES_THE_USUAL_AMOUNT * usual:
        return ""
    return f"{amount / usual:.1f} times what is usual for this category."


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"
