"""What was worked and spent before, and what of submitted entries is unlike it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Sum

from timeexpense.models import EntryState, ExpenseEntry, TimeEntry
from timeexpense.rules import unusual
from timeexpense.rules.unusual import DayWorked

HANDED_IN = (EntryState.SUBMITTED, EntryState.APPROVED)
Flag = dict[str, str]


def unusual_time(rows: Sequence[TimeEntry]) -> dict[int, Flag]:
    """Of entries about to be submitted, those whose day is unlike the person's earlier ones.

    By id. One query, whatever the number.
    """
    if not rows:
        return {}
    days = [row.work_on for row in rows]
    before: dict[tuple[int, int], dict[date, int]] = defaultdict(dict)
    for resource_id, project_id, on, minutes in (
        TimeEntry.objects.filter(
            resource_id__in={row.resource_id for row in rows},
            project_id__in={row.project_id for row in rows},
            work_on__gte=min(days) - timedelta(days=unusual.HISTORY_DAYS + 7),
            work_on__lte=max(days),
            state__in=HANDED_IN,
        )
        .order_by()
        .values_list("resource_id", "project_id", "work_on")
        .annotate(Sum("minutes"))
    ):
        before[resource_id, project_id][on] = minutes
    now: dict[tuple[int, int, date], int] = defaultdict(int)
    for row in rows:
        now[row.resource_id, row.project_id, row.work_on] += row.minutes
    found: dict[int, Flag] = {}
    said: dict[tuple[int, int, date], str] = {}
    for row in rows:
        key = (row.resource_id, row.project_id, row.work_on)
        if key not in said:
            earlier = before[row.resource_id, row.project_id]
            minutes = now[key] + earlier.get(row.work_on, 0)
            said[key] = unusual.unusual_day(DayWorked(*key, minutes), earlier)
        if said[key]:
            found[row.pk] = {"code": unusual.CODE, "sentence": said[key]}
    return found


def unusual_expenses(rows: Sequence[ExpenseEntry]) -> dict[int, Flag]:
    """Of expenses about to be submitted, those whose amount is unlike earlier ones. One query."""
    if not rows:
        return {}
    days = [row.spent_on for row in rows]
    before: dict[tuple[int, str], list[tuple[date, Decimal]]] = defaultdict(list)
    for category_id, currency, on, amount in ExpenseEntry.objects.filter(
        category_id__in={row.category_id for row in rows},
        currency__in={row.currency for row in rows},
        spent_on__gte=min(days) - timedelta(days=unusual.EXPENSE_HISTORY_DAYS),
        spent_on__lt=max(days),
        state__in=HANDED_IN,
    ).values_list("category_id", "currency", "spent_on", "amount"):
        before[category_id, currency].append((on, amount))
    found: dict[int, Flag] = {}
    for row in rows:
        from_on = row.spent_on - timedelta(days=unusual.EXPENSE_HISTORY_DAYS)
        earlier = [
            amount
            for on, amount in before[row.category_id, row.currency]
            if from_on <= on < row.spent_on
        ]
        if sentence := unusual.unusual_amount(row.amount, earlier):
            found[row.pk] = {"code": unusual.CODE, "sentence": sentence}
    return found
