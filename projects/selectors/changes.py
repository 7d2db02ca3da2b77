"""What has changed since a form was opened, told from the audit trail."""

from typing import Any

from psa.core.audit.models import AuditEntry

_LOCK = "lock_version"
_NOTED = 20


def changed_since(*, record_type: str, record_id: int, lock_version: int) -> str:
    """Who changed what in a record after `lock_version`, as one sentence; never an amount.

    Entries carry the version they led to; those without one (comments, status reports) don't count.
    """
    entries = (
        AuditEntry.objects.filter(record_type=record_type, record_id=record_id)
        .order_by("-id")
        .values_list("actor__name", "changes")[:_NOTED]
    )
    told = []
    for name, changes in entries:
        pair = changes.get(_LOCK)
        if pair is None:
            continue
        if int(pair[1]) <= lock_version:
            break
        told.append(f"{name or 'The system'} changed {_fields(changes)}")
    return "; ".join(reversed(told))


def _fields(changes: dict[str, Any]) -> str:
    parts = []
    for key, (_, after) in changes.items():
        if key == _LOCK:
            continue
        word = key.replace("_", " ")
        hidden = key.endswith("amount") or "rate" in key or after in (None, "")
        parts.append(word if hidden else f"{word} to “{after}”")
    return " and ".join(parts) or "its place in the plan"


def plan_changed_since(*, project_id: int, revision: int) -> str:
    """Who did what to a project's plan after a revision of it, as one sentence."""
    entries = (
        AuditEntry.objects.filter(
            record_type="projects.Project", record_id=project_id, changes__has_key="plan_revision"
        )
        .order_by("-id")
        .values_list("actor__name", "sentence", "changes")[:_NOTED]
    )
    told = []
    for name, sentence, changes in entries:
        if int(changes["plan_revision"][1]) <= revision:
            break
        told.append(f"{name or 'The system'} {sentence}")
    return "; ".join(reversed(told))
