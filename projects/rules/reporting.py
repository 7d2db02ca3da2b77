"""Status reports: when the next one is due, and what a published one says.

Source  docs/rules/projects.md, P-22.
"""

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

NONE, WEEKLY, FORTNIGHTLY, MONTHLY = "none", "weekly", "fortnightly", "monthly"
_DAYS: Final = {WEEKLY: 7, FORTNIGHTLY: 14}


def next_due(cadence: str, last_on: date) -> date | None:
    """The day of the next report after one as of `last_on`; None where none is asked for.

    A month after the 31st is the last day of a shorter one.
    """
    if cadence == NONE:
        return None
    if cadence in _DAYS:
        return last_on + timedelta(days=_DAYS[cadence])
    year, month = divmod(last_on.year * 12 + last_on.month, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(last_on.day, last_day))


@dataclass(frozen=True, slots=True)
class ReportMilestone:
    """A milestone as of the report; `state` is overdue, soon, planned or done."""

    name: str
    baseline_on: date | None
    due_on: date | None
    state: str


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A risk, issue or decision of the register as of the report."""

    code: str
    kind: str
    title: str
    level: str
    owner_name: str
    due_on: date | None
    status: str
    is_client_visible: bool


@dataclass(frozen=True, slots=True)
class ReportContent:
    """All that a report says. Amounts are cost in `currency`, the firm's own."""

    project_code: str
    project_name: str
    account_name: str
    manager_name: str
    seller_name: str
    seller_address: str
    number: int
    as_of: date
    health: str
    health_comment: str
    computed_health: str
    complete_percent: Decimal
    planned_percent: Decimal
    spi: Decimal | None
    cpi: Decimal | None
    currency: str
    budget_amount: Decimal | None
    cost_amount: Decimal
    eac_amount: Decimal | None
    ends_on: date | None
    finishes_on: date | None
    summary: str
    accomplishments: str
    next_steps: str
    decisions_required: str
    milestones: tuple[ReportMilestone, ...]
    entries: tuple[ReportEntry, ...]
    language: str = "en"  # of the client's edition


def as_json(content: ReportContent) -> dict[str, Any]:
    """The content as it is stored: days in ISO form, decimals as text."""
    return {key: _plain(value) for key, value in asdict(content).items()}


def from_json(stored: Mapping[str, Any]) -> ReportContent:
    """The content that `as_json` stored."""
    values = {one.name: stored[one.name] for one in fields(ReportContent) if one.name in stored}
    for name in ("as_of", "ends_on", "finishes_on"):
        values[name] = _day(values[name])
    for name in _DECIMALS:
        values[name] = None if values[name] is None else Decimal(values[name])
    values["milestones"] = tuple(
        ReportMilestone(
            **(one | {"baseline_on": _day(one["baseline_on"]), "due_on": _day(one["due_on"])})
        )
        for one in values["milestones"]
    )
    values["entries"] = tuple(
        ReportEntry(**(one | {"due_on": _day(one["due_on"])})) for one in values["entries"]
    )
    return ReportContent(**values)


_DECIMALS: Final = (
    "complete_percent", "planned_percent", "spi", "cpi", "budget_amount", "cost_amount",
    "eac_amount",
)  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(one) for one in value]
    return value


def _day(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value)
