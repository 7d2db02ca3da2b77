"""The scheduling engine by hand-worked figures: docs/rules/scheduling.md."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from projects.rules.scheduling import (
    Assigned,
    CircularPlan,
    Constraint,
    Lag,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Progress,
    Schedule,
    Scheduler,
    WarningKind,
    schedule,
)
from psa.core.errors import DomainError
from psa.core.org.rules.working_time import (
    CalendarException,
    NoWorkingTime,
    Spans,
    WorkingWeek,
    calendar_of,
    with_exceptions,
)

DAY: Spans = ((540, 1020),)  # 9:00 to 17:00, 480 minutes
OFFICE = calendar_of([WorkingWeek((DAY, DAY, DAY, DAY, DAY, (), ()))])
NIGHT: Spans = ((0, 360), (1320, 1440))
NIGHTS = calendar_of([WorkingWeek((NIGHT, NIGHT, NIGHT, NIGHT, NIGHT, (), ()))])
NEVER = calendar_of([WorkingWeek(((), (), (), (), (), (), ()))])
PART = calendar_of([WorkingWeek((DAY, (), DAY, (), DAY, (), ()))])
ALWAYS = calendar_of([WorkingWeek((((0, 1440),),) * 7)])
LEAVE = with_exceptions(OFFICE, [CalendarException(date(2026, 3, 3), date(2026, 3, 5))])
MONDAY = datetime(2026, 3, 2, 9)
D = 480


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026; the 2nd is a Monday."""
    return datetime(2026, 3, day, hour, minute)


def plan(*tasks: PlanTask, links: tuple[Link, ...] = (), **more: object) -> Plan:
    given = {"starts_at": MONDAY} if "finishes_at" not in more else {}
    return Plan(
        tasks=tasks,
        links=links,
        calendars={"office": OFFICE, "nights": NIGHTS, "leave": LEAVE, "never": NEVER}
        | {"part": PART, "always": ALWAYS},
        project_calendar="office",
        **{**given, **more},  # type: ignore[arg-type]
    )


def span(found: Schedule, number: int) -> tuple[datetime, datetime]:
    return found.tasks[number].start, found.tasks[number].finish


def test_follows_a_chain_over_the_weekend() -> None:
    found = schedule(plan(PlanTask(1, 4 * D), PlanTask(2, 2 * D), links=(Link(1, 2),)))
    assert span(found, 1) == (at(2, 9), at(5, 17))
    assert span(found, 2) == (at(6, 9), at(9, 17))
    assert found.finishes_at == at(9, 17)
    assert found.tasks[1].is_critical and found.tasks[2].is_critical


@pytest.mark.parametrize(
    ("kind", "lag", "start", "finish"),
    [
        (LinkKind.FINISH_TO_START, Lag(), at(4, 9), at(4, 17)),
        (LinkKind.FINISH_TO_START, Lag(D), at(5, 9), at(5, 17)),
        (LinkKind.FINISH_TO_START, Lag(-D), at(3, 9), at(3, 17)),
        (LinkKind.FINISH_TO_START, Lag(2880, is_elapsed=True), at(6, 9), at(6, 17)),
        (LinkKind.FINISH_TO_START, Lag(percent=Decimal(50)), at(5, 9), at(5, 17)),
        (LinkKind.START_TO_START, Lag(), at(2, 9), at(2, 17)),
        (LinkKind.START_TO_START, Lag(240), at(2, 13), at(3, 13)),
        (LinkKind.FINISH_TO_FINISH, Lag(), at(3, 9), at(3, 17)),
        (LinkKind.FINISH_TO_FINISH, Lag(240), at(3, 13), at(4, 13)),
        (LinkKind.START_TO_FINISH, Lag(2 * D), at(3, 9), at(3, 17)),
    ],
)
def test_honours_each_kind_of_link(
    kind: LinkKind, lag: Lag, start: datetime, finish: datetime
) -> None:
    found = schedule(plan(PlanTask(1, 2 * D), PlanTask(2, D), links=(Link(1, 2, kind, lag),)))
    assert span(found, 2) == (start, finish)


def test_never_leads_before_the_project_starts() -> None:
    found = schedule(plan(PlanTask(1, D), PlanTask(2, D), links=(Link(1, 2, lag=Lag(-5 * D)),)))
    assert span(found, 2) == (at(2, 9), at(2, 17))


