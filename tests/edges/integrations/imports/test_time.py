"""Time from other tools: every line under the rules, once, compared, and taken back."""

from collections.abc import Callable
from datetime import date

import pytest

from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, NotFound
from psa.edges.integrations.imports import selectors
from psa.edges.integrations.imports.models import ImportRun
from psa.edges.integrations.imports.services import running, staging
from tests.edges.integrations.imports.conftest import FILES, Carry, sentences, states
from tests.factories import AT, Firm
from timeexpense.models import TimeEntry

HEADER = "Person,Project,Date,Hours,Notes\n"


def entries() -> list[tuple[str, date, int, str, str]]:
    rows = TimeEntry.objects.order_by("work_on", "resource__name")
    return list(
        rows.values_list("resource__name", "work_on", "minutes", "billing_type", "description")
    )


def test_reads_a_harvest_export_by_itself_and_keeps_no_rates(firm: Firm, carry: Carry) -> None:
    run = carry("time", (FILES / "harvest.csv").read_bytes(), "harvest.csv")
    assert (run.profile, run.summary) == ("harvest", "3 imported.")
    assert entries() == [
        ("Ben", date(2026, 7, 6), 450, "", "Data model, first cut"),
        ("Ben", date(2026, 7, 7), 20, "non_chargeable", "Reviews"),
        ("Bea", date(2026, 8, 3), 60, "", ""),
    ]
    assert TimeEntry.objects.order_by("work_on").values_list("task__name", flat=True).last() == (
        "Support"
    )
    assert not any("Rate" in name or "Amount" in name for name in run.header)
    assert "Billable Rate" in run.notes[0]


def test_reads_a_toggl_export_with_durations_rounded_to_the_minute(
    firm: Firm, carry: Carry
) -> None:
    run = carry("time", (FILES / "toggl.csv").read_bytes(), "toggl.csv")
    assert run.profile == "toggl"
    assert [(name, minutes, kind) for name, _, minutes, kind, _ in entries()] == [
        ("Bea", 60, "non_chargeable"),
        ("Ben", 201, ""),
    ]


def test_reads_a_clockify_export_with_its_mark_and_the_day_first(firm: Firm, carry: Carry) -> None:
    run = carry("time", (FILES / "clockify.csv").read_bytes(), "clockify.csv")
    assert run.profile == "clockify"
    assert entries() == [("Ben", date(2026, 7, 13), 90, "", "Müller call")]


def test_reads_jira_work_logs_in_seconds(firm: Firm, carry: Carry) -> None:
    run = carry("time", (FILES / "jira.csv").read_bytes(), "jira.csv")
    assert run.profile == "jira"
    assert [(name, minutes) for name, _, minutes, _, _ in entries()] == [("Bea", 30), ("Ben", 90)]


def test_takes_the_author_where_the_e_mail_is_blank(firm: Firm, carry: Carry) -> None:
    header = "Issue Key;Project Key;Author email;Author;Started;Time Spent (seconds)\n"
    lines = (
        "A-1;P-1;;Ben;2026-07-08 09:15;5400\n"
        "A-2;P-1;old@gone.example;Bea;2026-07-08 09:15;1800\n"
        "A-3;P-1;;;2026-07-08 11:00;900\n"
    )
    run = carry("time", (header + lines).encode(), skips_bad_rows=True)
    assert [(name, minutes) for name, _, minutes, _, _ in entries()] == [("Ben", 90)]
    assert sentences(run)[1].startswith("There is no person “old@gone.example”.")
    assert sentences(run)[2] == "The person is missing."


def minutes() -> list[tuple[date, int]]:
    return list(TimeEntry.objects.order_by("work_on", "id").values_list("work_on", "minutes"))


def test_reads_harvest_with_commas_the_day_first_and_projects_without_a_code(
    firm: Firm, carry: Carry
) -> None:
    content = (FILES / "harvest_europe.csv").read_bytes()
    run = carry("time", content, skips_bad_rows=True)
    assert (run.profile, run.options["date_order"]) == ("harvest", "day_first")
    assert minutes() == [(date(2026, 7, 7), 20), (date(2026, 7, 13), 435)]
    said = sentences(run)
    assert said[2].startswith("There is no project “Harbour crane”.")
    assert said[3].startswith("“an hour” is not a time.")


def test_reads_toggl_by_member_with_the_month_first_and_classic_minutes(
    firm: Firm, carry: Carry
) -> None:
    run = carry("time", (FILES / "toggl_members.csv").read_bytes(), skips_bad_rows=True)
    assert (run.profile, run.options["date_order"]) == ("toggl", "month_first")
    assert minutes() == [(date(2026, 7, 9), 47), (date(2026, 7, 14), 90)]
    assert sentences(run)[2] == "Time must be more than 0 minutes."
    assert "not a time" in sentences(run)[3]


