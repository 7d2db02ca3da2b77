"""Price lists as they would be if another list were active: the book of a what-if."""

from collections.abc import Iterable
from datetime import date

from .types import PriceList


def with_trial(active: Iterable[PriceList], trial: PriceList) -> list[PriceList]:
    """The active lists with `trial` among them.

    Where another list of the same context, owner and currency is effective on the trial's days, it
    gives way for just those days: it ends where the trial begins and goes on where the trial ends.
    Lines belong to lists by id, so both parts of one that was cut keep its lines.
    Source  docs/rules/pricing.md, P-17.
    """
    lists: list[PriceList] = []
    for row in active:
        if row.id == trial.id:
            continue
        if (row.context, row.owner, row.currency) != (trial.context, trial.owner, trial.currency):
            lists.append(row)
            continue
        lists += _around(row, trial.valid_from or date.min, trial.valid_until)
    return [*lists, trial]


def _around(row: PriceList, starts_on: date, ends_on: date | None) -> list[PriceList]:
    first_day, last_day = row.valid_from or date.min, row.valid_until
    overlaps = (ends_on is None or first_day < ends_on) and (
        last_day is None or starts_on < last_day
    )
    if not overlaps:
        return [row]
    parts = []
    if first_day < starts_on:
        parts.append(row._replace(valid_until=starts_on))
    if ends_on is not None and (last_day is None or ends_on < last_day):
        parts.append(row._replace(valid_from=ends_on))
    return parts
