"""A tenant into an archive."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.core.files.storage import default_storage
from django.db import connection, transaction
from psycopg import sql

from psa.core.access.models import Membership
from psa.core.documents.models import Document
from psa.core.errors import NotFound
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations import archive
from psa.edges.operations.archive import ArchivedTable, Manifest
from psa.edges.operations.tenant_figures import tenant_figures
from psa.edges.operations.tenant_tables import TenantTable, schema_state, tenant_tables

TENANT_FIELDS = ("name", "accent", "locale", "currency", "is_demo", "created_at")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One table of one moment: how many rows, and the hash of their CSV."""

    rows: int
    sha256: str


def export_tenant(*, slug: str, path: Path, at: datetime) -> Manifest:
    """Write everything the tenant owns into one archive, as it stood at one moment.

    One snapshot (repeatable read) serves all tables; work goes on meanwhile. Passwords, second
    factors and sessions are people's own and are not in it.
    Raises  NotFound without such a tenant; DomainError if a stored document is damaged or gone.
    """
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise NotFound(f"There is no tenant “{slug}”.")
    with transaction.atomic(), archive.writing(path) as writer:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        with tenant_scope(tenant.pk):
            manifest = Manifest(
                slug=tenant.slug,
                tenant={name: _plain(getattr(tenant, name)) for name in TENANT_FIELDS},
                exported_at=at.isoformat(),
                schema=schema_state(),
                sign_ins=_sign_ins(),
                figures=tenant_figures(),
            )
            for table in tenant_tables():
                manifest.tables.append(_add_table(writer, table, tenant.pk))
            manifest.documents = _add_documents(writer)
            writer.finish(manifest)
    return manifest


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _sign_ins() -> dict[str, str]:
    members = Membership.objects.filter(user__isnull=False).order_by("pk")
    return {str(pk): email for pk, email in members.values_list("pk", "email")}


def _add_table(writer: archive.ArchiveWriter, table: TenantTable, tenant_id: int) -> ArchivedTable:
    return writer.add_table(
        table.name, table.columns, row_count(table, tenant_id), csv_of(table, tenant_id)
    )


def row_count(table: TenantTable, tenant_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT count(*) FROM {} WHERE tenant_id = %s").format(
                sql.Identifier(table.name)
            ),
            [tenant_id],
        )
        return int(cursor.fetchone()[0])


def csv_of(table: TenantTable, tenant_id: int) -> Iterator[bytes]:
    """The tenant's rows as an archive holds them."""
    with connection.cursor() as cursor, cursor.copy(table.copy_out(tenant_id)) as rows:
        for piece in rows:
            yield bytes(piece)


def _add_documents(writer: archive.ArchiveWriter) -> list[str]:
    stored = dict(Document.objects.order_by("sha256").values_list("sha256", "storage_path"))
    for sha256, path in stored.items():
        with default_storage.open(path) as file:
            writer.add_document(sha256, file.chunks())
    return list(stored)
