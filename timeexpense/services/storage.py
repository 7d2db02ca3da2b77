"""Entries in bulk: written, and moved from state to state, in one statement each."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from psa.core.actor import Actor
from timeexpense.rules.routing import Step
from timeexpense.rules.spans import Span

# Table names are this module's own, never input.
KINDS = {"time": "timeexpense_timeentry", "expense": "timeexpense_expenseentry"}


def among(kind: str, ids: Sequence[int]) -> RawSQL:
    """The filter for many ids as one array: thousands of parameters cost more than the rows."""
    return RawSQL(f"{KINDS[kind]}.id = ANY(%s)", [list(ids)], output_field=BooleanField())


class NewTime(NamedTuple):
    """A row that may be stored as it stands: everything is decided and proven."""

    resource_id: int
    project_id: int
    task_id: int | None
    role_id: int
    activity: str
    billing_type: str
    work_on: date
    minutes: int
    description: str
    internal_note: str
    client_key: UUID | None
    spans: tuple[Span, ...] = ()


# Arrays are written out here and texts go as JSON: a driver's look at each value costs more than
# storing the row.
_PLAIN = (
    ("id", "bigint"), ("resource_id", "bigint"), ("project_id", "bigint"), ("task_id", "bigint"),
    ("role_id", "bigint"), ("work_on", "date"), ("minutes", "integer"), ("client_key", "uuid"),
)  # fmt: skip
_TEXTS = ("activity", "billing_type", "description", "internal_note", "spans")
_NAMES = ", ".join((*(name for name, _ in _PLAIN), *_TEXTS))
_SELECTED = _NAMES.removesuffix("spans") + "spans::jsonb"
_ROWS = ", ".join(
    (*(f"unnest(%s::{kind}[])" for _, kind in _PLAIN), *["json_array_elements_text(%s::json)"] * 5)
)


def _array(values: Iterable[object]) -> str:
    """Numbers, dates and UUIDs as PostgreSQL writes an array; none of them needs quotes."""
    return "{" + ",".join(["NULL" if one is None else str(one) for one in values]) + "}"


def insert_time(entries: Sequence[NewTime], *, tenant_id: int) -> list[int]:
    """Store drafts; returns their ids in order. Two statements."""
    if not entries:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            # The sequence is looked up once, not once a row.
            "SELECT nextval(s.name) FROM (SELECT pg_get_serial_sequence("
            "'timeexpense_timeentry', 'id')::regclass AS name OFFSET 0) s, generate_series(1, %s)",
            [len(entries)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        columns: dict[str, Iterable[object]] = dict(
            zip(NewTime._fields, zip(*entries, strict=True), strict=True)
        )
        columns |= {"id": ids, "spans": [json.dumps(e.spans) if e.spans else "[]" for e in entries]}
        cursor.execute(
            f"INSERT INTO timeexpense_timeentry ({_NAMES}, tenant_id, state, revision, "  # noqa: S608
            "return_reason, blocked_reason, flags, recall_reason, lock_version, billable_reason) "
            f"SELECT {_SELECTED}, %s, 'draft', 1, '', '', '[]'::jsonb, '', 1, '' "
            f"FROM ROWS FROM ({_ROWS}) AS added({_NAMES})",
            [tenant_id, *(_array(columns[name]) for name, _ in _PLAIN),
             *(json.dumps(columns[name]) for name in _TEXTS)],
        )  # fmt: skip
    return ids


def entries_by_key(keys: Collection[UUID]) -> dict[UUID | None, tuple[int, int]]:
    """The entry and person of each client key that is stored. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT client_key, id, resource_id FROM timeexpense_timeentry "
            "WHERE client_key = ANY(%s::uuid[])",
            [_array(keys)],
        )
        return {key: (entry_id, resource_id) for key, entry_id, resource_id in cursor.fetchall()}


