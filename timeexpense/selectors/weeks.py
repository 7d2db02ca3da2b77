"""The week grid as a page shows it: rows, cells, days and their totals."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from projects import selectors as projects
from psa.core.org import selectors as org
from psa.core.org.models import Resource
from psa.core.org.rules import working_time
from psa.core.web import formats
from timeexpense.models import EntryState, TimeEntry, WeekUnlock
from timeexpense.policies import EDITABLE
from timeexpense.rules.spans import text_of as span_text
from timeexpense.rules.suggestion import Suggestion
from timeexpense.rules.week import (
    DayTotal,
    Week,
    WeekTotal,
    deadline_of,
    locked_from,
    totals,
    week_of,
)

from . import findings, suggestions, validation_facts
from .adding import Adding, adding, favourite_keys, open_work, recent_keys
from .copying import LastRow, hours_to_copy, last_rows
from .rows import Names, RowKey, UsualRoles, usual_roles
from .suggestions import LOOKS_BACK_WEEKS, entries_between


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
    spans: str = ""
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
    role_id: int | None
    activity: str
    billing_type: str
    task_name: str
    project_name: str
    is_non_chargeable: bool
    is_favourite: bool
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
class Proposed:
    """What a suggestion would enter, and where it comes from."""

    on: date
    task_name: str
    minutes: int
    source: str


@dataclass(frozen=True, slots=True)
class WeekPage:
    week: Week
    resource_name: str
    days: tuple[Day, ...]
    rows: tuple[Row, ...]
    total: WeekTotal
    adding: Adding
    last_rows: tuple[LastRow, ...]
    proposed: tuple[Proposed, ...]
    chargeable_minutes: int
    state: str
    draft_minutes: int
    submitted_count: int
    deadline_on: date
    deadline_clock: str
    is_locked: bool
    locked_from: date
    last_minutes: int
    last_state: str
    warnings: tuple[tuple[date, str], ...]
    returned: tuple[tuple[date, str], ...]

    @property
    def suggested_minutes(self) -> int:
        return sum(one.minutes for one in self.proposed)

    @property
    def can_submit(self) -> bool:
        return self.draft_minutes > 0 and not self.is_locked

    @property
    def title(self) -> str:
        return formats.span_text(self.week.starts_on, self.week.last_on)


def week_containing(on: date) -> Week:
    """The tenant's week that a day falls into. One query."""
    return week_of(on, starts_weekday=org.parameters().week_starts_on)


def week_page(
    *,
    resource: Resource,
    on: date,
    today: date,
    added: Sequence[RowKey] = (),
    with_last_week: bool = False,
    with_suggestions: bool = False,
) -> WeekPage:
    """The person's week: rows with entries, those of last week if asked for, and added ones.

    The number of queries does not grow with the number of rows or entries.
    """
    parameters = org.parameters()
    week = week_of(on, starts_weekday=parameters.week_starts_on)
    before = week.starts_on - timedelta(weeks=LOOKS_BACK_WEEKS)
    entries = entries_between(resource, before, week.ends_on)
    current = [row for row in entries if row.work_on >= week.starts_on]
    earlier = [row for row in entries if row.work_on < week.starts_on]
    last = [row for row in earlier if row.work_on >= week.previous.starts_on]
    total, days = _days(resource, week, current, today)
    bookable = projects.bookable_projects(
        resource.pk, min(week.last_on, max(today, week.starts_on))
    )
    favourites = favourite_keys(resource)
    recent_ids = {row.project_id for row in entries} | {key.project_id for key in added}
    usual = usual_roles(resource, recent_ids)
    keys: dict[RowKey, None] = dict.fromkeys(usual.row_of(row) for row in current)
    if with_last_week:
        keys |= dict.fromkeys(usual.row_of(row) for row in last)
    keys |= dict.fromkeys(added)
    found: list[Suggestion] = []
    if with_suggestions:
        found = suggestions.suggested(
            resource, week, {day.on: day.total for day in days}, earlier, bookable
        )
        keys |= dict.fromkeys(RowKey(row.project_id, row.task_id) for row in found)
    recent = recent_keys(entries, usual)
    names = Names([*keys, *recent, *favourites])
    lock_from = locked_from(
        week,
        business_days=parameters.late_lock_business_days,
        weekday=parameters.submission_deadline_weekday,
    )
    locked = today >= lock_from and not _is_unlocked(resource, week)
    said = findings.said_of(current)
    shown = _Shown(usual, names, frozenset(favourites), said, locked)
    rows = _rows(keys, current, days, found, shown)
    to_copy = hours_to_copy(
        week,
        last=last,
        current=current,
        usual=usual,
        days_off={day.on for day in days if day.off_reason},
    )
    return WeekPage(
        week=week,
        resource_name=resource.name,
        days=days,
        rows=rows,
        total=total,
        adding=adding(
            bookable=bookable,
            favourites=favourites,
            recent=recent,
            in_grid=keys,
            names=names,
            allows_billing_type=parameters.billing_type_on_rows,
        ),
        last_rows=last_rows(week, to_copy, names, open_work(bookable)),
        proposed=_proposed(found, names),
        chargeable_minutes=sum(row.minutes for row in rows if not row.is_non_chargeable),
        state=state_of(current),
        draft_minutes=sum(row.minutes for row in current if row.state in EDITABLE),
        submitted_count=sum(row.state == EntryState.SUBMITTED for row in current),
        deadline_on=deadline_of(week, weekday=parameters.submission_deadline_weekday),
        deadline_clock="{:02d}:{:02d}".format(*divmod(parameters.submission_deadline_minute, 60)),
        is_locked=locked,
        locked_from=lock_from,
        last_minutes=sum(row.minutes for row in last),
        last_state=state_of(last),
        warnings=findings.warnings_of(current, said),
        returned=tuple(
            (row.work_on, row.return_reason) for row in current if row.state == EntryState.RETURNED
        ),
    )


