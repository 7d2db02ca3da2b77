"""Work = units × duration: which of the three gives way. Source: docs/rules/projects.md, P-8.

Fixed units: changing the work changes the duration, and the reverse. Fixed duration: changing the
work changes the units. Fixed effort: changing the units changes the duration. Where a task is
effort-driven, somebody who joins shares its work; else they bring work of their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, allocate_whole

UNIT_STEP: Final = Decimal("0.0001")
MAX_UNITS: Final = Decimal(1000)
MOST_GAPS: Final = 5000
LONGEST: Final = 6_000_000


class Mode(StrEnum):
    """Which of work, units and duration stays when another changes."""

    FIXED_UNITS = "fixed_units"
    FIXED_DURATION = "fixed_duration"
    FIXED_EFFORT = "fixed_effort"


@dataclass(frozen=True, slots=True)
class Part:
    """One assignment: the share of a day given to the task, and its minutes of work."""

    key: int
    units: Decimal
    minutes: int


@dataclass(frozen=True, slots=True)
class Workload:
    """A task's work: with parts, `effort_minutes` is their sum."""

    mode: Mode
    is_effort_driven: bool
    duration_minutes: int
    effort_minutes: int
    parts: tuple[Part, ...] = ()


def with_effort(load: Workload, minutes: int) -> Workload:
    """The work changed. Fixed duration: the units follow; else the duration does.

    Source  docs/rules/projects.md, P-8.
    """
    parts = _shared(load.parts, minutes)
    if load.mode == Mode.FIXED_DURATION:
        return replace(load, effort_minutes=minutes, parts=_units_from(parts, load))
    if parts:
        return _as_long_as_it_takes(replace(load, effort_minutes=minutes, parts=parts))
    if not minutes or load.effort_minutes == minutes:
        return replace(load, effort_minutes=minutes)
    duration = minutes
    if load.effort_minutes and load.duration_minutes:
        duration = _rounded(Decimal(minutes) * load.duration_minutes, load.effort_minutes)
    return replace(load, effort_minutes=minutes, duration_minutes=max(duration, 1))


def with_duration(load: Workload, minutes: int) -> Workload:
    """The duration changed. Fixed effort: the units follow; else the work of those assigned does."""
    if load.mode == Mode.FIXED_EFFORT:
        changed = replace(load, duration_minutes=minutes)
        return replace(changed, parts=_units_from(load.parts, changed))
    parts = tuple(replace(part, minutes=_rounded(part.units * minutes, 1)) for part in load.parts)
    effort = sum(part.minutes for part in parts) if parts else load.effort_minutes
    return replace(load, duration_minutes=minutes, parts=parts, effort_minutes=effort)


def with_mode(load: Workload, mode: Mode, duration_minutes: int) -> Workload:
    """The same work in another mode and length; who does it is not asked."""
    return replace(load, mode=mode, duration_minutes=duration_minutes)


def with_units(load: Workload, key: int, units: Decimal) -> Workload:
    """One person's share changed. Fixed duration: their work follows; else the duration does."""
    parts = tuple(replace(p, units=units) if p.key == key else p for p in load.parts)
    if load.mode == Mode.FIXED_DURATION:
        parts = tuple(
            replace(p, minutes=_rounded(units * load.duration_minutes, 1)) if p.key == key else p
            for p in parts
        )
        return replace(load, parts=parts, effort_minutes=sum(p.minutes for p in parts))
    return _as_long_as_it_takes(replace(load, parts=parts))


def with_part(load: Workload, key: int, units: Decimal) -> Workload:
    """Somebody joins. The first takes all the work; then effort-driven work is shared by units."""
    if not load.parts:
        minutes = load.effort_minutes or _rounded(units * load.duration_minutes, 1)
        alone = replace(load, effort_minutes=minutes, parts=(Part(key, units, minutes),))
        if load.mode == Mode.FIXED_DURATION:
            return replace(alone, parts=_units_from(alone.parts, alone))
        return _as_long_as_it_takes(alone)
    if not load.is_effort_driven:
        minutes = _rounded(units * load.duration_minutes, 1)
        parts = (*load.parts, Part(key, units, minutes))
        return replace(load, parts=parts, effort_minutes=load.effort_minutes + minutes)
    return _driven(load, (*load.parts, Part(key, units, 0)))


