"""Plans as files: a table in and out, the pages, and the API. Figures: docs/rules/projects.md, P-11."""

import csv
import io
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import (
    Assignment,
    Dependency,
    PlanImport,
    PlanResource,
    Project,
    Task,
    TeamMember,
)
from projects.mspdi.document import read_document
from projects.rules.plan_table import read_plan_table
from projects.rules.refusals import RefusedRows
from projects.selectors.plan_imports import plan_import_page
from projects.selectors.plan_table import plan_table
from projects.services import plan_files, plan_uploads
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT
from tests.projects.test_read_plan import project as project_file
from tests.projects.test_read_plan import task as task_node
from tests.projects.test_read_plan import waits_for

FOLDER = Path(__file__).parent / "schedules"
TABLE = """\
ID,Outline,Task,Effort hours,Duration days,Start,Finish,Predecessors,Resources,% complete,\
Milestone,Notes
1,1,Phase one,,,,,,,,,
2,1.1,Design,32,4,2026-03-02,2026-03-05,,Ben; Zoe [50%],50,,First draft
3,1.2,Build,16:00,2d,,,2FS+1d,Zoe,,,
4,2,Live,,0,,,3,,,yes,
"""


def _imported(acme, table=TABLE, **more):
    return plan_files.import_plan_file(
        content=table.encode(), filename="Rollout.csv", manager_id=acme.resources["priya"].pk,
        actor=acme.actors["priya"], at=AT, **more,
    )  # fmt: skip


def test_a_table_becomes_a_scheduled_project(acme):
    with acme.scope():
        made = _imported(acme)
        project = Project.objects.get(id=made.project_id)
        assert (project.name, project.starts_on) == ("Rollout", date(2026, 3, 2))
        assert (made.task_count, made.link_count, made.resource_count) == (4, 2, 2)
        rows = {task.name: task for task in Task.objects.filter(project=project)}
        assert rows["Phase one"].is_summary
        assert rows["Live"].is_milestone
        design = rows["Design"]
        assert (design.percent_complete, design.description) == (50, "First draft")
        assert (design.effort_minutes, design.duration_minutes) == (32 * 60, 4 * 480)
        assert rows["Build"].scheduled_start_at == datetime(2026, 3, 9, 9)
        assert rows["Live"].starts_on == date(2026, 3, 10)
        link = Dependency.objects.get(successor=rows["Build"])
        assert (link.kind, link.lag_minutes) == ("FS", 480)
        parts = Assignment.objects.filter(task=design).order_by("units")
        assert [(p.plan_resource.name, p.units) for p in parts] == [
            ("Zoe", Decimal("0.5")),
            ("Ben", Decimal(1)),
        ]


def test_out_and_in_again_is_the_same_table(acme):
    with acme.scope():
        first = plan_table(actor=acme.actors["priya"], project_id=_imported(acme).project_id)
        out = io.StringIO(newline="")
        csv.writer(out).writerows(first)
        again = _imported(acme, out.getvalue())
        assert plan_table(actor=acme.actors["priya"], project_id=again.project_id) == first


def test_people_of_the_firm_join_the_team_when_asked(acme):
    with acme.scope():
        name = acme.resources["ben"].name
        made = _imported(acme, TABLE.replace("Ben;", f"{name.upper()};"), is_matching_people=True)
        assert list(
            TeamMember.objects.filter(project_id=made.project_id).values_list(
                "resource__name", flat=True
            )
        ) == [name]
        assert list(
            PlanResource.objects.filter(project_id=made.project_id).values_list("name", flat=True)
        ) == ["Zoe"]


