"""The plan page: what it shows, and what a batch of edits answers."""

import gzip
import json
from datetime import date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import (
    Assignment,
    Baseline,
    BaselineTask,
    Dependency,
    PlanResource,
    Project,
    Task,
)
from projects.selectors import plan_sheet
from projects.services import discussion, tasks, team
from projects.services.dependencies import link_tasks
from projects.services.plan_changes import AddTask, change_plan
from projects.services.task_values import NewTask
from tests import factories
from tests.factories import AT

DAY = 480


@pytest.fixture
def plan(acme):
    """Phase (Design 4 days, Build 2 days, Signed) from Monday 2 March 2026; Ben is on the team."""
    with acme.scope():
        project = factories.make_engagement(acme).project
        Task.objects.filter(project=project).delete()
        Project.objects.filter(id=project.pk).update(starts_on=date(2026, 3, 2))
        doors = {"project_id": project.pk, "actor": acme.actors["priya"], "at": AT}
        made = tasks.add_tasks(
            tasks=[
                NewTask("Phase"), NewTask("Design", 2, 4 * DAY), NewTask("Build", 2, 2 * DAY),
                NewTask("Signed", 2, is_milestone=True),
            ],
            **doors,
        )  # fmt: skip
    return Plan(acme, project, *made)


class Plan:
    def __init__(self, acme, project, phase, design, build, signed):
        self.acme, self.project = acme, project
        self.phase, self.design, self.build, self.signed = phase, design, build, signed
        self.client = acme.client("priya")
        self.url = acme.url(f"projects/{project.pk}/plan/")

    @property
    def data(self):
        """What the page's script reads."""
        text = self.client.get(self.url).content.decode()
        return json.loads(
            text.split('id="plan-data" type="application/json">')[1].split("</script>")[0]
        )

    @property
    def revision(self):
        with self.acme.scope():
            return Project.objects.get(id=self.project.pk).plan_revision

    def send(self, *edits, revision=None, is_trial=False, who="priya"):
        body = {
            "revision": self.revision if revision is None else revision,
            "is_trial": is_trial, "edits": list(edits),
        }  # fmt: skip
        answer = self.acme.client(who).post(
            self.url + "changes/", json.dumps(body), "application/json"
        )
        return answer.status_code, answer.json() if answer[
            "Content-Type"
        ] == "application/json" else {}

    def type(self, task, column, text, **how):
        return self.send({"do": "type", "task_id": task.pk, "column": column, "text": text}, **how)

    def stored(self):
        """All that undo has to bring back, by name."""
        with self.acme.scope():
            rows = Task.objects.filter(project=self.project).order_by("position").values_list(
                "outline", "name", "effort_minutes", "remaining_minutes", "duration_minutes", "mode",
                "constraint_kind", "constrained_to", "is_milestone", "is_completed", "percent_complete",
                "role_id", "scheduled_start_at", "scheduled_finish_at",
            )  # fmt: skip
            links = Dependency.objects.filter(project=self.project).values_list(
                "predecessor__name", "successor__name", "kind", "lag_minutes", "lag_percent"
            )
            shares = Assignment.objects.filter(task__project=self.project).values_list(
                "task__name", "resource__name", "units", "minutes"
            )
            return list(rows), sorted(links, key=str), sorted(shares, key=str)


def test_holds_rows_links_and_days_off(plan):
    with plan.acme.scope():
        doors = {"project_id": plan.project.pk, "actor": plan.acme.actors["priya"], "at": AT}
        link_tasks(predecessor_id=plan.design.pk, successor_id=plan.build.pk, **doors)
        base = Baseline.objects.create(
            tenant=plan.acme.tenant, project=plan.project, number=2, name="Signed plan", set_at=AT
        )
        BaselineTask.objects.create(
            tenant=plan.acme.tenant, baseline=base, task=plan.build,
            start_at=datetime(2026, 3, 2, 9), finish_at=datetime(2026, 3, 3, 17),
        )  # fmt: skip
    data = plan.data
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
    assert [(row["outline"], row["kind"]) for row in rows] == [
        ("1", "sum"), ("1.1", "task"), ("1.2", "task"), ("1.3", "ms"),
    ]  # fmt: skip
    assert [(row["effort"], row["duration"]) for row in rows[:3]] == [
        (6 * DAY, rows[0]["duration"]), (4 * DAY, 4 * DAY), (2 * DAY, 2 * DAY),
    ]  # fmt: skip
    assert (data["baseline"], data["dayMinutes"]) == ("Signed plan", DAY)
    minutes = (datetime(2026, 3, 2, 9) - datetime(2000, 1, 1)).total_seconds() // 60
    assert (rows[1]["start"], rows[2]["base_start"]) == (minutes, minutes)
    assert data["links"][0][1:4] == [plan.design.pk, plan.build.pk, "FS"]
    assert (date(2026, 3, 7) - date(2000, 1, 1)).days in data["off"]


