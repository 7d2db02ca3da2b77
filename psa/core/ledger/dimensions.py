"""The dimensions of an actual that point up into rooms, and the tables that prove them.

Rooms register their table when they are ready; the one door checks the distinct ids of a batch
against it, in one statement per dimension. Row security hides other tenants' rows, so that an id
of another tenant is unknown here.
"""

from collections.abc import Iterable

from django.db import connection

from psa.core.errors import DomainError

# The column that people know a record by; tables not named here have no short name.
_NAME_COLUMNS: dict[str, str] = {
    "project_id": "code",
    "contract_id": "number",
    "account_id": "name",
    "contracting_unit_id": "name",
    "resourcing_unit_id": "name",
    "resource_id": "name",
    "role_id": "name",
    "category_id": "name",
    "legal_entity_id": "code",
    "contract_line_id": "name",
    "task_id": "name",
}

_tables: dict[str, str] = {
    "legal_entity_id": "org_legalentity",
    "contracting_unit_id": "org_orgunit",
    "resourcing_unit_id": "org_orgunit",
    "resource_id": "org_resource",
    "role_id": "org_jobrole",
    "category_id": "org_transactioncategory",
}


class UnknownDimension(DomainError):
    """An actual names a record that does not exist in this tenant."""


def register(dimension: str, table: str) -> None:
    """Tell which table holds the records that a dimension of ``Actual`` names."""
    _tables[dimension] = table


def registered() -> dict[str, str]:
    """Every dimension and its table, for the batch check and the nightly proof."""
    return dict(_tables)


def check(ids_by_dimension: dict[str, Iterable[int]]) -> None:
    """Refuse ids that are not this tenant's. One query for the whole batch.

    Raises  UnknownDimension naming the dimension and one id.
    """
    parts, parameters = [], []
    for dimension, ids in sorted(ids_by_dimension.items()):
        wanted = sorted(set(ids))
        table = _tables.get(dimension)
        if not wanted or table is None:
            continue
        # Dimension and table come from the register above, never from input.
        parts.append(
            f"SELECT '{dimension}', w.id FROM unnest(%s::bigint[]) AS w(id) "  # noqa: S608
            f"WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = w.id)"
        )
        parameters.append(wanted)
    if not parts:
        return
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts) + " LIMIT 1", parameters)
        missing = cursor.fetchone()
    if missing:
        name = missing[0].removesuffix("_id").replace("_", " ")
        raise UnknownDimension(f"There is no {name} {missing[1]} here. Nothing was posted.")


def names(dimension: str, ids: Iterable[int | None]) -> dict[int, str]:
    """What people call these records of a dimension: project code, contract number, unit name.

    One query; ids that are not this tenant's are left out.
    """
    wanted = sorted({i for i in ids if i is not None})
    table, column = _tables.get(dimension), _NAME_COLUMNS.get(dimension)
    if not wanted or table is None or column is None:
        return {}
    with connection.cursor() as cursor:
        # Table and column come from the registers above, never from input.
        cursor.execute(
            f"SELECT id, {column} FROM {table} WHERE id = ANY(%s::bigint[])",  # noqa: S608
            [wanted],
        )
        return dict(cursor.fetchall())


def unknown_ids() -> dict[str, list[int]]:
    """Dimension → ids that actuals name and no table holds: what the nightly proof asks.

    One statement per dimension, over the distinct ids of all actuals; up to 20 ids each.
    """
    found: dict[str, list[int]] = {}
    with connection.cursor() as cursor:
        for dimension, table in sorted(_tables.items()):
            cursor.execute(
                f"SELECT w.id FROM (SELECT DISTINCT {dimension} AS id FROM ledger_actual) w "  # noqa: S608
                f"WHERE w.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = w.id) "
                "ORDER BY w.id LIMIT 20"
            )
            found[dimension] = [row[0] for row in cursor.fetchall()]
    return found
