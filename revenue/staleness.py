"""Hours left that nobody looked at while hours were booked: the estimate then counts work twice."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.db.models import Sum

from projects.models import Task
from psa.core.audit.models import AuditEntry
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.ledger.rules.types import ActualType, TransactionClass

UNMOVED_DAYS = 14
MOVED = "remaining_minutes"


@dataclass(frozen=True, slots=True)
class Stale:
    """Open tasks of a line whose hours left did not move, and the minutes booked on them."""

    tasks: int
    minutes: int


def stale_hours(contract_line_ids: Sequence[int], period: FiscalPeriod) -> Mapping[int, Stale]:
    """Per contract line with such tasks, in the last 14 days of the period. At most three queries.

    What was moved since then, after the period's end too, is not stale. Source  R-11.
    """
    since_on = period.ends_on - timedelta(days=UNMOVED_DAYS)
    booked = [
        (line_id, task_id, minutes)
        for line_id, task_id, minutes in Actual.objects.filter(
            contract_line_id__in=contract_line_ids,
            actual_type=ActualType.COST,
            transaction_class=TransactionClass.TIME,
            task_id__isnull=False,
            work_on__gte=since_on,
            work_on__lt=period.ends_on,
        )
        .order_by()
        .values_list("contract_line_id", "task_id")
        .annotate(Sum("minutes"))
        if (minutes or 0) > 0
    ]
    if not booked:
        return {}
    task_ids = {task_id for _, task_id, _ in booked}
    still_open = set(
        Task.objects.filter(pk__in=task_ids, is_completed=False, is_summary=False).values_list(
            "pk", flat=True
        )
    )
    trail = AuditEntry.objects.filter(
        record_type=Task._meta.label,
        record_id__in=still_open,
        at__gte=datetime.combine(since_on, time(), tzinfo=UTC),
    ).values_list("record_id", "changes")
    moved = {task_id for task_id, changes in trail if MOVED in changes}
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for line_id, task_id, minutes in booked:
        if task_id in still_open and task_id not in moved:
            sums[line_id][0] += 1
            sums[line_id][1] += minutes
    return {line_id: Stale(tasks, minutes) for line_id, (tasks, minutes) in sums.items()}
