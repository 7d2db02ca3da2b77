"""A project's register: which statuses an entry of each kind may have, and what its risks expose.

Source  docs/rules/projects.md, P-20 to P-22.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from psa.core.errors import DomainError
from psa.core.money.rounding import EXACT, round_to_minor

RISK: Final = "risk"
ISSUE: Final = "issue"
ACTION: Final = "action"
DECISION: Final = "decision"
CHANGE: Final = "change"

OPEN, IN_PROGRESS, OCCURRED = "open", "in_progress", "occurred"
SUBMITTED, APPROVED = "submitted", "approved"
RESOLVED, DONE, DECIDED, AMENDED = "resolved", "done", "decided", "amended"
REJECTED, CANCELLED, CLOSED = "rejected", "cancelled", "closed"

# In the order in which they follow each other; an entry may be taken up again from any of them.
STATUSES: Final[dict[str, tuple[str, ...]]] = {
    RISK: (OPEN, IN_PROGRESS, OCCURRED, CLOSED),
    ISSUE: (OPEN, IN_PROGRESS, RESOLVED, CLOSED),
    ACTION: (OPEN, IN_PROGRESS, DONE, CANCELLED),
    DECISION: (OPEN, DECIDED, CANCELLED),
    CHANGE: (OPEN, SUBMITTED, APPROVED, AMENDED, REJECTED, CANCELLED),
}
# Nothing more is to be done about an entry in one of these.
ENDED: Final = frozenset({OCCURRED, RESOLVED, DONE, DECIDED, AMENDED, REJECTED, CANCELLED, CLOSED})
# An entry ends in one of these only with words on how.
WANTS_WORDS: Final[dict[str, str]] = {
    RESOLVED: "Say how the issue was resolved.",
    DECIDED: "Say what was decided.",
    REJECTED: "Say why the change was rejected.",
    OCCURRED: "Say what happened.",
}

# How likely each level of probability is, in percent; what a risk would cost is weighted by it.
PROBABILITY_PERCENT: Final[dict[int, int]] = {1: 10, 2: 30, 3: 50, 4: 70, 5: 90}
LEVELS: Final = tuple(PROBABILITY_PERCENT)
_HIGH_FROM, _MEDIUM_FROM = 15, 6


def is_ended(status: str) -> bool:
    """Whether nothing more is to be done about an entry."""
    return status in ENDED


def check_status(kind: str, before: str, after: str, *, words: str, reference: str) -> None:
    """Refuse a status that the kind does not have, or that lacks what it needs.

    A change request is in the contract once it was approved, and names the amendment.
    Raises  DomainError naming the field.
    """
    if after not in STATUSES[kind]:
        raise DomainError("This is not a status of such an entry. Choose another.", field="status")
    if after in WANTS_WORDS and not words:
        raise DomainError(WANTS_WORDS[after], field="resolution")
    if after != AMENDED:
        return
    if before not in (APPROVED, AMENDED):
        raise DomainError(
            "Only an approved change goes into the contract. Approve it first.", field="status"
        )
    if not reference:
        raise DomainError(
            "Name the amendment that the change went into.", field="amendment_reference"
        )


def score(probability: int, impact: int) -> int:
    """Probability × impact, 1 to 25."""
    return probability * impact


def severity(points: int) -> str:
    """low below 6, medium from 6, high from 15."""
    if points >= _HIGH_FROM:
        return "high"
    return "medium" if points >= _MEDIUM_FROM else "low"


def exposure(amount: Decimal, probability: int, currency: str) -> Decimal:
    """What a risk weighs in money: its impact × the percent of its probability, rounded once."""
    percent = Decimal(PROBABILITY_PERCENT[probability])
    return round_to_minor(EXACT.divide(EXACT.multiply(amount, percent), Decimal(100)), currency)


@dataclass(frozen=True, slots=True)
class OpenRisk:
    """A risk that may still come true."""

    probability: int
    impact: int
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the heat map: how many open risks have this probability and impact."""

    probability: int
    impact: int
    severity: str
    count: int


def heat_map(risks: Collection[OpenRisk]) -> tuple[tuple[Cell, ...], ...]:
    """Five rows from the likeliest down, five columns from the smallest impact up."""
    counts: dict[tuple[int, int], int] = {}
    for risk in risks:
        key = (risk.probability, risk.impact)
        counts[key] = counts.get(key, 0) + 1
    return tuple(
        tuple(
            Cell(likely, heavy, severity(score(likely, heavy)), counts.get((likely, heavy), 0))
            for heavy in LEVELS
        )
        for likely in reversed(LEVELS)
    )


def contingency(risks: Iterable[OpenRisk], currency: str) -> Decimal:
    """What should be kept aside: the sum of the exposures of risks with an amount."""
    return sum(
        (
            exposure(risk.amount, risk.probability, currency)
            for risk in risks
            if risk.amount is not None
        ),
        Decimal(0),
    )
