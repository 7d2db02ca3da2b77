"""Plans made at random, by kind: what one of them may hold is named by its `Kind`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from projects.mspdi.document import (
    DocumentAssignment,
    DocumentCalendar,
    DocumentResource,
    DocumentTask,
    PlanDocument,
)
from projects.rules.scheduling import (
    Assigned,
    Constraint,
    Delay,
    Lag,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Progress,
    schedule,
)
from projects.rules.scheduling.clockwork import clock_of, to_datetime, to_minutes
from psa.core.org.rules.working_time import CalendarException, Spans, WorkingWeek, calendar_of

_DAY: Spans = ((480, 720), (780, 1020))
_TENS: Spans = ((420, 720), (750, 1050))
_NIGHT: Spans = ((0, 180), (240, 480), (1380, 1440))
_OFFICE = WorkingWeek((_DAY, _DAY, _DAY, _DAY, _DAY, (), ()))
CALENDARS = {
    "1": calendar_of([_OFFICE]),
    "2": calendar_of(
        [_OFFICE],
        exceptions=[
            CalendarException(date(2026, 3, 6), date(2026, 3, 8)),
            CalendarException(date(2026, 3, 18), date(2026, 3, 19), spans=((780, 1020),)),
        ],
    ),
    "3": calendar_of([WorkingWeek((((0, 1440),),) * 7)]),
    "4": calendar_of(
        [WorkingWeek((((1380, 1440),), _NIGHT, _NIGHT, _NIGHT, _NIGHT, _NIGHT[:2], ()))]
    ),
    "5": calendar_of([WorkingWeek((_DAY, (), _DAY, (), _DAY[:1], (), ()))]),
    "6": calendar_of([WorkingWeek((_TENS, _TENS, _TENS, _TENS, (), (), ()))]),
}
STARTS_AT = datetime(2026, 3, 2, 8)
LEAD_IN = 90
PINS = (
    Constraint.START_NO_LATER_THAN,
    Constraint.FINISH_NO_LATER_THAN,
    Constraint.MUST_START_ON,
    Constraint.MUST_FINISH_ON,
)
BOUNDS = (Constraint.START_NO_EARLIER_THAN, Constraint.FINISH_NO_EARLIER_THAN)
_TO_FINISH = {"mfo", "fnet", "fnlt"}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a plan of this kind may hold beside tasks and finish-to-start links."""

    links: Sequence[LinkKind] = (LinkKind.FINISH_TO_START,)
    lags: Sequence[Lag] = ()
    durations: Sequence[int] = (240, 480, 960, 1440, 2400)
    calendars: Sequence[str] = ()
    people: int = 0
    constraints: Sequence[Constraint] = ()
    deadlines: bool = False
    summaries: bool = False
    summary_links: Sequence[LinkKind] = ()
    progress: bool = False
    manual: bool = False
    waits: bool = False
    density: float = 0.3
    most: int = 9


def plan_of(kind: Kind, rng: Random) -> Plan:
    """One plan. A lead-in of ten days comes before all of it: no lead reaches the start."""
    tasks = _tasks(kind, rng)
    above = {task.id: task.parent_id for task in tasks}
    summaries = {parent for parent in above.values() if parent is not None}
    tasks = [task if task.id in summaries else _filled(task, kind, rng) for task in tasks]
    links = [Link(LEAD_IN, task.id) for task in tasks if task.id not in summaries]
    for one in above:
        for other in above:
            if one >= other or rng.random() >= kind.density:
                continue
            is_of_summary = one in summaries or other in summaries
            kinds = kind.summary_links if is_of_summary else kind.links
            if kinds and one not in _line(other, above) and other not in _line(one, above):
                lag = rng.choice(kind.lags) if kind.lags and rng.random() < 0.4 else Lag()
                if lag.percent is None or one not in summaries:
                    links.append(Link(one, other, rng.choice(kinds), lag))
    project = rng.choice(["1", "2"]) if kind.calendars else "1"
    whole = [PlanTask(LEAD_IN, 4800), *tasks]
    return Plan(whole, links, CALENDARS, project, starts_at=STARTS_AT, moves_open_work=False)


def _line(number: int | None, above: dict[int, int | None]) -> list[int]:
    line = []
    while number is not None:
        line.append(number)
        number = above[number]
    return line


def _tasks(kind: Kind, rng: Random) -> list[PlanTask]:
    count = rng.randint(3, kind.most)
    tasks: list[PlanTask] = []
    open_: list[int] = []
    for number in range(1, count + 1):
        while open_ and tasks[-1].id not in open_ and rng.random() < 0.35:
            open_.pop()
        tasks.append(PlanTask(number, rng.choice(kind.durations), open_[-1] if open_ else None))
        if kind.summaries and number < count and len(open_) < 2 and rng.random() < 0.3:
            open_.append(number)
            tasks[-1] = replace(tasks[-1], duration_minutes=0)
    return tasks


