"""Plans of Microsoft Project into the database and out again: tests/projects/schedules."""

import json
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from projects.models import Assignment, Project, Task
from projects.mspdi.document import read_document
from projects.mspdi.writing import write_document
from projects.rules import plan_calendars
from projects.selectors.plan_document import plan_document
from projects.services import plan_changes, plan_files, plan_imports, tasks
from projects.services.schedule import schedule_project
from psa.core.errors import DomainError, PermissionDenied
from psa.core.org.models import Resource, WorkCalendar, WorkInterval
from tests.factories import AT
from tests.projects.test_read_plan import project as project_file
from tests.projects.test_read_plan import task as task_node
from tests.projects.test_read_plan import waits_for

FOLDER = Path(__file__).parent / "schedules"
PLANS = sorted(path.stem for path in FOLDER.glob("*.xml"))


def _imported(acme, content, **more):
    return plan_imports.import_plan(
        content=content, manager_id=acme.resources["priya"].pk, actor=acme.actors["priya"], at=AT,
        **more,
    )  # fmt: skip


def _exported(acme, project_id):
    return write_document(plan_document(actor=acme.actors["priya"], project_id=project_id))


def _comparable(document):
    """What a file says, without the names that its calendars have inside."""
    plan = document.plan
    return (
        sorted((c.uid, c.name, repr(_hours(c.spec))) for c in document.calendars),
        [replace(t, assigned=tuple(a.minutes for a in t.assigned)) for t in plan.tasks],
        sorted(plan.links, key=repr),
        (plan.starts_at, plan.finishes_at, plan.project_calendar, plan.constraints_win),
        (plan.critical_slack_minutes, plan.has_many_critical_paths),
        list(document.tasks),
        list(document.resources),
        sorted(document.assignments, key=repr),
    )


def _hours(spec):
    return plan_calendars.week_of(spec), plan_calendars.days_of(spec)


@pytest.mark.parametrize("name", PLANS)
def test_exports_the_known_schedule_and_comes_round(acme, name):
    content = (FOLDER / f"{name}.xml").read_bytes()
    known = json.loads((FOLDER / "expected" / f"{name}.json").read_text())
    with acme.scope():
        made = _imported(acme, content)
        first = _exported(acme, made.project_id)
        assert schedule_project(project_id=made.project_id, actor=acme.actors["priya"]).moved == ()
        again = _imported(acme, first)
        assert _exported(acme, again.project_id) == first
    exported = read_document(first)
    assert _comparable(exported) == _comparable(read_document(content))
    rows = {int(n.uid): n for n in _task_nodes(first)}
    for task in known["tasks"]:
        if task.get("ignore"):
            continue
        row = rows[task["uid"]]
        assert (row.start, row.finish) == (task["start"], task["finish"]), task["name"]
        if "msproject_slack_min" not in task:
            assert (row.slack, row.critical) == (task["total_slack_min"], task["critical"])
    assert made.finish_at.isoformat() == known["project_finish"]


class _Row:
    def __init__(self, node):
        def get(tag):
            return node.findtext("{http://schemas.microsoft.com/project}" + tag)

        self.uid, self.start, self.finish = get("UID"), get("Start"), get("Finish")
        self.slack = int(get("TotalSlack") or 0) / 10
        self.critical = get("Critical") == "1"


def _task_nodes(content):
    from defusedxml.ElementTree import fromstring

    namespace = "{http://schemas.microsoft.com/project}"
    return [_Row(n) for n in fromstring(content).iterfind(f"{namespace}Tasks/{namespace}Task")]


def test_the_commands_print_the_id_and_the_file(acme):
    out, err = StringIO(), StringIO()
    path = FOLDER / "S02_constraints.xml"
    call_command("import_plan", str(path), tenant="acme", stdout=out, stderr=err)
    project_id = int(out.getvalue().splitlines()[-1])
    written = StringIO()
    call_command("export_plan", str(project_id), tenant="acme", stdout=written)
    assert read_document(written.getvalue().encode()).tasks
    with acme.scope():
        count = Project.objects.count()
    call_command("import_plan", str(path), "--dry-run", tenant="acme", stdout=out, stderr=err)
    with acme.scope():
        assert Project.objects.count() == count
    with pytest.raises(CommandError, match="no tenant"):
        call_command("import_plan", str(path), tenant="nobody", stdout=out)
    with pytest.raises(CommandError, match="no such project"):
        call_command("export_plan", "999999", tenant="acme", stdout=out)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_plan", "missing.xml", tenant="acme", stdout=out)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (project_file(task_node(1, waits_for(2)) + task_node(2, waits_for(1))), "1 T1 → 2 T2"),
        (project_file(task_node(1, waits_for(1))), "waits for itself"),
        (project_file(task_node(1) + task_node(1)), "same number"),
        (b'<!DOCTYPE a [<!ENTITY a "aaaa">]><a>&a;</a>', "entities"),
        (b"x" * (50 * 1024 * 1024 + 1), "50 MB"),
        (project_file(task_node(1, duration="PT999999H0M0S")), "100,000 hours"),
        (
            project_file(
                task_node(
                    1,
                    "<ActualStart>2026-03-04T08:00:00</ActualStart>"
                    "<ActualFinish>2026-03-03T08:00:00</ActualFinish>",
                )
            ),
            "done before it began",
        ),
    ],
)
def test_refuses_the_whole_file_and_says_why(acme, content, words):
    with acme.scope():
        before = Project.objects.count()
        with pytest.raises(DomainError, match=words):
            plan_files.preview_plan_file(
                content=content, filename="plan.xml", manager_id=acme.resources["priya"].pk,
                actor=acme.actors["priya"], at=AT,
            )  # fmt: skip
        assert (Project.objects.count(), Task.objects.count()) == (before, 0)


