"""A tenant out of an archive, proven equal to what was exported."""

import hashlib
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from psycopg import sql

from psa.core.access import actors
from psa.core.access.models import Membership, User
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.jobs.models import JobRun
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations import archive
from psa.edges.operations.archive import ArchivedTable, Manifest
from psa.edges.operations.services.exporting import csv_of
from psa.edges.operations.tenant_figures import tenant_figures
from psa.edges.operations.tenant_tables import TenantTable, schema_state, tenant_tables

_UNFINISHED = (JobRun.State.QUEUED, JobRun.State.RUNNING)


class NotReconciled(DomainError):
    """What was restored is not what was exported; nothing of it was kept."""


def restore_tenant(*, path: Path, slug: str | None, at: datetime) -> tuple[Tenant, Manifest]:
    """Bring an archive's tenant back, suspended, in one transaction, and prove it.

    Row numbers are kept, so that every reference, trail and exported journal stays true; the
    database must therefore have them free. Each table is read back and must hash to what was
    exported, and the figures must agree, or nothing is kept. Members keep their places; who has
    no account here gets one without a password. Unfinished jobs are cancelled: they may have gone
    on where the archive came from.
    Needs the tables' owner (row numbers continue after the restored ones).
    Raises  DamagedArchive; Conflict if the short name or the row numbers are taken; DomainError
            for another version of the schema; NotReconciled.
    """
    with archive.reading(path) as reader, ExitStack() as undo:
        manifest = reader.manifest
        _check_same_schema(manifest)
        chosen = slug or manifest.slug
        try:
            with transaction.atomic():
                tenant = _make_tenant(manifest, chosen)
                with tenant_scope(tenant.pk):
                    _restore_rows(reader, tenant.pk)
                    _restore_documents(reader, tenant.pk, undo)
                    _link_members(manifest)
                    _check_equal(manifest, tenant.pk)
                    _cancel_unfinished_jobs(at)
                    _record(tenant, manifest, at)
        except IntegrityError as error:
            raise Conflict(_conflict(error, manifest)) from error
        undo.pop_all()  # all is committed: the documents stay
    return tenant, manifest


def _check_same_schema(manifest: Manifest) -> None:
    if manifest.schema != schema_state():
        raise DomainError(
            "The archive was made by another version of the application. Bring this database to "
            "that version (manage.py migrate), or export the tenant again from an upgraded one."
        )


def _make_tenant(manifest: Manifest, slug: str) -> Tenant:
    if Tenant.objects.filter(slug=slug).exists():
        raise Conflict(f"There is a tenant “{slug}” already. Choose another name with --slug.")
    fields: dict[str, Any] = dict(manifest.tenant)
    fields["created_at"] = datetime.fromisoformat(str(fields["created_at"]))
    return Tenant.objects.create(slug=slug, status=Tenant.Status.SUSPENDED, **fields)


def _restore_rows(reader: archive.ArchiveReader, tenant_id: int) -> None:
    archived = {table.name: table for table in reader.manifest.tables}
    held_back = []
    with connection.cursor() as cursor:
        for number, table in enumerate(tenant_tables()):
            source = archived[table.name]
            if not source.rows:
                continue
            incoming = sql.Identifier(f"incoming_{number}")
            _copy_in(cursor, reader, table, source, incoming)
            cursor.execute(table.insert_from(incoming, tenant_id))
            _continue_numbers(cursor, table, incoming)
            if table.held_back:
                held_back.append((table, incoming))
            else:
                cursor.execute(sql.SQL("DROP TABLE {}").format(incoming))
        # Deferred triggers look at periods; they must do so while these are open.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for table, incoming in held_back:
            cursor.execute(table.release_from(incoming, tenant_id))


def _copy_in(
    cursor: Any,
    reader: archive.ArchiveReader,
    table: TenantTable,
    source: ArchivedTable,
    incoming: sql.Identifier,
) -> None:
    """COPY into a temporary table: PostgreSQL refuses it into one with row security."""
    cursor.execute(
        sql.SQL("CREATE TEMPORARY TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(
            incoming,
            sql.SQL(", ").join(map(sql.Identifier, table.columns)),
            sql.Identifier(table.name),
        )
    )
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT csv)").format(
        incoming, sql.SQL(", ").join(map(sql.Identifier, source.columns))
    )
    with cursor.copy(statement) as rows:
        for piece in reader.table(source):
            rows.write(piece)


def _continue_numbers(cursor: Any, table: TenantTable, incoming: sql.Identifier) -> None:
    cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table.name])
    sequence = cursor.fetchone()[0]
    cursor.execute(
        sql.SQL(
            "SELECT setval(%s, GREATEST((SELECT max(id) FROM {}), (SELECT last_value FROM {})))"
        ).format(incoming, sql.SQL(sequence)),
        [sequence],
    )


def _restore_documents(reader: archive.ArchiveReader, tenant_id: int, undo: ExitStack) -> None:
    for sha256 in reader.manifest.documents:
        path = f"{tenant_id}/{sha256[:2]}/{sha256}"
        content = b"".join(reader.document(sha256))
        if not default_storage.exists(path):
            default_storage.save(path, ContentFile(content))
            undo.callback(default_storage.delete, path)


def _link_members(manifest: Manifest) -> None:
    emails = set(manifest.sign_ins.values())
    known = dict(User.objects.filter(email__in=emails).values_list("email", "pk"))
    for email in sorted(emails - known.keys()):
        known[email] = User.objects.create_user(email).pk
    for member in Membership.objects.filter(pk__in=map(int, manifest.sign_ins)):
        member.user_id = known[member.email]
        member.save(update_fields=["user"])


def _check_equal(manifest: Manifest, tenant_id: int) -> None:
    archived = {table.name: table.sha256 for table in manifest.tables}
    for table in tenant_tables():
        digest = hashlib.sha256()
        for piece in csv_of(table, tenant_id):
            digest.update(piece)
        if digest.hexdigest() != archived[table.name]:
            raise NotReconciled(f"“{table.name}” does not read back as it was exported.")
    restored = tenant_figures()
    differing = [name for name in manifest.figures if manifest.figures[name] != restored.get(name)]
    if differing:
        raise NotReconciled(f"The figures do not agree: {', '.join(differing)}.")


def _cancel_unfinished_jobs(at: datetime) -> None:
    JobRun.objects.filter(state__in=_UNFINISHED).update(
        state=JobRun.State.CANCELLED,
        finished_at=at,
        message="Cancelled when the firm was restored; start it again if it is still wanted.",
    )


def _record(tenant: Tenant, manifest: Manifest, at: datetime) -> None:
    audit.record(
        actor=actors.for_operator(tenant.pk),
        at=at,
        event="operations.tenant_restored",
        record_type="tenancy.Tenant",
        record_id=tenant.pk,
        sentence=f"Restored from the archive of {manifest.exported_at}.",
    )


def _conflict(error: IntegrityError, manifest: Manifest) -> str:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if constraint.endswith("_pkey"):
        return (
            f"This database has rows with the numbers of “{manifest.slug}” already ({constraint}). "
            "Restore into a database of its own, or where the tenant was removed from."
        )
    return f"The archive does not fit this database: {error}"
