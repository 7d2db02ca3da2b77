"""Time as people type it into a cell."""

from dataclasses import dataclass

from psa.core.errors import DomainError
from psa.core.money.rounding import parse_minutes

from . import spans
from .spans import MINUTES_PER_DAY, Span
from .validation import Finding, clock


class TimeRefused(DomainError):
    """What was typed is no time that a day can hold; `code` is the rule that says so."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, "minutes")
        self.code = code

    @property
    def finding(self) -> Finding:
        return Finding(self.code, self.message, True, "minutes")


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a cell: whole minutes, and the starts and stops if they were given."""

    minutes: int
    spans: tuple[Span, ...] = ()


def read_time(typed: str) -> Typed:
    """Time as it was typed into a cell: 7.5, 7:30, 90m, or 9-10:30, 11-12; 0 clears it.

    `+0.5` is for the grid to add.
    Raises  TimeRefused for text that is no time, for negative time, and for more than a day.
    Source  docs/rules/money.md, M-5; docs/rules/timeexpense.md, T-14.
    """
    found = spans.spans_of(typed)
    if found is not None:
        if not spans.is_possible(found) or spans.first_overlap(found):
            raise TimeRefused(
                "overlapping_times",
                f"In “{typed.strip()[:40]}” a stop is not after its start, or two overlap.",
            )
        return Typed(spans.minutes_in(found), found)
    try:
        minutes = parse_minutes(typed)
    except DomainError as error:
        is_negative = typed.strip().startswith(("-", "\u2212"))
        code = "not_positive" if is_negative else "unreadable_time"
        raise TimeRefused(code, error.message) from None
    if minutes > MINUTES_PER_DAY:
        raise TimeRefused(
            "more_than_a_day",
            f"{clock(minutes)} is more than the 24 hours a day has. Check the entry.",
        )
    return Typed(minutes)
