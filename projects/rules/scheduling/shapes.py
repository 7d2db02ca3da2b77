"""How a task's work lies in time: from a start to its finish, and back.

Three shapes answer the same four questions. Most tasks are `Steady`: one calendar, one duration. A
`Milestone` has no duration. `Shared` work is done by several people, each by their own calendar;
it ends when the last of them is done.
"""

from collections.abc import Sequence

from projects.rules.scheduling.clockwork import AnyClock, settled_start


class Steady:
    """A duration in one calendar."""

    __slots__ = ("clock", "minutes")

    def __init__(self, clock: AnyClock, minutes: int) -> None:
        self.clock = clock
        self.minutes = minutes

    def from_start(self, instant: int) -> tuple[int, int]:
        """Start and finish of work that may begin at the instant."""
        work = self.clock.before[instant]
        return self.clock.start_at[work], self.clock.finish_at[work + self.minutes]

    def to_finish(self, instant: int) -> tuple[int, int]:
        """Start and finish of work that must be done by the instant."""
        work = self.clock.before[instant]
        return self.clock.start_at[work - self.minutes], self.clock.finish_at[work]

    def start_for(self, finish: int) -> int:
        """The latest instant to begin at and be done by `finish`."""
        return self.clock.start_at[self.clock.before[finish] - self.minutes]

    def finish_for(self, start: int) -> int:
        """When work that begins at `start` is done."""
        return self.clock.finish_at[self.clock.before[start] + self.minutes]

    def asked_until(self, start: int) -> int:
        """The latest instant that a link may ask the finish for, with the work begun at `start`.

        Idle time after the finish makes no difference: asked for midnight, Friday 17:00 will do.
        """
        return self.clock.start_at[self.clock.before[start] + self.minutes]


class Milestone:
    """No duration: start and finish are one instant."""

    __slots__ = ("clock", "minutes")

    def __init__(self, clock: AnyClock) -> None:
        self.clock = clock
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


class Shared:
    """Several people's parts, each in a calendar of its own. `clock` measures slack."""

    __slots__ = ("clock", "minutes", "parts")

    def __init__(self, clock: AnyClock, minutes: int, parts: Sequence[Steady]) -> None:
        self.clock = clock
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


Shape = Steady | Milestone | Shared
