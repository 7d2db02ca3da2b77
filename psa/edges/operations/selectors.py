"""What the installation's operator sees: counts and states of all firms, never their content."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Count, Q

from psa.core.access.models import Membership
from psa.core.jobs.models import JobRun, JobTicket
from psa.core.ledger.models import ProofRun
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations.models import BackupMade, Operator

_RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FirmRow:
    """One firm in figures."""

    slug: str
    status: str
    members: int
    waiting: int
    running: int
    failed: int
    """Runs that failed within the last seven days."""
    proven_at: datetime | None
    is_proven: bool | None
    """Whether every entity's last proof of the ledger came out; None without any."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The whole installation in figures."""

    version: str
    revision: str
    unapplied_migrations: int
    database_version: str
    database_bytes: int
    sessions: int
    due: int
    leased: int
    oldest_due_at: datetime | None
    last_backup: BackupMade | None
    firms: list[FirmRow]

    @property
    def failed(self) -> int:
        return sum(firm.failed for firm in self.firms)


def is_operator(user_id: int | None) -> bool:
    """Whether this person may see the installation's page."""
    return user_id is not None and Operator.objects.filter(user_id=user_id).exists()


def installation(*, at: datetime) -> Installation:
    """The figures of now. Each firm is asked in its own scope, so that no door past them exists."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), pg_database_size(current_database()), "
            "(SELECT count(*) FROM pg_stat_activity WHERE usename = current_user)"
        )
        database_version, size, sessions = cursor.fetchone()
    due = JobTicket.objects.filter(due_at__lte=at)
    queue = due.aggregate(due=Count("id"), leased=Count("id", filter=Q(lease_until__gte=at)))
    waiting = due.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at)).order_by("due_at")
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Installation(
        version=settings.VERSION,
        revision=settings.REVISION,
        unapplied_migrations=len(plan),
        database_version=database_version.split()[0],
        database_bytes=size,
        sessions=sessions,
        due=queue["due"],
        leased=queue["leased"],
        oldest_due_at=waiting.values_list("due_at", flat=True).first(),
        last_backup=BackupMade.objects.order_by("-made_at").first(),
        firms=[_firm(tenant, at) for tenant in Tenant.objects.order_by("slug")],
    )


def _firm(tenant: Tenant, at: datetime) -> FirmRow:
    with tenant_scope(tenant.pk):
        runs = JobRun.objects.aggregate(
            waiting=Count("id", filter=Q(state=JobRun.State.QUEUED)),
            running=Count("id", filter=Q(state=JobRun.State.RUNNING)),
            failed=Count("id", filter=Q(state=JobRun.State.FAILED, finished_at__gte=at - _RECENT)),
        )
        proofs = list(
            ProofRun.objects.order_by("legal_entity_id", "-id")
            .distinct("legal_entity_id")
            .values_list("run_at", "is_proven")
        )
        members = Membership.objects.filter(is_active=True).count()
    return FirmRow(
        slug=tenant.slug,
        status=tenant.status,
        members=members,
        proven_at=min((run_at for run_at, _ in proofs), default=None),
        is_proven=all(proven for _, proven in proofs) if proofs else None,
        **runs,
    )
