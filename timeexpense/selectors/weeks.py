"""The week grid as a page shows it: rows, cells, days and their totals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from projects import selectors as projects
from projects.models import Project, Task
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from timeexpense.models import EntryState, TimeEntry, WeekUnlock
from timeexpense.policies import EDITABLE
from timeexpense.rules.suggestion import Suggestion
from timeexpense.rules.validation import TimeFact, validate
from timeexpense.rules.week import (
    DayTotal,
    Week,
    WeekTotal,
    deadline_of,
    locked_from,
    totals,
    week_of,
)

from . import people, suggestions, validation_facts
from .suggestions import entries_between

RowKey = tuple[int, int | None, str, str]


def row_key(entry: TimeEntry) -> RowKey:
    """The row of the grid that an entry is in."""
    return (entry.project_id, entry.task_id, entry.activity, entry.billing_type)


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of one row. Several entries in a cell are shown as their sum and not edited here."""

    on: date
    minutes: int = 0
    entry_id: int | None = None
    lock_version: int | None = None
    description: str = ""
    internal_note: str = ""
    state: str = ""
    flags: tuple[str, ...] = ()
    reason: str = ""
    is_editable: bool = True
    is_today: bool = False
    is_off: bool = False
    suggested_minutes: int = 0
    suggested_from: str = ""
    label: str = ""

    @property
    def has_note(self) -> bool:
        return bool(self.description or self.internal_note)


