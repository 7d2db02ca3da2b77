"""What a plan is made of, and what scheduling it answers.

Instants are wall-clock datetimes without a zone, as the calendars count them, exact to the minute.
Durations, lags and slack are whole minutes: working minutes of the calendar named, or elapsed ones
where a field says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from psa.core.org.rules.working_time import CalendarSpec


class LinkKind(StrEnum):
    """Which end of the predecessor holds which end of the successor."""

    FINISH_TO_START = "FS"
    START_TO_START = "SS"
    FINISH_TO_FINISH = "FF"
    START_TO_FINISH = "SF"


class Constraint(StrEnum):
    """What ties a task to a date."""

    AS_SOON_AS_POSSIBLE = "asap"
    AS_LATE_AS_POSSIBLE = "alap"
    MUST_START_ON = "mso"
    MUST_FINISH_ON = "mfo"
    START_NO_EARLIER_THAN = "snet"
    START_NO_LATER_THAN = "snlt"
    FINISH_NO_EARLIER_THAN = "fnet"
    FINISH_NO_LATER_THAN = "fnlt"


class WarningKind(StrEnum):
    """What a planner must look at."""

    CONSTRAINT_CONFLICT = "constraint_conflict"
    DEADLINE_MISSED = "deadline_missed"
    NEGATIVE_SLACK = "negative_slack"


@dataclass(frozen=True, slots=True)
class Lag:
    """Waiting time of a link; negative is a lead. Exactly one of minutes and percent counts.

    `percent` is of the predecessor's duration. Elapsed lags run day and night; others count the
    working time of the successor's calendar.
    """

    minutes: int = 0
    percent: Decimal | None = None
    is_elapsed: bool = False


NO_LAG = Lag()


@dataclass(frozen=True, slots=True)
class Delay:
    """Waiting time that levelling, or somebody, put before work; negative brings it forward.

    Elapsed delays run day and night; others count working time.
    """

    minutes: int = 0
    is_elapsed: bool = False


NO_DELAY = Delay()

# Where work pauses: after so many minutes of it, for so many working minutes; in order.
Gaps = tuple[tuple[int, int], ...]


def kept_gaps(rows: Sequence[Sequence[int]]) -> Gaps:
    """Pauses as JSON keeps them."""
    return tuple((after, minutes) for after, minutes in rows)


@dataclass(frozen=True, slots=True)
class Link:
    """The successor waits for the predecessor. Either may be a summary task."""

    predecessor_id: int
    successor_id: int
    kind: LinkKind = LinkKind.FINISH_TO_START
    lag: Lag = NO_LAG


@dataclass(frozen=True, slots=True)
class Assigned:
    """One resource's part of a task: so many minutes of its own calendar, from the task's start.

    The two delays put it off from there; a negative one counts for nothing.
    """

    calendar: str
    minutes: int
    delay: Delay = NO_DELAY
    levelling: Delay = NO_DELAY
    gaps: Gaps = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """What has happened. `done_minutes` is the part of the duration that is behind us."""

    started_at: datetime | None = None
    finished_at: datetime | None = None
    done_minutes: int = 0
    resumes_at: datetime | None = None


NO_PROGRESS = Progress()


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A task to schedule. `duration_minutes` 0 is a milestone; a summary's own is not used.

    `calendar` is the task's own, else the project's counts. `assigned` names the calendars of
    those who do it: work happens where the task's own and theirs agree, unless
    `ignores_resource_calendars`. A `fixed` pair of instants keeps a manually scheduled task where
    it is. An inactive task holds nothing and is held by nothing. `levelling` puts a task off from
    where it could begin (negative, in a plan from its finish: forward from where it must end).
    `gaps` are the pauses of work that nobody with a calendar is on.
    """

    id: int
    duration_minutes: int = 0
    parent_id: int | None = None
    is_elapsed: bool = False
    calendar: str | None = None
    assigned: Sequence[Assigned] = ()
    ignores_resource_calendars: bool = False
    constraint: Constraint = Constraint.AS_SOON_AS_POSSIBLE
    constrained_to: datetime | None = None
    deadline_at: datetime | None = None
    progress: Progress = NO_PROGRESS
    fixed: tuple[datetime, datetime] | None = None
    is_active: bool = True
    levelling: Delay = NO_DELAY
    gaps: Gaps = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Tasks in plan order, links, calendars by name.

    Exactly one of `starts_at` and `finishes_at` is given: from the start forward, or from the
    finish backward. With `status_at` and `moves_open_work`, work that is not done is not planned
    before the status date.
    """

    tasks: Sequence[PlanTask]
    links: Sequence[Link]
    calendars: Mapping[str, CalendarSpec] = field(repr=False)
    project_calendar: str
    starts_at: datetime | None = None
    finishes_at: datetime | None = None
    status_at: datetime | None = None
    moves_open_work: bool = True
    constraints_win: bool = True
    critical_slack_minutes: int = 0
    has_many_critical_paths: bool = False


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """When a task happens, and by how much it may slip.

    `total_slack_minutes` may be used before the project ends later (negative: a date cannot be
    kept), `free_slack_minutes` before any successor moves; both in the task's working time.
    """

    id: int
    start: datetime
    finish: datetime
    late_start: datetime
    late_finish: datetime
    total_slack_minutes: int
    free_slack_minutes: int
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Warning_:
    """Something a planner must look at; `minutes` says by how much, where that has a meaning."""

    kind: WarningKind
    task_id: int
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    """The whole answer."""

    tasks: Mapping[int, ScheduledTask]
    starts_at: datetime
    finishes_at: datetime
    warnings: Sequence[Warning_] = field(default_factory=tuple)
