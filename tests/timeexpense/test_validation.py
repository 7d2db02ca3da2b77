"""The rules of time, by the table T-4 of docs/rules/timeexpense.md."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import DomainError
from timeexpense.rules.typed_time import read_time
from timeexpense.rules.validation import (
    RULES,
    Facts,
    Finding,
    ProjectFact,
    TaskFact,
    TimeFact,
    validate,
)

MONDAY = date(2026, 7, 6)
ENTRY = TimeFact(1, 10, 100, MONDAY, 480, "Interfaces built")
FACTS = Facts(
    projects={10: ProjectFact("P-1", True, date(2026, 1, 1), date(2026, 12, 31), False, 7)},
    tasks={
        100: TaskFact(10, "Build", False, False, 6000),
        101: TaskFact(10, "Blueprint", False, False, 4800, is_fixed_price=True),
        102: TaskFact(10, "Done", True, False),
        103: TaskFact(10, "Phase", False, True),
        200: TaskFact(20, "Elsewhere", False, False),
    },
    team={(10, 1): [(date(2026, 1, 1), date(2026, 10, 1))]},
    chargeable_work=frozenset({(10, 100)}),
)


def found(entry: TimeFact = ENTRY, facts: Facts = FACTS, **switches: str) -> tuple[Finding, ...]:
    return validate([entry], facts=facts, switches=switches)[0]


def codes(entry: TimeFact = ENTRY, facts: Facts = FACTS, **switches: str) -> list[str]:
    return [finding.code for finding in found(entry, facts, **switches)]


def test_finds_nothing_on_usual_work() -> None:
    assert found() == ()


@pytest.mark.parametrize(
    ("entry", "facts", "code", "blocks"),
    [
        (replace(ENTRY, project_id=99), FACTS, "unknown_work", True),
        (replace(ENTRY, task_id=200), FACTS, "unknown_work", True),
        (replace(ENTRY, task_id=103), FACTS, "unknown_work", True),
        (replace(ENTRY, minutes=0), FACTS, "not_positive", True),
        (replace(ENTRY, minutes=-60), FACTS, "not_positive", True),
        (replace(ENTRY, minutes=1441), FACTS, "more_than_a_day", True),
        (
            ENTRY,
            replace(FACTS, minutes_by_day={(1, MONDAY): 961}),
            "more_than_a_day",
            True,
        ),
        (replace(ENTRY, work_on=date(1026, 7, 6)), FACTS, "unlikely_date", True),
        (replace(ENTRY, description="x" * 401), FACTS, "text_unreadable", True),
        (replace(ENTRY, description="a\0b"), FACTS, "text_unreadable", True),
        (replace(ENTRY, resource_id=2), FACTS, "not_on_team", True),
        (replace(ENTRY, work_on=date(2026, 10, 1)), FACTS, "not_on_team", True),
        (
            ENTRY,
            replace(FACTS, closed_days=frozenset({(7, MONDAY)})),
            "closed_period",
            False,
        ),
        (replace(ENTRY, task_id=102), FACTS, "task_completed", True),
        (replace(ENTRY, description=" "), FACTS, "blank_external_description", False),
        (replace(ENTRY, minutes=601), FACTS, "overtime_without_reason", False),
        (
            ENTRY,
            replace(FACTS, days_off={(1, MONDAY): "approved leave"}),
            "leave_or_holiday",
            False,
        ),
        (
            ENTRY,
            replace(FACTS, assigned_minutes={(100, 1): 900}, used_minutes={(100, 1): 421}),
            "more_than_assigned",
            False,
        ),
        (
            replace(ENTRY, task_id=101),
            replace(FACTS, task_minutes={101: 4801}),
            "over_fixed_price_estimate",
            False,
        ),
        (replace(ENTRY, spans=((600, 540),)), FACTS, "overlapping_times", True),
        (
            ENTRY,
            replace(FACTS, known=frozenset({(1, 10, 100, MONDAY, 480, "Interfaces built")})),
            "duplicate_entry",
            False,
        ),
    ],
)
def test_finds_by_default(entry: TimeFact, facts: Facts, code: str, blocks: bool) -> None:
    assert [(f.code, f.blocks) for f in found(entry, facts)] == [(code, blocks)]


def test_finds_work_outside_the_project_and_on_a_held_contract() -> None:
    project = replace(FACTS.projects[10], starts_on=MONDAY + timedelta(days=1))
    assert codes(facts=replace(FACTS, projects={10: project})) == ["outside_project_dates"]
    project = replace(FACTS.projects[10], ends_on=MONDAY - timedelta(days=1))
    assert codes(facts=replace(FACTS, projects={10: project})) == ["outside_project_dates"]
    project = replace(FACTS.projects[10], is_contract_on_hold=True)
    assert codes(facts=replace(FACTS, projects={10: project})) == ["contract_on_hold"]
    project = replace(FACTS.projects[10], is_bookable=False)
    assert codes(facts=replace(FACTS, projects={10: project})) == ["unknown_work"]


def test_allows_exactly_the_limits() -> None:
    assert codes(replace(ENTRY, minutes=1440, internal_note="Cut-over")) == []
    assert codes(replace(ENTRY, minutes=600)) == []
    at_estimate = replace(FACTS, task_minutes={101: 4800})
    assert codes(replace(ENTRY, task_id=101), at_estimate) == []
    assert codes(facts=replace(FACTS, assigned_minutes={(100, 1): 480})) == []


def test_says_how_far_over_the_estimate_a_fixed_price_task_is() -> None:
    over = replace(FACTS, task_minutes={101: 4992})
    assert found(replace(ENTRY, task_id=101), over)[0].sentence == (
        "Fixed-price task at 114 % of its estimate."
    )


def test_needs_no_description_where_nothing_is_invoiced() -> None:
    blank = replace(ENTRY, description="")
    assert codes(replace(blank, task_id=101)) == []
    assert codes(replace(blank, billing_type="non_chargeable")) == []
    assert codes(replace(blank, task_id=101, billing_type="chargeable")) == [
        "blank_external_description"
    ]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.is_switchable])
def test_leaves_out_a_rule_that_is_off_and_keeps_fixed_ones(rule: object) -> None:
    code = rule.code  # type: ignore[attr-defined]
    worst = replace(
        ENTRY, resource_id=2, task_id=102, minutes=700, description="", spans=((600, 540),),
        work_on=date(2025, 7, 6), billing_type="chargeable",
    )  # fmt: skip
    assert code not in codes(worst, **{code: "off"})
    assert codes(replace(worst, minutes=1500), more_than_a_day="off") == ["more_than_a_day"]


def test_blocks_what_a_tenant_blocks() -> None:
    long = replace(ENTRY, minutes=601)
    assert found(long, overtime_without_reason="block")[0].blocks


def test_adds_up_the_batch_without_what_was_refused() -> None:
    first = replace(ENTRY, minutes=900, internal_note="Cut-over")
    refused = replace(first, minutes=600)
    third = replace(first, minutes=540, description="Other")
    said = validate([first, refused, third], facts=FACTS, switches={})
    assert [[f.code for f in one] for one in said] == [[], ["more_than_a_day"], []]


def test_finds_the_second_of_two_alike_and_of_two_that_overlap() -> None:
    said = validate([ENTRY, ENTRY], facts=FACTS, switches={"overtime_without_reason": "off"})
    assert [[f.code for f in one] for one in said] == [[], ["duplicate_entry"]]
    clocks = [
        replace(ENTRY, minutes=60, spans=((540, 600),), description="a"),
        replace(ENTRY, minutes=60, spans=((599, 659),), description="b"),
        replace(ENTRY, minutes=60, spans=((600, 660),), description="c"),
    ]
    said = validate(clocks, facts=FACTS, switches={})
    assert [[f.code for f in one] for one in said] == [[], ["overlapping_times"], []]


@given(st.lists(st.integers(-10, 1500), max_size=12))
def test_never_lets_a_day_pass_24_hours(minutes: list[int]) -> None:
    entries = [replace(ENTRY, minutes=m, description=str(i)) for i, m in enumerate(minutes)]
    said = validate(entries, facts=FACTS, switches={})
    kept = [e.minutes for e, f in zip(entries, said, strict=True) if not any(x.blocks for x in f)]
    assert sum(kept) <= 1440
    assert all(m > 0 for m in kept)


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("7.5", 450), ("7:30", 450), ("7h30", 450), ("7.33", 440), ("7,5", 450), ("90m", 90), ("", 0)],
)
def test_reads_what_people_type(typed: str, minutes: int) -> None:
    assert read_time(typed).minutes == minutes


@pytest.mark.parametrize(
    "typed", ["NaN", "1e400", "-1", "−1", "25h", "25:00", "7\x00", "x" * 1_000_000, "inf", "+1"]
)
def test_refuses_what_is_no_time(typed: str) -> None:
    with pytest.raises(DomainError) as refusal:
        read_time(typed)
    assert refusal.value.field == "minutes"
    assert len(refusal.value.message) < 200
