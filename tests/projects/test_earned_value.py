"""Earned value and health by the figures of docs/rules/projects.md, P-1 and P-3 to P-6."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projects.rules import earned_value as ev
from projects.rules.burn_up import Change, PlannedCost, burn_up, points_between
from projects.rules.earned_by_task import Valued, valued
from projects.rules.estimate import Share, by_month, shared
from projects.rules.health import Bands, health_of
from projects.rules.phasing import Split, WorkingTime, planned_share
from projects.rules.roll_up import PlanLine, rolled_up, total_of
from projects.rules.work_left import HoursSoFar, cost_per_minute, remaining_cost

D = Decimal
MONDAY = date(2026, 7, 6)
WEEK = WorkingTime.of(MONDAY, [480] * 5 + [0, 0])


def test_worked_figures():
    found = ev.measures(
        bac=D(100_000), pv=D(40_000), ev=D(30_000), ac=D(36_000), remaining_cost=None,
        method=ev.EtcMethod.CPI,
    )  # fmt: skip
    assert found.sv == -10_000
    assert found.cv == -6_000
    assert found.spi == D("0.75")
    assert round(found.cpi, 4) == D("0.8333")
    assert round(found.eac, 2) == 120_000
    assert found.tcpi == D("1.09375")
    assert round(found.vac, 2) == -20_000


def test_etc_with_both_indices():
    found = ev.measures(
        bac=D(100_000), pv=D(40_000), ev=D(30_000), ac=D(36_000), remaining_cost=None,
        method=ev.EtcMethod.CPI_SPI,
    )  # fmt: skip
    assert round(found.etc, 2) == 112_000


def test_indices_are_unknown_without_a_divisor():
    found = ev.measures(bac=D(0), pv=D(0), ev=D(0), ac=D(0), remaining_cost=D(0))
    assert (found.spi, found.cpi, found.tcpi) == (None, None, None)
    assert found.eac == 0


@pytest.mark.parametrize(
    ("actual", "remaining", "milestone", "completed", "share"),
    [
        (300, 700, False, False, "0.3"),
        (0, 0, False, False, "0"),
        (0, 0, True, True, "1"),
        (60, 60, True, False, "0"),
        (10, 500, False, True, "1"),
        (-60, 100, False, False, "0"),
    ],
)
def test_share_complete(actual, remaining, milestone, completed, share):
    found = ev.fraction_complete(
        actual_minutes=actual, remaining_minutes=remaining, is_milestone=milestone,
        is_completed=completed,
    )  # fmt: skip
    assert found == D(share)


def test_budget_is_spread_to_the_minor_unit():
    assert ev.spread_budget(D(100), [1, 1, 1], "EUR") == [D("33.34"), D("33.33"), D("33.33")]
    assert ev.spread_budget(D(100), [0, 0], "JPY") == [D(50), D(50)]
    assert ev.spread_budget(D(100), [], "EUR") == []


@given(
    st.decimals(min_value=0, max_value=10**9, places=2),
    st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=40),
)
def test_budget_parts_sum_to_the_whole(budget, efforts):
    assert sum(ev.spread_budget(budget, efforts, "EUR")) == budget


def test_hours_left_cost_what_lists_say_and_else_what_they_cost_lately():
    so_far = HoursSoFar(cost=D(900), minutes=1000, late_cost=D(500), late_minutes=600)
    per_minute = cost_per_minute(so_far)
    assert round(
        remaining_cost(
            listed=D(300), unlisted_minutes=1200, per_minute=per_minute, expenses=D(50)
        ), 2,
    ) == 1350  # fmt: skip
    early = HoursSoFar(cost=D(900), minutes=1000)
    assert cost_per_minute(early) == D("0.9")
    assert cost_per_minute(HoursSoFar(), budget=D(600), effort_minutes=1200) == D("0.5")
    assert cost_per_minute(HoursSoFar()) is None
    assert remaining_cost(listed=D(300), unlisted_minutes=1, per_minute=None) is None
    assert remaining_cost(listed=D(300), unlisted_minutes=0, per_minute=None) == 300


@pytest.mark.parametrize(
    ("method", "share"), [("effort", None), ("cost", D("0.25")), ("manual", D("0.4"))]
)
def test_share_complete_by_cost_or_as_the_manager_says(method, share):
    found = ev.said_complete(
        ev.ProgressMethod(method), actual_cost=D(100), left_cost=D(300), percent_complete=40
    )
    assert found == share


@given(
    st.decimals(min_value=1, max_value=10**7, places=2),
    st.decimals(min_value=0, max_value=10**7, places=2),
    st.decimals(min_value=0, max_value=10**7, places=2),
    st.decimals(min_value=0, max_value=10**7, places=2),
    st.sampled_from(list(ev.EtcMethod)),
)
def test_the_figures_agree_with_each_other(bac, pv, earned, ac, method):
    found = ev.measures(bac=bac, pv=pv, ev=earned, ac=ac, remaining_cost=D(1000), method=method)
    assert found.sv == earned - pv and found.cv == earned - ac
    assert (found.spi is None) == (pv == 0) and (found.cpi is None) == (ac == 0)
    assert (found.eac is None) == (found.etc is None)
    if found.eac is not None:
        assert found.eac == ac + found.etc and found.vac == bac - found.eac
    if method is ev.EtcMethod.BOTTOM_UP:
        assert found.etc == 1000


def test_planned_share_by_working_time():
    friday, wednesday = date(2026, 7, 10), date(2026, 7, 8)

    def share(on):
        return planned_share(WEEK, starts_on=MONDAY, finishes_on=friday, as_of=on)

    assert share(wednesday) == D("0.6")
    assert share(date(2026, 7, 5)) == 0
    assert share(date(2026, 7, 12)) == 1
    assert planned_share(WEEK, starts_on=None, finishes_on=None, as_of=friday) == 0
    weekend = planned_share(
        WEEK, starts_on=date(2026, 7, 11), finishes_on=date(2026, 7, 12), as_of=date(2026, 7, 11)
    )
    assert weekend == 0


def _line(key, depth, **values):
    plain = {
        "is_summary": False, "is_milestone": False, "is_completed": False, "effort_minutes": 0,
        "remaining_minutes": 0, "actual_minutes": 0, "starts_on": None, "finishes_on": None,
    }  # fmt: skip
    return PlanLine(key, depth, **(plain | values))


def test_summaries_hold_their_leaves():
    rows = rolled_up(
        [
            _line(1, 1, is_summary=True, effort_minutes=999, actual_minutes=30),
            _line(2, 2, effort_minutes=600, actual_minutes=600, starts_on=MONDAY, cost=D(10)),
            _line(3, 2, effort_minutes=1200, remaining_minutes=1200, finishes_on=date(2026, 8, 1)),
            _line(4, 1, is_milestone=True, is_completed=True),
        ]
    )
    top = rows[0]
    assert (top.effort_minutes, top.remaining_minutes, top.actual_minutes) == (1800, 1200, 630)
    assert round(top.complete * 100, 1) == D("33.3")
    assert (top.starts_on, top.finishes_on, top.cost) == (MONDAY, date(2026, 8, 1), 10)
    assert not top.is_completed
    assert total_of(rows).effort_minutes == 1800


def test_each_task_has_its_own_part_of_earned_value():
    """P-4: a summary has the sums of what is below it, and the cost posted on itself."""
    half = {"planned_share": D("0.5"), "effort_minutes": 600, "budget": D(1000)}
    rows = rolled_up(
        [
            _line(1, 1, is_summary=True, cost=D(5)),
            _line(2, 2, actual_minutes=150, remaining_minutes=450, cost=D(400), **half),
            _line(3, 2, **half),
            _line(4, 1, budget=D(100)),
        ]
    )
    found = valued(rows)
    assert [one.amounts for one in found] == [
        (2000, 1000, 250, 405), (1000, 500, 250, 400), (1000, 500, 0, 0), (100, 0, 0, 0),
    ]  # fmt: skip
    assert (found[1].spi, found[1].cpi, found[3].spi) == (D("0.5"), D("0.625"), None)
    rest = Valued(D(2300), D(1000), D(250), D(475)).without([found[0], found[3]])
    assert rest.amounts == (200, 0, 0, 70)
    assert Valued(bac=D(1)).without([]).bac == 1


def test_burn_up_ends_where_the_figures_are():
    leaf = _line(
        1, 1, effort_minutes=2400, actual_minutes=600, remaining_minutes=600,
        starts_on=MONDAY, finishes_on=date(2026, 7, 10), budget=D(1000),
    )  # fmt: skip
    days = [date(2026, 7, 6), date(2026, 7, 8), date(2026, 7, 10)]
    points = burn_up(
        [leaf], time=WEEK, days=days, as_of=date(2026, 7, 8),
        minutes_by_day={1: [(MONDAY, 300), (date(2026, 7, 8), 300)]},
        cost_by_day=[(MONDAY, D(200)), (date(2026, 7, 8), D(210))],
    )  # fmt: skip
    assert [p.planned for p in points] == [200, 600, 1000]
    assert [p.earned for p in points] == [250, 500, None]
    assert [p.actual for p in points] == [200, 410, None]


def test_burn_up_of_a_followed_task_shows_what_was_known_each_day():
    leaf = _line(
        1, 1, effort_minutes=2400, actual_minutes=600, remaining_minutes=600,
        starts_on=MONDAY, finishes_on=date(2026, 7, 10), budget=D(1000),
    )  # fmt: skip
    days = [MONDAY, date(2026, 7, 7), date(2026, 7, 8)]
    points = burn_up(
        [leaf], time=WEEK, days=days, as_of=days[-1], cost_by_day=[],
        minutes_by_day={1: [(MONDAY, 300), (date(2026, 7, 8), 300)]},
        planned=[PlannedCost(D(1000), MONDAY, date(2026, 7, 7))],
        changes={1: [Change(date(2026, 7, 8), 2700, 0, False)]},
    )  # fmt: skip
    assert [p.earned for p in points] == [100, 100, 500]
    assert [p.planned for p in points] == [500, 1000, 1000]


def test_burn_up_draws_few_days_with_the_status_date():
    days = points_between(date(2024, 1, 1), date(2026, 12, 31), date(2026, 7, 9))
    assert len(days) <= 43
    assert {date(2024, 1, 1), date(2026, 7, 9), date(2026, 12, 31)} <= set(days)


@pytest.mark.parametrize(
    ("spi", "cpi", "over", "overall"),
    [
        ("1", "1", "5", "ok"),
        ("0.99", "1", "0", "warn"),
        ("0.9", "1", "0", "warn"),
        ("0.89", "1", "0", "bad"),
        ("1", "0.5", "0", "warn"),
        ("1", "1", "5.01", "warn"),
        ("1", "1", "14.99", "warn"),
        ("1", "1", "15", "bad"),
        ("1", "1", "-40", "ok"),
    ],
)
def test_health_is_the_worst_measure(spi, cpi, over, overall):
    found = health_of(spi=D(spi), cpi=D(cpi), over_percent=D(over), has_started=True)
    assert found.overall == overall
    assert bool(found.reasons) == (overall != "ok")


def test_health_of_what_has_not_started():
    found = health_of(spi=D("0.1"), cpi=None, over_percent=None, has_started=False)
    assert found.overall == "none"


@pytest.mark.parametrize(("planned", "schedule"), [("5", "none"), ("9.99", "none"), ("10", "bad")])
def test_schedule_is_judged_once_a_tenth_of_the_work_is_due(planned, schedule):
    found = health_of(
        spi=D("0.5"), cpi=D(1), over_percent=D(0), has_started=True, planned_percent=D(planned)
    )
    assert found.schedule == schedule
    assert found.overall == ("bad" if schedule == "bad" else "ok")


def test_health_follows_the_firms_bands():
    bands = Bands(D("10"), D("30"))
    for over, expected in (("10", "ok"), ("11", "warn"), ("30", "bad")):
        found = health_of(spi=D(1), cpi=D(1), over_percent=D(over), has_started=True, bands=bands)
        assert found.estimate == expected


def test_work_is_spread_over_months_by_working_time():
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    time = WorkingTime.of(july, [480] * 62)
    found = by_month(600, time=time, starts_on=date(2026, 7, 30), finishes_on=date(2026, 8, 3))
    assert found == [(july, 240), (august, 360)]
    assert by_month(600, time=time, starts_on=None, finishes_on=None) == []
    empty = WorkingTime.of(july, [0] * 62)
    assert by_month(600, time=empty, starts_on=july, finishes_on=august) == [(july, 600)]


def test_work_that_pauses_is_planned_and_spread_without_the_pause():
    """P-3: four days' work from Thursday 30 July, pausing two days after the first."""
    july, august = date(2026, 7, 1), date(2026, 8, 1)
    time = WorkingTime.of(july, [0 if n % 7 in (3, 4) else 480 for n in range(62)])
    days = {"time": time, "starts_on": date(2026, 7, 30), "finishes_on": date(2026, 8, 6)}
    split = Split.of(4 * 480, ((480, 960), (2000, 480)))  # the second pause lies after its end
    assert by_month(600, split=split, **days) == [(july, 150), (august, 450)]
    assert by_month(600, **days) == [(july, 200), (august, 400)]

    def share(on, split=split):
        return planned_share(as_of=on, split=split, **days)

    told = [share(date(2026, 7, 30)), *(share(date(2026, 8, day)) for day in range(1, 7))]
    assert told == [D("0.25")] * 4 + [D("0.5"), D("0.75"), 1]
    # By somebody's half days the same pause is twice as many of the project's hours.
    assert share(date(2026, 8, 4), Split.of(2 * 480, ((240, 480),))) == D("0.5")
    burnt = burn_up(
        [], time=time, days=[date(2026, 8, 3)], as_of=july, minutes_by_day={}, cost_by_day=[],
        planned=[PlannedCost(D(400), days["starts_on"], days["finishes_on"], split)],
    )  # fmt: skip
    assert burnt[0].planned == 100


@given(
    st.integers(min_value=0, max_value=10**6), st.integers(min_value=0, max_value=400),
    st.lists(st.integers(min_value=0, max_value=10**5), min_size=1, max_size=12),
)  # fmt: skip
def test_nothing_is_lost_between_months_and_people(minutes, days, weights):
    last = date.fromordinal(MONDAY.toordinal() + days)
    time = WorkingTime.of(MONDAY, [480, 480, 0] * 140)
    split = Split.of(len(weights) * 100, tuple((n * 60, minutes % 999) for n in range(1, 4)))
    parts = by_month(minutes, time=time, starts_on=MONDAY, finishes_on=last, split=split)
    assert sum(part for _, part in parts) == minutes
    people = shared(minutes, [Share(n, None, weight=w) for n, w in enumerate(weights)])
    assert sum(part for _, part in people) == minutes