@dataclass(frozen=True, slots=True)
class Row:
    key: str
    project_id: int
    task_id: int | None
    activity: str
    billing_type: str
    task_name: str
    project_name: str
    is_non_chargeable: bool
    cells: tuple[Cell, ...]

    @property
    def minutes(self) -> int:
        return sum(cell.minutes for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Day:
    """A column: what was entered, capacity, and what is special about it."""

    total: DayTotal
    is_today: bool
    off_reason: str

    @property
    def on(self) -> date:
        return self.total.on

    @property
    def share(self) -> int:
        """Entered, per cent of a bar that is full at 125 % of capacity, or at ten hours."""
        full = max(self.total.capacity_minutes * 5 // 4, 600)
        return min(100, self.total.minutes * 100 // full)

    @property
    def is_off(self) -> bool:
        return self.total.capacity_minutes == 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A row that may be added: `value` is "project:task"."""

    value: str
    label: str
    project_name: str


@dataclass(frozen=True, slots=True)
class WeekPage:
    week: Week
    resource_name: str
    days: tuple[Day, ...]
    rows: tuple[Row, ...]
    total: WeekTotal
    choices: tuple[Choice, ...]
    chargeable_minutes: int
    suggested_minutes: int
    state: str
    draft_minutes: int
    submitted_count: int
    deadline_on: date
    deadline_clock: str
    is_locked: bool
    locked_from: date
    last_minutes: int
    last_state: str
    warnings: tuple[str, ...]
    returned: tuple[str, ...]

    @property
    def can_submit(self) -> bool:
        return self.draft_minutes > 0 and not self.is_locked

    @property
    def title(self) -> str:
        first, last = self.week.starts_on, self.week.last_on
        start = f"{first.day}" if first.month == last.month else f"{first.day} {first:%B}"
        return f"{start} to {last.day} {last:%B}"


def week_containing(on: date) -> Week:
    """The tenant's week that a day falls into. One query."""
    return week_of(on, starts_weekday=org.parameters().week_starts_on)


def week_page(
    *,
    resource: Resource,
    on: date,
    today: date,
    added: Sequence[tuple[int, int | None]] = (),
    with_last_week: bool = False,
    with_suggestions: bool = False,
) -> WeekPage:
    """The person's week: rows with entries, those of last week if asked for, and added ones.

    The number of queries does not grow with the number of rows or entries.
    """
    parameters = org.parameters()
    week = week_of(on, starts_weekday=parameters.week_starts_on)
    entries = entries_between(resource, week.previous.starts_on, week.ends_on)
    current = [row for row in entries if row.work_on >= week.starts_on]
    last = [row for row in entries if row.work_on < week.starts_on]
    spec = org.working_spec([resource.pk], week.starts_on, week.ends_on).get(resource.pk)
    capacity = working_time.capacity_by_day(spec, week.starts_on, week.ends_on) if spec else {}
    total = totals(week, entered=[(row.work_on, row.minutes) for row in current], capacity=capacity)
    days = tuple(
        Day(
            one,
            one.on == today,
            (validation_facts.day_off(spec, one.on) or "") if spec else "",
        )
        for one in total.days
    )
    bookable = projects.bookable_projects(
        resource.pk, min(week.last_on, max(today, week.starts_on))
    )
    keys: dict[RowKey, None] = dict.fromkeys(row_key(row) for row in current)
    if with_last_week:
        keys |= dict.fromkeys(row_key(row) for row in last)
    keys |= dict.fromkeys((project_id, task_id, "", "") for project_id, task_id in added)
    found: list[Suggestion] = []
    if with_suggestions:
        found = suggestions.suggested(
            resource,
            week,
            {day.on: day.total for day in days},
            last,
        )
        keys |= dict.fromkeys((row.project_id, row.task_id, "", "") for row in found)
    names = _Names({key[0] for key in keys}, {key[1] for key in keys if key[1] is not None})
    locked_on = locked_from(
        week,
        business_days=parameters.late_lock_business_days,
        weekday=parameters.submission_deadline_weekday,
    )
    locked = today >= locked_on and not _is_unlocked(resource, week)
    said = _said(current)
    rows = _rows(keys, current, days, names, found, said, locked)
    return WeekPage(
        week=week,
        resource_name=resource.name,
        days=days,
        rows=rows,
        total=total,
        choices=_choices(bookable),
        chargeable_minutes=sum(row.minutes for row in rows if not row.is_non_chargeable),
        suggested_minutes=sum(row.minutes for row in found),
        state=state_of(current),
        draft_minutes=sum(row.minutes for row in current if row.state in EDITABLE),
        submitted_count=sum(row.state == EntryState.SUBMITTED for row in current),
        deadline_on=deadline_of(week, weekday=parameters.submission_deadline_weekday),
        deadline_clock="{:02d}:{:02d}".format(*divmod(parameters.submission_deadline_minute, 60)),
        is_locked=locked,
        locked_from=locked_on,
        last_minutes=sum(row.minutes for row in last),
        last_state=state_of(last),
        warnings=_warnings(current, said),
        returned=tuple(
            f"{row.work_on.day} {row.work_on:%b}: {row.return_reason}"
            for row in current
            if row.state == EntryState.RETURNED
        ),
    )


def _is_unlocked(resource: Resource, week: Week) -> bool:
    found: bool = WeekUnlock.objects.filter(
        resource_id=resource.pk, week_starts_on=week.starts_on
    ).exists()
    return found


def state_of(entries: Sequence[TimeEntry]) -> str:
    """One word for a week: the state that still asks something of somebody comes first."""
    states = {row.state for row in entries}
    for state in (EntryState.RETURNED, EntryState.DRAFT, EntryState.SUBMITTED, EntryState.APPROVED):
        if state in states:
            return state.value
    return ""


class _Names:
    """The names of rows: one query, and one more for projects of which no task is named."""

    def __init__(self, project_ids: set[int], task_ids: set[int]) -> None:
        self.projects: dict[int, tuple[str, str, bool]] = {}
        self.tasks: dict[int, tuple[str, str, int]] = {}
        for pk, name, billing_type, project_id, *project in Task.objects.filter(
            id__in=task_ids
        ).values_list(
            "id", "name", "billing_type", "project_id",
            "project__name", "project__account__name", "project__is_internal",
        ):  # fmt: skip
            self.tasks[pk] = (name, billing_type, project_id)
            self.projects[project_id] = (project[0], project[1], project[2])
        if rest := project_ids - self.projects.keys():
            for pk, *project in Project.objects.filter(id__in=rest).values_list(
                "id", "name", "account__name", "is_internal"
            ):
                self.projects[pk] = (project[0], project[1], project[2])

    def knows(self, key: RowKey) -> bool:
        project_id, task_id = key[0], key[1]
        if project_id not in self.projects:
            return False
        return task_id is None or (task_id in self.tasks and self.tasks[task_id][2] == project_id)


def _rows(
    keys: dict[RowKey, None],
    entries: Sequence[TimeEntry],
    days: Sequence[Day],
    names: _Names,
    found: Sequence[Suggestion],
    said: Mapping[int, tuple[str, ...]],
    locked: bool,
) -> tuple[Row, ...]:
    by_cell: dict[tuple[RowKey, date], list[TimeEntry]] = defaultdict(list)
    for entry in entries:
        by_cell[row_key(entry), entry.work_on].append(entry)
    suggested = {(row.project_id, row.task_id, row.on): row for row in found}
    rows = []
    for key in keys:
        if not names.knows(key):
            continue
        project_id, task_id, activity, billing_type = key
        project, account, is_internal = names.projects[project_id]
        task = names.tasks[task_id][0] if task_id is not None else project
        task_billing = names.tasks[task_id][1] if task_id is not None else ""
        words = ", ".join(part for part in (task, activity) if part)
        cells = tuple(
            _cell(
                by_cell.get((key, day.on), []),
                day,
                suggested.get((project_id, task_id, day.on)) if not activity else None,
                said,
                locked,
                f"{words}, {day.on:%a} {day.on.day} {day.on:%b}",
            )
            for day in days
        )
        rows.append(
            Row(
                key=f"{project_id}:{task_id or ''}:{activity}:{billing_type}",
                project_id=project_id,
                task_id=task_id,
                activity=activity,
                billing_type=billing_type,
                task_name=words,
                project_name=" · ".join(part for part in (project, account or "Internal") if part),
                is_non_chargeable=is_internal
                or (billing_type or task_billing) not in ("", "chargeable"),
                cells=cells,
            )
        )
    return tuple(rows)


def _cell(
    entries: Sequence[TimeEntry],
    day: Day,
    proposal: Suggestion | None,
    said: Mapping[int, tuple[str, ...]],
    locked: bool,
    label: str,
) -> Cell:
    if not entries:
        return Cell(
            day.on,
            is_today=day.is_today,
            is_off=day.is_off,
            is_editable=not locked,
            suggested_minutes=proposal.minutes if proposal and not locked else 0,
            suggested_from=proposal.source if proposal else "",
            label=label,
        )
    one = entries[0]
    return Cell(
        day.on,
        minutes=sum(entry.minutes for entry in entries),
        entry_id=one.pk,
        lock_version=one.lock_version,
        description=one.description,
        internal_note=one.internal_note,
        state=one.state,
        flags=tuple(sentence for entry in entries for sentence in said[entry.pk]),
        reason=one.return_reason or one.blocked_reason,
        is_editable=len(entries) == 1 and one.state in EDITABLE and not locked,
        is_today=day.is_today,
        is_off=day.is_off,
        label=label,
    )


def _choices(bookable: Sequence[projects.BookableProject]) -> tuple[Choice, ...]:
    found = []
    for project in bookable:
        named = " · ".join(part for part in (project.name, project.account_name) if part)
        leaves = [task for task in project.tasks if not task.is_summary]
        if not leaves:
            found.append(Choice(f"{project.id}:", project.name, named))
        found += [Choice(f"{project.id}:{task.id}", task.name, named) for task in leaves]
    return tuple(found)


def _said(entries: Sequence[TimeEntry]) -> dict[int, tuple[str, ...]]:
    """What the rules say of drafts now, and what they said of the others when handed in."""
    said = {row.pk: tuple(flag.get("sentence", "") for flag in row.flags) for row in entries}
    drafts = [row for row in entries if row.state in EDITABLE]
    facts = [fact_of(row) for row in drafts]
    found = validate(
        facts,
        facts=validation_facts.gather(facts, leaving_out=[row.pk for row in drafts]),
        switches=people.rule_modes(),
    )
    for row, findings in zip(drafts, found, strict=True):
        said[row.pk] = tuple(finding.sentence for finding in findings)
    return said


def fact_of(row: TimeEntry) -> TimeFact:
    """A stored entry as the rules see it."""
    return TimeFact(
        row.resource_id, row.project_id, row.task_id, row.work_on, row.minutes,
        row.description, row.internal_note, row.billing_type,
    )  # fmt: skip


def _warnings(entries: Sequence[TimeEntry], said: Mapping[int, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            f"{row.work_on:%a} {row.work_on.day} {row.work_on:%b}: {sentence}"
            for row in entries
            for sentence in said[row.pk]
        )
    )


def bookable_choices(*, resource: Resource, on: date) -> tuple[Choice, ...]:
    """What a person may book on, on a day, as choices "project:task". Two queries."""
    return _choices(projects.bookable_projects(resource.pk, on))