def test_reads_clockify_to_the_second_not_to_two_places_of_an_hour(
    firm: Firm, carry: Carry
) -> None:
    run = carry("time", (FILES / "clockify_seconds.csv").read_bytes(), skips_bad_rows=True)
    assert run.header[run.mapping["time"]] == "Duration (h)"
    assert minutes() == [(date(2026, 7, 6), 80), (date(2026, 7, 13), 90)]
    assert sentences(run)[2].startswith("There is no person “nobody@acme.example”.")


@pytest.mark.parametrize(("hours", "day"), [("", 600), ("7.5", 570)])
def test_reads_jira_in_words_with_days_as_long_as_it_is_told(
    firm: Firm, carry: Carry, hours: str, day: int
) -> None:
    more = {"hours_per_day": hours} if hours else {}
    run = carry("time", (FILES / "jira_words.csv").read_bytes(), skips_bad_rows=True, **more)
    assert minutes() == [(date(2026, 7, 8), 90), (date(2026, 7, 9), day), (date(2026, 7, 10), 90)]
    assert states(run) == ["imported", "imported", "bad", "imported", "bad"]
    assert "24 hours" in sentences(run)[2]
    assert sentences(run)[4].startswith("“tomorrow” is not a date.")


def test_imports_the_same_lines_once_however_often(firm: Firm, carry: Carry, check: Carry) -> None:
    content = (FILES / "jira.csv").read_bytes()
    carry("time", content)
    again = check("time", content)
    assert states(again) == ["known", "known"]
    more = content + b"ERP-3;Phone;P-1;ben@acme.example;2026-07-09 08:00;600;;10003\n"
    run = carry("time", more)
    assert states(run) == ["known", "known", "imported"]
    assert TimeEntry.objects.count() == 3


def test_tells_two_equal_lines_apart_without_numbers_of_their_own(firm: Firm, carry: Carry) -> None:
    content = HEADER + "Ben,P-1,2026-07-06,1,Call\nBen,P-1,2026-07-06,1,Call\n"
    assert states(carry("time", content)) == ["imported", "imported"]
    assert states(carry("time", content + "Ben,P-1,2026-07-06,1,Call\n")) == [
        "known", "known", "imported",
    ]  # fmt: skip
    assert TimeEntry.objects.count() == 3


def test_names_what_is_wrong_with_each_row(firm: Firm, check: Carry) -> None:
    run = check(
        "time",
        HEADER
        + "Nobody,P-1,2026-07-06,1,\nBen,P-9,2026-07-06,1,\nBen,P-1,2026-31-31,1,\n"
        + "Ben,P-1,2026-07-06,lots,\nBen,P-1,2026-07-06,25,\nBen,P-1,2026-07-06,0,\n"
        + "Ben,P-1,2026-07-06,,\n,P-1,2026-07-06,1,\nBen,P-1,05/06/2026,1,\n"
        + 'Ben,P-1,2026-07-06,1,"=cmd()"\nBen,P-1,2026-07-06,1,fine\n',
    )
    assert states(run) == ["bad"] * 10 + ["ready"]
    said = sentences(run)
    assert said[0].startswith("There is no person “Nobody”.")
    assert said[1].startswith("There is no project “P-9”.")
    assert "not a date" in said[2]
    assert "not a time" in said[3]
    assert "24 hours" in said[4]
    assert said[6] == "The time is missing."
    assert said[7] == "The person is missing."
    assert "two ways" in said[8]
    assert "formula" in said[9]
    assert run.summary == "1 will be imported, 10 left out."
    assert TimeEntry.objects.count() == 0


def test_imports_all_rows_or_none_unless_told_to_leave_out_the_bad(
    firm: Firm, check: Carry, carry: Carry, operator: Actor
) -> None:
    content = HEADER + "Ben,P-1,2026-07-06,1,\nBen,P-9,2026-07-06,1,\n"
    run = check("time", content)
    with pytest.raises(DomainError, match="1 rows cannot be imported"):
        running.start_apply(run_id=run.pk, skips_bad_rows=False, actor=operator, at=AT)
    assert TimeEntry.objects.count() == 0
    done = carry("time", content, skips_bad_rows=True)
    assert states(done) == ["imported", "bad"]
    assert done.state == ImportRun.State.DONE


def test_goes_back_whole_when_a_row_is_refused_by_now(
    firm: Firm, check: Carry, operator: Actor
) -> None:
    run = check("time", HEADER + "Ben,P-1,2026-07-06,14,\nBen,P-1,2026-07-07,14,\n")
    assert states(run) == ["ready", "ready"]
    TimeEntry.objects.create(
        tenant=firm.tenant, resource=firm.resources["ben"], project_id=_project(),
        role=firm.roles["SC"], work_on=date(2026, 7, 7), minutes=900,
    )  # fmt: skip
    started = running.start_apply(run_id=run.pk, skips_bad_rows=False, actor=operator, at=AT)
    from psa.core.jobs import services as jobs

    jobs.run_now(started.job_run_id or 0)
    run.refresh_from_db()
    assert run.state == ImportRun.State.CHECKED
    assert states(run) == ["ready", "bad"]
    assert run.summary.startswith("Nothing was imported")
    assert TimeEntry.objects.count() == 1


