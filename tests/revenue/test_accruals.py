"""The accrual of unbilled work at a period's end, and its return on day 1."""

from datetime import date

import pytest

from psa.core.errors import PermissionDenied
from psa.core.ledger.models import JournalEntry, JournalLine
from revenue.services.accruals import post_accruals
from tests.billing.scenario import confirm, make_case, post_days, propose
from tests.factories import AT


@pytest.fixture
def case(db):
    return make_case(currency="GBP")


def june(case):
    return case.firm.entities["UK"].periods.get(name="2026-06").pk


def asset(entry_on=None):
    lines = JournalLine.objects.filter(account__code="1200")
    if entry_on:
        lines = lines.filter(entry__entry_on=entry_on)
    return sum(line.debit - line.credit for line in lines)


def test_stands_on_the_last_day_and_is_taken_back_on_day_1(case):
    with case.scope():
        post_days(case)
        assert post_accruals(period_id=june(case), actor=case.fay, at=AT).posted == 1
        entry, back = JournalEntry.objects.filter(event="sales_accrual").order_by("id")
        assert entry.source_ref == "2026-06/C-1/accrual"
        assert back.reverses_id == entry.pk
        assert asset(date(2026, 6, 30)) == 3000
        assert asset(date(2026, 7, 1)) == -3000


def test_a_second_time_posts_nothing(case):
    with case.scope():
        post_days(case)
        post_accruals(period_id=june(case), actor=case.fay, at=AT)
        again = post_accruals(period_id=june(case), actor=case.fay, at=AT)
        assert (again.posted, again.kept) == (0, 1)
        assert JournalEntry.objects.filter(event="sales_accrual").count() == 2


def test_leaves_out_what_was_invoiced_in_the_period(case):
    with case.scope():
        post_days(case)
        [proposal] = propose(case)
        confirm(case, proposal, on=date(2026, 6, 30))
        assert post_accruals(period_id=june(case), actor=case.fay, at=AT).posted == 0


def test_is_not_for_the_billing_manager(case):
    with case.scope(), pytest.raises(PermissionDenied):
        post_accruals(period_id=june(case), actor=case.bill, at=AT)


def test_again_posts_the_difference_to_what_is_unbilled_by_then(case):
    with case.scope():
        post_days(case)
        post_accruals(period_id=june(case), actor=case.fay, at=AT)
        post_days(case, 1)
        assert post_accruals(period_id=june(case), actor=case.fay, at=AT).posted == 1
        assert asset(date(2026, 6, 30)) == 4000
        assert asset(date(2026, 7, 1)) == -4000
        [proposal] = propose(case)
        confirm(case, proposal, on=date(2026, 6, 30))
        post_accruals(period_id=june(case), actor=case.fay, at=AT)
        assert asset(date(2026, 6, 30)) == 0
        refs = JournalEntry.objects.filter(event="sales_accrual", reverses=None).order_by("id")
        assert [entry.source_ref for entry in refs] == [
            "2026-06/C-1/accrual", "2026-06/C-1/accrual/2", "2026-06/C-1/accrual/3",
        ]  # fmt: skip