def test_a_preview_shows_all_and_writes_nothing(acme):
    with acme.scope():
        before = Project.objects.count()
        found = plan_files.preview_plan_file(
            content=(FOLDER / "S02_constraints.xml").read_bytes(), filename="S02.xml",
            manager_id=acme.resources["priya"].pk, actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        assert found.plan.task_count == len(found.tasks)
        assert found.plan.finish_at is not None
        assert Project.objects.count() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("2FS+1d", "9FS"), "Row 4, column “Predecessors”, names “9”, which no row is"),
        (("2FS+1d", "soon"), "names “soon”"),
        (("16:00", "long"), "Row 4, column “Effort hours”, says “long”, which is no length"),
        (("2026-03-02", "03/02/2026"), "a day is such as 2026-03-31"),
        (("1.2,Build", "1.1.1.1.1,Build"), "skips a level: 5 below 2"),
        ((",50,,", ",150,,"), "not from 0 to 100"),
        (("4,2,Live", "3,2,Live"), "Two rows have the same ID"),
        (("[50%]", "[0%]"), "no share of a day"),
        (("yes", "perhaps"), "yes or no is meant"),
        (("Task,", "Thing,"), "no column of task names"),
        (("2026-03-02,2026-03-05", ","), "Say when the project starts"),
        (("2026-03-02,2026-03-05,,", "2026-03-02,2026-03-05,3FS,"), "1.1 Design"),
    ],
)
def test_refuses_a_table_naming_row_and_column(acme, change, words):
    table = TABLE.replace(*change, 1)
    assert table != TABLE
    with acme.scope():
        before = Project.objects.count()
        with pytest.raises(DomainError) as refused:
            plan_files.preview_plan_file(
                content=table.encode(), filename="Rollout.csv", actor=acme.actors["priya"], at=AT,
                manager_id=acme.resources["priya"].pk,
            )  # fmt: skip
        assert words in str(refused.value)
        assert Project.objects.count() == before


@pytest.mark.parametrize(
    ("text", "minutes", "percent", "is_elapsed"),
    [
        ("1", 0, None, False),
        ("1SS-4h", -240, None, False),
        ("1FF+50%", 0, Decimal(50), False),
        ("1FS+2ed", 2880, None, True),
        ("1fs + 1w", 2400, None, False),
    ],
)
def test_reads_lags_as_spreadsheets_write_them(text, minutes, percent, is_elapsed):
    tasks = read_plan_table(["Task", "Predecessors"], [(2, ("A", "")), (3, ("B", text))])
    [link] = tasks[1].links
    assert (link.before, link.lag_minutes, link.lag_percent, link.is_elapsed) == (
        0,
        minutes,
        percent,
        is_elapsed,
    )


def _upload(client, acme, content, name="plan.csv"):
    return client.post(
        acme.url("projects/import/"),
        {
            "file": SimpleUploadedFile(name, content),
            "manager": acme.resources["priya"].pk,
            "name": "",
        },
    )


def test_the_pages_look_first_and_import_once(acme):
    client = acme.client("priya")
    sent = _upload(client, acme, TABLE.encode())
    assert sent.status_code == 302, sent.content
    shown = client.get(sent["Location"])
    assert "Design" in shown.content.decode()
    assert "Zoe" in shown.content.decode()
    made = client.post(sent["Location"])
    assert made.status_code == 302, made.content
    with acme.scope():
        project = Project.objects.get(name="plan")
    table = client.get(acme.url(f"projects/{project.pk}/plan.csv"))
    assert table["Content-Disposition"].startswith("attachment")
    assert "Design" in table.content.decode("utf-8-sig")
    xml = client.get(acme.url(f"projects/{project.pk}/plan.xml"))
    assert len(read_document(xml.content).tasks) == 4


def test_the_page_refuses_hostile_files_in_words(acme):
    client = acme.client("priya")
    bomb = b'<!DOCTYPE a [<!ENTITY a "aaaa">]><a>&a;</a>'
    circle = project_file(task_node(1, waits_for(2)) + task_node(2, waits_for(1)))
    for content, words in (
        (bomb, "entities"),
        (circle, "1 T1 → 2 T2"),
        (b"\x00\x01\x02", "plan.csv"),
    ):
        answer = _upload(client, acme, content)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def _received(acme, content=None, name="Rollout.csv", who="priya"):
    return plan_uploads.receive_plan_file(
        content=io.BytesIO(content or TABLE.encode()), filename=name, manager_id=acme.resources["priya"].pk,
        actor=acme.actors[who], at=AT,
    )  # fmt: skip