def test_asks_for_the_right_to_make_projects(acme):
    with acme.scope(), pytest.raises(PermissionDenied):
        plan_imports.import_plan(
            content=(FOLDER / "S01_links_lags.xml").read_bytes(),
            manager_id=acme.resources["ben"].pk, actor=acme.actors["ben"], at=AT,
        )  # fmt: skip


def test_typed_days_count_by_the_plans_own_calendar(acme):
    """Two typed days are as long as the days of the plan's calendar are, not the firm's."""
    with acme.scope():
        made = _imported(acme, project_file(task_node(1, duration="PT8H0M0S")))
        plan = Project.objects.get(id=made.project_id)
        week = [[[360, 1080]]] * 7  # every day, twelve hours
        plan.plan_calendar.week, plan.plan_calendar.days = week, []
        plan.plan_calendar.save()
        task = Task.objects.get(project=plan)
        monday = task.starts_on
        edited = tasks.edit_task(
            project_id=plan.pk, task_id=task.pk, lock_version=None, starts_on=monday,
            finishes_on=monday + timedelta(days=1), actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
        assert edited.duration_minutes == 2 * 720


def test_people_with_the_same_hours_are_exported_with_one_calendar(acme, engagement):
    """Whoever shares the calendar of somebody else keeps it; it is a base calendar then."""
    with acme.scope():
        priya = acme.actors["priya"]
        own = WorkCalendar.objects.create(tenant_id=acme.tenant.pk, name="Short days")
        WorkInterval.objects.bulk_create(
            WorkInterval(
                tenant_id=acme.tenant.pk, calendar=own, weekday=n, start_minute=540, end_minute=780
            )
            for n in range(5)
        )
        people = [acme.resources["ben"].pk, acme.resources["bea"].pk]
        Resource.objects.filter(id__in=people).update(calendar=own)
        for person in people:
            Assignment.objects.create(
                tenant_id=acme.tenant.pk, task=engagement.fixed, resource_id=person, minutes=480
            )
        schedule_project(project_id=engagement.project.pk, actor=priya)
        found = plan_document(actor=priya, project_id=engagement.project.pk)
    calendars = {calendar.key: calendar for calendar in found.calendars}
    used = {calendars[resource.calendar].name for resource in found.resources}
    assert len(used) == 1
    [shared] = [c for c in found.calendars if c.name in used]
    assert shared.name.startswith("Hours of ")
    assert shared.is_base
    assert plan_calendars.week_of(shared.spec)[0] == [[540, 780]]
    assert read_document(write_document(found)).calendars


def test_work_put_off_and_split_stays_so_until_somebody_says_otherwise(acme):
    delay = "<LevelingDelay>14400</LevelingDelay><LevelingDelayFormat>8</LevelingDelayFormat>"
    pieces = "".join(
        f"<TimephasedData><Type>1</Type><Start>2026-03-0{day}T08:00:00</Start><Finish>2026-03-0{day}"
        "T17:00:00</Finish><Unit>2</Unit><Value>PT8H0M0S</Value></TimephasedData>"
        for day in (2, 4)
    )
    nodes = task_node(1, delay) + task_node(2, waits_for(1), duration="PT16H0M0S")
    content = project_file(nodes).replace(
        b"</Project>",
        f"<Assignments><Assignment><TaskUID>2</TaskUID><ResourceUID>-65535</ResourceUID>{pieces}"
        "</Assignment></Assignments></Project>".encode(),
    )
    with acme.scope():
        made = _imported(acme, content)
        kept = _exported(acme, made.project_id)
        again = _imported(acme, kept)
        assert _exported(acme, again.project_id) == kept
        first, second = Task.objects.filter(project_id=made.project_id).order_by("position")
        assert first.scheduled_start_at.isoformat() == "2026-03-03T08:00:00"
        assert second.scheduled_finish_at.isoformat() == "2026-03-06T17:00:00"
        tasks.delete_task(
            project_id=made.project_id, task_id=second.pk, actor=acme.actors["priya"], at=AT
        )
        back = plan_changes.AddTask("T2", values={"duration_minutes": 960}, restores=second.pk)
        plan_changes.change_plan(
            project_id=made.project_id, edits=[back], actor=acme.actors["priya"], at=AT
        )
        assert Task.objects.get(pk=second.pk).gaps == [[480, 480]]
    client, url = acme.client("priya"), acme.url(f"projects/{made.project_id}/plan/{first.pk}/")
    assert 'value="24:00"' in client.get(url).content.decode()
    values = {
        "lock_version": first.lock_version, "name": "T1", "mode": "fixed_units", "priority": 500,
        "constraint_kind": "asap", "levelling_delay_minutes": "",
        "starts_on": "2026-03-03", "shown_starts_on": "2026-03-03",
        "finishes_on": "2026-03-03", "shown_finishes_on": "2026-03-03",
    }  # fmt: skip
    assert client.post(url, values).status_code == 302
    with acme.scope():
        first.refresh_from_db()
    assert first.scheduled_start_at.isoformat() == "2026-03-02T08:00:00"
    assert "levelling" not in client.get(url).content.decode()