def _days(
    resource: Resource, week: Week, current: Sequence[TimeEntry], today: date
) -> tuple[WeekTotal, tuple[Day, ...]]:
    spec = org.working_spec([resource.pk], week.starts_on, week.ends_on).get(resource.pk)
    capacity = working_time.capacity_by_day(spec, week.starts_on, week.ends_on) if spec else {}
    total = totals(week, entered=[(row.work_on, row.minutes) for row in current], capacity=capacity)
    return total, tuple(
        Day(
            one,
            one.on == today,
            (validation_facts.day_off(spec, one.on) or "") if spec else "",
        )
        for one in total.days
    )


def _proposed(found: Sequence[Suggestion], names: Names) -> tuple[Proposed, ...]:
    ordered = sorted(found, key=lambda row: row.on)
    keys = [RowKey(row.project_id, row.task_id) for row in ordered]
    return tuple(
        Proposed(row.on, names.task(key), row.minutes, row.source)
        for row, key in zip(ordered, keys, strict=True)
        if names.knows(key)
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


@dataclass(frozen=True, slots=True)
class _Shown:
    """What rows are shown with."""

    usual: UsualRoles
    names: Names
    favourites: frozenset[RowKey]
    said: Mapping[int, tuple[str, ...]]
    locked: bool


def _rows(
    keys: dict[RowKey, None],
    entries: Sequence[TimeEntry],
    days: Sequence[Day],
    found: Sequence[Suggestion],
    shown: _Shown,
) -> tuple[Row, ...]:
    names = shown.names
    by_cell: dict[tuple[RowKey, date], list[TimeEntry]] = defaultdict(list)
    for entry in entries:
        by_cell[shown.usual.row_of(entry), entry.work_on].append(entry)
    suggested = {(RowKey(row.project_id, row.task_id), row.on): row for row in found}
    rows = []
    for key in keys:
        if not names.knows(key):
            continue
        words = names.task(key)
        cells = tuple(
            _cell(
                by_cell.get((key, day.on), []),
                day,
                suggested.get((key, day.on)),
                shown.said,
                shown.locked,
                words,
            )
            for day in days
        )
        rows.append(
            Row(
                key=key.text,
                project_id=key.project_id,
                task_id=key.task_id,
                role_id=key.role_id,
                activity=key.activity,
                billing_type=key.billing_type,
                task_name=words,
                project_name=names.project(key),
                is_non_chargeable=names.is_non_chargeable(key),
                is_favourite=key in shown.favourites,
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
        spans=span_text(span for entry in entries for span in entry.spans),
        is_editable=len(entries) == 1 and one.state in EDITABLE and not locked,
        is_today=day.is_today,
        is_off=day.is_off,
        label=label,
    )
