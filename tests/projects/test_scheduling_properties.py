"""What must hold for every plan, tried on plans made at random."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from projects.rules.scheduling import (
    Assigned,
    Constraint,
    Lag,
    Link,
    LinkKind,
    Plan,
    PlanTask,
    Progress,
    Scheduler,
    schedule,
)
from projects.rules.scheduling.clockwork import (
    AnyClock,
    RoundTheClock,
    clock_of,
    shared_clock_of,
    to_minutes,
)
from psa.core.org.rules.working_time import CalendarException, WorkingWeek, calendar_of

_DAY = ((540, 720), (780, 1080))
_LATE = ((0, 120), (960, 1440))
CALENDARS = {
    "office": calendar_of(
        [WorkingWeek((_DAY, _DAY, _DAY, _DAY, _DAY, (), ()))],
        exceptions=[CalendarException(date(2026, 3, 6), date(2026, 3, 11))],
    ),
    "nights": calendar_of([WorkingWeek((_LATE, _LATE, _LATE, _LATE, _LATE, _LATE, ()))]),
    "part": calendar_of([WorkingWeek((_DAY, (), _DAY, (), _DAY, (), ()))]),
}
STARTS_AT = datetime(2026, 3, 2, 9)
CLOCKS = {name: clock_of(spec, STARTS_AT.date()) for name, spec in CALENDARS.items()}


def clocks_of(task: PlanTask) -> list[AnyClock]:
    """The working time of each who does the task, as docs/rules/scheduling.md has it."""
    if task.is_elapsed and task.duration_minutes:
        return [RoundTheClock()]
    own = task.calendar
    alone = not task.assigned or not task.duration_minutes
    if alone or (own is not None and task.ignores_resource_calendars):
        return [CLOCKS[own or "office"]]
    if own is None:
        return [CLOCKS[part.calendar] for part in task.assigned]
    return [
        shared_clock_of(CALENDARS[own], CALENDARS[part.calendar], STARTS_AT.date())
        for part in task.assigned
    ]


_PROGRESS = st.sampled_from(
    [
        Progress(),
        Progress(),
        Progress(datetime(2026, 3, 3, 9), None, 1),
        Progress(datetime(2026, 3, 5, 9), None, 240),
        Progress(datetime(2026, 3, 3, 9), datetime(2026, 3, 4, 18), 240),
    ]
)


@st.composite
def plans(
    draw: st.DrawFn,
    *,
    constrained: bool = False,
    progressing: bool = False,
    percents: bool = False,
) -> Plan:
    """Up to twelve tasks, one summary among them perhaps, links from earlier to later ones."""
    count = draw(st.integers(1, 12))
    with_summary = count > 3 and draw(st.booleans())
    tasks = []
    for number in range(1, count + 1):
        is_summary = with_summary and number == 2
        below = with_summary and number in (3, 4)
        people = st.lists(
            st.builds(Assigned, st.sampled_from(sorted(CALENDARS)), st.integers(1, 3000)),
            max_size=2,
        )
        constraint = Constraint.AS_SOON_AS_POSSIBLE
        if constrained and not is_summary:
            constraint = draw(st.sampled_from(list(Constraint)))
        tasks.append(
            PlanTask(
                number,
                0 if is_summary else draw(st.sampled_from([0, 1, 240, 480, 1000, 4800])),
                parent_id=2 if below else None,
                is_elapsed=draw(st.integers(0, 9)) == 0,
                calendar=draw(st.sampled_from([None, None, "nights", "part"])),
                assigned=() if is_summary else tuple(draw(people)),
                ignores_resource_calendars=draw(st.booleans()),
                constraint=constraint,
                constrained_to=draw(
                    st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 1))
                ).replace(second=0, microsecond=0),
                progress=draw(_PROGRESS) if progressing and not is_summary else Progress(),
            )
        )
    pairs = [
        (a, b)
        for a in range(1, count + 1)
        for b in range(a + 1, count + 1)
        if not (with_summary and a == 2 and b in (3, 4))
    ]
    lags = st.builds(Lag, st.integers(-1000, 2000), is_elapsed=st.booleans())
    if percents:
        lags |= st.builds(Lag, percent=st.sampled_from([Decimal(-50), Decimal(25), Decimal(150)]))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=15)) if pairs else []
    links = [
        Link(a, b, draw(st.sampled_from(list(LinkKind))), draw(lags))
        for a, b in dict.fromkeys(chosen)
        if not (with_summary and b == 2 and a in (3, 4))
    ]
    return Plan(tasks, links, CALENDARS, "office", starts_at=STARTS_AT)


_MOVED = plans(constrained=True, progressing=True, percents=True)


@settings(max_examples=40, deadline=None)
@given(plans())
def test_starts_nothing_before_its_predecessors_allow(plan: Plan) -> None:
    found = schedule(plan).tasks
    summaries = {task.parent_id for task in plan.tasks}
    for link in plan.links:
        if link.successor_id in summaries:
            continue
        before, after = found[link.predecessor_id], found[link.successor_id]
        successor = plan.tasks[link.successor_id - 1]
        from_start = link.kind in (LinkKind.START_TO_START, LinkKind.START_TO_FINISH)
        to_finish = link.kind in (LinkKind.FINISH_TO_FINISH, LinkKind.START_TO_FINISH)
        held_from = to_minutes(before.start if from_start else before.finish)
        if link.lag.is_elapsed:
            needed = held_from + link.lag.minutes
        elif link.lag.minutes:
            lag_clock = CLOCKS[successor.calendar or "office"]
            needed = lag_clock.finish_at[lag_clock.before[held_from] + link.lag.minutes]
        else:
            needed = held_from
        has = to_minutes(after.finish if to_finish else after.start)
        # Nobody may work in what lies between: it is idle time of who does the task.
        assert has >= needed or any(
            clock.before[needed] <= clock.before[has] for clock in clocks_of(successor)
        )


@settings(max_examples=40, deadline=None)
@given(plans())
def test_has_no_negative_slack_without_constraints(plan: Plan) -> None:
    found = schedule(plan)
    assert all(task.total_slack_minutes >= 0 for task in found.tasks.values())
    assert all(task.free_slack_minutes >= 0 for task in found.tasks.values())
    assert all(task.start <= task.finish for task in found.tasks.values())


@settings(max_examples=40, deadline=None)
@given(_MOVED, st.booleans())
def test_answers_the_same_for_the_same_plan(plan: Plan, ends: bool) -> None:
    if ends:
        plan = replace(plan, starts_at=None, finishes_at=datetime(2026, 4, 30, 18))
    scheduler = Scheduler(plan)
    first = scheduler.schedule()
    assert scheduler.schedule() == first
    assert schedule(plan) == first


@settings(max_examples=40, deadline=None)
@given(plans(), st.data())
def test_never_ends_earlier_for_one_link_more(plan: Plan, data: st.DataObject) -> None:
    """But for one inside a summary: it may set free who was the last there, and held by a finish."""
    above = {task.id: task.parent_id for task in plan.tasks}
    assume(plan.links)
    left_out = data.draw(st.integers(0, len(plan.links) - 1))
    link = plan.links[left_out]
    assume(
        above[link.predecessor_id] is None or above[link.predecessor_id] != above[link.successor_id]
    )
    fewer = replace(plan, links=[x for n, x in enumerate(plan.links) if n != left_out])
    assert schedule(fewer).finishes_at <= schedule(plan).finishes_at


@settings(max_examples=40, deadline=None)
@given(_MOVED, _MOVED, st.data())
def test_edits_as_if_the_plan_were_new(plan: Plan, other: Plan, data: st.DataObject) -> None:
    scheduler = Scheduler(plan)
    scheduler.schedule()
    tasks = list(plan.tasks)
    for _ in range(3):
        position = data.draw(st.integers(0, len(tasks) - 1))
        donor = other.tasks[data.draw(st.integers(0, len(other.tasks) - 1))]
        own = tasks[position]
        is_summary = any(task.parent_id == own.id for task in tasks)
        tasks[position] = replace(
            donor,
            id=own.id,
            parent_id=own.parent_id,
            assigned=() if is_summary else donor.assigned,
            constraint=Constraint.AS_SOON_AS_POSSIBLE if is_summary else donor.constraint,
            progress=Progress() if is_summary else donor.progress,
        )
        scheduler.edit([tasks[position]])
        assert scheduler.schedule() == schedule(replace(plan, tasks=tasks))