def without_part(load: Workload, key: int) -> Workload:
    """Somebody leaves. Effort-driven work passes to the others; else it goes with them.

    When nobody is left the work stays with the task.
    """
    parts = tuple(part for part in load.parts if part.key != key)
    if not parts:
        return replace(load, parts=())
    if load.is_effort_driven:
        return _driven(load, parts)
    return replace(load, parts=parts, effort_minutes=sum(part.minutes for part in parts))


def check_units(units: Decimal) -> Decimal:
    """The share of a day, to four places. Raises  DomainError unless above 0."""
    if not units.is_finite() or not 0 < units <= MAX_UNITS:
        raise DomainError("Units are above 0 % and at most 100,000 %.", field="units")
    return max(units.quantize(UNIT_STEP, ROUND_HALF_UP), UNIT_STEP)


def check_gaps(gaps: Sequence[Sequence[int]]) -> None:
    """Pauses follow each other, each after some work and of some length.

    Raises  DomainError.
    """
    if len(gaps) > MOST_GAPS:
        raise DomainError(f"Work pauses at most {MOST_GAPS:,} times.", field="waits")
    before = 1
    for after, minutes in gaps:
        if not before <= after <= LONGEST or not 0 < minutes <= LONGEST:
            raise DomainError(
                "A pause comes after some work and takes some time, the next one no earlier.",
                field="waits",
            )
        before = after


def done_part(duration_minutes: int, percent_complete: int) -> int:
    """The minutes of a duration that are behind us, whole ones."""
    return duration_minutes * percent_complete // 100


def _driven(load: Workload, parts: Sequence[Part]) -> Workload:
    shared = _by(parts, load.effort_minutes, [part.units for part in parts])
    if load.mode == Mode.FIXED_DURATION:
        return replace(load, parts=_units_from(shared, load))
    return _as_long_as_it_takes(replace(load, parts=shared))


def _shared(parts: tuple[Part, ...], minutes: int) -> tuple[Part, ...]:
    """The work spread over the parts as it was, or by units where there was none."""
    weights = [Decimal(part.minutes) for part in parts]
    if not any(weights):
        weights = [part.units for part in parts]
    return _by(parts, minutes, weights)


def _by(parts: Sequence[Part], minutes: int, weights: list[Decimal]) -> tuple[Part, ...]:
    if not parts:
        return ()
    if not any(weights):
        weights = [Decimal(1)] * len(parts)
    shares = allocate_whole(minutes, weights)
    return tuple(replace(p, minutes=share) for p, share in zip(parts, shares, strict=True))


def _units_from(parts: Sequence[Part], load: Workload) -> tuple[Part, ...]:
    if not load.duration_minutes:
        return tuple(parts)
    found = []
    for part in parts:
        share = EXACT.divide(Decimal(part.minutes), Decimal(load.duration_minutes))
        units = share.quantize(UNIT_STEP, ROUND_HALF_UP)
        found.append(replace(part, units=min(max(units, UNIT_STEP), MAX_UNITS)))
    return tuple(found)


def _as_long_as_it_takes(load: Workload) -> Workload:
    """The duration until the last of them is done."""
    longest = max(
        (_rounded(Decimal(part.minutes), part.units) for part in load.parts if part.units),
        default=load.duration_minutes,
    )
    effort = sum(part.minutes for part in load.parts)
    return replace(load, duration_minutes=longest, effort_minutes=effort)


def _rounded(value: Decimal, divisor: Decimal | int) -> int:
    return int(EXACT.divide(value, Decimal(divisor)).quantize(Decimal(1), ROUND_HALF_UP))
