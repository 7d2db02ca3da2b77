"""Reading Microsoft Project's XML: what it says, and what is refused."""

import io
from datetime import datetime
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring

from projects.mspdi import parsing
from projects.mspdi.parsing import MAX_BYTES, parse, without_ballast
from projects.mspdi.reading import plan_of, read_plan
from projects.mspdi.values import MalformedPlan
from projects.rules.refusals import RefusedRows
from projects.rules.scheduling import CircularPlan, Delay, schedule

FOLDER = Path(__file__).parent / "schedules"
HEAD = '<Project xmlns="http://schemas.microsoft.com/project">'
CALENDAR = "<Calendars><Calendar><UID>1</UID><Name>Standard</Name></Calendar></Calendars>"
START = "<StartDate>2026-03-02T08:00:00</StartDate><CalendarUID>1</CalendarUID>"


def project(tasks: str, *, head: str = START, calendar: str = CALENDAR) -> bytes:
    return f"{HEAD}{head}{calendar}<Tasks>{tasks}</Tasks></Project>".encode()


def task(uid: int, more: str = "", duration: str = "PT8H0M0S") -> str:
    return f"<Task><UID>{uid}</UID><Name>T{uid}</Name><Duration>{duration}</Duration>{more}</Task>"


def waits_for(uid: int) -> str:
    return f"<PredecessorLink><PredecessorUID>{uid}</PredecessorUID></PredecessorLink>"


def test_reads_names_tree_and_progress() -> None:
    read = read_plan((FOLDER / "M07_baseline_progress.xml").read_bytes())
    assert len(read.plan.tasks) == 14
    assert read.tasks[7].name == "Subtask 4"
    assert read.tasks[7].percent_complete == 50
    by_id = {task.id: task for task in read.plan.tasks}
    assert by_id[14].parent_id == 13
    assert by_id[2].progress.finished_at == datetime(2006, 8, 28, 17)
    assert by_id[7].progress.done_minutes == 40 * 60


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not readable XML"),
        (b"<html/>", "not a plan"),
        (b"\x00\x01binary", "not readable XML"),
        (b'<!DOCTYPE a [<!ENTITY a "aaaa">]><a>&a;</a>', "entities"),
        (b"x" * (MAX_BYTES + 1), "50 MB"),
        (project(task(1), head="<CalendarUID>1</CalendarUID>"), "no start date"),
        (project(task(1), head="<StartDate>2026-13-02T08:00:00</StartDate>"), "not a date"),
        (project(task(1), head="<StartDate>9999-01-02T08:00:00</StartDate>"), "out of range"),
        (project(task(1), calendar=""), "no calendar"),
        (project("<Task><Name>no number</Name></Task>"), "no “UID”"),
        (project(task(1, duration="eight hours")), "not a duration"),
        (project(task(1, "<ConstraintType>2</ConstraintType>")), "constraint without a date"),
        (
            project(
                task(1)
                + task(
                    2,
                    waits_for(1).replace(
                        "</PredecessorLink>", "<LinkLag>NaN</LinkLag></PredecessorLink>"
                    ),
                )
            ),
            "lag “NaN”",
        ),
    ],
)
def test_refuses_what_is_no_plan(content: bytes, words: str) -> None:
    with pytest.raises(MalformedPlan, match=words):
        read_plan(content)


def test_refuses_a_calendar_of_endless_exceptions() -> None:
    period = (
        "<TimePeriod><FromDate>1990-01-01T00:00:00</FromDate><ToDate>2149-12-31T23:59:00</ToDate>"
        "</TimePeriod><DayWorking>0</DayWorking>"
    )
    exceptions = f"<Exceptions>{f'<Exception>{period}</Exception>' * 50}</Exceptions>"
    calendar = CALENDAR.replace("</Name>", f"</Name>{exceptions}")
    with pytest.raises(MalformedPlan, match="100,000 days"):
        read_plan(project(task(1), calendar=calendar))


def test_leaves_a_link_to_nowhere_out_and_says_so() -> None:
    read = read_plan(project(task(1, waits_for(77))))
    assert read.warnings == ("Task 1 waits for task 77, which is not in the file.",)
    assert read.plan.links == []


def test_names_a_circle_when_scheduled() -> None:
    read = read_plan(project(task(1, waits_for(2)) + task(2, waits_for(1))))
    with pytest.raises(CircularPlan, match="#1 → #2 → #1"):
        schedule(read.plan)


def test_counts_recurring_days_off_out() -> None:
    fridays = (
        "<Exceptions><Exception><Type>6</Type><DaysOfWeek>32</DaysOfWeek><Period>1</Period>"
        "<TimePeriod><FromDate>2026-03-01T00:00:00</FromDate><ToDate>2026-03-31T23:59:00</ToDate>"
        "</TimePeriod><DayWorking>0</DayWorking></Exception></Exceptions>"
    )
    calendar = CALENDAR.replace("</Name>", f"</Name>{fridays}")
    found = schedule(read_plan(project(task(1, duration="PT40H0M0S"), calendar=calendar)).plan)
    assert found.finishes_at == datetime(2026, 3, 9, 17)


