from dataclasses import replace
from datetime import date

import pytest

from psa.core.errors import DomainError
from psa.core.ledger.rules.periods import (
    PeriodClosed,
    PeriodFact,
    PeriodTransitionRefused,
    check_can_become,
    check_takes_posting,
    posting_slot,
)
from psa.core.ledger.rules.types import PeriodState

OPEN, SOFT, CLOSED = PeriodState.OPEN, PeriodState.SOFT_CLOSED, PeriodState.CLOSED


def calendar(*states):
    starts = [date(2026, month, 1) for month in range(1, len(states) + 2)]
    return [
        PeriodFact(index + 1, f"2026-{index + 1:02}", starts[index], starts[index + 1], state)
        for index, state in enumerate(states)
    ]


def test_work_in_an_open_period_posts_on_its_own_date():
    slot = posting_slot(calendar(OPEN, OPEN), work_on=date(2026, 1, 31))
    assert (slot.period_id, slot.posting_on, slot.is_late) == (1, date(2026, 1, 31), False)


def test_late_work_posts_to_the_earliest_open_period():
    slot = posting_slot(calendar(CLOSED, SOFT, OPEN, OPEN), work_on=date(2026, 1, 15))
    assert (slot.period_id, slot.posting_on, slot.is_late) == (3, date(2026, 3, 1), True)


def test_an_open_period_before_the_work_date_does_not_count():
    with pytest.raises(PeriodClosed, match="2026-02 is closed and no later"):
        posting_slot(calendar(OPEN, CLOSED), work_on=date(2026, 2, 3))


def test_finance_posts_into_a_soft_closed_period():
    periods = calendar(SOFT, OPEN)
    slot = posting_slot(periods, work_on=date(2026, 1, 31), in_soft_closed=True)
    assert slot.period_id == 1
    assert check_takes_posting(periods, posting_on=date(2026, 1, 31), in_soft_closed=True)
    with pytest.raises(PeriodClosed, match="soft closed"):
        check_takes_posting(periods, posting_on=date(2026, 1, 31))


def test_a_closed_period_takes_nothing_from_finance_either():
    with pytest.raises(PeriodClosed):
        check_takes_posting(calendar(CLOSED), posting_on=date(2026, 1, 5), in_soft_closed=True)


def test_a_date_outside_the_calendar_is_refused():
    with pytest.raises(DomainError, match="No fiscal period contains 2027-01-01"):
        posting_slot(calendar(OPEN), work_on=date(2027, 1, 1))


def test_a_period_is_soft_closed_then_closed_in_order():
    periods = calendar(OPEN, OPEN)
    check_can_become(periods, period_id=1, state=SOFT)
    with pytest.raises(PeriodTransitionRefused, match="soft-closed before it is closed"):
        check_can_become(periods, period_id=1, state=CLOSED)
    with pytest.raises(PeriodTransitionRefused, match="2026-01 is not closed yet"):
        check_can_become(calendar(SOFT, SOFT), period_id=2, state=CLOSED)
    check_can_become(calendar(CLOSED, SOFT), period_id=2, state=CLOSED)


def test_reopening_needs_a_reason_and_no_closed_period_after_it():
    periods = calendar(CLOSED, CLOSED)
    with pytest.raises(PeriodTransitionRefused, match="reason"):
        check_can_become(periods, period_id=2, state=OPEN)
    check_can_become(periods, period_id=2, state=OPEN, reason="Vendor invoice missed")
    with pytest.raises(PeriodTransitionRefused, match="Re-open it before 2026-01"):
        check_can_become(periods, period_id=1, state=OPEN, reason="Missed")
    reopened = [periods[0], replace(periods[1], state=OPEN)]
    check_can_become(reopened, period_id=1, state=SOFT, reason="Missed")