def test_a_kept_file_is_its_senders_alone(acme):
    with acme.scope():
        kept = _received(acme)
        for act in (plan_uploads.start_import, plan_uploads.start_check):
            with pytest.raises(NotFound):
                act(plan_import_id=kept.pk, actor=acme.actors["paul"], at=AT)
        with pytest.raises(PermissionDenied):
            _received(acme, who="ben")
    for who in ("ada", "paul"):
        assert acme.client(who).get(acme.url(f"projects/import/{kept.pk}/")).status_code == 404


def test_a_file_is_imported_once_and_then_forgotten(acme):
    with acme.scope():
        kept = _received(acme)
        one, two = (
            plan_uploads.start_import(plan_import_id=kept.pk, actor=acme.actors["priya"], at=AT)
            for _ in range(2)
        )
        assert one.project_id == two.project_id
        assert bytes(PlanImport.objects.get().content) == b""
        old = _received(acme)
        PlanImport.objects.filter(id=old.pk).update(created_at=AT - timedelta(days=8))
        _received(acme)
        assert not PlanImport.objects.filter(id=old.pk).exists()
        assert PlanImport.objects.filter(id=kept.pk).exists()


def _large(tasks=400, wrong=()):
    """A file that is large for what no plan is made of."""
    ballast = "<TimephasedData><Value>PT8H0M0S</Value></TimephasedData>" * 20
    nodes = (
        task_node(
            number, (waits_for(number - 1) if number > 1 else "") + ballast,
            duration="long" if number in wrong else "PT8H0M0S",
        )
        for number in range(1, tasks + 1)
    )  # fmt: skip
    content = project_file("".join(nodes))
    assert len(content) > plan_uploads.SMALL_BYTES
    return content


def test_a_large_file_is_looked_at_and_imported_by_jobs(acme):
    priya = acme.actors["priya"]
    with acme.scope():
        kept = _received(acme, _large(), "big.xml")
        assert plan_import_page(actor=priya, plan_import_id=kept.pk).state == "checking"
        run = jobs.run_now(kept.job_run_id)
        assert (run.state, run.done, run.total) == ("done", 100, 100)
        page = plan_import_page(actor=priya, plan_import_id=kept.pk)
        assert (page.state, page.preview["plan"]["task_count"]) == ("checked", 400)
        assert Project.objects.filter(name__startswith="Imported").count() == 0
        started = plan_uploads.start_import(plan_import_id=kept.pk, actor=priya, at=AT)
        assert started.project_id is None
        run = jobs.run_now(started.job_run_id)
        assert (run.state, run.total) == ("done", 400)
        page = plan_import_page(actor=priya, plan_import_id=kept.pk)
        assert page.state == "imported"
        assert Task.objects.filter(project_id=page.project_id).count() == 400
    shown = acme.client("priya").get(acme.url(f"projects/import/{kept.pk}/"))
    assert b"Open the plan" in shown.content


def test_a_large_file_is_refused_with_all_its_rows(acme):
    with acme.scope():
        kept = _received(acme, _large(wrong=(3, 70)), "big.xml")
        run = jobs.run_now(kept.job_run_id)
        page = plan_import_page(actor=acme.actors["priya"], plan_import_id=kept.pk)
        assert page.state == "refused"
        assert [row.record for row in page.report] == ["Task 3 “T3”", "Task 70 “T70”"]
        assert "2 records were left out" in run.message
    shown = acme.client("priya").get(acme.url(f"projects/import/{kept.pk}/"))
    assert "Task 70 “T70”" in shown.content.decode()


