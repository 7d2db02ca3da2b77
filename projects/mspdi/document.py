"""A plan as Microsoft Project's XML holds it, beside its schedule: who and what it names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import IO, Final
from xml.etree.ElementTree import Element

from projects.mspdi.calendars import read_calendars
from projects.mspdi.parsing import NAMESPACE, parse
from projects.mspdi.reading import ReadPlan, plan_of
from projects.mspdi.values import MalformedPlan, delay, duration_minutes, flag, moment, text, whole
from projects.rules.scheduling import NO_DELAY, Delay, Gaps, Plan, ScheduledTask
from psa.core.org.rules.working_time import CalendarSpec

NOBODY: Final = -65535
_MODES: Final = {0: "fixed_units", 1: "fixed_duration", 2: "fixed_effort"}
_KINDS: Final = {0: "material", 1: "work", 2: "cost"}
_MAX_UNITS: Final = Decimal(99_999)


@dataclass(frozen=True, slots=True)
class DocumentCalendar:
    """A calendar by its number; `key` is the plan's own name for it."""

    uid: int
    key: str
    name: str
    spec: CalendarSpec
    is_base: bool = True


@dataclass(frozen=True, slots=True)
class DocumentResource:
    """Somebody or something that does work: `work`, `material` or `cost`."""

    uid: int
    name: str
    kind: str
    max_units: Decimal
    calendar: str | None


@dataclass(frozen=True, slots=True)
class DocumentAssignment:
    """A resource's share of a task; units 1 is full time. What puts it off, and where it pauses."""

    task_uid: int
    resource_uid: int
    units: Decimal
    work_minutes: int
    delay: Delay = NO_DELAY
    levelling: Delay = NO_DELAY
    gaps: Gaps = ()


@dataclass(frozen=True, slots=True)
class DocumentBaseline:
    """What a task looked like in a snapshot, numbered 0 to 10."""

    number: int
    start: datetime | None
    finish: datetime | None
    duration_minutes: int | None
    work_minutes: int | None


@dataclass(frozen=True, slots=True)
class DocumentTask:
    """What a task says beside its place in the schedule."""

    uid: int
    name: str
    depth: int
    priority: int
    percent_complete: int
    work_minutes: int
    note: str
    mode: str
    is_effort_driven: bool
    baselines: tuple[DocumentBaseline, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDocument:
    """A whole file. `plan` and `schedule` name tasks by their numbers, calendars by their keys."""

    name: str
    plan: Plan
    tasks: Sequence[DocumentTask]
    calendars: Sequence[DocumentCalendar]
    resources: Sequence[DocumentResource]
    assignments: Sequence[DocumentAssignment]
    schedule: Mapping[int, ScheduledTask]
    warnings: tuple[str, ...] = ()


def read_document(content: bytes | IO[bytes]) -> PlanDocument:
    """All that a file says; it is not scheduled, so `schedule` is empty.

    Raises  MalformedPlan, as `read_plan`.
    """
    root = parse(content)
    read = plan_of(root)
    resources = tuple(_resources(root))
    known = {resource.uid for resource in resources}
    return PlanDocument(
        name=read.name,
        plan=read.plan,
        tasks=tuple(_tasks(root, read)),
        calendars=tuple(_calendars(root)),
        resources=resources,
        assignments=tuple(_assignments(root, read, known)),
        schedule={},
        warnings=read.warnings,
    )


def _tasks(root: Element, read: ReadPlan) -> list[DocumentTask]:
    nodes = {
        whole(node, "UID"): node
        for node in root.iterfind(f"{NAMESPACE}Tasks/{NAMESPACE}Task")
        if whole(node, "UID", -1) in read.tasks
    }
    found = []
    for uid, words in read.tasks.items():
        node = nodes[uid]
        found.append(
            DocumentTask(
                uid=uid,
                name=words.name,
                depth=words.depth,
                priority=words.priority,
                percent_complete=words.percent_complete,
                work_minutes=words.work_minutes,
                note=words.note[:20_000],
                mode=_MODES.get(whole(node, "Type", 0), "fixed_units"),
                is_effort_driven=flag(node, "EffortDriven"),
                baselines=tuple(_baselines(node, uid)),
            )
        )
    return found


def _baselines(node: Element, uid: int) -> list[DocumentBaseline]:
    found: dict[int, DocumentBaseline] = {}
    for baseline in node.iterfind(f"{NAMESPACE}Baseline"):
        number = whole(baseline, "Number", 0)
        if not 0 <= number <= 10:
            raise MalformedPlan(f"Task {uid} has a baseline {number}; they are 0 to 10.")
        found[number] = DocumentBaseline(
            number,
            moment(baseline, "Start"),
            moment(baseline, "Finish"),
            duration_minutes(text(baseline, "Duration"), f"a baseline of task {uid}"),
            duration_minutes(text(baseline, "Work"), f"a baseline of task {uid}"),
        )
    return [found[number] for number in sorted(found)]


def _calendars(root: Element) -> list[DocumentCalendar]:
    specs, _ = read_calendars(root)
    found = []
    for node in root.iterfind(f"{NAMESPACE}Calendars/{NAMESPACE}Calendar"):
        uid = whole(node, "UID")
        name = (text(node, "Name") or f"Calendar {uid}")[:120]
        is_base = flag(node, "IsBaseCalendar", default=True)
        found.append(DocumentCalendar(uid, str(uid), name, specs[str(uid)], is_base))
    return found


def _resources(root: Element) -> list[DocumentResource]:
    specs, people = read_calendars(root)
    del specs
    found = {}
    for node in root.iterfind(f"{NAMESPACE}Resources/{NAMESPACE}Resource"):
        uid = whole(node, "UID")
        # The nameless first one of each file is nobody: work that nobody was given.
        name = (text(node, "Name") or "")[:160]
        if not name or flag(node, "IsNull"):
            continue
        kind = _KINDS.get(whole(node, "Type", 1), "work")
        units = _units(text(node, "MaxUnits", "1"), f"resource {uid}")
        found[uid] = DocumentResource(uid, name, kind, units, people.get(uid))
    return list(found.values())


def _assignments(root: Element, read: ReadPlan, known: set[int]) -> list[DocumentAssignment]:
    found = {}
    for node in root.iterfind(f"{NAMESPACE}Assignments/{NAMESPACE}Assignment"):
        task, who = whole(node, "TaskUID"), whole(node, "ResourceUID", NOBODY)
        if task not in read.tasks or who not in known:
            continue
        where = f"an assignment of task {task}"
        found[task, who] = DocumentAssignment(
            task,
            who,
            _units(text(node, "Units", "1"), where),
            duration_minutes(text(node, "Work"), where) or 0,
            delay(node, "Delay", "DelayFormat", where),
            delay(node, "LevelingDelay", "LevelingDelayFormat", where),
            read.gaps.get((task, who), ()),
        )
    return list(found.values())


def _units(found: str | None, where: str) -> Decimal:
    try:
        units = Decimal(found or "1")
    except InvalidOperation:
        raise MalformedPlan(f"“{(found or '')[:20]}” is not a number of units ({where}).") from None
    if not units.is_finite() or units < 0:
        raise MalformedPlan(f"“{(found or '')[:20]}” is not a number of units ({where}).")
    return min(units, _MAX_UNITS)