def test_rows_count_their_comments_and_mark_who_is_asked(plan):
    firm = plan.acme
    with firm.scope():

        def say(who, text):
            discussion.add_comment(
                project_id=plan.project.pk, task_id=plan.design.pk, text=text,
                actor=firm.actors[who], at=AT,
            )  # fmt: skip

        def marks(who="priya"):
            sheet = plan_sheet.plan_sheet(actor=firm.actors[who], project_id=plan.project.pk)
            return [(row.name, row.talk, row.asked) for row in sheet.rows.values() if row.talk]

        say("ada", "@Priya and @Fay, is it signed?")
        say("ada", "Please, @Priya.")
        assert marks() == [("Design", 2, 1)]
        assert marks("paul") == [("Design", 2, 0)]
        say("priya", "Tomorrow.")
        assert marks() == [("Design", 3, 0)]
        assert marks("fay") == [("Design", 3, 1)]


def test_shows_the_tree_and_the_dates_without_scripts(plan):
    text = plan.client.get(plan.url).content.decode()
    table = text.split("<noscript>")[1].split("</noscript>")[0]
    assert "Design" in table
    assert "2 Mar 2026" in table


def test_typed_cells_are_read_by_the_server(plan):
    for task, column, text in (
        (plan.design, "name", "Design it"), (plan.design, "duration", "6d"),
        (plan.build, "predecessors", "1.1+2d"), (plan.build, "effort", "3d"),
        (plan.signed, "predecessors", "1.2; 1.1SS-10%"), (plan.design, "done", "50 %"),
        (plan.build, "role", "senior consultant"), (plan.build, "people", "Ben 50%"),
        (plan.build, "deadline", "1 Apr"),
    ):  # fmt: skip
        status, answer = plan.type(task, column, text)
        assert status == 200, answer
    with plan.acme.scope():
        design, build = Task.objects.get(id=plan.design.pk), Task.objects.get(id=plan.build.pk)
        assert (design.name, design.duration_minutes, design.percent_complete) == (
            "Design it",
            6 * DAY,
            50,
        )
        assert (build.effort_minutes, build.starts_on) == (3 * DAY, date(2026, 3, 12))
        assert build.deadline_at == datetime(2026, 4, 2)
        assert build.role_id is not None
        assert Assignment.objects.get(task=build).units == Decimal("0.5")
        link = Dependency.objects.get(predecessor=design, successor=build)
        assert link.lag_minutes == 2 * DAY
    status, _ = plan.type(plan.build, "predecessors", "")
    with plan.acme.scope():
        assert not Dependency.objects.filter(successor=plan.build).exists()
    assert plan.type(plan.build, "start", "16 Mar")[0] == 200
    with plan.acme.scope():
        build = Task.objects.get(id=plan.build.pk)
        assert (build.constraint_kind, build.starts_on) == ("snet", date(2026, 3, 16))


def test_answers_with_the_rows_that_changed(plan):
    plan.type(plan.build, "predecessors", "1.1")
    before = plan.revision
    status, answer = plan.type(plan.design, "duration", "5d")
    ids = {row[0] for row in answer["rows"]}
    assert (status, ids) == (200, {plan.phase.pk, plan.design.pk, plan.build.pk, plan.signed.pk})
    assert (answer["revision"], answer["order"]) == (before + 1, None)
    assert answer["effect"]["tasks"] == 3  # the milestone has only more slack
    status, answer = plan.type(plan.build, "name", "Build it")
    assert [row[0] for row in answer["rows"]] == [plan.build.pk]
    status, answer = plan.type(plan.design, "duration", "5d")
    assert (status, answer["rows"]) == (200, [])


def test_refusals_name_what_cannot_be_read_and_keep_nothing(plan):
    before = plan.stored()
    for task, column, text, words in (
        (plan.design, "duration", "soon", "not a duration"),
        (plan.design, "predecessors", "9.9", "no task 9.9"),
        (plan.design, "predecessors", "1.1", "cannot wait for itself"),
        (plan.design, "start", "yesterday-ish", "not a day"),
        (plan.phase, "effort", "10", "is a summary"),
        (plan.design, "people", "Nobody", "not on the team"),
        (plan.design, "done", "150", "0 to 100"),
    ):
        status, answer = plan.type(task, column, text)
        assert (status, words in answer["error"]) == (422, True), answer
    assert plan.send({"do": "dance"})[0] == 422
    assert plan.stored() == before


