"""Unbilled work kept as sums by contract and day, so that a report reads what stands, not history."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from psa.core.ledger.models import ActualBatch, UnbilledDay
from psa.core.ledger.rules.types import ActualType

_ADD = """
    INSERT INTO ledger_unbilledday AS kept
        (tenant_id, contract_id, currency, work_on, amount, tenant_amount, minutes)
    SELECT tenant_id, contract_id, currency, work_on,
           sum(amount), sum(tenant_amount), coalesce(sum(minutes), 0)
    FROM ledger_actual
    WHERE tenant_id = %(tenant)s AND batch_id = ANY(%(batches)s) AND actual_type = %(kind)s
    GROUP BY tenant_id, contract_id, currency, work_on
    ORDER BY contract_id, currency, work_on
    ON CONFLICT (tenant_id, contract_id, currency, work_on) DO UPDATE
        SET amount = kept.amount + excluded.amount,
            tenant_amount = kept.tenant_amount + excluded.tenant_amount,
            minutes = kept.minutes + excluded.minutes
"""


def uncounted_batches(*, limit: int | None = None) -> list[int]:
    """Batches whose actuals the sums by day do not hold yet, oldest first. One query."""
    rows = (
        ActualBatch.objects.filter(counted_at__isnull=True)
        .order_by("id")
        .values_list("id", flat=True)
    )
    return list(rows[:limit] if limit else rows)


def count_batches(*, tenant_id: int, batch_ids: Sequence[int], at: datetime) -> int:
    """Add the batches' unbilled work to the sums by day; those counted already are passed over.

    Days that come to nothing are dropped. Returns how many batches were counted. Four statements.
    Source  docs/adr/0044-unbilled-work-is-kept-by-day.md.
    """
    batches = list(
        ActualBatch.objects.select_for_update()
        .filter(pk__in=list(batch_ids), counted_at__isnull=True)
        .order_by("id")
        .values_list("id", flat=True)
    )
    if not batches:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _ADD,
            {"tenant": tenant_id, "batches": batches, "kind": ActualType.UNBILLED_SALES.value},
        )
    UnbilledDay.objects.filter(amount=0, tenant_amount=0, minutes=0).delete()
    return ActualBatch.objects.filter(pk__in=batches).update(counted_at=at)
