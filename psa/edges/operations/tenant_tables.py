"""The tables a tenant's rows lie in, referenced ones first: read from the models, never listed."""

from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter

from django.apps import apps
from django.db import connection, models
from psycopg import sql

from projects.models import Project
from psa.core.access.models import Membership
from psa.core.documents.models import Document
from psa.core.ledger.models import FiscalPeriod
from psa.core.tenancy.models import TenantModel

# Who signs in is the person's own matter: an archive names members by their e-mail alone.
_NOT_ARCHIVED = {(Membership, "user")}
# The tenant's folder in the store is named by its number, which another database may change.
_IN_TENANT_FOLDER = {(Document, "storage_path")}
# A closed period takes no row, whoever asks: it is restored open and closed when all is in. A
# project may be scheduled by a calendar that is the project's own.
HELD_BACK: dict[tuple[type[TenantModel], str], str | None] = {
    (FiscalPeriod, "state"): "open",
    (Project, "plan_calendar"): None,
}


@dataclass(frozen=True, slots=True)
class TenantTable:
    """One table without its tenant column; an archive holds `columns` in this order."""

    name: str
    columns: tuple[str, ...]
    folder_columns: frozenset[str]
    held_back: tuple[tuple[str, str | None], ...]

    def copy_out(self, tenant_id: int) -> sql.Composed:
        """COPY of the tenant's rows as CSV, oldest first; the same rows give the same bytes."""
        return sql.SQL(
            "COPY (SELECT {columns} FROM {table} WHERE tenant_id = {tenant} ORDER BY id) "
            "TO STDOUT (FORMAT csv)"
        ).format(
            columns=sql.SQL(", ").join(self._read(column) for column in self.columns),
            table=sql.Identifier(self.name),
            tenant=sql.Literal(tenant_id),
        )

    def _read(self, column: str) -> sql.Composable:
        if column not in self.folder_columns:
            return sql.Identifier(column)
        return sql.SQL("regexp_replace({}, '^[0-9]+/', '')").format(sql.Identifier(column))

    def insert_from(self, incoming: sql.Identifier, tenant_id: int) -> sql.Composed:
        """INSERT of what was copied into `incoming`, for this tenant; held-back columns open."""
        return sql.SQL(
            "INSERT INTO {table} (tenant_id, {columns}) "
            "SELECT {tenant}, {values} FROM {incoming} ORDER BY id"
        ).format(
            table=sql.Identifier(self.name),
            columns=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            tenant=sql.Literal(tenant_id),
            values=sql.SQL(", ").join(self._write(column, tenant_id) for column in self.columns),
            incoming=incoming,
        )

    def _write(self, column: str, tenant_id: int) -> sql.Composable:
        if column in dict(self.held_back):
            return sql.Literal(dict(self.held_back)[column])
        if column in self.folder_columns:
            return sql.SQL("{} || {}").format(sql.Literal(f"{tenant_id}/"), sql.Identifier(column))
        return sql.Identifier(column)

    def release_from(self, incoming: sql.Identifier, tenant_id: int) -> sql.Composed:
        """UPDATE that gives the held-back columns what the archive says."""
        return sql.SQL(
            "UPDATE {table} t SET {changes} FROM {incoming} i "
            "WHERE t.tenant_id = {tenant} AND t.id = i.id"
        ).format(
            table=sql.Identifier(self.name),
            changes=sql.SQL(", ").join(
                sql.SQL("{0} = i.{0}").format(sql.Identifier(column))
                for column, _ in self.held_back
            ),
            incoming=incoming,
            tenant=sql.Literal(tenant_id),
        )


def tenant_models() -> list[type[TenantModel]]:
    """Every tenant-owned model, each after those that it references from the start.

    Raises  graphlib.CycleError if two tables reference each other: no order could restore them.
    """
    owned = [model for model in apps.get_models() if issubclass(model, TenantModel)]
    references = {
        model: {
            field.related_model
            for field in model._meta.local_fields
            if isinstance(field, models.ForeignKey)
            and field.related_model is not model
            and (model, field.name) not in HELD_BACK
            and issubclass(field.related_model, TenantModel)
        }
        for model in sorted(owned, key=lambda m: m._meta.db_table)
    }
    return list(TopologicalSorter(references).static_order())


@cache
def tenant_tables() -> tuple[TenantTable, ...]:
    """The tables of `tenant_models`, in their order."""
    return tuple(_table_of(model) for model in tenant_models())


def _table_of(model: type[TenantModel]) -> TenantTable:
    fields = [
        field
        for field in model._meta.local_fields
        if field.name != "tenant" and (model, field.name) not in _NOT_ARCHIVED
    ]
    return TenantTable(
        name=model._meta.db_table,
        columns=tuple(str(field.column) for field in fields),
        folder_columns=frozenset(
            str(field.column) for field in fields if (model, field.name) in _IN_TENANT_FOLDER
        ),
        held_back=tuple(
            (str(field.column), HELD_BACK[model, field.name])
            for field in fields
            if (model, field.name) in HELD_BACK
        ),
    )


def schema_state() -> str:
    """The migrations this database stands at, as one text: equal texts, equal tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, max(name) FROM django_migrations GROUP BY app ORDER BY app")
        return " ".join(f"{app}:{name}" for app, name in cursor.fetchall())