def test_a_trial_tells_the_effect_and_keeps_nothing(plan):
    plan.type(plan.build, "predecessors", "1.1")
    before = (plan.revision, plan.stored())
    status, answer = plan.type(plan.design, "duration", "7d", is_trial=True)
    assert status == 200
    assert answer["effect"]["finish"] - answer["effect"]["was"] == 3 * 1440
    assert [moved[0] for moved in answer["effect"]["moved"]] == [
        plan.phase.pk,
        plan.design.pk,
        plan.build.pk,
    ]
    assert (plan.revision, plan.stored()) == before


def test_a_stale_revision_overwrites_nothing_and_says_who_did_what(plan):
    seen = plan.revision
    plan.type(plan.design, "name", "Design anew")
    status, answer = plan.type(plan.design, "name", "Mine", revision=seen)
    assert status == 409
    assert "Priya changed name of 1.1 Design anew" in answer["told"]
    assert answer["plan"]["revision"] == plan.revision
    with plan.acme.scope():
        assert Task.objects.get(id=plan.design.pk).name == "Design anew"
    state = plan.client.get(plan.url + f"state/?since={seen}").json()
    assert state["plan"]["rows"] == answer["plan"]["rows"]
    assert plan.client.get(plan.url + f"state/?since={plan.revision}").json() == {
        "revision": plan.revision
    }
    assert plan.client.get(plan.url + "state/?since=x").status_code == 400


@pytest.mark.parametrize(
    "edits",
    [
        [("type", "design", "duration", "9d")],
        [("type", "design", "effort", "80")],
        [("type", "design", "start", "9 Mar 2026"), ("type", "design", "finish", "20 Mar 2026")],
        [("type", "build", "predecessors", "1.1SS+1d, 1.3FF-2h")],
        [("type", "build", "duration", "0d")],
        [("type", "design", "done", "100")],
        [("type", "build", "people", "Ben")],
        [("arrange", "signed", "indent")],
        [("arrange", "build", "outdent")],
        [("arrange", "signed", "up"), ("arrange", "signed", "up")],
        [("delete", "design")],
        [("delete", "phase")],
        [("add", "design", "Spike")],
        [("add", "build", "Holder"), ("arrange", "signed", "indent")],
    ],
)  # fmt: skip
def test_undo_and_redo_are_batches_that_bring_back_all(plan, edits):
    plan.type(plan.build, "predecessors", "1.1+1d")
    plan.type(plan.design, "people", "Bea 50%")
    before = plan.stored()
    status, answer = plan.send(*(edit_of(plan, *edit) for edit in edits))
    after = plan.stored()
    assert status in (200, 422), answer
    if status == 422:
        pytest.fail(answer["error"])
    assert after != before
    status, undone = plan.send(*answer["inverse"])
    assert status == 200, undone
    assert plan.stored() == before
    status, answer = plan.send(*undone["inverse"])
    assert status == 200, answer
    assert plan.stored() == after


def test_who_was_on_a_deleted_task_comes_back_put_off_and_pausing(plan):
    plan.type(plan.design, "people", "Bea 50%")
    with plan.acme.scope():
        own = PlanResource.objects.create(
            tenant=plan.acme.tenant, project=plan.project, uid=7, name="Crane"
        )
        Assignment.objects.create(
            tenant=plan.acme.tenant, task=plan.design, plan_resource=own, minutes=60,
            levelling_delay_minutes=1440, is_levelling_delay_elapsed=True,
        )  # fmt: skip
        parts = Assignment.objects.filter(task=plan.design).order_by("id")
        parts.filter(resource__isnull=False).update(delay_minutes=120, gaps=[[240, 60]])
        before = list(parts.values())
    _, answer = plan.send({"do": "delete", "task_id": plan.design.pk})
    status, _ = plan.send(*answer["inverse"])
    with plan.acme.scope():
        assert (status, len(before), list(parts.values())) == (200, 2, before)
        doors = {"project_id": plan.project.pk, "actor": plan.acme.actors["priya"], "at": AT}
        tasks.delete_task(task_id=plan.design.pk, **doors)
        # With half the work, each has half of it; the crane has left the plan.
        own.delete()
        effort = Task.objects.values_list("effort_minutes").get
        half = sum(part["minutes"] for part in before if part["resource_id"]) // 2
        back = AddTask("Design", values={"effort_minutes": half}, restores=plan.design.pk)
        change_plan(edits=[back], **doors)
        assert parts.get().minutes == half
        assert (parts.get().delay_minutes, effort(id=plan.design.pk)) == (120, (half,))


