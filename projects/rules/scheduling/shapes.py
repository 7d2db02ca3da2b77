"""How a task's work lies in time: from a start to its finish, and back.

Three shapes answer the same questions; each names the clock that measures the task's slack, which
is its own calendar's or the project's, whoever does it. Most tasks are `Steady`: one calendar, one duration. A
`Milestone` has no duration. `Shared` work is done by several people, each by their own calendar;
it ends when the last of them is done. A part of it may be `PutOff`: it begins some time after the
task.
"""

from collections.abc import Sequence

from projects.rules.scheduling.clockwork import AnyClock, settled_start
from projects.rules.scheduling.types import Delay, Gaps


class Steady:
    """A duration in one calendar, and the pauses in it, which are no part of the duration."""

    __slots__ = ("clock", "gaps", "measure", "minutes", "span")

    def __init__(
        self, clock: AnyClock, minutes: int, measure: AnyClock | None = None, gaps: Gaps = ()
    ) -> None:
        self.clock = clock
        self.minutes = minutes
        self.measure = measure or clock
        # Work that was cut down since ends before some of its pauses.
        self.gaps = tuple(gap for gap in gaps if gap[0] < minutes)
        self.span = minutes + sum(length for _, length in self.gaps)

    def from_start(self, instant: int) -> tuple[int, int]:
        """Start and finish of work that may begin at the instant."""
        work = self.clock.before[instant]
        return self.clock.start_at[work], self.clock.finish_at[work + self.span]

    def to_finish(self, instant: int) -> tuple[int, int]:
        """Start and finish of work that must be done by the instant."""
        work = self.clock.before[instant]
        return self.clock.start_at[work - self.span], self.clock.finish_at[work]

    def start_for(self, finish: int) -> int:
        """The latest instant to begin at and be done by `finish`."""
        return self.clock.start_at[self.clock.before[finish] - self.span]

    def finish_for(self, start: int) -> int:
        """When work that begins at `start` is done."""
        return self.clock.finish_at[self.clock.before[start] + self.span]

    def asked_until(self, start: int) -> int:
        """The latest instant that a link may ask the finish for, with the work begun at `start`.

        Idle time after the finish makes no difference: asked for midnight, Friday 17:00 will do.
        """
        return self.clock.start_at[self.clock.before[start] + self.span]

    def done_until(self, start: int, done: int) -> int:
        """When `done` minutes of the work that began at `start` are done."""
        if not done:
            return start
        paused = sum(length for after, length in self.gaps if after < done)
        return self.clock.finish_at[self.clock.before[start] + done + paused]

    def is_idle(self, one: int, other: int) -> bool:
        """Whether there is no working time from one instant to the other."""
        return self.clock.before[other] <= self.clock.before[one]

    def finish_of_rest(self, instant: int, left: int) -> int:
        """When the last `left` minutes of the work are done that go on at the instant."""
        return self.clock.finish_at[self.clock.before[instant] + self._span_of_rest(left)]

    def start_of_rest(self, finish: int, left: int) -> int:
        """The latest instant at which the last `left` minutes go on and are done by `finish`."""
        return self.clock.start_at[self.clock.before[finish] - self._span_of_rest(left)]

    def _span_of_rest(self, left: int) -> int:
        """With the pauses to come; one in which the rest waits for its instant is over then."""
        done = self.minutes - left
        return left + sum(length for after, length in self.gaps if after > done)


class Milestone:
    """No duration: start and finish are one instant."""

    __slots__ = ("clock", "measure", "minutes")

    def __init__(self, clock: AnyClock) -> None:
        self.clock = self.measure = clock
        self.minutes = 0

    def from_start(self, instant: int) -> tuple[int, int]:
        """The instant, moved out of idle time."""
        settled = settled_start(self.clock, instant)
        return settled, settled

    def to_finish(self, instant: int) -> tuple[int, int]:
        """The instant, moved back out of idle time."""
        work = self.clock.before[instant]
        start = self.clock.start_at[work]
        settled = instant if instant == start else self.clock.finish_at[work]
        return settled, settled

    def start_for(self, finish: int) -> int:
        """The same instant."""
        return finish

    def finish_for(self, start: int) -> int:
        """The same instant."""
        return start

    def asked_until(self, start: int) -> int:
        """The same instant."""
        return start

    def done_until(self, start: int, done: int) -> int:
        """The same instant."""
        return start

    def is_idle(self, one: int, other: int) -> bool:
        """Always: there is no work that could wait."""
        return True

    def finish_of_rest(self, instant: int, left: int) -> int:
        """The same instant."""
        return instant

    def start_of_rest(self, finish: int, left: int) -> int:
        """The same instant."""
        return finish


