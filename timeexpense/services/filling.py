"""Filling a week at once: copied from the last one, or as suggested; and taking that back."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit.wording import counted
from psa.core.errors import DomainError
from psa.core.org import selectors as org
from psa.core.org.rules.working_time import CalendarSpec
from psa.core.web import undo
from timeexpense.models import EntryState, TimeEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.week import Week, week_of
from timeexpense.selectors import copying, people, suggestions, validation_facts
from timeexpense.selectors.rows import usual_roles

from . import time_entries
from .time_entries import TimeDraft, TimeOutcome

UNDO = "timeexpense.filled"


def copy_last_week(
    *,
    week_starts_on: date,
    actor: Actor,
    at: datetime,
    rows: Collection[str] | None = None,
) -> list[TimeOutcome]:
    """Enter last week's rows with their hours again, as drafts, in cells that are still empty.

    `rows` are keys of those to copy; None copies all. Days of leave and holidays are left out.
    Comments stay behind: they told of other work.
    Raises  DomainError when last week is empty, or no row was chosen.
    Source  docs/rules/timeexpense.md, T-15.
    """
    me = people.my_resource(actor)
    week = week_of(week_starts_on, starts_weekday=org.parameters().week_starts_on)
    entries = suggestions.entries_between(me, week.previous.starts_on, week.ends_on)
    last = [row for row in entries if row.work_on < week.starts_on]
    if not last:
        raise DomainError("Last week has no entries that could be copied.")
    spec = org.working_spec([me.pk], week.starts_on, week.ends_on).get(me.pk)
    found = copying.hours_to_copy(
        week,
        last=last,
        current=[row for row in entries if row.work_on >= week.starts_on],
        usual=usual_roles(me, {row.project_id for row in entries}),
        days_off=_days_off(week, spec),
    )
    chosen = {key: days for key, days in found.items() if rows is None or key.text in rows}
    if not chosen:
        raise DomainError("Choose at least one row of last week.")
    wanted = [
        TimeDraft(
            me.pk, key.project_id, on, minutes, key.task_id, key.role_id,
            activity=key.activity, billing_type=key.billing_type,
        )
        for key, days in chosen.items()
        for on, minutes in days.items()
    ]  # fmt: skip
    return time_entries.enter_time(entries=wanted, actor=actor, at=at)


def _days_off(week: Week, spec: CalendarSpec | None) -> set[date]:
    if spec is None:
        return set()
    return {on for on in week.days if validation_facts.day_off(spec, on) is not None}


def accept_suggestions(*, week_starts_on: date, actor: Actor, at: datetime) -> list[TimeOutcome]:
    """Enter what `suggestions.suggestions_of` proposes for the actor's week, as drafts."""
    me = people.my_resource(actor)
    found = suggestions.suggestions_of(resource=me, week_starts_on=week_starts_on)
    if not found:
        raise DomainError("There is nothing to suggest: no assignment and no earlier weeks.")
    drafts = [TimeDraft(me.pk, row.project_id, row.on, row.minutes, row.task_id) for row in found]
    return time_entries.enter_time(entries=drafts, actor=actor, at=at)


def undo_payload(done: Sequence[TimeOutcome]) -> dict[str, Any]:
    """What takes these entries back, in one step."""
    return {"entries": [one.entry_id for one in done if one.entry_id is not None]}


@transaction.atomic
def empty_filled(*, payload: dict[str, Any], actor: Actor, at: datetime) -> str:
    """Take back what a copy or a suggestion entered; what was changed since stays.

    Raises  DomainError when all of it was changed, submitted or removed meanwhile.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    rows = (
        TimeEntry.objects.select_for_update(of=("self",))
        .filter(
            pk__in=payload["entries"],
            resource_id=me.pk,
            state=EntryState.DRAFT,
            lock_version=1,
            revision=1,
        )
        .order_by("pk")
    )
    untouched = [row.pk for row in rows]
    if not untouched:
        raise DomainError("These entries were changed or handed in meanwhile; they stay.")
    TimeEntry.objects.filter(pk__in=untouched).delete()
    return f"Took {counted(len(untouched), 'entry', 'entries')} back."


undo.register(UNDO, empty_filled)