def _project() -> int:
    from projects.models import Project

    return int(Project.objects.get(code="P-1").pk)


def test_compares_the_hours_of_the_file_with_those_in_the_system(
    firm: Firm, carry: Carry, operator: Actor
) -> None:
    run = carry(
        "time",
        HEADER + "Ben,P-1,2026-07-06,7.5,\nBen,ERP core rollout,2026-07-07,2,\n"
        "Ben,P-1,2026-08-03,1,\nBen,Lost,2026-07-06,4,\n",
        skips_bad_rows=True,
    )
    page = selectors.run_page(actor=operator, run_id=run.pk)
    assert [(line.group, line.before, line.after, line.agrees) for line in page.totals] == [
        ("Lost, 2026-07", 240, 0, False),
        ("P-1, 2026-07", 570, 570, True),
        ("P-1, 2026-08", 60, 60, True),
    ]


def test_takes_back_what_nobody_has_touched_and_names_the_rest(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    run = carry(
        "time", HEADER + "Ben,P-1,2026-07-06,1,\nBen,P-1,2026-07-07,1,\nBen,P-1,2026-07-08,1,\n"
    )
    TimeEntry.objects.filter(work_on=date(2026, 7, 7)).update(state="submitted")
    TimeEntry.objects.filter(work_on=date(2026, 7, 8)).update(lock_version=2)
    undone = undo(run)
    assert (undone.state, states(undone)) == ("undone", ["undone", "kept", "kept"])
    assert sentences(undone)[1] == "The entry of 7 Jul 2026 is submitted by now; it stays."
    assert undone.summary == "1 undone, 2 kept at undo."
    assert TimeEntry.objects.count() == 2


def test_does_not_take_back_what_an_earlier_import_made(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    first = HEADER + "Ben,P-1,2026-07-06,1,\n"
    carry("time", first)
    second = carry("time", first + "Ben,P-1,2026-07-07,1,\n")
    assert states(undo(second)) == ["known", "undone"]
    assert [on for _, on, *_ in entries()] == [date(2026, 7, 6)]


def test_remembers_the_columns_for_the_next_file(firm: Firm, check: Carry) -> None:
    odd = 'Wer,Was,Wann,Wieviel\nBen,P-1,06.07.2026,"1,5"\n'
    named = {"person": "Wer", "project": "Was", "work_on": "Wann", "time": "Wieviel"}
    assert states(check("time", odd, columns=named, date_order="day_first")) == ["ready"]
    assert states(check("time", odd)) == ["ready"]


def test_refuses_to_go_on_without_the_columns_it_needs(
    firm: Firm, operator: Actor, check: Carry
) -> None:
    with pytest.raises(DomainError, match="Say which column holds: Project, Date, Time"):
        check("time", "Wer,Was\nBen,P-1\n")
    with pytest.raises(DomainError, match="names the person"):
        check("time", "Project,Date,Hours\nP-1,2026-07-06,1\n")


def test_is_for_those_alone_who_enter_for_others(firm: Firm, operator: Actor) -> None:
    content = (FILES / "jira.csv").read_bytes()
    for name in ("ben", "priya", "fay", "amara"):
        with pytest.raises(DomainError):
            staging.stage_file(
                kind_code="time", filename="x.csv", content=content, actor=firm.actors[name], at=AT
            )
    run = staging.stage_file(
        kind_code="time", filename="x.csv", content=content, actor=firm.actors["ada"], at=AT
    )
    with pytest.raises(NotFound):
        selectors.run_page(actor=firm.actors["fay"], run_id=run.pk)


def test_refuses_a_step_out_of_order(firm: Firm, carry: Carry, operator: Actor) -> None:
    run = carry("time", HEADER + "Ben,P-1,2026-07-06,1,\n")
    with pytest.raises(Conflict, match="gone on meanwhile"):
        running.start_apply(run_id=run.pk, skips_bad_rows=False, actor=operator, at=AT)
    with pytest.raises(Conflict):
        staging.discard_run(run_id=run.pk, actor=operator, at=AT)


def test_carries_a_long_file_in_parts_by_jobs(
    firm: Firm, carry: Carry, undo: Callable[[ImportRun], ImportRun]
) -> None:
    days = [f"2026-{month:02d}-{day:02d}" for month in range(1, 7) for day in range(1, 29)]
    lines = [
        f"{who},P-1,{on},0:15,{n}\n" for who in ("Ben", "Bea") for on in days for n in range(16)
    ]
    run = carry("time", HEADER + "".join(lines) + "Ben,P-9,2026-01-01,1,\n", skips_bad_rows=True)
    assert run.summary == f"{len(lines):,} imported, 1 left out."
    assert TimeEntry.objects.count() == len(lines)
    assert undo(run).summary == f"1 left out, {len(lines):,} undone."
    assert TimeEntry.objects.count() == 0