def test_an_import_that_was_cancelled_writes_nothing_and_goes_on_when_asked(acme):
    priya = acme.actors["priya"]
    with acme.scope():
        kept = _received(acme, _large(), "big.xml")
        jobs.run_now(kept.job_run_id)
        before = Project.objects.count()
        run_id = plan_uploads.start_import(plan_import_id=kept.pk, actor=priya, at=AT).job_run_id
        jobs.cancel(run_id=run_id, actor=priya, at=AT)
        with pytest.raises(plan_uploads.Cancelled):  # cancelled while it was being written
            plan_uploads.import_waiting(
                plan_import_id=kept.pk, actor=priya, at=AT, job_run_id=run_id
            )
        assert jobs.run_now(run_id).state == "cancelled"
        assert Project.objects.count() == before
        assert plan_import_page(actor=priya, plan_import_id=kept.pk).state == "checked"
        again = plan_uploads.start_import(plan_import_id=kept.pk, actor=priya, at=AT)
        assert (again.job_run_id, jobs.run_now(run_id).state) == (run_id, "done")
        assert Project.objects.count() == before + 1


def test_a_cancelled_check_is_taken_up_again_and_a_file_can_be_discarded(acme):
    priya = acme.actors["priya"]
    with acme.scope():
        kept = _received(acme, _large(), "big.xml")
        jobs.cancel(run_id=kept.job_run_id, actor=priya, at=AT)
        jobs.run_now(kept.job_run_id)
        assert plan_import_page(actor=priya, plan_import_id=kept.pk).state == "stopped"
        with pytest.raises(Conflict):
            plan_uploads.start_import(plan_import_id=kept.pk, actor=priya, at=AT)
    client = acme.client("priya")
    assert client.post(acme.url(f"projects/import/{kept.pk}/retry/")).status_code == 302
    with acme.scope():
        jobs.run_now(kept.job_run_id)
        assert plan_import_page(actor=priya, plan_import_id=kept.pk).state == "checked"
    assert client.post(acme.url(f"projects/import/{kept.pk}/discard/")).status_code == 302
    assert client.get(acme.url(f"projects/import/{kept.pk}/")).status_code == 404


def test_every_row_of_a_table_that_is_wrong_is_named(acme):
    table = TABLE.replace("16:00", "long").replace(",50,,", ",150,,").encode()
    with acme.scope(), pytest.raises(RefusedRows) as refused:
        _received(acme, table)
    assert [row.record for row in refused.value.rows] == ["Row 3 “Design”", "Row 4 “Build”"]


def test_the_api_takes_and_gives_plans(acme):
    priya = Caller(token_of(acme, "priya"))

    def send(path, content, status):
        files = {
            "file": SimpleUploadedFile("plan.csv", content),
            "manager_id": acme.resources["priya"].pk,
        }
        answer = priya.call("POST", path, files=files)
        assert answer.status_code == status, answer.content
        return answer.json()

    seen = send("/project-imports/preview", TABLE.encode(), 200)
    assert (seen["plan"]["task_count"], seen["tasks"][1]["name"]) == (4, "Design")
    made = send("/project-imports", TABLE.encode(), 201)
    assert made["start_at"] == "2026-03-02T09:00:00"
    refused = send("/project-imports", TABLE.replace("2FS+1d", "9FS").encode(), 422)
    assert "names “9”" in refused["detail"]
    number = made["project_id"]
    assert b"Design" in priya.call("GET", f"/projects/{number}/plan.csv").content
    assert b"<Name>Design</Name>" in priya.call("GET", f"/projects/{number}/plan.xml").content

    sent = send("/plan-files", TABLE.encode(), 201)
    assert (sent["state"], sent["preview"]["tasks"][1]["name"]) == ("checked", "Design")
    assert priya.get(f"/plan-files/{sent['id']}")["report"] == []
    done = priya.post(f"/plan-files/{sent['id']}/import")
    assert (done["state"], done["project_id"] > number) == ("imported", True)
