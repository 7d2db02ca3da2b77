"""A balance as it was known on a past day comes out as it was reported then."""

from datetime import date, timedelta

import pytest

from psa.core.ledger.services import posting
from revenue import selectors
from tests.billing.scenario import AT, Case, confirm, make_case, post_days, propose

LATER = AT + timedelta(days=40)


@pytest.fixture
def case(db):
    return make_case()


def reported(case: Case, known_on: date | None = None) -> tuple[list[object], list[object]]:
    """Work in progress of June and how it moved, for finance."""
    as_of = date(2026, 6, 30)
    return (
        selectors.work_in_progress(actor=case.fay, as_of=as_of, known_on=known_on),
        selectors.roll_forward(
            actor=case.fay, from_on=date(2026, 6, 1), until_on=as_of, known_on=known_on
        ),
    )


def test_whatever_was_recorded_later(case: Case) -> None:
    with case.scope():
        ids = post_days(case, 3)
        then = reported(case)
        assert then[0]
        # Later a day is taken back and two more are handed in, all of the same month.
        posting.reverse_actuals(actual_ids=ids[:1], actor=case.fay, at=LATER)
    with case.scope():
        now = reported(case)
        assert now != then
        assert reported(case, known_on=AT.date()) == then
        assert reported(case, known_on=LATER.date()) == now


def test_whatever_was_invoiced_later(case: Case) -> None:
    with case.scope():
        post_days(case, 3)
        then = reported(case)
        [draft] = propose(case)
        confirm(case, draft)
    with case.scope():
        # The invoice is dated after the month: its work was still open at the month's end.
        assert reported(case) == then
