"""What stands unbilled now: the sums by day, and the batches that they do not hold yet."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, Sum

from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.org.models import LegalEntity
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
        SELECT a.contract_id, a.currency, a.work_on,
               coalesce(sum(a.amount) FILTER (WHERE b.counted_at IS NULL), 0) AS amount,
               coalesce(sum(a.tenant_amount) FILTER (WHERE b.counted_at IS NULL), 0)
                   AS tenant_amount,
               coalesce(sum(a.minutes) FILTER (WHERE b.counted_at IS NULL), 0) AS minutes
        FROM ledger_actualbatch b
        JOIN ledger_actual a ON a.tenant_id = b.tenant_id AND a.batch_id = b.id
        WHERE b.tenant_id = %(tenant)s AND b.totals_counted_at IS NULL AND a.actual_type = %(kind)s
        GROUP BY 1, 2, 3
    ), touched AS (
        SELECT DISTINCT contract_id, currency FROM waiting
    ), days AS (
        SELECT contract_id, currency, work_on, sum(amount) AS amount,
               sum(tenant_amount) AS tenant_amount, sum(minutes) AS minutes
        FROM (
            SELECT d.contract_id, d.currency, d.work_on, d.amount, d.tenant_amount, d.minutes
            FROM touched t JOIN ledger_unbilledday d
              ON d.contract_id = t.contract_id AND d.currency = t.currency
            WHERE d.tenant_id = %(tenant)s
            UNION ALL
            SELECT d.contract_id, d.currency, d.work_on, d.amount, d.tenant_amount, d.minutes
            FROM touched t JOIN ledger_unbilledday d
              ON d.contract_id IS NULL AND t.contract_id IS NULL AND d.currency = t.currency
            WHERE d.tenant_id = %(tenant)s
            UNION ALL SELECT * FROM waiting
        ) AS parts GROUP BY 1, 2, 3
    )
    SELECT k.contract_id, k.currency, k.amount, k.tenant_amount, k.minutes::bigint, k.oldest_on
    FROM ledger_unbilledcontract k
    WHERE k.tenant_id = %(tenant)s AND k.amount <> 0 AND NOT EXISTS (
        SELECT FROM touched t
        WHERE t.currency = k.currency AND coalesce(t.contract_id, 0) = coalesce(k.contract_id, 0)
    )
    UNION ALL
    SELECT contract_id, currency, sum(amount), sum(tenant_amount), sum(minutes)::bigint,
           min(work_on) FILTER (WHERE amount <> 0)
    FROM days GROUP BY 1, 2 HAVING sum(amount) <> 0
    ORDER BY 1, 2
"""
# What approvals and due amounts add, and what confirmations take out.
PERFORMED_BY = (
    "time_entry", "expense_entry", "milestone", "retainer_period", "fee", "retainer_overage",
)  # fmt: skip
INVOICED_BY = ("invoice", "credit_note")
# Of actuals `a` in their batches `b`; its parameters are `named_kinds()`.
MOVED = """
    coalesce(sum(a.amount) FILTER (WHERE a.source_kind = ANY(%(originals)s)), 0) AS performed,
    coalesce(sum(a.amount) FILTER (
        WHERE a.source_kind = 'reversal' AND b.kind = ANY(%(invoices)s)
    ), 0) AS invoiced,
    coalesce(sum(a.amount), 0) AS total
"""
_MOVES = f"""
    SELECT currency, sum(performed), sum(invoiced), sum(total) FROM (
        SELECT currency, performed_amount AS performed, invoiced_amount AS invoiced,
               total_amount AS total
        FROM ledger_unbilledmove
        WHERE tenant_id = %(tenant)s AND posted_on BETWEEN %(from_on)s AND %(until_on)s
        UNION ALL
        SELECT a.currency, {MOVED}
        FROM ledger_actualbatch b
        JOIN ledger_actual a ON a.tenant_id = b.tenant_id AND a.batch_id = b.id
        WHERE b.tenant_id = %(tenant)s AND b.totals_counted_at IS NULL AND a.actual_type = %(kind)s
          AND a.posted_on BETWEEN %(from_on)s AND %(until_on)s
        GROUP BY 1
    ) AS parts GROUP BY 1 ORDER BY 1
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class UnbilledSum:
    """What one contract has unbilled in one currency; `contract_id` None: of no contract."""

    contract_id: int | None
    currency: str
    amount: Decimal
    tenant_amount: Decimal
    minutes: int
    oldest_on: date | None


@dataclass(frozen=True, slots=True)
class UnbilledMoved:
    """What moved unbilled work in one currency over some days; `total` is more than the two by what
    was adjusted."""

    currency: str
    performed: Decimal
    invoiced: Decimal
    total: Decimal


def named_kinds() -> dict[str, Any]:
    """The parameters of the statements over unbilled work."""
    return {
        "kind": ActualType.UNBILLED_SALES.value,
        "originals": list(PERFORMED_BY),
        "invoices": list(INVOICED_BY),
    }


def latest_posted_on() -> date | None:
    """The latest day that any actual is posted to. One query, however many there are."""
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, {"tenant": current_tenant_id()})
        found: date | None = cursor.fetchone()[0]
    return found


def standing_sums() -> list[UnbilledSum]:
    """Unbilled work of all that is posted, sums of 0 left out. One query; its cost is the contracts
    with unbilled work, and the days of those posted to since the last count, not the history.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SUMS, {"tenant": current_tenant_id(), "kind": ActualType.UNBILLED_SALES.value}
        )
        return [UnbilledSum(*row) for row in cursor.fetchall()]


