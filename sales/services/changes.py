"""What an edit changes, as the trail stores it."""

from collections.abc import Mapping
from typing import Any

from django.db import models


def apply(record: models.Model, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Set the fields of an unsaved edit; returns field → (from, to) of those that differ."""
    changed = {}
    for field, value in values.items():
        before = getattr(record, field)
        if before != value:
            changed[field] = (before, value)
            setattr(record, field, value)
    return changed


def save(record: models.Model, changed: Mapping[str, Any]) -> None:
    """Write the changed fields and the next lock version, nothing else."""
    if not changed:
        return
    record.lock_version += 1  # type: ignore[attr-defined]
    record.save(update_fields=[*changed, "lock_version"])
