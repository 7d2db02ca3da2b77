"""The cut-off that a billing run starts from, by the firm's parameter."""

from datetime import date

import pytest

from billing.forms import usual_cutoff


@pytest.mark.parametrize(
    ("policy", "week_starts_on", "expected"),
    [
        ("month_end", 0, date(2026, 6, 30)),
        ("week_end", 0, date(2026, 7, 5)),  # Thursday the 9th: last week ended on a Sunday
        ("week_end", 6, date(2026, 7, 4)),
        ("today", 0, date(2026, 7, 9)),
    ],
)
def test_is_the_last_day_of_the_firms_usual_run(
    policy: str, week_starts_on: int, expected: date
) -> None:
    assert usual_cutoff(policy, date(2026, 7, 9), week_starts_on) == expected
