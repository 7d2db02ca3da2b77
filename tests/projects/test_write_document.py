"""A written plan reads as it was: links, lags, dates, progress, people and every day of a calendar."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest

from projects.mspdi.document import PlanDocument, read_document
from projects.mspdi.writing import write_document
from projects.rules.scheduling import Constraint, Plan, schedule
from projects.selectors.plan_document import plan_document
from projects.services import plan_imports
from psa.core.org.rules.working_time import CalendarSpec, working_spans
from tests.factories import AT

from .random_plans import (
    ALL_KINDS,
    CALENDARS,
    ELAPSED_LAGS,
    PERCENT_LAGS,
    WITH_MILESTONES,
    WORKING_LAGS,
    Kind,
    document_of,
    plan_of,
)

RICH = Kind(
    ALL_KINDS, (*WORKING_LAGS, *PERCENT_LAGS, *ELAPSED_LAGS), WITH_MILESTONES, tuple(CALENDARS), 1,
    tuple(Constraint), deadlines=True, summaries=True, summary_links=ALL_KINDS, progress=True,
    manual=True, waits=True, density=0.1, most=30,
)  # fmt: skip
SEEDS = range(12)


def _days(spec: CalendarSpec) -> list[object]:
    return [working_spans(spec, date(2026, 2, 1) + timedelta(days=n)) for n in range(90)]


def _assert_same(read: PlanDocument, written: PlanDocument) -> None:
    assert (read.tasks, read.assignments) == (
        tuple(written.tasks),
        tuple(written.assignments),
    )
    assert [replace(one, calendar=None) for one in read.resources] == [
        replace(one, calendar=None) for one in written.resources
    ]
    _assert_same_plan(read.plan, written.plan)


def _assert_same_plan(read: Plan, written: Plan) -> None:
    assert [replace(task, calendar=None, assigned=()) for task in read.tasks] == [
        replace(task, calendar=None, assigned=()) for task in written.tasks
    ]
    assert sorted(read.links, key=repr) == sorted(written.links, key=repr)
    for mine, theirs in zip(read.tasks, written.tasks, strict=True):
        named = [
            [task.calendar, *(part.calendar for part in task.assigned)] for task in (mine, theirs)
        ]
        for one, other in zip(*named, strict=True):
            assert (one is None) == (other is None)
            if one and other:
                assert _days(read.calendars[one]) == _days(written.calendars[other])
        assert [part.minutes for part in mine.assigned] == [
            part.minutes for part in theirs.assigned
        ]
    assert schedule(read) == schedule(written)


@pytest.mark.parametrize("seed", SEEDS)
def test_reads_as_it_was_written(seed: int) -> None:
    written = document_of(plan_of(RICH, Random(f"rich {seed}")))
    _assert_same(read_document(write_document(written)), written)


@pytest.mark.parametrize("ends", [False, True])
def test_keeps_how_the_plan_is_scheduled(ends: bool) -> None:
    made = plan_of(replace(RICH, progress=False), Random(1))
    ways = {"starts_at": None, "finishes_at": made.starts_at} if ends else {}
    written = document_of(
        replace(made, constraints_win=False, critical_slack_minutes=960, **ways)  # type: ignore[arg-type]
    )
    read = read_document(write_document(written))
    _assert_same(read, written)
    assert read.plan.constraints_win is False
    assert read.plan.critical_slack_minutes == 960


def test_comes_round_through_the_tables(acme):
    written = document_of(plan_of(RICH, Random("tables")))
    with acme.scope():
        made = plan_imports.import_plan(
            content=write_document(written), manager_id=acme.resources["priya"].pk,
            actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        kept = plan_document(actor=acme.actors["priya"], project_id=made.project_id)
    read = read_document(write_document(kept))
    assert [task.name for task in read.tasks] == [task.name for task in written.tasks]
    assert {(a.task_uid, a.units) for a in read.assignments} == {
        (a.task_uid, a.units or Decimal(1)) for a in written.assignments
    }
    _assert_same_plan(read.plan, written.plan)
