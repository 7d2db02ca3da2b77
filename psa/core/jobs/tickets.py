"""Which runs wait for a worker, over all tenants; the only clock here is the database's."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from .models import JobTicket

LEASE_SECONDS = 30
# More messages than this are never under way: what waits, waits here, where tenants take turns.
IN_FLIGHT = 8

_NEXT = """
WITH waiting AS (
    SELECT id, tenant_id, due_at,
           row_number() OVER (PARTITION BY tenant_id ORDER BY due_at, id) AS turn
      FROM jobs_jobticket
     WHERE due_at <= statement_timestamp()
       AND tenant_id IN (SELECT id FROM tenancy_tenant WHERE status = 'active')
       AND (lease_until IS NULL OR lease_until < statement_timestamp())
), busy AS (
    SELECT tenant_id, count(*) AS leases
      FROM jobs_jobticket
     WHERE lease_until >= statement_timestamp()
     GROUP BY tenant_id
), chosen AS (
    SELECT waiting.id
      FROM waiting LEFT JOIN busy USING (tenant_id)
     ORDER BY waiting.turn + COALESCE(busy.leases, 0), waiting.due_at, waiting.id
     LIMIT GREATEST(%s - (SELECT COALESCE(sum(leases), 0) FROM busy), 0)
)
UPDATE jobs_jobticket AS ticket
   SET lease_until = statement_timestamp() + make_interval(secs => %s)
  FROM chosen
 WHERE ticket.id = chosen.id
RETURNING ticket.tenant_id, ticket.run_id
"""


@dataclass(frozen=True, slots=True)
class Ticket:
    tenant_id: int
    run_id: int


def write(*, tenant_id: int, run_id: int) -> None:
    """Make a run due now, in the transaction of the business change that asks for it."""
    JobTicket.objects.bulk_create(
        [JobTicket(tenant_id=tenant_id, run_id=run_id, due_at=Now())],
        update_conflicts=True,
        unique_fields=["tenant", "run_id"],
        update_fields=["due_at"],
    )


def lease_next() -> list[Ticket]:
    """Take what is due, the tenant with the least under way first, each lease for 30 seconds."""
    with transaction.atomic(), connection.cursor() as cursor:
        # One at a time, or two dispatchers together would go over the limit.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('psa.jobs.lease_next'))")
        cursor.execute(_NEXT, [IN_FLIGHT, LEASE_SECONDS])
        return [Ticket(tenant_id, run_id) for tenant_id, run_id in cursor.fetchall()]


def renew(ticket: Ticket) -> bool:
    """Keep a ticket for another 30 seconds; False when its run has ended."""
    return bool(_rows(ticket).update(lease_until=Now() + timedelta(seconds=LEASE_SECONDS)))


def release(ticket: Ticket) -> None:
    """Give a ticket back, behind the others of its tenant."""
    _rows(ticket).update(lease_until=None, due_at=Now())


def give_back(ticket: Ticket) -> None:
    """Give a ticket back whose message could not be sent; it keeps its place."""
    _rows(ticket).update(lease_until=None)


def close(ticket: Ticket) -> None:
    """The run has ended; nothing looks for it any more."""
    _rows(ticket).delete()


def others_wait(ticket: Ticket) -> bool:
    """Whether another run is due and nobody works on it."""
    return (
        JobTicket.objects.filter(due_at__lte=Now())
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=Now()))
        .exclude(tenant_id=ticket.tenant_id, run_id=ticket.run_id)
        .exists()
    )


def _rows(ticket: Ticket) -> QuerySet[JobTicket]:
    return JobTicket.objects.filter(tenant_id=ticket.tenant_id, run_id=ticket.run_id)
