"""What puts work off and where it pauses, by hand-worked figures: docs/rules/scheduling.md, T-8 and T-9."""

from dataclasses import replace

from projects.rules.scheduling import (
    Assigned,
    Constraint,
    Delay,
    Link,
    PlanTask,
    Progress,
    Scheduler,
    schedule,
)

from .test_scheduling import D, at, plan, span


def test_puts_off_what_levelling_delays_and_leaves_its_predecessor_that_room() -> None:
    tasks = (PlanTask(1, 5 * D), PlanTask(2, 2 * D, levelling=Delay(1440, is_elapsed=True)))
    found = schedule(plan(*tasks, links=(Link(1, 2),)))
    # Friday's end, then Monday, where it could begin, then a day and a night.
    assert span(found, 2) == (at(10, 9), at(11, 17))
    assert found.tasks[1].free_slack_minutes == found.tasks[1].total_slack_minutes == D
    worked = replace(tasks[1], levelling=Delay(D))
    assert span(schedule(plan(tasks[0], worked, links=(Link(1, 2),))), 2) == (at(10, 9), at(11, 17))
    bound = replace(tasks[1], constraint=Constraint.START_NO_EARLIER_THAN, constrained_to=at(11, 9))
    assert span(schedule(plan(bound)), 2) == (at(12, 9), at(13, 17))
    pinned = replace(bound, constraint=Constraint.MUST_START_ON)
    assert span(schedule(plan(pinned)), 2) == (at(11, 9), at(12, 17))
    begun = replace(tasks[1], progress=Progress(started_at=at(3, 9)))
    assert span(schedule(plan(begun)), 2) == (at(3, 9), at(4, 17))
    # From the finish a delay is negative: the task, and what comes before it, ends earlier.
    early = replace(tasks[1], levelling=Delay(-D))
    back = plan(PlanTask(1, D), early, links=(Link(1, 2),), finishes_at=at(13, 17))
    assert span(schedule(back), 2) == (at(11, 9), at(12, 17))
    assert span(schedule(back), 1) == (at(10, 9), at(10, 17))


def test_pauses_where_work_is_split() -> None:
    split = PlanTask(1, 3 * D, gaps=((D, 2 * D),))
    assert span(schedule(plan(split)), 1) == (at(2, 9), at(6, 17))
    # What was cut down to a day has no pause any more.
    assert span(schedule(plan(replace(split, duration_minutes=D))), 1) == (at(2, 9), at(2, 17))
    half = replace(split, progress=Progress(started_at=at(2, 9), done_minutes=2 * D))
    assert span(schedule(plan(half)), 1) == (at(2, 9), at(6, 17))
    # The rest that went on after its pause, later than planned, does not pause again.
    later = replace(half, progress=Progress(at(2, 9), None, D, at(9, 9)))
    assert span(schedule(plan(later)), 1) == (at(2, 9), at(10, 17))
    two = (Assigned("office", D, gaps=((D // 2, D),)), Assigned("office", 2 * D, Delay(D)))
    shared = PlanTask(1, 2 * D, assigned=two)
    found = schedule(plan(shared, PlanTask(2, 5 * D)))
    assert span(found, 1) == (at(2, 9), at(4, 17))
    assert found.tasks[1].total_slack_minutes == 2 * D
    scheduler = Scheduler(plan(PlanTask(1, 2 * D), PlanTask(2, 5 * D)))
    scheduler.schedule()
    scheduler.edit([shared])
    assert scheduler.schedule() == found
