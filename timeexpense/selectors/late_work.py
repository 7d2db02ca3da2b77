"""Work whose own period is closed, and the open one that takes it: told before it is posted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from projects.models import Project
from psa.core.errors import DomainError
from psa.core.ledger import selectors as ledger
from psa.core.ledger.rules.periods import PeriodFact, period_of, posting_slot
from psa.core.org.models import Resource
from timeexpense.models import EntryState, TimeEntry
from timeexpense.rules.week import Week

# A project and a day of work on it.
ProjectDay = tuple[int, date]


@dataclass(frozen=True, slots=True)
class LateSlot:
    """The closed period of the work, and the day on which it posts; None while none is open."""

    period_name: str
    posts_on: date | None


@dataclass(frozen=True, slots=True)
class LateEntry:
    """One entry of a week that posts, or posted, in a later period than it was worked in."""

    on: date
    minutes: int
    project: str
    task: str
    state: str
    slot: LateSlot


def late_slots(days: Collection[ProjectDay]) -> dict[ProjectDay, LateSlot]:
    """Those of these days whose period is closed, with where their work posts. Two queries."""
    if not days:
        return {}
    entity_of = dict(
        Project.objects.filter(id__in={project_id for project_id, _ in days}).values_list(
            "id", "contracting_unit__legal_entity_id"
        )
    )
    calendars = ledger.periods_by_entity(set(entity_of.values()))
    found: dict[ProjectDay, LateSlot] = {}
    for project_id, on in days:
        slot = _slot(calendars.get(entity_of.get(project_id, 0), []), on)
        if slot is not None:
            found[project_id, on] = slot
    return found


def _slot(calendar: Collection[PeriodFact], on: date) -> LateSlot | None:
    periods = list(calendar)
    try:
        own = period_of(periods, on)
    except DomainError:
        return None
    try:
        slot = posting_slot(periods, work_on=on)
    except DomainError:
        return LateSlot(own.name, None)
    return LateSlot(own.name, slot.posting_on) if slot.is_late else None


def late_of_week(*, resource: Resource, week: Week) -> list[LateEntry]:
    """What of a person's week lies in a closed period and is not posted yet. At most three queries."""
    rows = list(
        TimeEntry.objects.filter(
            resource_id=resource.pk, work_on__gte=week.starts_on, work_on__lt=week.ends_on
        )
        .exclude(state=EntryState.APPROVED)
        .order_by("work_on", "id")
        .values_list("project_id", "work_on", "minutes", "project__name", "task__name", "state")
    )
    slots = late_slots({(project_id, on) for project_id, on, *_ in rows})
    return [
        LateEntry(on, minutes, project, task or "", state, slots[project_id, on])
        for project_id, on, minutes, project, task, state in rows
        if (project_id, on) in slots
    ]
