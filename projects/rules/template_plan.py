"""Plans without people and dates: scaled, and put on a calendar. Source: docs/rules/projects.md, P-13."""

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from psa.core.errors import DomainError
from psa.core.org.rules.working_time import CalendarSpec, working_spans

from .plan_table import HOURS_PER_DAY, links_of
from .scheduling import Gaps, kept_gaps
from .typed_dates import MAX_DURATION

LEAST_SCALE: Final = Decimal("0.1")
MOST_SCALE: Final = Decimal(10)
# A draft is scheduled from here, a Monday in a year without holidays: its days are told by number.
DRAFT_STARTS_ON: Final = date(2001, 1, 1)
MOST_DAYS: Final = 5_000
_NUMBER: Final = re.compile(r"(?:[^\W\d]+\.?\s*)?([-−+]?)\s*(\d{1,5})")
_LINE: Final = re.compile(r"(?P<outline>\d+(?:\.\d+)*) (?P<rest>.+)")
_DAY: Final = 60 * HOURS_PER_DAY


@dataclass(frozen=True, slots=True)
class PlanRole:
    """Somebody a plan needs; `job_role_id` where the firm has the role."""

    name: str
    job_role_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenPart:
    """Somebody's part of a task of a copy: their share of a day, what puts it off, its pauses."""

    resource_id: int
    units: Decimal
    delay_minutes: int = 0
    is_delay_elapsed: bool = False
    levelling_delay_minutes: int = 0
    is_levelling_delay_elapsed: bool = False
    gaps: Gaps = ()

    def waiting(self) -> dict[str, Any]:
        """What the assignment says beside who does how much."""
        found = asdict(self)
        del found["resource_id"], found["units"]
        return found


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A row; `role` names one of the plan's roles or is "". Offsets are working days after the
    start. `gaps` are the pauses of whoever does most of it; `people` are of a copy."""

    depth: int
    name: str
    role: str = ""
    effort_minutes: int = 0
    duration_minutes: int = 0
    is_milestone: bool = False
    description: str = ""
    mode: str = "fixed_units"
    is_effort_driven: bool = False
    constraint_kind: str = "asap"
    constrained_to_days: int | None = None
    deadline_days: int | None = None
    priority: int = 500
    billing_type: str = ""
    is_duration_elapsed: bool = False
    levelling_delay_minutes: int = 0
    is_levelling_delay_elapsed: bool = False
    gaps: Gaps = ()
    people: tuple[OpenPart, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenLink:
    """The row at index `after` waits for the one at `before`."""

    before: int
    after: int
    kind: str = "FS"
    lag_minutes: int = 0
    lag_percent: Decimal | None = None
    is_lag_elapsed: bool = False

    def waiting(self) -> dict[str, Any]:
        """What the row of a link says beside its two ends."""
        return {
            "kind": self.kind, "lag_minutes": self.lag_minutes, "lag_percent": self.lag_percent,
            "is_lag_elapsed": self.is_lag_elapsed,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A whole plan: roles, rows in order, links by their indexes."""

    roles: tuple[PlanRole, ...]
    tasks: tuple[OpenTask, ...]
    links: tuple[OpenLink, ...]


@dataclass(frozen=True, slots=True)
class ShippedTemplate:
    """A plan that comes with the system."""

    name: str
    description: str
    plan: OpenPlan


def packed(plan: OpenPlan) -> dict[str, Any]:
    """A plan without people as JSON keeps it; decimals are texts there."""
    return {
        "roles": [asdict(role) for role in plan.roles],
        "tasks": [{**asdict(task), "people": []} for task in plan.tasks],
        "links": [asdict(link) for link in plan.links],
    }


def unpacked(kept: Mapping[str, Any]) -> OpenPlan:
    """The plan that `packed` made; `unpacked(packed(plan))` is the plan, without its people."""
    return OpenPlan(
        tuple(PlanRole(**role) for role in kept["roles"]),
        tuple(
            OpenTask(**{**task, "gaps": kept_gaps(task.get("gaps", ())), "people": ()})
            for task in kept["tasks"]
        ),
        tuple(
            OpenLink(**{**link, "lag_percent": _percent(link["lag_percent"])})
            for link in kept["links"]
        ),
    )


