"""What is left to do for contract lines and what it will cost: projects answer, revenue asks."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Q, Sum

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.money.rounding import round_to_minor

from ..models import ContractLineLink
from ..rules import work_left
from ..rules.contract_lines import line_of
from ..rules.work_left import HoursSoFar
from .figure_facts import TaskRow, tasks_of, work_left_of

TIME = TransactionClass.TIME
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class LineLeft:
    """Minutes left in the plan for a line, and what they will cost; `to_complete` is None while
    nobody can know what an hour costs."""

    minutes: int
    to_complete: Decimal | None


def time_left_of_lines(
    contract_line_ids: Sequence[int], *, until_on: date, currency: str
) -> Mapping[int, LineLeft]:
    """Per contract line that a plan with effort works for; cost in `currency`.

    The work left is that of the plan today: open tasks whose time the line pays for. Hours cost as
    P-4 says; what hours cost so far is by what was posted on the line before `until_on`. Five
    queries, and seven more where prices are asked for.
    Source  docs/rules/projects.md, P-4; docs/rules/revenue.md, R-10.
    """
    rows = tasks_paid_by(contract_line_ids)
    if not rows:
        return {}
    every = [row for of_line in rows.values() for row in of_line]
    left = work_left_of(every, as_of=until_on - timedelta(days=1), currency=currency)
    hours = _hours_so_far(list(rows), until_on)
    found = {}
    for line_id, of_line in rows.items():
        parts = [left[row.id] for row in of_line if row.id in left]
        cost = work_left.remaining_cost(
            listed=sum((part.listed for part in parts), ZERO),
            unlisted_minutes=sum(part.unlisted_minutes for part in parts),
            per_minute=work_left.cost_per_minute(hours.get(line_id, HoursSoFar())),
        )
        minutes = sum(row.line.remaining_minutes for row in of_line if row.id in left)
        found[line_id] = LineLeft(minutes, None if cost is None else round_to_minor(cost, currency))
    return found


def tasks_paid_by(contract_line_ids: Sequence[int]) -> dict[int, list[TaskRow]]:
    """Leaf tasks with effort, by the line that pays for their time. Two queries."""
    project_ids = ContractLineLink.objects.filter(
        contract_line_id__in=contract_line_ids, transaction_class=TIME
    ).values("project_id")
    links = {
        (project_id, outline or "", transaction_class): line_id
        for project_id, outline, transaction_class, line_id in ContractLineLink.objects.filter(
            project_id__in=project_ids, transaction_class=TIME
        ).values_list("project_id", "task__outline", "transaction_class", "contract_line_id")
    }
    wanted = set(contract_line_ids)
    found: dict[int, list[TaskRow]] = defaultdict(list)
    if not links:
        return found
    plans = tasks_of({key[0] for key in links}, as_of=date.max, is_past=False)
    for project_id, rows in plans.items():
        for row in rows:
            if row.line.is_summary or not row.line.effort_minutes:
                continue
            line_id = line_of(
                links, project_id=project_id, outline=row.outline, transaction_class=TIME
            )
            if line_id in wanted:
                # Only its hours: who pays for what is bought is another link's to say.
                found[line_id].append(replace(row, expenses=()))
    return found


def _hours_so_far(line_ids: Sequence[int], until_on: date) -> dict[int, HoursSoFar]:
    """Hours posted on lines and what they cost their entity. One query."""
    recent = Q(work_on__gte=until_on - timedelta(days=work_left.RECENT_DAYS))
    rows = (
        Actual.objects.filter(
            contract_line_id__in=line_ids,
            actual_type=ActualType.COST,
            transaction_class=TIME,
            posted_on__lt=until_on,
        )
        .order_by()
        .values_list("contract_line_id")
        .annotate(
            all_cost=Sum("entity_amount"),
            all_minutes=Sum("minutes", default=0),
            late_cost=Sum("entity_amount", filter=recent, default=ZERO),
            late_minutes=Sum("minutes", filter=recent, default=0),
        )
    )
    return {line_id: HoursSoFar(*sums) for line_id, *sums in rows}
