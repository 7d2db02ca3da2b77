"""Health from the figures: schedule, cost and estimate at completion, and the worst of them.

Values are those of Project.Health: ok, warn, bad, none. Source: docs/rules/projects.md, P-6.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

ON_TRACK: Final = "ok"
AT_RISK: Final = "warn"
OFF_TRACK: Final = "bad"
NOT_STARTED: Final = "none"

_ORDER: Final = (NOT_STARTED, ON_TRACK, AT_RISK, OFF_TRACK)
_ONE: Final = Decimal(1)
_SIGNIFICANT: Final = Decimal("0.9")
# From which part of the work on, by plan, its schedule says something.
JUDGED_FROM_PERCENT: Final = Decimal(10)


@dataclass(frozen=True, slots=True)
class Bands:
    """From where on the estimate at completion, in percent over budget, is amber and red."""

    amber_percent: Decimal = Decimal(5)
    red_percent: Decimal = Decimal(15)


_NO_TIME: Final = "more work left than its people have time for"
USUAL_BANDS: Final = Bands()


@dataclass(frozen=True, slots=True)
class Health:
    """Each view of a project's health, and the worst of them; `reasons` say why it is not green."""

    schedule: str
    cost: str
    estimate: str
    effort: str
    overall: str
    reasons: tuple[str, ...]


def schedule_health(spi: Decimal | None) -> str:
    """SPI from 1.0 on time, from 0.9 a minor delay, below that a significant one."""
    if spi is None:
        return NOT_STARTED
    if spi >= _ONE:
        return ON_TRACK
    return AT_RISK if spi >= _SIGNIFICANT else OFF_TRACK


def cost_health(cpi: Decimal | None) -> str:
    """CPI from 1.0 on budget; below it the work costs more than it earns."""
    if cpi is None:
        return NOT_STARTED
    return ON_TRACK if cpi >= _ONE else AT_RISK


def estimate_health(over_percent: Decimal | None, bands: Bands = USUAL_BANDS) -> str:
    """Estimate at completion up to 5 % over budget green, below 15 % amber, from 15 % red.

    `bands` are the firm's own.
    """
    if over_percent is None:
        return NOT_STARTED
    if over_percent <= bands.amber_percent:
        return ON_TRACK
    return AT_RISK if over_percent < bands.red_percent else OFF_TRACK


def effort_health(remaining_minutes: int, available_minutes: int | None) -> str:
    """Work left against the working time that those assigned have until the end.

    Up to all of their time green, up to a tenth more amber, beyond red; nothing left is green.
    None when nobody is assigned or the end is not known: then it says nothing.
    """
    if available_minutes is None:
        return NOT_STARTED
    if remaining_minutes <= available_minutes:
        return ON_TRACK
    return AT_RISK if remaining_minutes * 10 <= available_minutes * 11 else OFF_TRACK


def with_effort(found: Health, effort: str) -> Health:
    """The same health with another word on effort."""
    if found.overall == NOT_STARTED:
        return found
    reasons = tuple(reason for reason in found.reasons if reason != _NO_TIME)
    if effort in (AT_RISK, OFF_TRACK):
        reasons = (*reasons, _NO_TIME)
    overall = max((found.schedule, found.cost, found.estimate, effort), key=_ORDER.index)
    return Health(found.schedule, found.cost, found.estimate, effort, overall, reasons)


def health_of(
    *,
    spi: Decimal | None,
    cpi: Decimal | None,
    over_percent: Decimal | None,
    has_started: bool,
    planned_percent: Decimal = Decimal(100),
    bands: Bands = USUAL_BANDS,
    effort: str = NOT_STARTED,
) -> Health:
    """Health by each measure; overall is the worst, with CPI alone never worse than amber.

    `effort` is what `effort_health` found.
    A project without any work booked has not started, whatever the plan says. Until a tenth of the
    work is due by plan (`planned_percent`), a day's delay would swing SPI, so schedule is not judged.
    """
    if not has_started:
        return Health(NOT_STARTED, NOT_STARTED, NOT_STARTED, NOT_STARTED, NOT_STARTED, ())
    is_due = planned_percent >= JUDGED_FROM_PERCENT
    schedule, cost = schedule_health(spi if is_due else None), cost_health(cpi)
    estimate = estimate_health(over_percent, bands)
    overall = max((schedule, cost, estimate, effort), key=_ORDER.index)
    reasons = []
    if schedule in (AT_RISK, OFF_TRACK):
        reasons.append("behind schedule")
    if cost == AT_RISK:
        reasons.append("costs more than it earns")
    if estimate in (AT_RISK, OFF_TRACK):
        reasons.append("forecast over budget")
    if effort in (AT_RISK, OFF_TRACK):
        reasons.append(_NO_TIME)
    return Health(schedule, cost, estimate, effort, overall, tuple(reasons))
