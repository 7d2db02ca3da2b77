"""Changes of working time, told from the audit trail, and the plans that count by them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psa.core.audit.models import AuditEntry
from psa.core.org.models import Resource, ResourceCalendar, WorkCalendar

from .. import policies
from ..models import Assignment, Project, Task

CALENDAR: Final = "org.WorkCalendar"
PERSON: Final = "org.Resource"
_SAVED: Final = "org.person_saved"
EVENTS: Final = (
    "org.person_calendar_changed", _SAVED, "org.calendar_saved", "org.calendar_day_set",
    "org.holidays_imported",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CalendarChange:
    """An entry of the trail: whose working time changed, or which calendar did; `because` names it
    after “because of”."""

    entry_id: int
    record_type: str
    record_id: int
    because: str


def calendar_changes(*, since: datetime) -> list[CalendarChange]:
    """What changed working time since an instant, oldest first. Three queries at most."""
    entries = [
        (entry_id, kind, record_id, changes)
        for entry_id, kind, record_id, event, changes in AuditEntry.objects.filter(
            record_type__in=(CALENDAR, PERSON), event__in=EVENTS, recorded_at__gte=since
        )
        .order_by("id")
        .values_list("id", "record_type", "record_id", "event", "changes")
        if event != _SAVED or "calendar_id" in changes
    ]
    people = _names(Resource, (pk for _, kind, pk, _ in entries if kind == PERSON))
    calendars = _names(WorkCalendar, (pk for _, kind, pk, _ in entries if kind == CALENDAR))
    found = []
    for entry_id, kind, record_id, changes in entries:
        if kind == CALENDAR:
            because = f"changed days or hours of {calendars.get(record_id, 'a calendar')}"
        else:
            what = "leave" if "days_off" in changes else "other working hours"
            because = f"{what} of {people.get(record_id, 'somebody')}"
        found.append(CalendarChange(entry_id, kind, record_id, because))
    return found


def _names(model: type[Resource] | type[WorkCalendar], ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    return dict(model.objects.filter(id__in=wanted).values_list("id", "name")) if wanted else {}


def plans_by_change(changes: Sequence[CalendarChange]) -> dict[int, list[CalendarChange]]:
    """Which scheduled plans that are not over count by what changed, by project. Six queries."""
    calendars = {one.record_id for one in changes if one.record_type == CALENDAR}
    people = {one.record_id for one in changes if one.record_type == PERSON}
    working_by = _working_by(calendars)
    live = Project.objects.filter(
        status__in=policies.PLANNED, scheduled_start_at__isnull=False
    ).values("id")
    uses: dict[tuple[str, int], set[int]] = defaultdict(set)
    if calendars:
        for project_id, calendar_id in Project.objects.filter(
            id__in=live, calendar_id__in=calendars, plan_calendar__isnull=True
        ).values_list("id", "calendar_id"):
            uses[CALENDAR, calendar_id].add(project_id)
        for project_id, calendar_id in (
            Task.objects.filter(project_id__in=live, calendar_id__in=calendars)
            .values_list("project_id", "calendar_id")
            .distinct()
        ):
            uses[CALENDAR, calendar_id].add(project_id)
    everybody = people.union(*working_by.values())
    if everybody:
        for project_id, person in (
            Assignment.objects.filter(
                task__project_id__in=live, resource_id__in=everybody, task__is_completed=False
            )
            .values_list("task__project_id", "resource_id")
            .distinct()
        ):
            uses[PERSON, person].add(project_id)
            for calendar_id, members in working_by.items():
                if person in members:
                    uses[CALENDAR, calendar_id].add(project_id)
    found: dict[int, list[CalendarChange]] = defaultdict(list)
    for one in changes:
        for project_id in sorted(uses[one.record_type, one.record_id]):
            found[project_id].append(one)
    return found


def _working_by(calendar_ids: Collection[int]) -> Mapping[int, set[int]]:
    """Who works by each of these calendars, now or at some time."""
    found: dict[int, set[int]] = defaultdict(set)
    if not calendar_ids:
        return found
    for person, calendar_id in Resource.objects.filter(calendar_id__in=calendar_ids).values_list(
        "id", "calendar_id"
    ):
        found[calendar_id].add(person)
    for person, calendar_id in ResourceCalendar.objects.filter(
        calendar_id__in=calendar_ids
    ).values_list("resource_id", "calendar_id"):
        found[calendar_id].add(person)
    return found