def test_reads_what_other_programs_write() -> None:
    lasts = "<Start>2026-03-04T08:00:00</Start><Finish>2026-03-05T17:00:00</Finish>"
    below = "<OutlineLevel>2</OutlineLevel>"
    # Yes and no as words, a summary that is not called one, durations without what is 0.
    tasks = (
        task(1, "<Summary>false</Summary><Manual>false</Manual>", "PT99H0M0S")
        + task(2, f"{below}<Active>true</Active>", "PT8H")
        + task(3, f"{below}<Active>false</Active>", "PT480M")
        + task(4, "<Summary>1</Summary>", "P1D")
        + task(5, lasts, "")
        + task(6, f"<ExternalTask>true</ExternalTask>{lasts}")
        + task(7, "<OutlineLevel>1</OutlineLevel>", "")
    )
    head = "<StartDate>2026-03-02T08:00:00+01:00</StartDate><CalendarUID>9</CalendarUID>"
    content = b"\xef\xbb\xbf" + project(tasks, head=head)
    read = read_plan(without_ballast(content))
    assert read == read_plan(content)
    assert read.warnings == (
        "The plan names no calendar that it has; it follows the first one of the file.",
        "Task 7 has no duration; it became a milestone.",
    )
    lengths = {one.id: one.duration_minutes for one in read.plan.tasks}
    assert lengths == {1: 0, 2: 480, 3: 480, 4: 1440, 5: 960, 6: 480, 7: 0}
    found = schedule(read.plan).tasks
    assert 3 not in found
    assert found[1].finish == datetime(2026, 3, 2, 17)
    assert (found[6].start, found[6].finish) == (datetime(2026, 3, 4, 8), datetime(2026, 3, 5, 17))
    with pytest.raises(MalformedPlan, match="does not exist"):
        read_plan(project(task(1, "<ConstraintType>9</ConstraintType>")))


def test_names_every_task_that_cannot_be_taken() -> None:
    wrong = task(1, duration="long") + task(2) + task(3, "<ConstraintType>2</ConstraintType>")
    with pytest.raises(RefusedRows) as refused:
        read_plan(project(wrong))
    assert [row.record for row in refused.value.rows] == ["Task 1 “T1”", "Task 3 “T3”"]
    assert "not a duration" in refused.value.rows[0].reason


def test_holds_nothing_of_what_is_not_read() -> None:
    ballast = "<TimephasedData><Start>2026-03-02T08:00:00</Start></TimephasedData>" * 500
    own = "<ExtendedAttribute><FieldID>188743731</FieldID><Value>x</Value></ExtendedAttribute>"
    content = project(task(1, own) + task(2, waits_for(1) + ballast))
    kept = without_ballast(content)
    assert len(kept) < len(content) / 20
    assert b"FieldID" not in kept
    assert read_plan(kept) == read_plan(io.BytesIO(content))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.xml")), ids=lambda path: path.stem)
def test_what_is_kept_of_a_file_reads_as_the_whole_of_it(path: Path) -> None:
    content = path.read_bytes()
    assert plan_of(parse(content)) == plan_of(fromstring(content, forbid_dtd=True))


def test_refuses_more_elements_than_any_plan_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MAX_ELEMENTS", 100)
    with pytest.raises(MalformedPlan, match="far more than"):
        read_plan(project("".join(task(number) for number in range(1, 60))))


def _piece(day: int, hours: int, more: str = "<Type>1</Type><Unit>2</Unit>") -> str:
    return (
        f"<TimephasedData>{more}<Start>2026-03-{day:02d}T08:00:00</Start>"
        f"<Finish>2026-03-{day:02d}T17:00:00</Finish><Value>PT{hours}H0M0S</Value></TimephasedData>"
    )


def test_reads_where_work_pauses_and_what_puts_it_off() -> None:
    two_days = "<Delay>4800</Delay><LevelingDelay>14400</LevelingDelay>"
    shares = [
        # Two days, two without work, and the third; then what is no work: costs, a baseline's.
        (1, "", [_piece(2, 8, "<Type>2</Type>"), _piece(3, 8), _piece(4, 0), _piece(6, 8)]),
        (1, "", [_piece(20, 8, "<Type>9</Type>"), f"<Baseline>{_piece(25, 8)}</Baseline>"]),
        (2, f"{two_days}<LevelingDelayFormat>8</LevelingDelayFormat>", []),
        # Over the weekend, day by day: no pause, and nothing of it is held.
        (3, "", [_piece(day, 8) for day in (5, 6, 9)]),
        (4, "", ["<TimephasedData><Type>1</Type><Start>x</Start><Value>PT8H0M0S</Value>"
                 "</TimephasedData>"]),
    ]  # fmt: skip
    told = "".join(
        f"<Assignment><TaskUID>{uid}</TaskUID><ResourceUID>-65535</ResourceUID>{more}"
        f"{''.join(pieces)}</Assignment>"
        for uid, more, pieces in shares
    )
    delayed = "<LevelingDelay>-4800</LevelingDelay><LevelingDelayFormat>7</LevelingDelayFormat>"
    tasks = task(1, duration="PT24H0M0S") + task(2, delayed) + task(3) + task(4)
    content = project(tasks).replace(
        b"</Project>", f"<Assignments>{told}</Assignments></Project>".encode()
    )
    for kept in (content, without_ballast(content)):
        read = {one.id: one for one in read_plan(kept).plan.tasks}
        assert read[1].gaps == ((960, 960),)
        assert read[2].levelling == Delay(-480)
        assert read[3].gaps == read[4].gaps == ()
    assert b"2026-03-25" not in without_ballast(content)
    assert schedule(read_plan(content).plan).tasks[1].finish == datetime(2026, 3, 6, 17)
    with pytest.raises(MalformedPlan, match="100,000 hours"):
        read_plan(project(task(1, "<LevelingDelay>99999990</LevelingDelay>")))
