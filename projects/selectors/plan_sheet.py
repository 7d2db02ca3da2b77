"""One plan as its page edits it: tasks as stored, links, shares of work, baseline and days off.

No amount of money is read here, so that no rate can reach whoever opens the plan.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, OuterRef, Q, Sum
from django.db.models.functions import JSONObject

from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.types import ActualType
from psa.core.org import selectors as org
from psa.core.org.models import JobRole, Resource
from psa.core.org.rules.working_time import CalendarSpec, working_spans

from ..models import (
    WAIT_FIELDS,
    Assignment,
    Baseline,
    BaselineTask,
    Comment,
    Dependency,
    PlanCalendar,
    Project,
    Task,
    TeamMember,
)
from ..rules import plan_calendars, roll_up
from ..rules.progress import Progressed, shown_progress
from ..rules.typed_dates import USUAL_DURATION, end_of, first_day, last_day, start_of
from .work import get_planned

# Minutes of a plan are counted from here, on the wall clock of the plan.
EPOCH: Final = start_of(date(2000, 1, 1))
_FIELDS: Final = (
    "id", "parent_id", "depth", "outline", "name", "role_id", "open_role", "is_summary", "is_milestone",
    "is_completed", "is_active", "effort_minutes", "remaining_minutes", "duration_minutes",
    "is_duration_elapsed", "mode", "is_effort_driven", "constraint_kind", "constrained_to",
    "deadline_at", "priority", "calendar_id", "percent_complete", "actual_start_at",
    "actual_finish_at", "billing_type", "external_reference", "description", "starts_on",
    "finishes_on", "scheduled_start_at", "scheduled_finish_at", "total_slack_minutes",
    "is_critical", "manual_start_at", "levelling_delay_minutes", "is_levelling_delay_elapsed",
)  # fmt: skip
# Days off are named this far around the plan, and at most so many days; weekends beyond.
_AROUND: Final = timedelta(days=120)
_LONGEST: Final = 3_650


@dataclass(frozen=True, slots=True)
class SheetLink:
    id: int
    before: int
    after: int
    kind: str
    lag_minutes: int
    lag_percent: Decimal | None
    is_elapsed: bool


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row of the page. Times are minutes from `EPOCH`; `done` is in percent, None for none.

    `role` is one of the firm's, or the name of one that a template asks for and the firm has not.
    `talk` counts its comments; `asked` is 1 while one names the reader, who has said nothing since.
    """

    id: int
    depth: int
    outline: str
    name: str
    kind: str
    role: int | str | None
    effort: int
    left: int
    booked: int
    done: int
    duration: int
    start: int | None
    finish: int | None
    constraint: str
    constrained: int | None
    deadline: int | None
    slack: int | None
    critical: int
    people: tuple[tuple[int, int, str], ...]
    talk: int
    asked: int
    base_start: int | None
    base_finish: int | None
    pinned: int
    completed: int

    @property
    def starts_on(self) -> date | None:
        return None if self.start is None else first_day(_instant(self.start))

    @property
    def finishes_on(self) -> date | None:
        if self.start is None or self.finish is None:
            return None
        return last_day(_instant(self.start), _instant(self.finish))


@dataclass(slots=True)
class PlanSheet:
    """A plan as stored, its rows being made on demand. Rows and links are in plan order, by id."""

    project: Project
    tasks: dict[int, dict[str, Any]]
    links: dict[int, SheetLink]
    # Task → (resource, units, name); None for somebody the firm does not know.
    shares: Mapping[int, tuple[tuple[int | None, Decimal, str], ...]]
    # (Task, resource) → what puts their part off, and where it pauses.
    waits: Mapping[tuple[int, int], Mapping[str, Any]]
    booked: Mapping[int, int]
    # Task → (comments, whether one asks the reader).
    talk: Mapping[int, tuple[int, bool]]
    reader_id: int
    baseline: str
    planned: Mapping[int, tuple[datetime | None, datetime | None]]
    calendar: CalendarSpec
    day_minutes: int
    _rows: dict[int, SheetRow] = field(default_factory=dict)

    @property
    def rows(self) -> dict[int, SheetRow]:
        if not self._rows and self.tasks:
            self._rows = {row.id: row for row in _rows(self)}
        return self._rows

    def days_off(self) -> list[int]:
        """Days without working time around the plan, counted from `EPOCH`."""
        first, last = _span(self.project, self.tasks.values())
        days = min((last - first).days + 1, _LONGEST)
        return [
            (on - EPOCH.date()).days
            for on in (first + timedelta(days=n) for n in range(days))
            if not working_spans(self.calendar, on)
        ]


