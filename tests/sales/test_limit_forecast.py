"""When a not-to-exceed limit will be reached."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from projects.models import ContractLineLink, Task
from projects.rules.phasing import Split, WorkingTime, spread_over
from psa.core.ledger.services import posting
from psa.core.org import booked
from sales.models import ContractLine
from sales.rules.limit_forecast import CapForecast, cap_reached, cap_reached_by_plan
from sales.selectors.limit_forecasts import LimitForecast, limit_forecasts
from tests.billing.scenario import AT, make_case, time_draft
from tests.edges.api.callers import caller

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


MONDAY = date(2026, 7, 6)
WORKDAYS = [MONDAY + timedelta(days=n) for n in range(12) if n % 7 < 5]


@pytest.mark.parametrize(
    ("days", "beside", "expected"),
    [
        (10, "0", CapForecast(False, date(2026, 7, 17))),
        (10, "560", CapForecast(False, date(2026, 7, 17))),
        (5, "0", CapForecast(False, None)),
        (0, "9000", CapForecast(False, None)),
    ],
)
def test_by_what_is_planned(days: int, beside: str, expected: CapForecast) -> None:
    planned = dict.fromkeys(WORKDAYS[:days], Decimal(1000))
    assert (
        cap_reached_by_plan(
            room=Decimal(10_000), planned=planned, beside=Decimal(beside), today=MONDAY
        )
        == expected
    )


def test_without_room_is_reached_today() -> None:
    found = cap_reached_by_plan(room=Decimal(0), planned={}, beside=Decimal(0), today=MONDAY)
    assert found == CapForecast(True, MONDAY)


@pytest.mark.parametrize(
    ("starts_on", "finishes_on", "expected"),
    [
        (MONDAY, date(2026, 7, 10), {8: 800, 9: 800, 10: 800}),
        (date(2026, 6, 1), date(2026, 6, 30), {8: 2400}),
        (date(2026, 7, 11), date(2026, 7, 12), {13: 2400}),  # a weekend
        (None, date(2026, 7, 9), {9: 2400}),
        (None, None, {}),
    ],
)
def test_spreads_what_is_left_over_the_days_to_come(
    starts_on: date | None, finishes_on: date | None, expected: dict[int, int]
) -> None:
    week = [480, 480, 480, 480, 480, 0, 0]
    found = spread_over(
        WorkingTime.of(MONDAY, week + week), minutes=2400, starts_on=starts_on,
        finishes_on=finishes_on, from_on=date(2026, 7, 8),
    )  # fmt: skip
    assert {on.day: minutes for on, minutes in found} == expected


@pytest.mark.parametrize(
    ("minutes", "from_on", "expected"),
    [
        (1920, date(2026, 7, 6), {6: 480, 9: 480, 10: 480, 13: 480}),
        (1440, date(2026, 7, 8), {9: 480, 10: 480, 13: 480}),
        (480, date(2026, 7, 15), {15: 480}),
    ],
)
def test_nothing_is_done_while_work_pauses(
    minutes: int, from_on: date, expected: dict[int, int]
) -> None:
    """S-24: four days' work from Monday that pauses two days after the first."""
    found = spread_over(
        WorkingTime.of(MONDAY, [480, 480, 480, 480, 480, 0, 0] * 2), minutes=minutes,
        starts_on=MONDAY, finishes_on=date(2026, 7, 13), from_on=from_on,
        split=Split.of(1920, ((480, 960),)),
    )  # fmt: skip
    assert {on.day: minutes for on, minutes in found} == expected


class RoomOfBookings:
    """A room that keeps bookings: eight hours on each working day."""

    def __init__(self, project_id: int) -> None:
        self.project_id = project_id

    def booked_days(self, **asked: object) -> list[booked.BookedDay]:
        return [booked.BookedDay(1, self.project_id, on, 480, 0) for on in WORKDAYS[4:]]

    def project_bookings(self, project_id: int) -> list[booked.ProjectBooking]:
        return []


@pytest.fixture
def nobody_books() -> Iterator[None]:
    before = list(booked._answering)
    booked._answering.clear()
    yield
    booked._answering[:] = before


@pytest.mark.django_db
def test_goes_by_bookings_then_by_the_plan_then_by_recent_work(nobody_books: None) -> None:
    case = make_case()
    with case.scope():
        line, contract_id = case.work.time_line, case.work.contract.pk
        ContractLine.objects.filter(pk=line.pk).update(not_to_exceed_amount=10_000)
        posting.post(
            drafts=[time_draft(case, on=date(2026, 7, 1)) for _ in range(7)],
            actor=case.fay, at=AT, kind="approval",
        )  # fmt: skip

        def forecast() -> LimitForecast:
            [row] = limit_forecasts(actor=case.fay, contract_id=contract_id, today=TODAY).rows
            return row

        # 3,000 are left: at 7,000 in four weeks for 12 days.
        assert (forecast().source, forecast().reached_on) == ("pace", date(2026, 7, 21))
        # 40 hours on the ten working days from Thursday 9 July on, 500 a day: the sixth.
        Task.objects.filter(pk=case.work.build.pk).update(
            remaining_minutes=2400, effort_minutes=2400, starts_on=TODAY,
            finishes_on=date(2026, 7, 22),
        )  # fmt: skip
        assert (forecast().source, forecast().reached_on) == ("plan", date(2026, 7, 16))
        Task.objects.filter(pk=case.work.build.pk).update(remaining_minutes=600)
        assert (forecast().reached_on, forecast().planned_until) == (None, date(2026, 7, 22))
        # Somebody is booked all day: 1,000 a day, the third of them.
        booked.register(RoomOfBookings(case.work.project.pk))
        ContractLineLink.objects.exclude(contract_line=line).delete()
        assert (forecast().source, forecast().reached_on) == ("bookings", date(2026, 7, 14))
    page = case.firm.client("fay").get(
        case.firm.url(f"sales/contracts/{contract_id}/limit-forecast/")
    )
    assert b"Bookings" in page.content
    [told] = caller(case.firm, "fay").get(f"/contracts/{contract_id}/limit-forecasts")
    assert (told["source"], told["used_percent"]) == ("bookings", "70.00")
    assert (Decimal(told["room"]["amount"]), told["room"]["currency"]) == (3000, "EUR")