def _percent(text: str | Decimal | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def scaled(plan: OpenPlan, factor: Decimal) -> OpenPlan:
    """The plan with work, durations, working lags and delays, pauses and offsets times `factor`,
    half a minute up.

    What takes time takes at least a minute; elapsed durations, lags and delays, and percentages,
    stay.
    Raises  DomainError unless the factor lies between 0.1 and 10.
    Source  docs/rules/projects.md, P-13.
    """
    if not factor.is_finite() or not LEAST_SCALE <= factor <= MOST_SCALE:
        raise DomainError("The scale lies between 0.1 and 10; 1 keeps the plan.", field="scale")
    if factor == 1:
        return plan
    return OpenPlan(
        plan.roles,
        tuple(
            replace(
                task,
                effort_minutes=_times(task.effort_minutes, factor),
                duration_minutes=task.duration_minutes
                if task.is_duration_elapsed
                else min(_times(task.duration_minutes, factor), MAX_DURATION),
                constrained_to_days=_days(task.constrained_to_days, factor),
                deadline_days=_days(task.deadline_days, factor),
                levelling_delay_minutes=_delay(
                    task.levelling_delay_minutes, task.is_levelling_delay_elapsed, factor
                ),
                gaps=_gaps(task.gaps, factor),
                people=tuple(_part(part, factor) for part in task.people),
            )
            for task in plan.tasks
        ),
        tuple(
            link if link.is_lag_elapsed
            else replace(link, lag_minutes=_whole(link.lag_minutes * factor))
            for link in plan.links
        ),
    )  # fmt: skip


def _times(minutes: int, factor: Decimal) -> int:
    return max(_whole(minutes * factor), 1) if minutes else 0


def _part(part: OpenPart, factor: Decimal) -> OpenPart:
    return replace(
        part,
        delay_minutes=_delay(part.delay_minutes, part.is_delay_elapsed, factor),
        levelling_delay_minutes=_delay(
            part.levelling_delay_minutes, part.is_levelling_delay_elapsed, factor
        ),
        gaps=_gaps(part.gaps, factor),
    )


def _delay(minutes: int, is_elapsed: bool, factor: Decimal) -> int:
    return minutes if is_elapsed else min(_whole(minutes * factor), MAX_DURATION)


def _gaps(gaps: Gaps, factor: Decimal) -> Gaps:
    """Each pause after its part of the work; two that fall on one minute are one."""
    found: dict[int, int] = {}
    for after, minutes in gaps:
        place = _times(after, factor)
        found[place] = found.get(place, 0) + _times(minutes, factor)
    return tuple(found.items())


def _days(days: int | None, factor: Decimal) -> int | None:
    return None if days is None else _whole(days * factor)


def _whole(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def offset_of(day: date, starts_on: date, worked: Sequence[date]) -> int:
    """Working days from the start to a day; `worked` are the days worked around both, in order."""
    return bisect_left(worked, day) - bisect_left(worked, starts_on)


def day_at(offset: int, starts_on: date, worked: Sequence[date]) -> date:
    """The day that lies so many working days after the start; the last known at most."""
    if not worked:
        return starts_on
    place = bisect_left(worked, starts_on) + offset
    return worked[min(max(place, 0), len(worked) - 1)]


def number_of(on: date, starts_on: date, calendar: CalendarSpec) -> int:
    """The number of a day: 1 is the plan's first working day, −1 the one before; there is no 0.

    A day off has the number of the working day before it, at least 1 once the plan has begun.
    """
    first, last = sorted((on, starts_on))
    last += timedelta(days=on >= starts_on)
    days = (first + timedelta(days=n) for n in range((last - first).days))
    worked = sum(1 for day in days if working_spans(calendar, day))
    return max(worked, 1) if on >= starts_on else -max(worked, 1)


def day_of_number(number: int, starts_on: date, calendar: CalendarSpec) -> date:
    """The day of a number, as `number_of` counts.

    Raises  DomainError for 0, and for more than 5,000 days.
    """
    if not number or abs(number) > MOST_DAYS:
        raise DomainError("Day 1 is the plan’s first; a plan has at most 5,000 days.", field="day")
    step = timedelta(days=1 if number > 0 else -1)
    on, left = starts_on if number > 0 else starts_on + step, abs(number)
    for _ in range(10 * MOST_DAYS):
        left -= bool(working_spans(calendar, on))
        if not left:
            break
        on += step
    return on


def typed_number(text: str) -> int:
    """A day as it is typed in a template: “12”, “Day 12”, “-3”. Raises  DomainError."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        raise DomainError(
            f"“{text.strip()[:40]}” is no day of a template. Type its number, such as 12.",
            field="day",
        )
    sign, digits = match.groups()
    return -int(digits) if sign in ("-", "−") else int(digits)


def read_shipped(text: str) -> ShippedTemplate:
    """A template as text: name, description, then “1.2 Task | role | effort days | duration days |
    waits for”; a row of two zeros is a milestone, one of a name alone a summary.

    Raises  DomainError for a line that cannot be read (a mistake in the system's own data).
    """
    head, _, body = text.partition("\n\n")
    facts = dict(line.split(": ", 1) for line in head.splitlines())
    lines = [_LINE.fullmatch(line) for line in body.splitlines() if line.strip()]
    places: dict[str, int] = {}
    tasks: list[OpenTask] = []
    waits: list[str] = []
    for number, line in enumerate(lines, start=1):
        if line is None:
            raise DomainError(f"Line {number} of “{facts['name']}” is no task.")
        places[line["outline"]] = len(tasks)
        depth = line["outline"].count(".") + 1
        cells = [cell.strip() for cell in line["rest"].split("|")]
        if len(cells) == 1:
            tasks.append(OpenTask(depth, cells[0]))
            waits.append("")
            continue
        name, role, effort, duration, after = cells
        minutes = int(Decimal(duration) * _DAY)
        tasks.append(OpenTask(depth, name, role, int(Decimal(effort) * _DAY), minutes, not minutes))
        waits.append(after)
    links = [
        OpenLink(link.before, at, link.kind, link.lag_minutes, link.lag_percent, link.is_elapsed)
        for at, after in enumerate(waits)
        for link in links_of(after, at + 1, places)
    ]
    roles = dict.fromkeys(task.role for task in tasks if task.role)
    plan = OpenPlan(tuple(PlanRole(name) for name in roles), tuple(tasks), tuple(links))
    return ShippedTemplate(facts["name"], facts["description"], plan)