def standing_moves(*, from_on: date, until_on: date) -> list[UnbilledMoved]:
    """What moved unbilled work from one day up to and including another. One query; its cost is the
    days between and what was posted since the last count, not how many worked.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVES,
            named_kinds()
            | {"tenant": current_tenant_id(), "from_on": from_on, "until_on": until_on},
        )
        return [UnbilledMoved(*row) for row in cursor.fetchall()]


def moves_as_known(*, from_on: date, until_on: date, known_on: date) -> list[UnbilledMoved]:
    """The same without what was recorded after `known_on`, summed over the ledger. One query."""
    return [
        UnbilledMoved(**row)
        for row in Actual.objects.filter(
            actual_type=ActualType.UNBILLED_SALES,
            # Named, so that the days are found by the entities' own dates.
            legal_entity_id__in=LegalEntity.objects.values("id"),
            posted_on__gte=from_on,
            posted_on__lte=until_on,
            recorded_at__date__lte=known_on,
        )
        .values("currency")
        .annotate(
            performed=Sum("amount", filter=Q(source_kind__in=PERFORMED_BY), default=Decimal(0)),
            invoiced=Sum(
                "amount",
                filter=Q(source_kind="reversal", batch__kind__in=INVOICED_BY),
                default=Decimal(0),
            ),
            total=Sum("amount", default=Decimal(0)),
        )
        .order_by("currency")
    ]


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


@dataclass(frozen=True, slots=True)
class PayerSum:
    """What one payer of a contract has unbilled in one currency."""

    account_id: int | None
    unbilled: UnbilledSum


def sums_by_payer(
    *, contract_ids: Collection[int], as_of: date, known_on: date | None = None
) -> list[PayerSum]:
    """What `sums_as_of` says of these contracts, told apart by who pays. One query."""
    rows = (
        Actual.objects.filter(
            Q() if known_on is None else Q(recorded_at__date__lte=known_on),
            contract_id__in=contract_ids,
            actual_type=ActualType.UNBILLED_SALES,
            posted_on__lte=as_of,
        )
        .order_by("contract_id", "currency", "account_id", "work_on")
        .values_list("contract_id", "currency", "account_id", "work_on")
        .annotate(total=Sum("amount"), in_tenant=Sum("tenant_amount"), worked=Sum("minutes"))
    )
    found: dict[tuple[int | None, str, int | None], UnbilledSum] = {}
    for contract_id, currency, account_id, work_on, total, in_tenant, worked in rows:
        key = (contract_id, currency, account_id)
        before = found.get(key) or UnbilledSum(
            contract_id, currency, Decimal(0), Decimal(0), 0, None
        )
        found[key] = UnbilledSum(
            contract_id, currency, before.amount + total, before.tenant_amount + in_tenant,
            before.minutes + (worked or 0), before.oldest_on or (work_on if total else None),
        )  # fmt: skip
    return [PayerSum(key[2], one) for key, one in found.items() if one.amount]
