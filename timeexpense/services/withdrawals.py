"""Taking back time that was entered in bulk by mistake, while nobody has touched it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from timeexpense.models import EntryState, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import validation


@transaction.atomic
def withdraw_time(*, entry_ids: Sequence[int], actor: Actor, at: datetime) -> dict[int, str]:
    """Delete drafts as they were entered; a sentence for each that stays. Two statements.

    What was submitted, edited or approved stays: it is its person's by now. What is gone already
    is no failure.
    Raises  PermissionDenied without the permission to enter for others.
    """
    actor.require(TimeExpensePermission.ENTER_FOR_OTHERS)
    rows = (
        TimeEntry.objects.select_for_update(of=("self",))
        .filter(pk__in=list(entry_ids))
        .order_by("pk")
        .values_list("pk", "state", "lock_version", "revision", "work_on")
    )
    kept: dict[int, str] = {}
    untouched: list[int] = []
    for pk, state, lock_version, revision, work_on in rows:
        if state != EntryState.DRAFT:
            kept[pk] = f"The entry of {validation.day(work_on)} is {state} by now; it stays."
        elif lock_version != 1 or revision != 1:
            kept[pk] = f"The entry of {validation.day(work_on)} was changed since; it stays."
        else:
            untouched.append(pk)
    TimeEntry.objects.filter(pk__in=untouched).delete()
    return kept