def test_who_was_taken_off_a_task_is_given_it_again_put_off_and_pausing(plan):
    plan.type(plan.design, "people", "Bea")
    with plan.acme.scope():
        parts = Assignment.objects.filter(task=plan.design)
        parts.update(delay_minutes=120, is_delay_elapsed=True, gaps=[[240, 60]])
        before = parts.values().get()
    _, answer = plan.type(plan.design, "people", "")
    with plan.acme.scope():
        assert not parts.exists()
    status, back = plan.send(*answer["inverse"])
    with plan.acme.scope():
        assert (status, {**parts.values().get(), "id": before["id"]}) == (200, before)
    plan.send(*back["inverse"])
    with plan.acme.scope():
        assert not parts.exists()
    # Given anew by hand they begin with their task; a program may say what puts them off.
    given = {"do": "assign", "task_id": plan.design.pk, "resource_id": before["resource_id"]}
    plan.send(given)
    with plan.acme.scope():
        assert parts.values_list("delay_minutes", "gaps").get() == (0, [])
    assert plan.send({**given, "waits": {"gaps": [[60, 30], [30, 30]]}})[0] == 422
    plan.send({**given, "waits": {"levelling_delay_minutes": 480}})
    with plan.acme.scope():
        assert parts.get().levelling_delay_minutes == 480


def edit_of(plan, do, task, *rest):
    task_id = getattr(plan, task).pk
    match do:
        case "type":
            return {"do": do, "task_id": task_id, "column": rest[0], "text": rest[1]}
        case "arrange":
            return {"do": do, "task_id": task_id, "how": rest[0]}
        case "add":
            return {"do": do, "after_id": task_id, "task": {"name": rest[0]}}
    return {"do": do, "task_id": task_id}


def test_pastes_rows_of_a_spreadsheet_in_one_batch(plan):
    rows = [["Task", "Effort", "Duration", "Predecessors"], ["Migrate", "", "", ""]]
    rows += [[f"  Step {n}", "8", "2d", str(n) if n > 1 else ""] for n in range(1, 50)]
    before = plan.revision
    status, answer = plan.send({"do": "paste", "after_id": plan.phase.pk, "rows": rows})
    assert status == 200, answer
    assert (len(answer["made"]), plan.revision) == (50, before + 1)
    with plan.acme.scope():
        step = Task.objects.get(name="Step 3")
        assert (step.outline, step.effort_minutes, step.duration_minutes) == ("2.3", 480, 960)
        assert Dependency.objects.get(successor=step).predecessor.name == "Step 2"
    status, _ = plan.send(*answer["inverse"])
    with plan.acme.scope():
        assert not Task.objects.filter(name__startswith="Step").exists()


def test_only_looks_for_those_who_may_not_change(plan):
    for who in ("rae", "fay"):
        client = plan.acme.client(who)
        page = client.get(plan.url)
        assert page.status_code == 200
        assert "data-edit" not in page.content.decode()
        assert plan.send({"do": "delete", "task_id": plan.design.pk}, who=who)[0] in (403, 404)
    assert plan.acme.client("ben").get(plan.url).status_code == 404


def test_shows_nobody_a_rate(plan):
    with plan.acme.scope():
        team.add_team_member(
            project_id=plan.project.pk, resource_id=plan.acme.resources["sam"].pk,
            valid_from=date(2026, 1, 1), bill_rate_override=Decimal("987.65"),
            actor=plan.acme.actors["priya"], at=AT,
        )  # fmt: skip
        Project.objects.filter(id=plan.project.pk).update(budget_cost_amount=Decimal("98765.43"))
    text = plan.client.get(plan.url).content.decode()
    for amount in ("987.65", "98765.43", "98,765"):
        assert amount not in text


def test_a_thousand_tasks_take_no_more_queries_and_little_to_send(plan):
    with CaptureQueriesContext(connection) as few_shown:
        plan.client.get(plan.url)
    with CaptureQueriesContext(connection) as few_saved:
        plan.type(plan.design, "name", "Quick")
    with plan.acme.scope():
        tasks.add_tasks(
            project_id=plan.project.pk, actor=plan.acme.actors["priya"], at=AT,
            tasks=[NewTask(f"Work package {n}", 1 if n % 20 == 0 else 2, DAY) for n in range(1000)],
        )  # fmt: skip
        with CaptureQueriesContext(connection) as sheet:
            plan_sheet.plan_sheet(actor=plan.acme.actors["priya"], project_id=plan.project.pk)
    with CaptureQueriesContext(connection) as shown:
        answer = plan.client.get(plan.url)
    with CaptureQueriesContext(connection) as saved:
        status, _ = plan.type(plan.design, "name", "Quicker")
    assert status == 200
    assert (len(shown), len(saved)) == (len(few_shown), len(few_saved))
    assert len(sheet) <= 9
    assert len(gzip.compress(answer.content)) < 60_000
