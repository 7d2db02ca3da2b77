"""A plan written as Microsoft Project's XML (MSPDI): frozen data in, bytes out, no rows.

Only what a plan is made of is written: no rate, no cost. Calendars are written out whole, each for
itself, so that no reader has to know where they came from.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from projects.mspdi import timephased
from projects.mspdi.document import (
    NOBODY,
    DocumentAssignment,
    DocumentCalendar,
    DocumentResource,
    DocumentTask,
    PlanDocument,
)
from projects.rules import plan_calendars
from projects.rules.scheduling import Constraint, Delay, Link, LinkKind, PlanTask, ScheduledTask
from projects.rules.scheduling.clockwork import clock_of, to_datetime, to_minutes
from projects.rules.scheduling.shapes import PutOff, Steady

_DAY: Final = 480
_LINK_KINDS: Final = {
    LinkKind.FINISH_TO_FINISH: 0,
    LinkKind.FINISH_TO_START: 1,
    LinkKind.START_TO_FINISH: 2,
    LinkKind.START_TO_START: 3,
}
_CONSTRAINTS: Final = {
    Constraint.AS_SOON_AS_POSSIBLE: 0,
    Constraint.AS_LATE_AS_POSSIBLE: 1,
    Constraint.MUST_START_ON: 2,
    Constraint.MUST_FINISH_ON: 3,
    Constraint.START_NO_EARLIER_THAN: 4,
    Constraint.START_NO_LATER_THAN: 5,
    Constraint.FINISH_NO_EARLIER_THAN: 6,
    Constraint.FINISH_NO_LATER_THAN: 7,
}
_MODES: Final = {"fixed_units": 0, "fixed_duration": 1, "fixed_effort": 2}
_KINDS: Final = {"material": 0, "work": 1, "cost": 2}
# What XML cannot hold.
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write_document(document: PlanDocument) -> bytes:
    """The file of a scheduled plan; the same plan gives the same bytes."""
    root = Element("Project", xmlns="http://schemas.microsoft.com/project")
    uids = {calendar.key: calendar.uid for calendar in document.calendars}
    _head(root, document, uids)
    calendars = SubElement(root, "Calendars")
    for calendar in document.calendars:
        _calendar(calendars, calendar)
    _tasks(SubElement(root, "Tasks"), document, uids)
    resources = SubElement(root, "Resources")
    for number, resource in enumerate(document.resources, start=1):
        _resource(resources, number, resource, uids)
    assignments = SubElement(root, "Assignments")
    _assignments(assignments, document)
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + tostring(
        root, encoding="utf-8"
    )


def _head(root: Element, document: PlanDocument, uids: dict[str, int]) -> None:
    plan = document.plan
    found = document.schedule.values()
    starts = plan.starts_at or min((task.start for task in found), default=None)
    finishes = plan.finishes_at or max((task.finish for task in found), default=plan.starts_at)
    _text(root, "SaveVersion", "14")
    _text(root, "Title", document.name)
    _flag(root, "ScheduleFromStart", plan.starts_at is not None)
    _moment(root, "StartDate", starts or plan.finishes_at)
    _moment(root, "FinishDate", finishes)
    # The limit is kept in days there: of the usual length, or of the limit's own.
    limit = plan.critical_slack_minutes
    day = _DAY if limit % _DAY == 0 else abs(limit)
    _text(root, "CriticalSlackLimit", limit // day)
    _text(root, "CalendarUID", uids[plan.project_calendar])
    _text(root, "MinutesPerDay", day)
    _text(root, "MinutesPerWeek", 5 * day)
    _text(root, "DaysPerMonth", 20)
    _flag(root, "HonorConstraints", plan.constraints_win)
    _flag(root, "MultipleCriticalPaths", plan.has_many_critical_paths)
    _moment(root, "StatusDate", plan.status_at)


def _calendar(parent: Element, calendar: DocumentCalendar) -> None:
    node = SubElement(parent, "Calendar")
    _text(node, "UID", calendar.uid)
    _text(node, "Name", calendar.name)
    _flag(node, "IsBaseCalendar", calendar.is_base)
    _text(node, "BaseCalendarUID", -1)
    week = SubElement(node, "WeekDays")
    # Sunday is the first day there.
    pattern = plan_calendars.week_of(calendar.spec)
    for day_type, spans in enumerate([pattern[6], *pattern[:6]], start=1):
        day = SubElement(week, "WeekDay")
        _text(day, "DayType", day_type)
        _worked(day, spans)
    runs = plan_calendars.runs_of(calendar.spec)
    if runs:
        exceptions = SubElement(node, "Exceptions")
        for first, last, spans_of_day in runs:
            _exception(exceptions, first, last, spans_of_day)


def _exception(parent: Element, first: date, last: date, spans: Iterable[Sequence[int]]) -> None:
    node = SubElement(parent, "Exception")
    _flag(node, "EnteredByOccurrences", False)
    period = SubElement(node, "TimePeriod")
    _text(period, "FromDate", f"{first.isoformat()}T00:00:00")
    _text(period, "ToDate", f"{last.isoformat()}T23:59:00")
    _text(node, "Occurrences", (last - first).days + 1)
    _text(node, "Name", "")
    _text(node, "Type", 1)
    _worked(node, spans)


def _worked(node: Element, spans: Iterable[Sequence[int]]) -> None:
    times = list(spans)
    _flag(node, "DayWorking", bool(times))
    if times:
        working = SubElement(node, "WorkingTimes")
        for start, end in times:
            time = SubElement(working, "WorkingTime")
            _text(time, "FromTime", _time(start))
            _text(time, "ToTime", _time(end % 1440))


def _tasks(parent: Element, document: PlanDocument, uids: dict[str, int]) -> None:
    plan = document.plan
    planned = {task.id: task for task in plan.tasks}
    summaries = {task.parent_id for task in plan.tasks}
    incoming: dict[int, list[Link]] = {}
    for link in plan.links:
        incoming.setdefault(link.successor_id, []).append(link)
    around = plan.starts_at or plan.finishes_at
    assert around is not None  # a plan has one of them
    clock = clock_of(plan.calendars[plan.project_calendar], around.date())
    counters: list[int] = []
    for number, words in enumerate(document.tasks, start=1):
        del counters[words.depth :]
        counters.extend([0] * (words.depth - len(counters)))
        counters[-1] += 1
        task = planned[words.uid]
        is_summary = words.uid in summaries
        found = document.schedule.get(words.uid)
        minutes = task.duration_minutes
        if is_summary and found is not None:
            minutes = clock.before[to_minutes(found.finish)] - clock.before[to_minutes(found.start)]
        node = SubElement(parent, "Task")
        _text(node, "UID", words.uid)
        _text(node, "ID", number)
        _text(node, "Name", words.name)
        _flag(node, "Active", task.is_active)
        _flag(node, "Manual", task.fixed is not None)
        _text(node, "Type", _MODES[words.mode])
        _flag(node, "IsNull", False)
        _text(node, "WBS", ".".join(map(str, counters)))
        _text(node, "OutlineNumber", ".".join(map(str, counters)))
        _text(node, "OutlineLevel", words.depth)
        _text(node, "Priority", words.priority)
        _when(node, task, found, minutes)
        _text(node, "Work", _duration(words.work_minutes))
        _progress_resume(node, task)
        _flag(node, "EffortDriven", words.is_effort_driven)
        _flag(node, "Milestone", not minutes and not is_summary)
        _flag(node, "Summary", is_summary)
        _schedule(node, found)
        _progress(node, task, words, minutes)
        _constraint(node, task, uids)
        if words.note:
            _text(node, "Notes", words.note)
        for link in incoming.get(words.uid, ()):
            _link(node, link)
        _baselines(node, words)


def _when(node: Element, task: PlanTask, found: ScheduledTask | None, minutes: int) -> None:
    start, finish = (found.start, found.finish) if found else task.fixed or (None, None)
    _moment(node, "Start", start)
    _moment(node, "Finish", finish)
    _text(node, "Duration", _duration(minutes))
    if task.fixed is not None:
        _moment(node, "ManualStart", task.fixed[0])
        _moment(node, "ManualFinish", task.fixed[1])
        _text(node, "ManualDuration", _duration(minutes))
    _text(node, "DurationFormat", 8 if task.is_elapsed else 7)


def _progress_resume(node: Element, task: PlanTask) -> None:
    if task.progress.finished_at is None:
        _moment(node, "Resume", task.progress.resumes_at)


def _schedule(node: Element, found: ScheduledTask | None) -> None:
    if found is None:
        _flag(node, "Critical", False)
        return
    _flag(node, "Critical", found.is_critical)
    _moment(node, "EarlyStart", found.start)
    _moment(node, "EarlyFinish", found.finish)
    _moment(node, "LateStart", found.late_start)
    _moment(node, "LateFinish", found.late_finish)
    # Slack is kept in tenths of a minute.
    _text(node, "FreeSlack", found.free_slack_minutes * 10)
    _text(node, "TotalSlack", found.total_slack_minutes * 10)


def _progress(node: Element, task: PlanTask, words: DocumentTask, minutes: int) -> None:
    progress = task.progress
    _text(node, "PercentComplete", words.percent_complete)
    _moment(node, "ActualStart", progress.started_at)
    _moment(node, "ActualFinish", progress.finished_at)
    done = minutes if progress.finished_at is not None else progress.done_minutes
    # What the file said is kept, even where it differs from the duration.
    _text(node, "ActualDuration", _duration(progress.done_minutes or done))
    _text(node, "RemainingDuration", _duration(max(minutes - done, 0)))


def _constraint(node: Element, task: PlanTask, uids: dict[str, int]) -> None:
    _text(node, "ConstraintType", _CONSTRAINTS[task.constraint])
    _text(node, "CalendarUID", uids[task.calendar] if task.calendar else -1)
    _moment(node, "ConstraintDate", task.constrained_to)
    _moment(node, "Deadline", task.deadline_at)
    _delay(node, "LevelingDelay", "LevelingDelayFormat", task.levelling)
    _flag(node, "IgnoreResourceCalendar", task.ignores_resource_calendars)


def _link(node: Element, link: Link) -> None:
    wait = SubElement(node, "PredecessorLink")
    _text(wait, "PredecessorUID", link.predecessor_id)
    _text(wait, "Type", _LINK_KINDS[link.kind])
    _flag(wait, "CrossProject", False)
    if link.lag.percent is not None:
        _text(wait, "LinkLag", _number(link.lag.percent))
        _text(wait, "LagFormat", 20 if link.lag.is_elapsed else 19)
    else:
        _text(wait, "LinkLag", link.lag.minutes * 10)
        _text(wait, "LagFormat", 8 if link.lag.is_elapsed else 7)


def _baselines(node: Element, words: DocumentTask) -> None:
    for baseline in words.baselines:
        shot = SubElement(node, "Baseline")
        _text(shot, "Number", baseline.number)
        _moment(shot, "Start", baseline.start)
        _moment(shot, "Finish", baseline.finish)
        if baseline.duration_minutes is not None:
            _text(shot, "Duration", _duration(baseline.duration_minutes))
            _text(shot, "DurationFormat", 7)
        if baseline.work_minutes is not None:
            _text(shot, "Work", _duration(baseline.work_minutes))


def _resource(
    parent: Element, number: int, resource: DocumentResource, uids: dict[str, int]
) -> None:
    node = SubElement(parent, "Resource")
    _text(node, "UID", resource.uid)
    _text(node, "ID", number)
    _text(node, "Name", resource.name)
    _text(node, "Type", _KINDS[resource.kind])
    _flag(node, "IsNull", False)
    _text(node, "MaxUnits", _number(resource.max_units))
    if resource.calendar is not None:
        _text(node, "CalendarUID", uids[resource.calendar])


def _assignments(parent: Element, document: PlanDocument) -> None:
    plan = document.plan
    around = plan.starts_at or plan.finishes_at
    assert around is not None  # a plan has one of them
    words = {task.uid: task for task in document.tasks}
    tasks = {task.id: task for task in plan.tasks}
    people = {resource.uid: resource.calendar for resource in document.resources}
    calendars = timephased.Calendars(plan.calendars, plan.project_calendar, around.date())
    shares = list(document.assignments)
    told = {share.task_uid for share in shares if share.gaps}
    # Work that pauses and that nobody is on is nobody's assignment.
    shares.extend(
        DocumentAssignment(task.id, NOBODY, Decimal(1), task.duration_minutes, gaps=task.gaps)
        for task in plan.tasks
        if task.gaps and task.id not in told
    )
    for number, share in enumerate(shares, start=1):
        found = document.schedule.get(share.task_uid)
        node = _assignment(parent, number, share, found, words[share.task_uid])
        if share.gaps and found is not None:
            calendar = people.get(share.resource_uid)
            _runs(node, share, calendar, tasks[share.task_uid], found.start, calendars)


def _runs(
    node: Element,
    share: DocumentAssignment,
    calendar: str | None,
    task: PlanTask,
    start: datetime,
    calendars: timephased.Calendars,
) -> None:
    """The runs of work between the pauses, in hours."""
    minutes = task.duration_minutes
    if calendar is not None and share.units and not task.is_elapsed:
        minutes = int(share.work_minutes / share.units)
    steady = Steady(calendars.clock(task, calendar), minutes)
    part = PutOff(steady, (share.delay, share.levelling), calendars.clock(task, None))
    begins = to_datetime(part.begun(to_minutes(start)))
    runs = timephased.work_of(begins, minutes, share.gaps, steady.clock)
    for number, ((first, last), length) in enumerate(runs, start=1):
        piece = SubElement(node, "TimephasedData")
        _text(piece, "Type", 1)
        _text(piece, "UID", number)
        _moment(piece, "Start", first)
        _moment(piece, "Finish", last)
        _text(piece, "Unit", 1)
        _text(piece, "Value", _duration(int(length * share.units) or length))


def _assignment(
    parent: Element,
    number: int,
    assignment: DocumentAssignment,
    found: ScheduledTask | None,
    task: DocumentTask,
) -> Element:
    # Each share of a task is done as far as the task is.
    done = assignment.work_minutes * task.percent_complete // 100
    node = SubElement(parent, "Assignment")
    _text(node, "UID", number)
    _text(node, "TaskUID", assignment.task_uid)
    _text(node, "ResourceUID", assignment.resource_uid)
    _text(node, "PercentWorkComplete", task.percent_complete)
    _text(node, "ActualWork", _duration(done))
    _delay(node, "Delay", "DelayFormat", assignment.delay)
    _moment(node, "Finish", found.finish if found else None)
    _delay(node, "LevelingDelay", "LevelingDelayFormat", assignment.levelling)
    _text(node, "RemainingWork", _duration(assignment.work_minutes - done))
    _moment(node, "Start", found.start if found else None)
    _text(node, "Units", _number(assignment.units))
    _text(node, "Work", _duration(assignment.work_minutes))
    return node


def _delay(node: Element, name: str, unit: str, delay: Delay) -> None:
    if delay.minutes:
        _text(node, name, delay.minutes * 10)
        _text(node, unit, 8 if delay.is_elapsed else 7)


def _text(node: Element, name: str, value: object) -> None:
    SubElement(node, name).text = _UNPRINTABLE.sub("", str(value))


def _flag(node: Element, name: str, value: bool) -> None:
    SubElement(node, name).text = "1" if value else "0"


def _moment(node: Element, name: str, at: datetime | None) -> None:
    if at is not None:
        SubElement(node, name).text = at.isoformat()


def _duration(minutes: int) -> str:
    return f"PT{minutes // 60}H{minutes % 60}M0S"


def _time(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}:00"


def _number(value: Decimal) -> str:
    return format(value.normalize(), "f") if value else "0"
