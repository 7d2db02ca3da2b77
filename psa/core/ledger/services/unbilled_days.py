"""Unbilled work kept as sums: by contract and day, by contract, and what moved it by posting day.

So a report reads what stands and the days of a month, not history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection
from django.db.models import Value
from django.db.models.functions import Coalesce

from psa.core.ledger import unbilled
from psa.core.ledger.models import ActualBatch, UnbilledContract, UnbilledDay

_ADD_DAYS = """
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


_ADD_MOVES = f"""
    INSERT INTO ledger_unbilledmove AS kept
        (tenant_id, posted_on, currency, performed_amount, invoiced_amount, total_amount)
    SELECT a.tenant_id, a.posted_on, a.currency, {unbilled.MOVED}
    FROM ledger_actual a
    JOIN ledger_actualbatch b ON b.tenant_id = a.tenant_id AND b.id = a.batch_id
    WHERE a.tenant_id = %(tenant)s AND a.batch_id = ANY(%(batches)s) AND a.actual_type = %(kind)s
    GROUP BY 1, 2, 3
    ORDER BY 2, 3
    ON CONFLICT (tenant_id, posted_on, currency) DO UPDATE
        SET performed_amount = kept.performed_amount + excluded.performed_amount,
            invoiced_amount = kept.invoiced_amount + excluded.invoiced_amount,
            total_amount = kept.total_amount + excluded.total_amount
"""  # noqa: S608
_TOTAL = """
    INSERT INTO ledger_unbilledcontract AS kept
        (tenant_id, contract_id, currency, amount, tenant_amount, minutes, oldest_on)
    SELECT %(tenant)s, t.contract_id, t.currency, coalesce(sum(d.amount), 0),
           coalesce(sum(d.tenant_amount), 0), coalesce(sum(d.minutes), 0),
           min(d.work_on) FILTER (WHERE d.amount <> 0)
    FROM (
        SELECT DISTINCT contract_id, currency FROM ledger_actual
        WHERE tenant_id = %(tenant)s AND batch_id = ANY(%(batches)s) AND actual_type = %(kind)s
    ) AS t
    LEFT JOIN ledger_unbilledday d ON d.tenant_id = %(tenant)s AND d.currency = t.currency
        AND coalesce(d.contract_id, 0) = coalesce(t.contract_id, 0)
    GROUP BY t.contract_id, t.currency
    ON CONFLICT (tenant_id, contract_id, currency) DO UPDATE
        SET amount = excluded.amount, tenant_amount = excluded.tenant_amount,
            minutes = excluded.minutes, oldest_on = excluded.oldest_on
"""
# A total is made of days that another count may be writing: one at a time for each tenant.
_ALONE = """
    SELECT pg_advisory_xact_lock(hashtextextended('ledger.unbilled.' || %(tenant)s::text, 0))
"""
# One statement sees one moment: what is being counted meanwhile is on both sides or on neither.
_WRONG_MOVES = f"""
    SELECT coalesce(kept.posted_on, told.posted_on), coalesce(kept.currency, told.currency),
           coalesce(kept.total_amount, 0), coalesce(told.total, 0)
    FROM (SELECT * FROM ledger_unbilledmove WHERE tenant_id = %(tenant)s) AS kept
    FULL JOIN (
        SELECT a.posted_on, a.currency, {unbilled.MOVED}
        FROM ledger_actual a
        JOIN ledger_actualbatch b ON b.tenant_id = a.tenant_id AND b.id = a.batch_id
        WHERE a.tenant_id = %(tenant)s AND a.actual_type = %(kind)s
          AND b.totals_counted_at IS NOT NULL
        GROUP BY 1, 2
    ) AS told ON told.posted_on = kept.posted_on AND told.currency = kept.currency
    WHERE (kept.performed_amount, kept.invoiced_amount, kept.total_amount)
          IS DISTINCT FROM (told.performed, told.invoiced, told.total)
    ORDER BY 1, 2
"""  # noqa: S608
_WRONG_TOTALS = """
    SELECT coalesce(kept.oldest_on, told.oldest_on, current_date),
           coalesce(kept.currency, told.currency), coalesce(kept.amount, 0),
           coalesce(told.amount, 0)
    FROM (
        SELECT *, coalesce(contract_id, 0) AS contract FROM ledger_unbilledcontract
        WHERE tenant_id = %(tenant)s
    ) AS kept
    FULL JOIN (
        SELECT coalesce(contract_id, 0) AS contract, currency, sum(amount) AS amount,
               sum(tenant_amount) AS tenant_amount, sum(minutes) AS minutes,
               min(work_on) FILTER (WHERE amount <> 0) AS oldest_on
        FROM ledger_unbilledday WHERE tenant_id = %(tenant)s GROUP BY 1, 2
    ) AS told ON told.contract = kept.contract AND told.currency = kept.currency
    WHERE (coalesce(kept.amount, 0), coalesce(kept.tenant_amount, 0), coalesce(kept.minutes, 0),
           kept.oldest_on)
          IS DISTINCT FROM
          (coalesce(told.amount, 0), coalesce(told.tenant_amount, 0), coalesce(told.minutes, 0),
           told.oldest_on)
    ORDER BY 1, 2
"""
_WRONG_DAYS = """
    SELECT coalesce(kept.work_on, told.work_on), coalesce(kept.currency, told.currency),
           coalesce(kept.amount, 0), coalesce(told.amount, 0)
    FROM (
        SELECT work_on, currency, coalesce(contract_id, 0) AS contract, sum(amount) AS amount,
               sum(tenant_amount) AS tenant_amount, sum(minutes) AS minutes
        FROM ledger_unbilledday WHERE tenant_id = %(tenant)s GROUP BY 1, 2, 3
    ) AS kept
    FULL JOIN (
        SELECT a.work_on, a.currency, coalesce(a.contract_id, 0) AS contract, sum(a.amount) AS amount,
               sum(a.tenant_amount) AS tenant_amount, coalesce(sum(a.minutes), 0) AS minutes
        FROM ledger_actual a
        JOIN ledger_actualbatch b ON b.tenant_id = a.tenant_id AND b.id = a.batch_id
        WHERE a.tenant_id = %(tenant)s AND a.actual_type = %(kind)s AND b.counted_at IS NOT NULL
        GROUP BY 1, 2, 3
    ) AS told ON told.work_on = kept.work_on AND told.currency = kept.currency
             AND told.contract = kept.contract
    WHERE (coalesce(kept.amount, 0), coalesce(kept.tenant_amount, 0), coalesce(kept.minutes, 0))
          <> (coalesce(told.amount, 0), coalesce(told.tenant_amount, 0), coalesce(told.minutes, 0))
    ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class WrongSum:
    """A day on which what is kept is not what the ledger comes to."""

    table: str
    on: date
    currency: str
    kept: Decimal
    told: Decimal


def uncounted_batches(*, limit: int | None = None) -> list[int]:
    """Batches whose actuals some sum does not hold yet, oldest first. One query."""
    rows = (
        ActualBatch.objects.filter(totals_counted_at__isnull=True)
        .order_by("id")
        .values_list("id", flat=True)
    )
    return list(rows[:limit] if limit else rows)


def count_batches(*, tenant_id: int, batch_ids: Sequence[int], at: datetime) -> int:
    """Add the batches' unbilled work to the sums; those counted already are passed over.

    Days and contracts that come to nothing are dropped. Returns how many batches were counted.
    Eight statements, and one count of a tenant at a time.
    Source  docs/adr/0044-unbilled-work-is-kept-by-day.md, 0058-what-moved-is-kept-by-posting-day.md.
    """
    with connection.cursor() as cursor:
        cursor.execute(_ALONE, {"tenant": tenant_id})
    marks = dict(
        ActualBatch.objects.select_for_update()
        .filter(pk__in=list(batch_ids), totals_counted_at__isnull=True)
        .order_by("id")
        .values_list("id", "counted_at")
    )
    if not marks:
        return 0
    given = unbilled.named_kinds() | {"tenant": tenant_id, "batches": list(marks)}
    new = [pk for pk, counted_at in marks.items() if counted_at is None]
    with connection.cursor() as cursor:
        cursor.execute(_ADD_DAYS, given | {"batches": new})
        cursor.execute(_ADD_MOVES, given)
    UnbilledDay.objects.filter(amount=0, tenant_amount=0, minutes=0).delete()
    with connection.cursor() as cursor:
        cursor.execute(_TOTAL, given)
    UnbilledContract.objects.filter(amount=0, tenant_amount=0, minutes=0).filter(
        oldest_on__isnull=True
    ).delete()
    return ActualBatch.objects.filter(pk__in=marks).update(
        counted_at=Coalesce("counted_at", Value(at)), totals_counted_at=at
    )


def wrong_sums(*, tenant_id: int) -> list[WrongSum]:
    """Days whose kept sums differ from the whole ledger; [] proves them. Three queries, two of them
    over history."""
    found = []
    for table, statement in (
        ("by work date", _WRONG_DAYS),
        ("by posting day", _WRONG_MOVES),
        ("by contract, since", _WRONG_TOTALS),
    ):
        with connection.cursor() as cursor:
            cursor.execute(statement, unbilled.named_kinds() | {"tenant": tenant_id})
            found += [WrongSum(table, *row) for row in cursor.fetchall()]
    return found