def plan_sheet(*, actor: Actor, project_id: int) -> PlanSheet:
    """The plan of a project that the actor may see, or of a template's draft. Nine queries.

    Raises  NotFound.
    """
    project = get_planned(actor=actor, project_id=project_id)
    tasks = _tasks(project)
    baseline, planned = _first_baseline(project)
    calendar = _calendar(project, *_span(project, tasks.values()))
    return PlanSheet(
        project, tasks, _links(project), *_shares(project), _booked(project),
        _talk(project, actor.membership_id), actor.membership_id,
        baseline, planned, calendar,
        _day_minutes(calendar, project.starts_on),
    )  # fmt: skip


def reloaded(sheet: PlanSheet) -> PlanSheet:
    """The same plan after a change: what a change touches is read anew, by four queries; one more
    where tasks are new, which may be old ones that came back with what was said about them."""
    project = sheet.project
    project.refresh_from_db(fields=["plan_revision", "scheduled_start_at", "scheduled_finish_at"])
    tasks = _tasks(project)
    is_known = tasks.keys() <= sheet.tasks.keys()
    talk = sheet.talk if is_known else _talk(project, sheet.reader_id)
    return PlanSheet(
        project, tasks, _links(project), *_shares(project), sheet.booked, talk,
        sheet.reader_id, sheet.baseline, sheet.planned, sheet.calendar, sheet.day_minutes,
    )  # fmt: skip


def revision_of(*, actor: Actor, project_id: int) -> int:
    """The present revision of a plan. One query. Raises  NotFound."""
    return get_planned(actor=actor, project_id=project_id).plan_revision


def role_names() -> dict[int, str]:
    """The roles that a task can ask for, and those it asked for once, by name. One query."""
    return dict(JobRole.objects.order_by("name").values_list("id", "name"))


def team_of(project_id: int) -> tuple[dict[int, str], list[int]]:
    """Who can be given tasks, by name, and who of them is a role without a person. One query."""
    rows = TeamMember.objects.filter(project_id=project_id).order_by("resource__name", "id")
    found = list(rows.values_list("resource_id", "resource__name", "resource__kind"))
    roles = {who for who, _, kind in found if kind == Resource.Kind.GENERIC}
    return {who: name for who, name, _ in found}, sorted(roles)


def minutes_at(at: datetime | None) -> int | None:
    """An instant of a plan as minutes from `EPOCH`."""
    return None if at is None else int((at - EPOCH).total_seconds()) // 60


def _instant(minutes: int) -> datetime:
    return EPOCH + timedelta(minutes=minutes)


_Days = tuple[datetime | None, datetime | None]


def _first_baseline(project: Project) -> tuple[str, dict[int, _Days]]:
    """How the first baseline is called ("" without one), and when it planned each task. One query."""
    rows = (
        Baseline.objects.filter(project=project)
        .order_by("number")
        .annotate(
            days=ArraySubquery(
                BaselineTask.objects.filter(baseline=OuterRef("pk")).values(
                    json=JSONObject(task="task_id", start="start_at", finish="finish_at")
                )
            )
        )
    )
    first = rows.first()
    if first is None:
        return "", {}
    return str(first), {one["task"]: (_at(one["start"]), _at(one["finish"])) for one in first.days}


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _tasks(project: Project) -> dict[int, dict[str, Any]]:
    rows = Task.objects.filter(project=project).order_by("position").values(*_FIELDS)
    return {row["id"]: row for row in rows}


def _links(project: Project) -> dict[int, SheetLink]:
    rows = (
        Dependency.objects.filter(project=project)
        .order_by("id")
        .values_list(
            "id", "predecessor_id", "successor_id", "kind", "lag_minutes", "lag_percent",
            "is_lag_elapsed",
        )
    )  # fmt: skip
    return {row[0]: SheetLink(*row) for row in rows}


def _shares(
    project: Project,
) -> tuple[
    dict[int, tuple[tuple[int | None, Decimal, str], ...]],
    dict[tuple[int, int], Mapping[str, Any]],
]:
    """Who does each task, and what puts them off. One query."""
    found: dict[int, list[tuple[int | None, Decimal, str]]] = {}
    waits: dict[tuple[int, int], Mapping[str, Any]] = {}
    rows = (
        Assignment.objects.filter(task__project=project)
        .order_by("id")
        .values_list(
            "task_id", "resource_id", "units", "resource__name", "plan_resource__name", *WAIT_FIELDS
        )
    )
    for task_id, who, units, name, named, *values in rows:
        found.setdefault(task_id, []).append((who, units, name or named or ""))
        if who is not None and any(values):
            waits[task_id, who] = dict(zip(WAIT_FIELDS, values, strict=True))
    return {task_id: tuple(parts) for task_id, parts in found.items()}, waits


def _booked(project: Project) -> dict[int, int]:
    rows = (
        Actual.objects.filter(
            project_id=project.pk, actual_type=ActualType.COST, task_id__isnull=False
        )
        .order_by()
        .values_list("task_id")
        .annotate(time=Sum("minutes"))
    )
    return {task_id: minutes or 0 for task_id, minutes in rows}