def test_places_a_milestone_where_its_predecessor_ends() -> None:
    found = schedule(plan(PlanTask(1, D), PlanTask(2), links=(Link(1, 2),)))
    assert span(found, 2) == (at(2, 17), at(2, 17))


def test_rolls_summaries_up_and_holds_what_is_below_a_linked_one() -> None:
    found = schedule(
        plan(
            PlanTask(1, 3 * D),
            PlanTask(2),
            PlanTask(3, D, parent_id=2),
            PlanTask(4, 2 * D, parent_id=2),
            PlanTask(5, D),
            links=(Link(1, 2), Link(2, 5)),
        )
    )
    assert span(found, 3) == (at(5, 9), at(5, 17))
    assert span(found, 2) == (at(5, 9), at(6, 17))
    assert span(found, 5) == (at(9, 9), at(9, 17))
    assert found.tasks[3].total_slack_minutes == D
    assert found.tasks[3].free_slack_minutes == D
    assert not found.tasks[3].is_critical
    assert found.tasks[2].is_critical


def test_a_lag_behind_a_summary_is_a_part_of_how_long_it_takes() -> None:
    half = Lag(percent=Decimal(50))
    tasks = (
        PlanTask(1, 3 * D),
        PlanTask(2),
        PlanTask(3, D, parent_id=2),
        PlanTask(4, 2 * D, parent_id=2),
        PlanTask(5, D),
        PlanTask(6, D),
    )
    links = (Link(1, 2), Link(2, 5, lag=half), Link(2, 6, LinkKind.START_TO_START, half))
    # By a link of its own a subtask holds what waits for its summary, and so the summary.
    engine = Scheduler(plan(*tasks, links=(*links, Link(4, 5, lag=Lag(2 * D)))))
    found = engine.schedule()
    assert span(found, 6) == (at(6, 9), at(6, 17))
    assert span(found, 5) == (at(11, 9), at(11, 17))
    assert found.tasks[2].total_slack_minutes == found.tasks[2].free_slack_minutes == 0
    longer = replace(tasks[3], duration_minutes=6 * D)
    engine.edit([longer])
    found = engine.schedule()
    assert span(found, 6) == (at(10, 9), at(10, 17))
    assert span(found, 5) == (at(18, 9), at(18, 17))
    assert found.tasks[2].total_slack_minutes == 0
    assert found == schedule(engine.plan) == engine.schedule()
    # Task 5 ends it, and a day lies between that and the summary.
    engine = Scheduler(plan(*tasks, links=links, finishes_at=at(20, 17)))
    found = engine.schedule()
    assert span(found, 2) == (at(17, 9), at(18, 17))
    assert found.tasks[2].total_slack_minutes == 0
    # Of what has begun the latest dates are those of the rest; the whole takes longer than that.
    engine.edit([replace(tasks[3], progress=Progress(at(2, 9), None, D))])
    assert engine.schedule() == engine.schedule() == schedule(engine.plan)


def test_works_at_night_without_cutting_at_midnight() -> None:
    found = schedule(plan(PlanTask(1, D, calendar="nights")))
    assert span(found, 1) == (at(2, 22), at(3, 6))


def test_runs_elapsed_work_over_the_weekend() -> None:
    found = schedule(
        plan(PlanTask(1, 5 * D), PlanTask(2, 2880, is_elapsed=True), links=(Link(1, 2),))
    )
    assert span(found, 2) == (at(6, 17), at(8, 17))


def test_moves_the_finish_by_a_persons_leave() -> None:
    without = schedule(plan(PlanTask(1, 3 * D, assigned=(Assigned("office", 3 * D),))))
    with_leave = schedule(plan(PlanTask(1, 3 * D, assigned=(Assigned("leave", 3 * D),))))
    assert without.finishes_at == at(4, 17)
    assert with_leave.finishes_at == at(6, 17)


def test_ends_shared_work_with_the_last_of_them() -> None:
    shared = PlanTask(1, 2 * D, assigned=(Assigned("office", 2 * D), Assigned("leave", 2 * D)))
    found = schedule(plan(shared, PlanTask(2, D), links=(Link(1, 2),)))
    assert span(found, 1) == (at(2, 9), at(5, 17))
    assert span(found, 2)[0] == at(6, 9)
    assert found.tasks[1].total_slack_minutes == 0