def mark_submitted(
    kind: str, flags_by_id: dict[int, list[dict[str, str]]], *, at: datetime
) -> None:
    """Drafts and returned entries become submitted, with what the approver should see."""
    if not flags_by_id:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {KINDS[kind]} e SET state = 'submitted', submitted_at = %s, "  # noqa: S608
            "flags = k.flags, blocked_reason = '', return_reason = '', decided_at = NULL, "
            "decided_by_id = NULL, lock_version = e.lock_version + 1 "
            "FROM unnest(%s::bigint[], %s::jsonb[]) AS k(id, flags) WHERE e.id = k.id",
            [at, list(flags_by_id), [json.dumps(flags) for flags in flags_by_id.values()]],
        )


def send_on(kind: str, step_by_id: dict[int, Step]) -> None:
    """Say whose decision submitted entries wait for. One statement; those it is told of already
    are left alone.
    """
    if not step_by_id:
        return
    steps = list(step_by_id.values())
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {KINDS[kind]} e SET awaits = k.awaits, route_id = k.route_id, "  # noqa: S608
            "level = k.level FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::smallint[]) "
            "AS k(id, awaits, route_id, level) WHERE e.id = k.id AND "
            "(e.awaits, e.route_id, e.level) IS DISTINCT FROM (k.awaits, k.route_id, k.level)",
            [
                list(step_by_id),
                [step.awaits for step in steps],
                [step.route_id for step in steps],
                [step.level for step in steps],
            ],
        )


def mark_blocked(kind: str, reasons: dict[int, str]) -> None:
    """Submitted entries stay so, with the reason why an approval was not carried out."""
    if not reasons:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {KINDS[kind]} e SET blocked_reason = k.reason, "  # noqa: S608
            "lock_version = e.lock_version + 1 "
            "FROM unnest(%s::bigint[], %s::text[]) AS k(id, reason) WHERE e.id = k.id",
            [list(reasons), [reason[:400] for reason in reasons.values()]],
        )


def mark_approved(kind: str, entry_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Submitted entries become approved. One statement."""
    if not entry_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {KINDS[kind]} SET state = 'approved', decided_at = %s, decided_by_id = %s, "  # noqa: S608
            "blocked_reason = '', recall_reason = '', lock_version = lock_version + 1 "
            "WHERE id = ANY(%s)",
            [at, actor.membership_id, list(entry_ids)],
        )


def set_billable(adjusted: dict[int, tuple[int | None, str]]) -> None:
    """What the approver bills of time entries, and why. One statement."""
    if not adjusted:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE timeexpense_timeentry e SET billable_minutes = k.minutes, "
            "billable_reason = k.reason "
            "FROM unnest(%s::bigint[], %s::integer[], %s::text[]) AS k(id, minutes, reason) "
            "WHERE e.id = k.id",
            [
                list(adjusted),
                [minutes for minutes, _ in adjusted.values()],
                [reason for _, reason in adjusted.values()],
            ],
        )


def record_decisions(
    decided: Sequence[tuple[str, int, int]],
    *,
    decision: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    batch_id: int | None = None,
    reasons: Sequence[str] | None = None,
    stands_in_for: Sequence[int | None] | None = None,
) -> None:
    """One append-only row for each (kind, id, revision). One statement.

    `reason` is of all, or `reasons` are of each; `stands_in_for` says for whom a deputy decided.
    """
    if not decided:
        return
    columns = [list(column) for column in zip(*decided, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeexpense_approvaldecision (tenant_id, entry_kind, entry_id, revision, "
            "decision, decided_at, decided_by_id, reason, batch_id, stands_in_for_id) "
            "SELECT %s, k.kind, k.id, k.revision, %s, %s, %s, COALESCE(k.reason, %s), %s, k.deputy "
            "FROM unnest(%s::text[], %s::bigint[], %s::smallint[], %s::text[], %s::bigint[]) "
            "AS k(kind, id, revision, reason, deputy)",
            [
                actor.tenant_id, decision, at, actor.membership_id, reason[:400], batch_id,
                *columns, [one[:400] for one in reasons] if reasons else [],
                list(stands_in_for) if stands_in_for else [],
            ],
        )  # fmt: skip