def _talk(project: Project, reader_id: int) -> dict[int, tuple[int, bool]]:
    """What is said about each task, and whether a comment names the reader who has not written
    since. One query."""
    rows = (
        Comment.objects.filter(project=project, task__isnull=False, removed_at__isnull=True)
        .order_by()
        .values_list("task_id")
        .annotate(
            said=Count("id", distinct=True),
            named=Max("id", filter=Q(mentions__membership_id=reader_id)),
            answered=Max("id", filter=Q(author_id=reader_id), default=0),
        )
    )
    return {
        task_id: (said, named is not None and named > answered)
        for task_id, said, named, answered in rows
    }


def _span(project: Project, tasks: Iterable[Mapping[str, Any]]) -> tuple[date, date]:
    days = [project.starts_on, project.ends_on or project.starts_on]
    for row in tasks:
        days += [on for on in (row["starts_on"], row["finishes_on"]) if on]
    return min(days) - _AROUND, max(days) + _AROUND


def _calendar(project: Project, first: date, last: date) -> CalendarSpec:
    if project.plan_calendar_id is not None:
        own = PlanCalendar.objects.get(id=project.plan_calendar_id)
        return plan_calendars.spec_of(own.week, own.days)
    return org.calendar_spec(project.calendar_id, first, last + timedelta(days=1))


def _day_minutes(calendar: CalendarSpec, around: date) -> int:
    """The working time of a usual day."""
    lengths = Counter(
        sum(end - start for start, end in working_spans(calendar, around + timedelta(days=n)))
        for n in range(28)
    )
    del lengths[0]
    return lengths.most_common(1)[0][0] if lengths else USUAL_DURATION


def _rows(sheet: PlanSheet) -> Iterable[SheetRow]:
    lines = roll_up.rolled_up(
        [
            roll_up.PlanLine(
                row["id"], row["depth"], row["is_summary"], row["is_milestone"],
                row["is_completed"], row["effort_minutes"], row["remaining_minutes"],
                sheet.booked.get(row["id"], 0), row["starts_on"], row["finishes_on"],
            )
            for row in sheet.tasks.values()
        ]
    )  # fmt: skip
    done = shown_progress(
        [
            Progressed(
                line.depth, line.is_summary, line.effort_minutes, row["percent_complete"],
                line.is_completed, line.complete,
            )
            for line, row in zip(lines, sheet.tasks.values(), strict=True)
        ]
    )  # fmt: skip
    for line, percent, row in zip(lines, done, sheet.tasks.values(), strict=True):
        yield _row(sheet, row, line, percent)


def _row(
    sheet: PlanSheet, row: Mapping[str, Any], line: roll_up.PlanLine, percent: int
) -> SheetRow:
    start, finish = row["scheduled_start_at"], row["scheduled_finish_at"]
    if start is None and (line.starts_on or line.finishes_on):  # typed, and never scheduled
        first, last = line.starts_on or line.finishes_on, line.finishes_on or line.starts_on
        assert first and last
        start = start_of(first)
        finish = datetime.combine(last, time(12)) if line.is_milestone else end_of(last)
    base = sheet.planned.get(row["id"], (None, None))
    kind = "sum" if line.is_summary else "ms" if line.is_milestone else "task"
    return SheetRow(
        id=row["id"],
        depth=line.depth,
        outline=row["outline"],
        name=row["name"],
        kind=kind,
        role=row["role_id"] or row["open_role"] or None,
        effort=line.effort_minutes,
        left=line.remaining_minutes,
        booked=line.actual_minutes,
        done=percent,
        duration=row["duration_minutes"] or 0,
        start=minutes_at(start),
        finish=minutes_at(finish),
        constraint=row["constraint_kind"],
        constrained=minutes_at(row["constrained_to"]),
        deadline=minutes_at(row["deadline_at"]),
        slack=row["total_slack_minutes"],
        critical=int(row["is_critical"]),
        people=tuple(
            (who or 0, int((units * 100).quantize(Decimal(1), ROUND_HALF_UP)), "" if who else name)
            for who, units, name in sheet.shares.get(row["id"], ())
        ),
        talk=sheet.talk.get(row["id"], (0, False))[0],
        asked=int(sheet.talk.get(row["id"], (0, False))[1]),
        base_start=minutes_at(base[0]),
        base_finish=minutes_at(base[1]),
        pinned=int(row["manual_start_at"] is not None or row["constraint_kind"] not in _FREE),
        completed=int(line.is_completed),
    )


_FREE: Final = (Task.Constraint.AS_SOON_AS_POSSIBLE, Task.Constraint.AS_LATE_AS_POSSIBLE)