@pytest.mark.parametrize(
    ("constraint", "date_", "start", "total"),
    [
        (Constraint.START_NO_EARLIER_THAN, at(4, 9), at(4, 9), 2 * D),
        (Constraint.START_NO_LATER_THAN, at(3, 9), at(2, 9), D),
        (Constraint.FINISH_NO_EARLIER_THAN, at(4, 17), at(4, 9), 2 * D),
        (Constraint.FINISH_NO_LATER_THAN, at(3, 17), at(2, 9), D),
        (Constraint.MUST_START_ON, at(4, 9), at(4, 9), 0),
        (Constraint.MUST_FINISH_ON, at(4, 17), at(4, 9), 0),
        (Constraint.AS_LATE_AS_POSSIBLE, None, at(6, 9), 0),
        (Constraint.AS_SOON_AS_POSSIBLE, None, at(2, 9), 4 * D),
    ],
)
def test_obeys_each_constraint(
    constraint: Constraint, date_: datetime | None, start: datetime, total: int
) -> None:
    tied = PlanTask(1, D, constraint=constraint, constrained_to=date_)
    found = schedule(plan(tied, PlanTask(2, 5 * D)))
    assert found.tasks[1].start == start
    assert found.tasks[1].total_slack_minutes == total


def test_keeps_a_date_against_a_link_and_says_by_how_much() -> None:
    tied = PlanTask(2, D, constraint=Constraint.MUST_START_ON, constrained_to=at(3, 9))
    found = schedule(plan(PlanTask(1, 3 * D), tied, links=(Link(1, 2),)))
    assert span(found, 2) == (at(3, 9), at(3, 17))
    assert found.tasks[1].total_slack_minutes == -2 * D
    kinds = {(w.kind, w.task_id): w.minutes for w in found.warnings}
    assert kinds[WarningKind.CONSTRAINT_CONFLICT, 2] == 2 * D
    assert kinds[WarningKind.NEGATIVE_SLACK, 1] == 2 * D


def test_lets_links_win_when_asked() -> None:
    tied = PlanTask(2, D, constraint=Constraint.MUST_START_ON, constrained_to=at(3, 9))
    found = schedule(plan(PlanTask(1, 3 * D), tied, links=(Link(1, 2),), constraints_win=False))
    assert span(found, 2) == (at(5, 9), at(5, 17))
    assert found.tasks[2].total_slack_minutes == -2 * D


def test_measures_a_missed_deadline() -> None:
    found = schedule(plan(PlanTask(1, 3 * D, deadline_at=at(3, 17))))
    assert found.tasks[1].total_slack_minutes == -D
    assert found.tasks[1].finish == at(4, 17)
    assert (WarningKind.DEADLINE_MISSED, D) in {(w.kind, w.minutes) for w in found.warnings}


def test_resumes_open_work_at_the_status_date() -> None:
    begun = PlanTask(1, 4 * D, progress=Progress(started_at=at(2, 9), done_minutes=D))
    found = schedule(plan(begun, PlanTask(2, D), status_at=at(5, 9)))
    assert span(found, 1) == (at(2, 9), at(9, 17))
    assert span(found, 2) == (at(5, 9), at(5, 17))


def test_leaves_finished_work_where_it_happened() -> None:
    done = PlanTask(1, D, progress=Progress(at(3, 9), at(4, 17), D))
    found = schedule(plan(done, PlanTask(2, D), links=(Link(1, 2),)))
    assert span(found, 1) == (at(3, 9), at(4, 17))
    assert not found.tasks[1].is_critical
    assert span(found, 2) == (at(5, 9), at(5, 17))


def test_shares_out_what_is_left_of_common_work() -> None:
    shares = (Assigned("office", 2 * D), Assigned("leave", 2 * D))
    begun = Progress(started_at=at(2, 9), done_minutes=D)
    found = schedule(plan(PlanTask(1, 2 * D, assigned=shares, progress=begun), status_at=at(3, 9)))
    assert span(found, 1) == (at(2, 9), at(5, 17))