def _filled(task: PlanTask, kind: Kind, rng: Random) -> PlanTask:
    task = replace(task, duration_minutes=task.duration_minutes or rng.choice(kind.durations))
    if kind.calendars and rng.random() < 0.6:
        task = replace(task, calendar=rng.choice(kind.calendars))
    if kind.people and task.duration_minutes and rng.random() < 0.6:
        # Nights and days have no working time in common.
        who = rng.sample(["3", "4"] if task.calendar == "4" else ["1", "2", "5", "6"], kind.people)
        shares = tuple(Assigned(name, task.duration_minutes) for name in who)
        task = replace(task, assigned=shares)
    if kind.waits and task.duration_minutes:
        task = _waiting(task, rng)
    if kind.constraints and rng.random() < 0.35:
        constraint = rng.choice(kind.constraints)
        at = _weekday(rng, 10, 32)
        if constraint.value in _TO_FINISH:
            at = at.replace(hour=17)
        needs_none = constraint is Constraint.AS_LATE_AS_POSSIBLE
        task = replace(task, constraint=constraint, constrained_to=None if needs_none else at)
    if kind.deadlines and rng.random() < 0.25:
        task = replace(task, deadline_at=_weekday(rng, 15, 35).replace(hour=17))
    if kind.progress and task.duration_minutes and rng.random() < 0.5:
        task = replace(task, progress=_progress(task, rng))
    if kind.manual and task.duration_minutes and rng.random() < 0.2:
        at = _weekday(rng, 14, 25)
        task = replace(task, fixed=(at, at.replace(hour=17)), duration_minutes=480)
    return task


def _waiting(task: PlanTask, rng: Random) -> PlanTask:
    """Put off by levelling, and with pauses: of who is on it, or its own."""
    if rng.random() < 0.4:
        task = replace(task, levelling=Delay(rng.choice([480, 1440, 2900]), rng.random() < 0.5))
    gaps = ((60, 60), (180, 700)) if rng.random() < 0.4 else ()
    if not task.assigned:
        return replace(task, gaps=gaps)
    delay = Delay(rng.choice([0, 480]))
    levelling = Delay(1440, True) if rng.random() < 0.3 else Delay()
    shares = [replace(one, delay=delay, levelling=levelling, gaps=gaps) for one in task.assigned]
    return replace(task, assigned=tuple(shares))


def _progress(task: PlanTask, rng: Random) -> Progress:
    at = _weekday(rng, 0, 15)
    if rng.random() < 0.6:
        return Progress(at, None, task.duration_minutes // 4)
    clock = clock_of(CALENDARS["1"], at.date())
    finish = clock.finish_at[clock.before[to_minutes(at)] + task.duration_minutes]
    return Progress(at, to_datetime(finish), task.duration_minutes)


def _weekday(rng: Random, first: int, last: int) -> datetime:
    at = STARTS_AT + timedelta(days=rng.randint(first, last))
    return at + timedelta(days=max(0, 7 - at.weekday()) if at.weekday() > 4 else 0)


ALL_KINDS = tuple(LinkKind)
WORKING_LAGS = tuple(Lag(minutes) for minutes in (480, 960, 240, 60, -480, -240))
PERCENT_LAGS = tuple(Lag(percent=Decimal(share)) for share in (50, 25, 100, -50))
ELAPSED_LAGS = tuple(Lag(minutes, is_elapsed=True) for minutes in (240, 1440, 2880, 4320, -1440))
WITH_MILESTONES = (0, 240, 480, 960, 1440)


def document_of(plan: Plan) -> PlanDocument:
    """The plan as a file holds it, scheduled; who does a task is named as their calendar is."""
    depths: dict[int | None, int] = {None: 0}
    for task in plan.tasks:
        depths[task.id] = depths[task.parent_id] + 1
    names = list(plan.calendars)
    return PlanDocument(
        name="Made at random",
        plan=plan,
        tasks=[
            DocumentTask(n.id, f"Task {n.id}", depths[n.id], 500, 0, 0, "", "fixed_units", False)
            for n in plan.tasks
        ],
        calendars=[DocumentCalendar(int(n), n, f"Calendar {n}", CALENDARS[n]) for n in names],
        resources=[DocumentResource(int(n), f"Person {n}", "work", Decimal(1), n) for n in names],
        assignments=[
            DocumentAssignment(
                task.id,
                int(part.calendar),
                Decimal(1),
                part.minutes,
                part.delay,
                part.levelling,
                part.gaps,
            )
            for task in plan.tasks
            for part in task.assigned
        ],
        schedule=schedule(plan).tasks,
    )
