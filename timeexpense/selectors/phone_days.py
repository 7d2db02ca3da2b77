"""What the phone keeps for the time without a network: three weeks, what to book on, and how."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from timeexpense.models import CategoryKind, EntryState, TimeEntry, WeekUnlock
from timeexpense.policies import EDITABLE
from timeexpense.rules.week import Week, locked_from, week_of

from . import rate_tables, validation_facts
from .expenses import CategoryRow, categories_with_kinds
from .rows import Choice, bookable_choices

RECENT = 6


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """One entry as the phone shows it; `state` is "" for a draft."""

    id: int
    version: int
    on: date
    project: int
    task: int | None
    activity: str
    billing: str
    name: str
    project_name: str
    minutes: int
    description: str
    note: str
    state: str
    state_label: str
    reason: str
    is_editable: bool


@dataclass(frozen=True, slots=True)
class PhoneDay:
    on: date
    capacity_minutes: int
    off_reason: str


@dataclass(frozen=True, slots=True)
class PhoneWeek:
    starts_on: date
    number: int
    is_locked: bool
    days: tuple[PhoneDay, ...]
    entries: tuple[PhoneEntry, ...]


@dataclass(frozen=True, slots=True)
class Recent:
    """A row that was booked on lately and still can be."""

    project: int
    task: int | None
    activity: str
    billing: str


@dataclass(frozen=True, slots=True)
class PhoneDays:
    weeks: tuple[PhoneWeek, ...]
    choices: tuple[Choice, ...]
    recent: tuple[Recent, ...]


def phone_days(*, resource: Resource, on: date, today: date) -> PhoneDays:
    """The week that holds `on` with those beside it. The number of queries is constant."""
    parameters = org.parameters()
    middle = week_of(on, starts_weekday=parameters.week_starts_on)
    weeks = (middle.previous, middle, middle.next)
    begins, ends = weeks[0].starts_on, weeks[-1].ends_on
    entries = list(
        TimeEntry.objects.filter(resource_id=resource.pk, work_on__gte=begins, work_on__lt=ends)
        .select_related("project__account", "task")
        .order_by("project__code", "task__position", "work_on", "id")
    )
    unlocked = set(
        WeekUnlock.objects.filter(
            resource_id=resource.pk, week_starts_on__in=[week.starts_on for week in weeks]
        ).values_list("week_starts_on", flat=True)
    )
    spec = org.working_spec([resource.pk], begins, ends).get(resource.pk)
    capacity = working_time.capacity_by_day(spec, begins, ends) if spec else {}
    found = []
    for week in weeks:
        locked_on = locked_from(
            week,
            business_days=parameters.late_lock_business_days,
            weekday=parameters.submission_deadline_weekday,
        )
        is_locked = today >= locked_on and week.starts_on not in unlocked
        days = tuple(
            PhoneDay(
                day,
                capacity.get(day, 0),
                (validation_facts.day_off(spec, day) or "") if spec else "",
            )
            for day in week.days
        )
        found.append(
            PhoneWeek(
                week.starts_on, week.number, is_locked, days, _entries(entries, week, is_locked)
            )
        )
    choices = bookable_choices(resource=resource, on=today)
    return PhoneDays(tuple(found), choices, _recent(resource, choices, today))


@dataclass(frozen=True, slots=True)
class Spending:
    """What an expense may be: categories with their kinds, plain ones first, and what those need.

    `vehicles` are names with their unit, `places` the values of the per diem table with their
    labels. No rate is among them: what a table pays is for the server to say.
    """

    categories: tuple[CategoryRow, ...]
    vehicles: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]


def spending(*, resource: Resource, on: date) -> Spending:
    """At most five queries."""
    categories = categories_with_kinds()
    categories.sort(key=lambda one: one.kind != CategoryKind.STANDARD)
    kinds = {one.kind for one in categories}
    scheme = rate_tables.scheme_of(resource) if kinds - {CategoryKind.STANDARD} else ""
    is_driven = CategoryKind.MILEAGE in kinds
    is_away = bool(kinds & {CategoryKind.PER_DIEM, CategoryKind.LODGING})
    vehicles = rate_tables.mileage_tables(scheme=scheme, on=on) if is_driven else {}
    places = rate_tables.per_diem_tables(scheme=scheme, on=on) if is_away else {}
    return Spending(
        tuple(categories),
        tuple((name, table.unit) for name, table in vehicles.items()),
        tuple((value, table.label) for value, table in places.items()),
    )


def held(*, resource: Resource, entry_ids: Sequence[int]) -> dict[int, TimeEntry]:
    """The person's own entries of these ids, as they stand. One query."""
    if not entry_ids:
        return {}
    return {row.pk: row for row in TimeEntry.objects.filter(resource=resource, pk__in=entry_ids)}


def _entries(entries: Sequence[TimeEntry], week: Week, is_locked: bool) -> tuple[PhoneEntry, ...]:
    found = []
    for row in entries:
        if not week.starts_on <= row.work_on < week.ends_on:
            continue
        task_name = ", ".join(
            part for part in (row.task.name if row.task else row.project.name, row.activity) if part
        )
        customer = row.project.account.name if row.project.account else ""
        project_name = " · ".join(part for part in (row.project.name, customer) if part)
        found.append(
            PhoneEntry(
                row.pk, row.lock_version, row.work_on, row.project_id, row.task_id, row.activity,
                row.billing_type, task_name, project_name, row.minutes, row.description,
                row.internal_note, "" if row.state == EntryState.DRAFT else row.state,
                row.get_state_display(), row.return_reason or row.blocked_reason,
                row.state in EDITABLE and not is_locked,
            )
        )  # fmt: skip
    return tuple(found)


def _recent(resource: Resource, choices: Sequence[Choice], today: date) -> tuple[Recent, ...]:
    """What was booked on in the last four weeks, latest first, as far as it can be booked on."""
    open_rows = {choice.value for choice in choices}
    rows = (
        TimeEntry.objects.filter(
            resource_id=resource.pk, work_on__gt=today - timedelta(days=28), work_on__lte=today
        )
        .order_by("-work_on", "-id")
        .values_list("project_id", "task_id", "activity", "billing_type")[:200]
    )
    latest = dict.fromkeys(row for row in rows if f"{row[0]}:{row[1] or ''}" in open_rows)
    return tuple(Recent(*row) for row in list(latest)[:RECENT])