@pytest.mark.parametrize(
    ("progress", "slack"),
    [
        (Progress(), 0),
        (Progress(started_at=at(3, 9), done_minutes=D), D),
        (Progress(at(2, 9), at(2, 17), 2 * D), 2 * D),
    ],
)
def test_leaves_room_for_what_is_left_alone(progress: Progress, slack: int) -> None:
    tasks = (PlanTask(1, 4 * D), PlanTask(2, 2 * D, progress=progress), PlanTask(3, 6 * D))
    found = schedule(plan(*tasks, links=(Link(1, 2),)))
    assert found.tasks[1].total_slack_minutes == slack
    if progress.finished_at:
        assert found.tasks[2].free_slack_minutes == 0


def test_no_link_holds_the_start_of_what_has_begun() -> None:
    begun = PlanTask(1, 2 * D, progress=Progress(started_at=at(2, 9), done_minutes=D))
    late = PlanTask(2, D, deadline_at=at(2, 17))
    links = (Link(1, 2, LinkKind.START_TO_START),)
    found = schedule(plan(begun, late, PlanTask(3, 5 * D), links=links))
    assert found.tasks[2].total_slack_minutes == 0
    assert found.tasks[1].total_slack_minutes == 3 * D
    assert found.tasks[1].late_start == at(2, 9)


def test_ends_the_rest_no_earlier_than_its_date() -> None:
    begun = PlanTask(
        1, 2 * D, constraint=Constraint.FINISH_NO_EARLIER_THAN, constrained_to=at(6, 17),
        progress=Progress(started_at=at(2, 9), done_minutes=D),
    )  # fmt: skip
    assert span(schedule(plan(begun)), 1) == (at(2, 9), at(6, 17))


def test_counts_slack_in_the_days_of_the_plan() -> None:
    one = PlanTask(1, D, assigned=(Assigned("part", D),))
    found = schedule(plan(one, PlanTask(2, 5 * D)))
    assert found.tasks[1].total_slack_minutes == 4 * D
    assert found.tasks[1].late_start == at(6, 9)


def test_a_deadline_counts_beside_a_date_that_must_be_met() -> None:
    tied = PlanTask(
        1, D, constraint=Constraint.MUST_START_ON, constrained_to=at(4, 9), deadline_at=at(3, 17)
    )
    found = schedule(plan(tied, PlanTask(2, 5 * D)))
    assert span(found, 1) == (at(4, 9), at(4, 17))
    assert found.tasks[1].total_slack_minutes == -D


def test_nothing_is_freer_than_its_own_dates_allow() -> None:
    tied = PlanTask(1, D, constraint=Constraint.FINISH_NO_LATER_THAN, constrained_to=at(3, 17))
    found = schedule(plan(tied, PlanTask(2, 5 * D)))
    assert found.tasks[1].free_slack_minutes == found.tasks[1].total_slack_minutes == D


@pytest.mark.parametrize("given", [{}, {"finishes_at": at(2, 9)}])
def test_works_round_the_clock_for_years(given: dict[str, object]) -> None:
    minutes = 1440 * 1000
    found = schedule(plan(PlanTask(1, minutes, calendar="always"), **given))
    assert found.finishes_at - found.starts_at == timedelta(minutes=minutes)


def test_schedules_backward_from_the_finish() -> None:
    found = schedule(
        plan(
            PlanTask(1, D),
            PlanTask(2, 2 * D),
            PlanTask(3, D),
            links=(Link(1, 2),),
            finishes_at=at(6, 17),
        )
    )
    assert span(found, 2) == (at(5, 9), at(6, 17))
    assert span(found, 1) == (at(4, 9), at(4, 17))
    assert span(found, 3) == (at(6, 9), at(6, 17))
    assert (found.starts_at, found.finishes_at) == (at(4, 9), at(6, 17))
    # What has happened stays where it did, and the project began with it.
    found = schedule(
        plan(
            PlanTask(1, D, progress=Progress(at(2, 9), at(2, 17), D)),
            PlanTask(2, 2 * D, progress=Progress(at(3, 9), None, D)),
            PlanTask(3, D),
            finishes_at=at(6, 17),
        )
    )
    assert span(found, 1) == (at(2, 9), at(2, 17))
    assert span(found, 2) == (at(3, 9), at(4, 17))
    assert found.tasks[2].total_slack_minutes == 2 * D
    assert (found.starts_at, found.finishes_at) == (at(2, 9), at(6, 17))
    # Who begins a summary that another start waits for: the first in the plan, whatever was before.
    engine = Scheduler(
        plan(
            PlanTask(1),
            PlanTask(2, D, parent_id=1),
            PlanTask(3, D, parent_id=1),
            PlanTask(4, 4 * D),
            links=(Link(1, 4, LinkKind.START_TO_START),),
            finishes_at=at(6, 17),
        )
    )
    assert span(engine.schedule(), 2) == (at(3, 9), at(3, 17))
    engine.edit([PlanTask(3, 3 * D, parent_id=1)])
    assert engine.schedule() == engine.schedule() == schedule(engine.plan)


