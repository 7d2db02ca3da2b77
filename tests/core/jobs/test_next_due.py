"""psa.core.jobs.rules.schedule.next_due"""

from datetime import UTC, datetime

import pytest

from psa.core.jobs.rules.schedule import next_due


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "every", "daily", "due"),
    [
        ("2026-07-09T01:00", None, 150, "2026-07-09T02:30"),
        ("2026-07-09T02:30", None, 150, "2026-07-10T02:30"),
        ("2026-07-09T23:59", None, 0, "2026-07-10T00:00"),
        ("2026-07-09T10:07", 15, None, "2026-07-09T10:15"),
        ("2026-07-09T10:15", 15, None, "2026-07-09T10:30"),
        ("2026-07-09T23:50", 7, None, "2026-07-09T23:55"),
        ("2026-07-09T23:56", 7, None, "2026-07-10T00:00"),
        ("2026-07-09T10:00", 2880, None, "2026-07-11T00:00"),
    ],
)
def test_gives_the_next_time(after: str, every: int | None, daily: int | None, due: str) -> None:
    found = next_due(after=_at(after), every_minutes=every, daily_at_minute=daily)
    assert found == _at(due)


@pytest.mark.parametrize(("every", "daily"), [(None, None), (5, 5), (0, None), (None, 1440)])
def test_refuses_what_is_no_timing(every: int | None, daily: int | None) -> None:
    with pytest.raises(ValueError):
        next_due(after=_at("2026-07-09T10:00"), every_minutes=every, daily_at_minute=daily)
