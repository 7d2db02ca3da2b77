"""When work on an assignment pauses, as Microsoft Project's XML tells it: by what is done when.

The format lists work piece by piece, a day or an hour each. Of that only the runs between pauses
are held; how long a pause is, the calendar says by which the work is done.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from projects.rules.scheduling import Gaps, PlanTask
from projects.rules.scheduling.clockwork import (
    AnyClock,
    RoundTheClock,
    clock_of,
    shared_clock_of,
    to_datetime,
    to_minutes,
)
from psa.core.org.rules.working_time import CalendarSpec

# Work that is done and work that is left; the rest is costs, overtime and baselines.
_WORK_TYPES: Final = frozenset({"1", "2"})
# A night between two pieces of a day each is no pause; other idle time the calendar knows.
_DAYS: Final = "2"
_NIGHT: Final = timedelta(hours=16)
_KEPT: Final = ("Type", "Start", "Finish", "Unit", "Value")

Run = tuple[datetime, datetime]


class Calendars:
    """The calendars of a plan, by the names it has for them; each is worked out once."""

    def __init__(self, specs: Mapping[str, CalendarSpec], project: str, around: date) -> None:
        self.project = project
        self._specs, self._around = specs, around
        self._clocks: dict[tuple[str, str | None], AnyClock] = {}

    def clock(self, task: PlanTask, person: str | None) -> AnyClock:
        """By which one's part of a task is done; `person` is the calendar of who does it."""
        if task.is_elapsed:
            return RoundTheClock()
        own = task.calendar or self.project
        if person is None or (task.calendar and task.ignores_resource_calendars):
            return self._clock(own)
        return self._clock(own, person) if task.calendar else self._clock(person)

    def _clock(self, name: str, other: str | None = None) -> AnyClock:
        key = (name, other if other != name else None)
        if key not in self._clocks:
            spec = self._specs[name]
            self._clocks[key] = (
                clock_of(spec, self._around)
                if key[1] is None
                else shared_clock_of(spec, self._specs[key[1]], self._around)
            )
        return self._clocks[key]


def runs_of(pieces: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Pieces of work joined where nothing lies between them, in order; none when it never pauses.

    What cannot be read as a piece of work with its two ends is passed over.
    """
    found: list[tuple[datetime, datetime, Mapping[str, str]]] = []
    for piece in pieces:
        if piece.get("Type") in _WORK_TYPES and any(
            c in "123456789" for c in piece.get("Value", "")
        ):
            try:
                start = datetime.fromisoformat(piece["Start"])
                finish = datetime.fromisoformat(piece["Finish"])
            except (KeyError, ValueError):
                continue
            if start.tzinfo is None and finish.tzinfo is None and start < finish:
                found.append((start, finish, piece))
    found.sort(key=lambda one: one[:2])
    joined: list[dict[str, str]] = []
    last: datetime | None = None
    for start, finish, piece in found:
        if last is not None and _is_one(last, start, piece.get("Unit") == _DAYS):
            if finish > last:
                joined[-1]["Finish"] = piece["Finish"]
                last = finish
            continue
        joined.append({name: piece[name] for name in _KEPT if name in piece})
        last = finish
    return list(joined) if len(joined) > 1 else []


def _is_one(finish: datetime, start: datetime, is_of_days: bool) -> bool:
    return start <= finish or (
        is_of_days and start.date() > finish.date() and start - finish <= _NIGHT
    )


def gaps_of(runs: Iterable[Run], clock: AnyClock) -> Gaps:
    """The pauses between runs of work: after how much of it, and for how much working time."""
    found: list[tuple[int, int]] = []
    done, last = 0, None
    for start, finish in runs:
        begins, ends = to_minutes(start), to_minutes(finish)
        if last is not None and (idle := clock.before[begins] - clock.before[last]) > 0:
            found.append((done, idle))
        done += clock.before[ends] - clock.before[begins]
        last = ends
    return tuple((after, idle) for after, idle in found if after)


def work_of(start: datetime, minutes: int, gaps: Gaps, clock: AnyClock) -> list[tuple[Run, int]]:
    """The runs of work that begins at `start` and pauses so, with the minutes of each."""
    at = clock.before[to_minutes(start)]
    found = []
    ends = [*(gap for gap in gaps if gap[0] < minutes), (minutes, 0)]
    done = 0
    for after, idle in ends:
        length = after - done
        run = to_datetime(clock.start_at[at]), to_datetime(clock.finish_at[at + length])
        found.append((run, length))
        at, done = at + length + idle, after
    return found