class PutOff:
    """A part that begins some time after its task: working time of the task's calendar, elapsed time."""

    __slots__ = ("_begins", "_elapsed", "_part", "_worked", "clock", "gaps", "minutes")

    def __init__(self, part: Steady, delays: Sequence[Delay], begins: AnyClock) -> None:
        self._part, self._begins = part, begins
        self.clock, self.minutes, self.gaps = part.clock, part.minutes, part.gaps
        self._worked = sum(max(one.minutes, 0) for one in delays if not one.is_elapsed)
        self._elapsed = sum(max(one.minutes, 0) for one in delays if one.is_elapsed)

    def begun(self, start: int) -> int:
        """When it begins in a task that starts at the instant."""
        clock = self._begins
        settled = clock.start_at[clock.before[start]]
        if self._worked:
            settled = clock.finish_at[clock.before[settled] + self._worked]
        return settled + self._elapsed

    def from_start(self, instant: int) -> tuple[int, int]:
        """Where its task starts, and where it ends."""
        return self._part.from_start(instant)[0], self.finish_for(instant)

    def start_for(self, finish: int) -> int:
        """The latest start of the task that lets it be done by `finish`, or a minute before."""
        clock = self._begins
        instant = self._part.start_for(finish) - self._elapsed
        if clock.start_at[clock.before[instant]] != instant:
            # In idle time the task would start, and it begin, only after that.
            instant = clock.start_at[clock.before[instant] - 1]
        return clock.start_at[clock.before[instant] - self._worked]

    def finish_for(self, start: int) -> int:
        """When it is done in a task that starts at the instant."""
        return self._part.finish_for(self.begun(start))

    def asked_until(self, start: int) -> int:
        """The latest instant that a link may ask the finish for, in a task that starts then."""
        return self._part.asked_until(self.begun(start))

    def done_until(self, start: int, done: int) -> int:
        """When `done` minutes are done in a task that started at the instant."""
        return self._part.done_until(self.begun(start), done) if done else start

    def is_idle(self, one: int, other: int) -> bool:
        """As its work is."""
        return self._part.is_idle(one, other)

    def finish_of_rest(self, instant: int, left: int) -> int:
        """As its work is: what has begun was put off before."""
        return self._part.finish_of_rest(instant, left)

    def start_of_rest(self, finish: int, left: int) -> int:
        """As its work is."""
        return self._part.start_of_rest(finish, left)


class Shared:
    """Several people's parts, each in a calendar of its own."""

    __slots__ = ("measure", "minutes", "parts")

    def __init__(self, measure: AnyClock, minutes: int, parts: Sequence[Steady | PutOff]) -> None:
        self.measure = measure
        self.minutes = minutes
        self.parts = parts

    def from_start(self, instant: int) -> tuple[int, int]:
        """From the first to begin to the last to end."""
        spans = [part.from_start(instant) for part in self.parts]
        return min(start for start, _ in spans), max(finish for _, finish in spans)

    def to_finish(self, instant: int) -> tuple[int, int]:
        """The latest common start from which nobody ends after the instant."""
        return self.from_start(min(part.start_for(instant) for part in self.parts))

    def start_for(self, finish: int) -> int:
        """The latest common start from which nobody ends after `finish`."""
        return min(part.start_for(finish) for part in self.parts)

    def finish_for(self, start: int) -> int:
        """When the last of them is done."""
        return max(part.finish_for(start) for part in self.parts)

    def asked_until(self, start: int) -> int:
        """The latest instant that a link may ask the finish for, with the work begun at `start`."""
        return max(part.asked_until(start) for part in self.parts)

    def done_until(self, start: int, done: int) -> int:
        """When each has done the same part of theirs as `done` is of the whole."""
        return max(part.done_until(start, self._share(part, done)) for part in self.parts)

    def is_idle(self, one: int, other: int) -> bool:
        """Whether nobody works from one instant to the other."""
        return all(part.is_idle(one, other) for part in self.parts)

    def finish_of_rest(self, instant: int, left: int) -> int:
        """When the last of them has done what is left of theirs."""
        done = self.minutes - left
        return max(
            part.finish_of_rest(instant, part.minutes - self._share(part, done))
            for part in self.parts
        )

    def start_of_rest(self, finish: int, left: int) -> int:
        """The latest instant at which all can go on and nobody ends after `finish`."""
        done = self.minutes - left
        return min(
            part.start_of_rest(finish, part.minutes - self._share(part, done))
            for part in self.parts
        )

    def _share(self, part: Steady | PutOff, done: int) -> int:
        return part.minutes * done // self.minutes


Shape = Steady | Milestone | Shared