def test_keeps_manual_tasks_and_ignores_inactive_ones() -> None:
    manual = PlanTask(2, D, fixed=(at(4, 9), at(4, 17)))
    off = PlanTask(3, 90 * D, is_active=False)
    found = schedule(
        plan(PlanTask(1, D), manual, off, PlanTask(4, D), links=(Link(2, 4), Link(3, 4)))
    )
    assert span(found, 2) == (at(4, 9), at(4, 17))
    assert span(found, 4) == (at(5, 9), at(5, 17))
    assert 3 not in found.tasks


def test_a_summary_without_active_tasks_is_inactive_and_so_is_all_below_an_inactive_one() -> None:
    idle = plan(
        PlanTask(1, D),
        PlanTask(2),
        PlanTask(3, 9 * D, parent_id=2, is_active=False),
        PlanTask(4, is_active=False),
        PlanTask(5, 9 * D, parent_id=4),
        PlanTask(6, D),
        links=(Link(1, 2), Link(2, 6), Link(5, 6), Link(1, 6)),
    )
    engine = Scheduler(idle)
    found = engine.schedule()
    assert sorted(found.tasks) == [1, 6]
    assert found.finishes_at == at(3, 17)
    engine.edit([PlanTask(3, D, parent_id=2)])
    assert engine.schedule().finishes_at == at(4, 17)
    assert span(engine.schedule(), 2) == (at(3, 9), at(3, 17))


def test_names_the_circle() -> None:
    tasks = [PlanTask(n, D) for n in (1, 2, 3, 4)]
    links = (Link(1, 2), Link(2, 3), Link(3, 4), Link(4, 2))
    with pytest.raises(CircularPlan) as refusal:
        schedule(plan(*tasks, links=links))
    assert refusal.value.task_ids == (2, 3, 4)
    assert "#2 → #3 → #4 → #2" in str(refusal.value)


def test_sees_a_circle_through_a_summary() -> None:
    with pytest.raises(CircularPlan):
        schedule(
            plan(
                PlanTask(1),
                PlanTask(2, D, parent_id=1),
                PlanTask(3, D),
                links=(Link(1, 3), Link(3, 2)),
            )
        )
    with pytest.raises(CircularPlan):
        schedule(plan(PlanTask(1), PlanTask(2, D, parent_id=1), links=(Link(2, 1),)))


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (plan(PlanTask(1, D), links=(Link(1, 9),)), "#9"),
        (plan(PlanTask(1, D, constraint=Constraint.MUST_START_ON)), "needs a date"),
        (plan(PlanTask(1, -1)), "negative"),
        (plan(PlanTask(1, D), finishes_at=None), "give one of them"),
        (plan(PlanTask(1, D, calendar="moon")), "moon"),
        (plan(PlanTask(1, D), PlanTask(1, D)), "same number"),
    ],
)
def test_refuses_a_plan_that_contradicts_itself(bad: Plan, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        schedule(bad)


def test_says_that_a_calendar_never_works() -> None:
    with pytest.raises(NoWorkingTime):
        schedule(plan(PlanTask(1, D, calendar="never")))


def test_edits_as_if_the_plan_were_new() -> None:
    tasks = [PlanTask(1, D), PlanTask(2, D), PlanTask(3, D)]
    links = (Link(1, 2), Link(2, 3))
    scheduler = Scheduler(plan(*tasks, links=links))
    scheduler.schedule()
    longer = replace(tasks[1], duration_minutes=3 * D)
    scheduler.edit([longer])
    assert scheduler.schedule() == schedule(plan(tasks[0], longer, tasks[2], links=links))


def test_schedules_an_empty_plan() -> None:
    found = schedule(plan())
    assert (found.starts_at, found.finishes_at) == (MONDAY, MONDAY)
