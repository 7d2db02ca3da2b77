"""What a change of a plan would do: the change itself, rolled back. There is no second scheduler."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor

from .plan_changes import Edit, PlanChanged, change_plan


class _RolledBack(Exception):
    """Ends a preview: its rows, its trail and its locks are undone."""


def preview_change(
    *,
    project_id: int,
    edits: Sequence[Edit],
    actor: Actor,
    at: datetime,
    revision: int | None = None,
) -> PlanChanged:
    """What `change_plan` would answer. Nothing is kept. Raises  as it does."""
    try:
        with transaction.atomic():
            done = change_plan(
                project_id=project_id, edits=edits, actor=actor, at=at, revision=revision
            )
            raise _RolledBack
    except _RolledBack:
        return done
