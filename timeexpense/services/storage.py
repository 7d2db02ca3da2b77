"""Entries in bulk: written, and moved from state to state, in one statement each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection

from psa.core.actor import Actor

# Table names are this module's own, never input.
KINDS = {"time": "timeexpense_timeentry", "expense": "timeexpense_expenseentry"}


@dataclass(frozen=True, slots=True)
class NewTime:
    """A time entry that may be stored: everything is decided and proven."""

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


_COLUMNS = (
    ("id", "bigint"), ("resource_id", "bigint"), ("project_id", "bigint"), ("task_id", "bigint"),
    ("role_id", "bigint"), ("activity", "text"), ("billing_type", "text"), ("work_on", "date"),
    ("minutes", "integer"), ("description", "text"), ("internal_note", "text"),
    ("client_key", "uuid"),
)  # fmt: skip
_NAMES = ", ".join(name for name, _ in _COLUMNS)
_ARRAYS = ", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)


def insert_time(entries: Sequence[NewTime], *, tenant_id: int) -> list[int]:
    """Store drafts; returns their ids in order. Two statements."""
    if not entries:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('timeexpense_timeentry', 'id')) "
            "FROM generate_series(1, %s)",
            [len(entries)],
        )
        ids = [row[0] for row in cursor.fetchall()]
        rows = [
            (
                entry_id, e.resource_id, e.project_id, e.task_id, e.role_id, e.activity,
                e.billing_type, e.work_on, e.minutes, e.description, e.internal_note, e.client_key,
            )
            for entry_id, e in zip(ids, entries, strict=True)
        ]  # fmt: skip
        cursor.execute(
            f"INSERT INTO timeexpense_timeentry ({_NAMES}, tenant_id, state, revision, "  # noqa: S608
            "return_reason, blocked_reason, flags, recall_reason, lock_version, billable_reason) "
            f"SELECT {_NAMES}, %s, 'draft', 1, '', '', '[]'::jsonb, '', 1, '' "
            f"FROM unnest({_ARRAYS}) AS added({_NAMES})",
            [tenant_id, *[list(column) for column in zip(*rows, strict=True)]],
        )
    return ids


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
) -> None:
    """One append-only row for each (kind, id, revision). One statement."""
    if not decided:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO timeexpense_approvaldecision (tenant_id, entry_kind, entry_id, revision, "
            "decision, decided_at, decided_by_id, reason, batch_id) "
            "SELECT %s, k.kind, k.id, k.revision, %s, %s, %s, %s, %s "
            "FROM unnest(%s::text[], %s::bigint[], %s::smallint[]) AS k(kind, id, revision)",
            [
                actor.tenant_id, decision, at, actor.membership_id, reason[:400], batch_id,
                *[list(column) for column in zip(*decided, strict=True)],
            ],
        )  # fmt: skip
