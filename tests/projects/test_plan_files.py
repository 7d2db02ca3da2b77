"""Plans as files: a table in and out, the pages, and the API. Figures: docs/rules/projects.md, P-11."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.models import Assignment, Dependency, PlanResource, Project, Task, TeamMember
from projects.mspdi.document import read_document
from projects.rules.plan_table import read_plan_table
from projects.selectors.plan_table import plan_table
from projects.services import plan_files
from psa.core.errors import DomainError, NotFound
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
    token = sent["Location"].partition("file=")[2]
    made = client.post(acme.url("projects/import/check/"), {"file": token})
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
        (b"x" * (20 * 1024 * 1024 + 1), "20 MB"),
        (circle, "1 T1 → 2 T2"),
        (b"\x00\x01\x02", "plan.csv"),
    ):
        answer = _upload(client, acme, content)
        assert answer.status_code == 422
        assert words in answer.content.decode()


def test_a_kept_file_is_its_senders_alone(acme):
    with acme.scope():
        preview = plan_files.preview_plan_file(
            content=TABLE.encode(), filename="a.csv", manager_id=acme.resources["priya"].pk,
            actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        token = plan_files.keep_file(
            preview=preview, actor=acme.actors["priya"], content=TABLE.encode(),
            manager_id=acme.resources["priya"].pk,
        )  # fmt: skip
        with pytest.raises(NotFound):
            plan_files.kept_preview(token=token, actor=acme.actors["paul"])
        with pytest.raises(NotFound):
            plan_files.import_kept_file(token="nothing", actor=acme.actors["priya"], at=AT)


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
