"""Microsoft Project's XML (MSPDI) read into a plan: bytes in, frozen data out, no rows.

Entities and document types are refused, so nothing in a file can grow or reach outside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import IO, Final
from xml.etree.ElementTree import Element

from projects.mspdi import calendars, timephased
from projects.mspdi.parsing import NAMESPACE, parse
from projects.mspdi.values import (
    ELAPSED_FORMATS,
    MalformedPlan,
    delay,
    duration_minutes,
    flag,
    moment,
    text,
    whole,
)
from projects.rules.refusals import Refusals
from projects.rules.scheduling import (
    NO_DELAY,
    Assigned,
    Constraint,
    Delay,
    Gaps,
    Lag,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Progress,
)
from projects.rules.scheduling.clockwork import to_minutes
from psa.core.org.rules.working_time import CalendarSpec

MAX_TASKS: Final = 5_000

_LINK_KINDS: Final = {
    0: LinkKind.FINISH_TO_FINISH,
    1: LinkKind.FINISH_TO_START,
    2: LinkKind.START_TO_FINISH,
    3: LinkKind.START_TO_START,
}
_CONSTRAINTS: Final = {
    0: Constraint.AS_SOON_AS_POSSIBLE,
    1: Constraint.AS_LATE_AS_POSSIBLE,
    2: Constraint.MUST_START_ON,
    3: Constraint.MUST_FINISH_ON,
    4: Constraint.START_NO_EARLIER_THAN,
    5: Constraint.START_NO_LATER_THAN,
    6: Constraint.FINISH_NO_EARLIER_THAN,
    7: Constraint.FINISH_NO_LATER_THAN,
}
_PERCENT_FORMATS: Final = frozenset({19, 20, 51, 52})
_NOBODY: Final = -65535


@dataclass(frozen=True, slots=True)
class ReadTask:
    """What a task says beside its schedule."""

    uid: int
    name: str
    depth: int
    is_milestone: bool
    percent_complete: int
    work_minutes: int
    priority: int
    note: str


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """A file's plan, ready to schedule, and its words. `warnings` say what was left out.

    `gaps` are the pauses of an assignment, by its task and its resource.
    """

    name: str
    plan: Plan
    tasks: dict[int, ReadTask]
    minutes_per_day: int
    warnings: tuple[str, ...]
    gaps: dict[tuple[int, int], Gaps]


@dataclass(frozen=True, slots=True)
class _Share:
    """An assignment: `calendar` is that of who does it, None for nobody or nothing."""

    who: int
    calendar: str | None
    minutes: int
    delay: Delay
    levelling: Delay
    runs: tuple[timephased.Run, ...]


def read_plan(content: bytes | IO[bytes]) -> ReadPlan:
    """A plan from a file.

    Raises  MalformedPlan with what is wrong and where, for anything that is no plan, too large, or
            would have to be guessed.
    """
    return plan_of(parse(content))


def plan_of(root: Element) -> ReadPlan:
    """The plan of a file that was read as XML.

    Raises  MalformedPlan; RefusedRows when several tasks say what cannot be.
    """
    nodes = list(_tasks(root))
    if len(nodes) > MAX_TASKS:
        raise MalformedPlan(f"The plan has {len(nodes):,} tasks; the most is {MAX_TASKS:,}.")
    warnings: list[str] = []
    specs, resource_calendars = calendars.read_calendars(root)
    shares = _shares(root, resource_calendars)
    forward = flag(root, "ScheduleFromStart", default=True)
    begins, ends = moment(root, "StartDate"), moment(root, "FinishDate")
    around = begins if forward else ends
    if around is None:
        raise MalformedPlan("The plan has no start date, or no finish date to schedule from.")
    known_calendars = timephased.Calendars(
        specs, _project_calendar(root, specs, warnings), around.date()
    )
    tasks, words = [], {}
    gaps: dict[tuple[int, int], Gaps] = {}
    parents: list[tuple[int, int]] = []
    refusals = Refusals()
    # Who has somebody below is a summary, whatever is said of it; an inserted plan has nobody there.
    summaries = _summaries(nodes)
    for node in nodes:
        with refusals.of(_called(node)):
            uid, depth = whole(node, "UID"), whole(node, "OutlineLevel", 1)
            is_summary = node in summaries
            while parents and parents[-1][1] >= depth:
                parents.pop()
            parent = parents[-1][0] if parents else None
            parents.append((uid, depth))
            task = _plan_task(node, uid, parent, specs, is_summary=is_summary)
            if not is_summary:
                if text(node, "Duration") is None and not flag(node, "Milestone"):
                    task = _measured(task, node, known_calendars, warnings)
                task = _staffed(task, shares.get(uid, ()), known_calendars, gaps)
            tasks.append(task)
            words[uid] = _words(node, uid, depth)
    known = {task.id for task in tasks}
    links: list[Link] = []
    for node in nodes:
        with refusals.of(_called(node)):
            links.extend(_links(node, known, warnings))
    refusals.check()
    plan = Plan(
        tasks=tasks,
        links=links,
        calendars=specs,
        project_calendar=known_calendars.project,
        starts_at=begins if forward else None,
        finishes_at=None if forward else ends,
        # Work that is not done was moved, or not, by whoever saved the file.
        moves_open_work=False,
        constraints_win=flag(root, "HonorConstraints", default=True),
        critical_slack_minutes=whole(root, "CriticalSlackLimit", 0)
        * whole(root, "MinutesPerDay", 480),
        has_many_critical_paths=flag(root, "MultipleCriticalPaths"),
    )
    title = text(root, "Title") or text(root, "Name") or "Imported plan"
    day = whole(root, "MinutesPerDay", 480)
    return ReadPlan(title, plan, words, day, tuple(warnings), gaps)


def _called(node: Element) -> str:
    """A task as a report names it, whatever else is wrong with it."""
    number, name = text(node, "UID") or "?", text(node, "Name") or ""
    return f"Task {number[:10]} “{name[:40]}”" if name else f"Task {number[:10]}"


def _tasks(root: Element) -> Iterator[Element]:
    """The tasks that are rows of the plan: not blank lines, not the summary of the project."""
    for node in root.iterfind(f"{NAMESPACE}Tasks/{NAMESPACE}Task"):
        is_row = not flag(node, "IsNull") and whole(node, "OutlineLevel", 1) > 0
        if is_row and whole(node, "UID") != 0:
            yield node


def _plan_task(
    node: Element,
    uid: int,
    parent: int | None,
    specs: dict[str, CalendarSpec],
    *,
    is_summary: bool,
) -> PlanTask:
    duration = duration_minutes(text(node, "Duration"), f"task {uid}")
    constraint = _CONSTRAINTS.get(whole(node, "ConstraintType", 0))
    if constraint is None:
        raise MalformedPlan(f"Task {uid} has a constraint that does not exist.")
    constrained_to = moment(node, "ConstraintDate")
    if constrained_to is None and constraint not in (
        Constraint.AS_SOON_AS_POSSIBLE,
        Constraint.AS_LATE_AS_POSSIBLE,
    ):
        raise MalformedPlan(f"Task {uid} has a constraint without a date.")
    calendar = str(whole(node, "CalendarUID", -1))
    # What was typed by hand; once work has begun, the task may stand elsewhere.
    starts = moment(node, "ManualStart") or moment(node, "Start")
    finishes = moment(node, "ManualFinish") or moment(node, "Finish")
    # What stands for a task of another plan is where that plan has it.
    is_kept = flag(node, "Manual") or flag(node, "ExternalTask")
    return PlanTask(
        id=uid,
        duration_minutes=0 if is_summary else duration or 0,
        parent_id=parent,
        is_elapsed=whole(node, "DurationFormat", 7) in ELAPSED_FORMATS,
        calendar=calendar if calendar in specs else None,
        ignores_resource_calendars=flag(node, "IgnoreResourceCalendar"),
        constraint=constraint,
        constrained_to=constrained_to,
        deadline_at=moment(node, "Deadline"),
        progress=Progress() if is_summary else _progress(node, uid),
        fixed=(starts, finishes) if is_kept and starts and finishes and not is_summary else None,
        is_active=flag(node, "Active", default=True),
        levelling=NO_DELAY
        if is_summary
        else delay(node, "LevelingDelay", "LevelingDelayFormat", f"task {uid}"),
    )


def _summaries(nodes: Sequence[Element]) -> set[Element]:
    levels = [whole(node, "OutlineLevel", 1) for node in nodes]
    return {
        node
        for node, level, following in zip(nodes, levels, levels[1:], strict=False)
        if following > level
    }


def _measured(
    task: PlanTask, node: Element, known: timephased.Calendars, warnings: list[str]
) -> PlanTask:
    """A task of which no duration is told takes the working time between its dates."""
    starts, finishes = moment(node, "Start"), moment(node, "Finish")
    if starts is None or finishes is None:
        uid = task.id
        warnings.append(f"Task {uid} has no duration; it became a milestone.")
        return task
    before = known.clock(task, None).before
    minutes = before[to_minutes(finishes)] - before[to_minutes(starts)]
    return replace(task, duration_minutes=max(minutes, 0))


def _staffed(
    task: PlanTask,
    shares: Sequence[_Share],
    calendars: timephased.Calendars,
    gaps: dict[tuple[int, int], Gaps],
) -> PlanTask:
    """The task with who is on it; the pauses of each are told in `gaps` as well."""
    assigned = []
    pauses: Gaps = ()
    for share in shares:
        found = (
            timephased.gaps_of(share.runs, calendars.clock(task, share.calendar))
            if share.runs
            else ()
        )
        if found:
            gaps[task.id, share.who] = found
        if share.calendar is None:
            pauses = pauses or found
        else:
            assigned.append(
                Assigned(share.calendar, share.minutes, share.delay, share.levelling, found)
            )
    return replace(task, assigned=tuple(assigned), gaps=() if assigned else pauses)


def _progress(node: Element, uid: int) -> Progress:
    started, finished = moment(node, "ActualStart"), moment(node, "ActualFinish")
    if started is None and finished is None:
        return Progress()
    return Progress(
        started_at=started or finished,
        finished_at=finished,
        done_minutes=duration_minutes(text(node, "ActualDuration"), f"task {uid}") or 0,
        resumes_at=None if finished else moment(node, "Resume"),
    )


def _words(node: Element, uid: int, depth: int) -> ReadTask:
    return ReadTask(
        uid=uid,
        name=(text(node, "Name") or f"Task {uid}")[:160],
        depth=depth,
        is_milestone=flag(node, "Milestone"),
        percent_complete=min(max(whole(node, "PercentComplete", 0), 0), 100),
        work_minutes=duration_minutes(text(node, "Work"), f"task {uid}") or 0,
        priority=min(max(whole(node, "Priority", 500), 0), 1000),
        note=text(node, "Notes") or "",
    )


def _links(node: Element, known: set[int], warnings: list[str]) -> Iterator[Link]:
    uid = whole(node, "UID")
    for link in node.iterfind(f"{NAMESPACE}PredecessorLink"):
        before = whole(link, "PredecessorUID")
        if before not in known:
            warnings.append(f"Task {uid} waits for task {before}, which is not in the file.")
            continue
        kind = _LINK_KINDS.get(whole(link, "Type", 1))
        if kind is None:
            raise MalformedPlan(f"A link of task {uid} has a type that does not exist.")
        yield Link(before, uid, kind, _lag(link, uid))


def _lag(link: Element, uid: int) -> Lag:
    raw, unit = text(link, "LinkLag", "0") or "0", whole(link, "LagFormat", 7)
    try:
        amount = Decimal(raw)
    except InvalidOperation:
        raise MalformedPlan(f"A link of task {uid} has the lag “{raw}”.") from None
    if not amount.is_finite() or abs(amount) > 10**8:
        raise MalformedPlan(f"A link of task {uid} has the lag “{raw}”.")
    elapsed = unit in ELAPSED_FORMATS
    if unit in _PERCENT_FORMATS:
        return Lag(percent=amount, is_elapsed=elapsed)
    # The format keeps lags in tenths of a minute.
    return Lag(minutes=int(amount / 10), is_elapsed=elapsed)


def _shares(root: Element, resource_calendars: dict[int, str]) -> dict[int, list[_Share]]:
    """By task: who is on it, with the time that their part takes in their own calendar."""
    found: dict[int, list[_Share]] = {}
    for node in root.iterfind(f"{NAMESPACE}Assignments/{NAMESPACE}Assignment"):
        who, task = whole(node, "ResourceUID", _NOBODY), whole(node, "TaskUID")
        calendar = resource_calendars.get(who)
        runs = tuple(_runs(node))
        if calendar is None:
            share = _Share(who, None, 0, NO_DELAY, NO_DELAY, runs)
        else:
            where = f"an assignment of task {task}"
            work = duration_minutes(text(node, "Work"), where) or 0
            units = _units(text(node, "Units", "1"), task)
            share = _Share(
                who,
                calendar,
                int(work / units) if units > 0 else work,
                delay(node, "Delay", "DelayFormat", where),
                delay(node, "LevelingDelay", "LevelingDelayFormat", where),
                runs,
            )
        found.setdefault(task, []).append(share)
    return found


def _runs(node: Element) -> Iterator[timephased.Run]:
    for piece in node.iterfind(f"{NAMESPACE}TimephasedData"):
        start, finish = moment(piece, "Start"), moment(piece, "Finish")
        if start is not None and finish is not None:
            yield start, finish


def _units(found: str | None, task: int) -> Decimal:
    try:
        units = Decimal(found or "1")
    except InvalidOperation:
        units = Decimal("NaN")
    if not units.is_finite():
        raise MalformedPlan(f"An assignment of task {task} has “{(found or '')[:20]}” units.")
    return units


def _project_calendar(root: Element, specs: dict[str, CalendarSpec], warnings: list[str]) -> str:
    name = str(whole(root, "CalendarUID", 1))
    if name in specs:
        return name
    if not specs:
        raise MalformedPlan(
            "The file has no calendar, so nobody knows when work is done. Save the plan with its "
            "calendars."
        )
    first = next(iter(specs))
    warnings.append("The plan names no calendar that it has; it follows the first one of the file.")
    return first
