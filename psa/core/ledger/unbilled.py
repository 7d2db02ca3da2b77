"""What stands unbilled now: the sums by day, and the batches that they do not hold yet."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Q, Sum

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.tenancy.scope import current_tenant_id

_LATEST = """
    SELECT max(posted.latest_on) FROM org_legalentity e CROSS JOIN LATERAL (
        SELECT a.posted_on AS latest_on FROM ledger_actual a
        WHERE a.tenant_id = e.tenant_id AND a.legal_entity_id = e.id
        ORDER BY a.posted_on DESC LIMIT 1
    ) AS posted WHERE e.tenant_id = %(tenant)s
"""
_SUMS = """
    WITH waiting AS (
        SELECT a.contract_id, a.currency, a.work_on, sum(a.amount) AS amount,
               sum(a.tenant_amount) AS tenant_amount, coalesce(sum(a.minutes), 0) AS minutes
        FROM ledger_actualbatch b
        JOIN ledger_actual a ON a.tenant_id = b.tenant_id AND a.batch_id = b.id
        WHERE b.tenant_id = %(tenant)s AND b.counted_at IS NULL AND a.actual_type = %(kind)s
        GROUP BY 1, 2, 3
    ), days AS (
        SELECT contract_id, currency, work_on, sum(amount) AS amount,
               sum(tenant_amount) AS tenant_amount, sum(minutes) AS minutes
        FROM (
            SELECT contract_id, currency, work_on, amount, tenant_amount, minutes
            FROM ledger_unbilledday WHERE tenant_id = %(tenant)s
            UNION ALL SELECT * FROM waiting
        ) AS parts GROUP BY 1, 2, 3
    )
    SELECT contract_id, currency, sum(amount), sum(tenant_amount), sum(minutes)::bigint,
           min(work_on) FILTER (WHERE amount <> 0)
    FROM days GROUP BY 1, 2 HAVING sum(amount) <> 0
    ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class UnbilledSum:
    """What one contract has unbilled in one currency; `contract_id` None: of no contract."""

    contract_id: int | None
    currency: str
    amount: Decimal
    tenant_amount: Decimal
    minutes: int
    oldest_on: date | None


def latest_posted_on() -> date | None:
    """The latest day that any actual is posted to. One query, however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"tenant": current_tenant_id()})
        found: date | None = cursor.fetchone()[0]
    return found


def standing_sums() -> list[UnbilledSum]:
    """Unbilled work of all that is posted, sums of 0 left out. One query; its cost is what stands
    unbilled and what was posted since the last count, not the history.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SUMS, {"tenant": current_tenant_id(), "kind": ActualType.UNBILLED_SALES.value}
        )
        return [UnbilledSum(*row) for row in cursor.fetchall()]


def sums_as_of(*, as_of: date, known_on: date | None = None) -> list[UnbilledSum]:
    """The same of actuals posted up to and including `as_of`, summed over history; `known_on` leaves
    out what was recorded later. Two queries.
    """
    rows = Actual.objects.filter(
        Q() if known_on is None else Q(recorded_at__date__lte=known_on),
        actual_type=ActualType.UNBILLED_SALES,
        posted_on__lte=as_of,
    )
    oldest: dict[tuple[int | None, str], date] = {}
    # A row and its reversal share the work date, so a sum by day needs no look-up of reversals.
    for contract_id, currency, work_on in (
        rows.values("contract_id", "currency", "work_on")
        .annotate(total=Sum("amount"))
        .exclude(total=0)
        .order_by("contract_id", "currency", "work_on")
        .values_list("contract_id", "currency", "work_on")
    ):
        oldest.setdefault((contract_id, currency), work_on)
    return [
        UnbilledSum(
            contract_id,
            currency,
            total,
            in_tenant,
            worked or 0,
            oldest.get((contract_id, currency)),
        )
        for contract_id, currency, total, in_tenant, worked in rows.values(
            "contract_id", "currency"
        )
        .annotate(total=Sum("amount"), in_tenant=Sum("tenant_amount"), worked=Sum("minutes"))
        .exclude(total=0)
        .order_by("contract_id", "currency")
        .values_list("contract_id", "currency", "total", "in_tenant", "worked")
    ]
