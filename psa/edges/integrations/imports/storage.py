"""Staged rows in bulk: written and marked in one statement each."""

import json
from collections.abc import Sequence

from django.db import connection

from psa.core.documents.tables import TableRow

from .kind_registry import Outcome

BATCH = 10_000


def insert_rows(rows: Sequence[TableRow], *, run_id: int, tenant_id: int) -> None:
    """Stage the rows of a file, waiting to be checked."""
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO imports_importrow "
                "(tenant_id, run_id, number, cells, state, sentence, record_type, key) "
                "SELECT %s, %s, added.number, added.cells, 'waiting', '', '', '' "
                "FROM unnest(%s::int[], %s::jsonb[]) AS added(number, cells)",
                [
                    tenant_id, run_id, [row.number for row in part],
                    [json.dumps(row.cells, ensure_ascii=False) for row in part],
                ],
            )  # fmt: skip


def mark_rows(row_ids: Sequence[int], outcomes: Sequence[Outcome]) -> None:
    """Write what became of each row."""
    for start in range(0, len(row_ids), BATCH):
        part = outcomes[start : start + BATCH]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE imports_importrow r SET state = k.state, sentence = k.sentence, "
                "record_type = k.record_type, record_id = k.record_id, key = k.key "
                "FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], "
                "%s::text[]) AS k(id, state, sentence, record_type, record_id, key) "
                "WHERE r.id = k.id",
                [
                    list(row_ids[start : start + BATCH]), [o.state for o in part],
                    [o.sentence[:400] for o in part], [o.record_type for o in part],
                    [o.record_id for o in part], [o.key for o in part],
                ],
            )  # fmt: skip
