"""The rules that time is held against, in the grid, on the phone, in the API and in imports alike.

Each rule has a stable code, a sentence and a switch: off, warn or block. They are evaluated over
frozen facts, many entries at once; nothing here reads or asks. Worked table: T-4 in
docs/rules/timeexpense.md.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from . import spans as span_rules
from .spans import MINUTES_PER_DAY
from .spans import Span as ClockSpan

OVERTIME_AFTER_MINUTES: Final = 600
OVER_ESTIMATE_PERCENT: Final = 110
TEXT_LIMIT: Final = 400
CHARGEABLE: Final = "chargeable"
CLOSED_PERIOD: Final = "closed_period"
ON_LEAVE, ON_HOLIDAY = "approved leave", "a public holiday"
# Outside these years a date is a slip of the finger.
FIRST_YEAR, LAST_YEAR = 2000, 2099


class Mode(StrEnum):
    OFF = "off"
    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about one entry: `blocks` refuses it, else it is shown to the approver."""

    code: str
    sentence: str
    blocks: bool
    field: str = ""


@dataclass(frozen=True, slots=True)
class TimeFact:
    """One entry to look at. `spans` are its starts and stops of the day, if they were kept.

    `billing_type` is empty where the task and its contract line decide.
    """

    resource_id: int
    project_id: int
    task_id: int | None
    work_on: date
    minutes: int
    description: str = ""
    internal_note: str = ""
    billing_type: str = ""
    spans: tuple[ClockSpan, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectFact:
    code: str
    is_bookable: bool
    starts_on: date
    ends_on: date | None
    is_contract_on_hold: bool
    legal_entity_id: int


@dataclass(frozen=True, slots=True)
class TaskFact:
    """`is_fixed_price`: its contract line is billed at a fixed price."""

    project_id: int
    name: str
    is_completed: bool
    is_summary: bool
    effort_minutes: int = 0
    is_fixed_price: bool = False


Span = tuple[date, date | None]
Duplicate = tuple[int, int, int | None, date, int, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules know beside the entries; minutes are those of other, standing entries.

    `team`: when somebody is on a project's team, the end exclusive. `days_off`: what keeps the
    person from work that day. `closed_days`: (legal entity, day) in a period that is not open.
    `chargeable_work`: (project, task) that is invoiced unless an entry says otherwise.
    `refuses_late_work`: the firm posts nothing for a day in a closed period.
    """

    projects: Mapping[int, ProjectFact]
    tasks: Mapping[int, TaskFact] = field(default_factory=dict)
    team: Mapping[tuple[int, int], Sequence[Span]] = field(default_factory=dict)
    minutes_by_day: Mapping[tuple[int, date], int] = field(default_factory=dict)
    days_off: Mapping[tuple[int, date], str] = field(default_factory=dict)
    closed_days: frozenset[tuple[int, date]] = frozenset()
    assigned_minutes: Mapping[tuple[int, int], int] = field(default_factory=dict)
    used_minutes: Mapping[tuple[int, int], int] = field(default_factory=dict)
    task_minutes: Mapping[int, int] = field(default_factory=dict)
    known: frozenset[Duplicate] = frozenset()
    chargeable_work: frozenset[tuple[int, int | None]] = frozenset()
    spans_by_day: Mapping[tuple[int, date], Sequence[ClockSpan]] = field(default_factory=dict)
    refuses_late_work: bool = False


class _Running:
    """What accepted entries of the batch add to the facts, as it is gone through in order."""

    __slots__ = ("days", "known", "spans", "tasks", "used")

    def __init__(self) -> None:
        self.days: dict[tuple[int, date], int] = defaultdict(int)
        self.used: dict[tuple[int, int], int] = defaultdict(int)
        self.tasks: dict[int, int] = defaultdict(int)
        self.known: set[Duplicate] = set()
        self.spans: dict[tuple[int, date], list[ClockSpan]] = defaultdict(list)

    def add(self, entry: TimeFact) -> None:
        self.days[entry.resource_id, entry.work_on] += entry.minutes
        self.known.add(_duplicate(entry))
        if entry.task_id is not None:
            self.used[entry.task_id, entry.resource_id] += entry.minutes
            self.tasks[entry.task_id] += entry.minutes
        if entry.spans:
            self.spans[entry.resource_id, entry.work_on] += entry.spans


Check = Callable[[TimeFact, Facts, _Running], str | None]


@dataclass(frozen=True, slots=True)
class Rule:
    code: str
    title: str
    default_mode: Mode
    check: Check
    field: str = ""
    is_switchable: bool = True


def is_plausible(on: date) -> bool:
    """Whether a day lies in the years that calendars and periods are kept for."""
    return FIRST_YEAR <= on.year <= LAST_YEAR


def far_away(on: date) -> Finding:
    """What is said of a day outside those years."""
    sentence = f"{day(on)} is not a day that work is kept for. Check the year."
    return Finding("unlikely_date", sentence, True, "work_on")


def _unlikely_date(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    return None if is_plausible(entry.work_on) else far_away(entry.work_on).sentence


def _unknown_work(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    project = facts.projects.get(entry.project_id)
    if project is None:
        return "There is no such project, or it is not yours to book on."
    if entry.task_id is not None:
        task = facts.tasks.get(entry.task_id)
        if task is None or task.project_id != entry.project_id:
            return f"Project {project.code} has no such task."
        if task.is_summary:
            return f"“{task.name}” has tasks below it; book on one of them."
    if not project.is_bookable:
        return f"Project {project.code} is not open for work. Ask its manager."
    return None


def _not_positive(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    if entry.minutes > 0:
        return None
    return "Time must be more than 0 minutes."


def _more_than_a_day(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    key = (entry.resource_id, entry.work_on)
    total = entry.minutes + facts.minutes_by_day.get(key, 0) + running.days.get(key, 0)
    if total <= MINUTES_PER_DAY:
        return None
    return f"{clock(total)} on {day(entry.work_on)} is more than the 24 hours a day has."


def _text_too_long(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    for text in (entry.description, entry.internal_note):
        if len(text) > TEXT_LIMIT:
            return f"A comment has at most {TEXT_LIMIT} characters; this one has {len(text)}."
        if "\0" in text:
            return "A comment holds a character that cannot be stored. Type it again."
    return None


def _not_on_team(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    for valid_from, valid_until in facts.team.get((entry.project_id, entry.resource_id), ()):
        if valid_from <= entry.work_on and (valid_until is None or entry.work_on < valid_until):
            return None
    code = facts.projects[entry.project_id].code
    return f"Not on the team of {code} on {day(entry.work_on)}. Ask its manager to add you."


def _outside_project_dates(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    project = facts.projects[entry.project_id]
    if entry.work_on < project.starts_on:
        return f"Project {project.code} starts on {day(project.starts_on)}."
    if project.ends_on is not None and entry.work_on > project.ends_on:
        return f"Project {project.code} ended on {day(project.ends_on)}."
    return None


def _closed_period(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    project = facts.projects[entry.project_id]
    if (project.legal_entity_id, entry.work_on) not in facts.closed_days:
        return None
    if facts.refuses_late_work:
        return (
            f"{day(entry.work_on)} lies in a closed period, and no late work is taken. Ask finance."
        )
    return f"{day(entry.work_on)} lies in a closed period; it will post to the open one."


def _contract_on_hold(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    project = facts.projects[entry.project_id]
    if not project.is_contract_on_hold:
        return None
    return f"The contract of {project.code} is on hold. Ask the project's manager."


def _task_completed(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    task = facts.tasks.get(entry.task_id) if entry.task_id is not None else None
    if task is None or not task.is_completed:
        return None
    return f"Task “{task.name}” is completed. Ask the project's manager to reopen it."


def _blank_description(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    if entry.description.strip():
        return None
    usual = (entry.project_id, entry.task_id) in facts.chargeable_work
    if entry.billing_type != CHARGEABLE and (entry.billing_type or not usual):
        return None
    return "Chargeable time needs an external comment: it prints on the invoice."


def _overtime(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    key = (entry.resource_id, entry.work_on)
    total = entry.minutes + facts.minutes_by_day.get(key, 0) + running.days.get(key, 0)
    if total <= OVERTIME_AFTER_MINUTES or entry.internal_note.strip():
        return None
    return f"{clock(total)} on {day(entry.work_on)}: give the reason in the internal comment."


def _leave_or_holiday(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    reason = facts.days_off.get((entry.resource_id, entry.work_on))
    if reason == ON_LEAVE:
        return f"{day(entry.work_on)} is approved leave."
    return None if reason is None else f"{day(entry.work_on)} is a public holiday."


def _more_than_assigned(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    if entry.task_id is None:
        return None
    key = (entry.task_id, entry.resource_id)
    assigned = facts.assigned_minutes.get(key)
    if not assigned:
        return None
    total = entry.minutes + facts.used_minutes.get(key, 0) + running.used.get(key, 0)
    if total <= assigned:
        return None
    return f"{clock(total)} with this entry, {clock(assigned)} assigned."


def _over_estimate(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    task = facts.tasks.get(entry.task_id) if entry.task_id is not None else None
    if task is None or not task.is_fixed_price or not task.effort_minutes:
        return None
    total = entry.minutes + facts.task_minutes.get(entry.task_id or 0, 0)
    total += running.tasks.get(entry.task_id or 0, 0)
    if total * 100 <= task.effort_minutes * OVER_ESTIMATE_PERCENT:
        return None
    return f"Fixed-price task at {total * 100 // task.effort_minutes} % of its estimate."


def _overlapping(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    if not entry.spans:
        return None
    if not span_rules.is_possible(entry.spans):
        return "The stop is not after the start, or not on the same day."
    key = (entry.resource_id, entry.work_on)
    others = (*facts.spans_by_day.get(key, ()), *running.spans.get(key, ()))
    found = span_rules.first_overlap(entry.spans, others)
    if found is None:
        return None
    return f"{span_rules.text_of([found])} overlaps other time on {day(entry.work_on)}."


def _duplicate(entry: TimeFact) -> Duplicate:
    return (
        entry.resource_id, entry.project_id, entry.task_id, entry.work_on, entry.minutes,
        entry.description,
    )  # fmt: skip


def _duplicate_entry(entry: TimeFact, facts: Facts, running: _Running) -> str | None:
    key = _duplicate(entry)
    if key not in facts.known and key not in running.known:
        return None
    return (
        f"{clock(entry.minutes)} with the same comment is entered on {day(entry.work_on)} already."
    )


# The order in which findings are shown. What cannot be switched comes first and stops the rest.
RULES: Final = (
    Rule("unlikely_date", "A date far away", Mode.BLOCK, _unlikely_date, "work_on", False),
    Rule("unknown_work", "Work that does not exist", Mode.BLOCK, _unknown_work, "project", False),
    Rule("not_positive", "Zero or negative time", Mode.BLOCK, _not_positive, "minutes", False),
    Rule("more_than_a_day", "More than 24 hours a day", Mode.BLOCK, _more_than_a_day, "minutes",
         False),
    Rule("text_unreadable", "Comment too long", Mode.BLOCK, _text_too_long, "description", False),
    Rule("not_on_team", "Not on the team", Mode.BLOCK, _not_on_team, "project"),
    Rule("outside_project_dates", "Outside the project's dates", Mode.WARN, _outside_project_dates,
         "work_on"),
    Rule(CLOSED_PERIOD, "Closed fiscal period", Mode.WARN, _closed_period, "work_on"),
    Rule("contract_on_hold", "Contract on hold", Mode.BLOCK, _contract_on_hold, "project"),
    Rule("task_completed", "Task completed", Mode.BLOCK, _task_completed, "task"),
    Rule("blank_external_description", "Chargeable without external comment", Mode.WARN,
         _blank_description, "description"),
    Rule("overtime_without_reason", "More than 10 hours without a reason", Mode.WARN, _overtime,
         "internal_note"),
    Rule("leave_or_holiday", "Time on leave or holiday", Mode.WARN, _leave_or_holiday, "work_on"),
    Rule("more_than_assigned", "More than assigned", Mode.WARN, _more_than_assigned, "minutes"),
    Rule("over_fixed_price_estimate", "Fixed-price task over 110 % of its estimate", Mode.WARN,
         _over_estimate, "task"),
    Rule("overlapping_times", "Overlapping start and stop", Mode.BLOCK, _overlapping, "minutes"),
    Rule("duplicate_entry", "Duplicate entry", Mode.WARN, _duplicate_entry, "minutes"),
)  # fmt: skip
FIXED: Final = tuple(rule for rule in RULES if not rule.is_switchable)
SWITCHABLE: Final = tuple(rule for rule in RULES if rule.is_switchable)


def validate(
    entries: Sequence[TimeFact], *, facts: Facts, switches: Mapping[str, str]
) -> list[tuple[Finding, ...]]:
    """What the rules find, per entry in the order given.

    `switches` are the tenant's modes by code; a code that is missing has its default. Rules that
    cannot be switched come first, and one that finds something leaves the others out. Entries
    that are refused do not count towards the day, the assignment or the estimate.
    Source  docs/rules/timeexpense.md, T-4.
    """
    modes = [(rule, _mode(rule, facts, switches)) for rule in SWITCHABLE]
    active = [(rule, mode is Mode.BLOCK) for rule, mode in modes if mode is not Mode.OFF]
    running = _Running()
    found: list[tuple[Finding, ...]] = []
    for entry in entries:
        findings = _findings(entry, facts, running, active)
        if not any(finding.blocks for finding in findings):
            running.add(entry)
        found.append(findings)
    return found


def _mode(rule: Rule, facts: Facts, switches: Mapping[str, str]) -> Mode:
    # What approval would refuse is refused while its person can still do something about it.
    if rule.code == CLOSED_PERIOD and facts.refuses_late_work:
        return Mode.BLOCK
    return Mode(switches.get(rule.code, rule.default_mode))


def _findings(
    entry: TimeFact, facts: Facts, running: _Running, active: Sequence[tuple[Rule, bool]]
) -> tuple[Finding, ...]:
    for rule in FIXED:
        sentence = rule.check(entry, facts, running)
        if sentence is not None:
            return (Finding(rule.code, sentence, True, rule.field),)
    return tuple(
        Finding(rule.code, sentence, blocks, rule.field)
        for rule, blocks in active
        if (sentence := rule.check(entry, facts, running)) is not None
    )


def clock(minutes: int) -> str:
    """Minutes as people read them: 450 is 7:30."""
    return f"{minutes // 60}:{minutes % 60:02d}"


def day(on: date) -> str:
    """A day as it stands in a sentence: 9 Jul 2026."""
    return f"{on.day} {on:%b %Y}"
