"""When a not-to-exceed limit will be reached."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.ledger.services import posting
from sales.models import ContractLine
from sales.rules.limit_forecast import CapForecast, cap_reached
from sales.selectors.limit_forecasts import limit_forecasts
from tests.billing.scenario import AT, make_case, time_draft

TODAY = date(2026, 7, 9)


@pytest.mark.parametrize(
    ("room", "worked", "expected"),
    [
        ("10000", "5600", CapForecast(False, date(2026, 8, 28))),
        ("1", "5600", CapForecast(False, date(2026, 7, 10))),
        ("0", "5600", CapForecast(True, TODAY)),
        ("-5", "0", CapForecast(True, TODAY)),
        ("10000", "0", CapForecast(False, None)),
        ("10000", "-20", CapForecast(False, None)),
        ("1000000", "1", CapForecast(False, None)),
    ],
)
def test_by_the_pace_of_four_weeks(room: str, worked: str, expected: CapForecast) -> None:
    assert cap_reached(room=Decimal(room), worked=Decimal(worked), today=TODAY) == expected


@pytest.mark.django_db
def test_says_the_day_on_contract_and_project_without_rates_for_who_may_not_see_them() -> None:
    case = make_case()
    with case.scope():
        line = case.work.time_line
        ContractLine.objects.filter(pk=line.pk).update(not_to_exceed_amount=10_000)
        days = [date(2026, 6, 11), date(2026, 6, 15), date(2026, 7, 1)]  # the first is too early
        posting.post(
            drafts=[time_draft(case, on=on) for on in days], actor=case.fay, at=AT, kind="approval"
        )
        [row] = limit_forecasts(actor=case.fay, contract_id=case.work.contract.pk, today=TODAY).rows
        # 3,000 used, 7,000 left, 2,000 in four weeks: 98 days.
        assert (row.of, row.share, row.worked.amount) == ("Build", 30, 2000)
        assert row.reached_on == date(2026, 10, 15)
    url = case.firm.url(f"sales/contracts/{case.work.contract.pk}/limit-forecast/")
    answer = case.firm.client("fay").get(url)
    assert answer.status_code == 200
    assert b"Build" in answer.content
    assert case.firm.client("sam").get(url).status_code == 404
