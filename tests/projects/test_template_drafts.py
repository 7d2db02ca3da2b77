"""Templates edited in the library by what edits plans. docs/rules/projects.md, P-13."""

import json
from datetime import date

import pytest

from projects.models import Project, ProjectTemplate, Task
from projects.rules.plan_calendars import spec_of
from projects.rules.template_plan import (
    DRAFT_STARTS_ON,
    OpenLink,
    OpenPlan,
    OpenTask,
    PlanRole,
    day_of_number,
    number_of,
    typed_number,
)
from projects.selectors.plan_sheet import plan_sheet
from projects.selectors.templates import plan_of_template
from projects.services import template_drafts, templates
from projects.services.projects import create_project
from projects.services.tasks import edit_task
from projects.services.template_projects import create_from_template, fill_plan
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from tests.edges.api.callers import caller
from tests.factories import AT

DAY = 480
WEEK = spec_of([[[540, 1020]]] * 5 + [[], []], [])
PLAN = OpenPlan(
    (PlanRole("Data whisperer"),),
    (
        OpenTask(1, "Phase"),
        OpenTask(
            2, "Design", "Data whisperer", 2 * DAY, 4 * DAY, constraint_kind="snet",
            constrained_to_days=2, deadline_days=9,
        ),
        OpenTask(
            2, "Build", "", DAY, DAY, constraint_kind="fnlt", constrained_to_days=12,
            levelling_delay_minutes=60, gaps=((240, 60),),
        ),
        OpenTask(1, "Live", is_milestone=True),
    ),
    (OpenLink(1, 2, "FS", DAY), OpenLink(2, 3)),
)  # fmt: skip


@pytest.fixture
def library(acme):
    """A template of Priya's: Phase (Design, Build a day after it), Live."""
    with acme.scope():
        template = ProjectTemplate.objects.create(
            tenant=acme.tenant, name="Our rollout", owner=acme.resources["priya"], changed_at=AT
        )
        templates.keep_plan(template, PLAN)
    return Library(acme, template)


class Library:
    def __init__(self, acme, template):
        self.acme, self.template = acme, template
        self.url = acme.url(f"projects/templates/{template.pk}/")

    def open(self, who="priya"):
        with self.acme.scope():
            return template_drafts.open_draft(
                template_id=self.template.pk, actor=self.acme.actors[who], at=AT
            )

    def plan_url(self, draft):
        return self.acme.url(f"projects/{draft.pk}/plan/")

    def data(self, draft, who="priya"):
        text = self.acme.client(who).get(self.plan_url(draft)).content.decode()
        found = json.loads(
            text.split('id="plan-data" type="application/json">')[1].split("</script>")[0]
        )
        rows = [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]
        return found, {row["name"]: row for row in rows}

    def send(self, draft, *edits, revision, who="priya"):
        body = {"revision": revision, "edits": list(edits)}
        answer = self.acme.client(who).post(
            self.plan_url(draft) + "changes/", json.dumps(body), "application/json"
        )
        return answer.status_code, answer.json()


def test_a_draft_published_unchanged_is_the_plan_it_was(library):
    library.open()
    with library.acme.scope():
        priya = library.acme.actors["priya"]
        made = template_drafts.publish_draft(template_id=library.template.pk, actor=priya, at=AT)
        assert (made.version, plan_of_template(made)) == (2, PLAN)
        assert not Project.plans.filter(draft_of=made).exists()


def test_cells_rows_and_links_are_edited_as_in_a_plan_and_taken_back(library):
    draft = library.open()
    data, rows = library.data(draft)
    assert (data["hidden"], data["today"]) == (["people", "done", "left"], data["origin"])
    assert rows["Design"]["role"] == "Data whisperer"
    assert rows["Design"]["start"] // 1440 - data["origin"] == 2
    design, build = rows["Design"]["id"], rows["Build"]["id"]
    with library.acme.scope():
        priya = library.acme.actors["priya"]
        before = plan_sheet(actor=priya, project_id=draft.pk).tasks
    status, answer = library.send(
        draft,
        {"do": "type", "task_id": design, "column": "start", "text": "Day 6"},
        {"do": "type", "task_id": design, "column": "role", "text": "Sponsor"},
        {"do": "type", "task_id": build, "column": "role", "text": "consultant"},
        {"do": "type", "task_id": build, "column": "predecessors", "text": "1.1SS"},
        {"do": "paste", "after_id": build, "rows": [["Test", "16"]]},
        revision=data["revision"],
    )
    assert status == 200
    _, now = library.data(draft)
    assert now["Design"]["start"] // 1440 - data["origin"] == 7  # the second Monday
    assert now["Design"]["role"] == "Sponsor"
    assert isinstance(now["Build"]["role"], int)
    assert now["Test"]["effort"] == 2 * DAY
    status, _ = library.send(draft, *answer["inverse"], revision=answer["revision"])
    assert status == 200
    with library.acme.scope():
        after = plan_sheet(actor=priya, project_id=draft.pk).tasks
    assert after == before


def test_a_batch_on_an_older_draft_is_refused_with_what_was_done(library):
    draft = library.open()
    data, rows = library.data(draft)
    edit = {"do": "type", "task_id": rows["Build"]["id"], "column": "effort", "text": "3d"}
    library.send(draft, edit, revision=data["revision"])
    status, body = library.send(draft, edit, revision=data["revision"])
    assert status == 409
    assert "effort" in body["told"]


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        ({"do": "assign", "resource_id": 1}, "A template names roles, no people."),
        ({"do": "edit", "task": {"percent_complete": 50}}, "Nothing of a template has been done yet."),
        ({"do": "type", "column": "start", "text": "next week"}, "is no day of a template"),
        ({"do": "type", "column": "start", "text": "0"}, "Day 1 is the plan’s first"),
    ],
)  # fmt: skip
def test_people_progress_and_dates_are_refused(library, edit, sentence):
    draft = library.open()
    data, rows = library.data(draft)
    edit = edit | {"task_id": rows["Design"]["id"]}
    status, body = library.send(draft, edit, revision=data["revision"])
    assert status == 422
    assert sentence in body["error"]


def test_a_draft_is_no_project_to_anybody(library):
    draft = library.open()
    acme = library.acme
    with acme.scope():
        assert not Project.objects.filter(pk=draft.pk).exists()
        with pytest.raises(NotFound):
            plan_sheet(actor=acme.actors["ben"], project_id=draft.pk)
    client = acme.client("ada")
    assert client.get(library.plan_url(draft)).status_code == 200
    for page in ("", "team/", "forecast/", "plan.xml", "discussion/", "edit/"):
        assert client.get(acme.url(f"projects/{draft.pk}/{page}")).status_code == 404, page
    assert f"TPL-{library.template.pk}" not in client.get(acme.url("projects/")).content.decode()
    with acme.scope(), pytest.raises(DomainError, match="Only a template asks for roles"):
        fill_plan(_project(acme), PLAN, {})
        task = Task.objects.filter(project__draft_of=None).order_by("-id")[0]
        _edit(acme, task, open_role="Sponsor")


def _project(acme):
    return create_project(
        name="Other", manager_id=acme.resources["priya"].pk, starts_on=date(2026, 3, 2),
        is_internal=True, actor=acme.actors["priya"], at=AT,
    )  # fmt: skip


def _edit(acme, task, **values):
    return edit_task(
        project_id=task.project_id, task_id=task.pk, lock_version=None,
        actor=acme.actors["priya"], at=AT, **values,
    )  # fmt: skip


def test_the_pages_lead_from_a_shipped_template_to_a_version_of_the_firms_own(library):
    acme = library.acme
    with acme.scope():
        templates.seed_templates(tenant_id=acme.tenant.pk, at=AT)
        shipped = ProjectTemplate.objects.get(code="audit_engagement")
        with pytest.raises(DomainError, match="Copy it, and edit the copy"):
            template_drafts.open_draft(template_id=shipped.pk, actor=acme.actors["ada"], at=AT)
    client = acme.client("priya")
    url = acme.url(f"projects/templates/{shipped.pk}/")
    assert "Copy and edit" in client.get(url).content.decode()
    client.post(url + "copy/", {"name": "Our audit"})
    with acme.scope():
        mine = ProjectTemplate.objects.get(name="Our audit")
        assert (mine.code, mine.owner) == ("", acme.resources["priya"])
        assert plan_of_template(mine) == plan_of_template(shipped)
    url = acme.url(f"projects/templates/{mine.pk}/")
    assert "Edit the plan" in client.get(url).content.decode()
    client.post(url + "draft/")
    with acme.scope():
        draft = Project.plans.get(draft_of=mine)
        task = Task.objects.filter(project=draft, is_summary=False).order_by("position")[0]
        assert draft.starts_on == DRAFT_STARTS_ON
    assert "Go on with the draft" in client.get(url).content.decode()
    form = acme.url(f"projects/{draft.pk}/plan/{task.pk}/")
    shown = client.get(form).content.decode()
    assert "Day of the constraint" in shown and "2001" not in shown
    answer = client.post(form, {
        "lock_version": task.lock_version, "name": "Plan the audit", "effort_minutes": "10:00",
        "duration_minutes": "16:00", "mode": "fixed_units", "constraint_kind": "fnlt",
        "constrained_on": "5", "priority": "500", "open_role": "Auditor general",
    })  # fmt: skip
    assert answer.status_code == 302
    page = client.get(acme.url(f"projects/{draft.pk}/plan/")).content.decode()
    assert "becomes version 2" in page
    client.post(url + "draft/publish/")
    with acme.scope():
        mine.refresh_from_db()
        first = next(task for task in plan_of_template(mine).tasks if task.name == "Plan the audit")
    assert mine.version == 2
    assert (first.role, first.effort_minutes, first.constrained_to_days) == (
        "Auditor general", 600, 4,
    )  # fmt: skip


def test_only_who_keeps_a_template_drafts_it_and_nothing_replaces_it_meanwhile(library):
    acme = library.acme
    with acme.scope():
        for who in ("ben", "bea"):
            with pytest.raises(PermissionDenied):
                template_drafts.open_draft(
                    template_id=library.template.pk, actor=acme.actors[who], at=AT
                )
    draft = library.open()
    assert library.open().pk == draft.pk
    common = {"template_id": library.template.pk, "actor": acme.actors["priya"], "at": AT}
    with acme.scope():
        templates.kept_version(library.template, acme.actors["priya"], AT)
        with pytest.raises(DomainError, match="is the present one"):
            templates.take_up_version(number=1, **common)
        ProjectTemplate.objects.filter(pk=library.template.pk).update(version=2)
        with pytest.raises(Conflict, match="is being drafted"):
            templates.take_up_version(number=1, **common)
        template_drafts.discard_draft(**common)
        assert not Task.objects.filter(project_id=draft.pk).exists()
        with pytest.raises(NotFound, match="has no draft"):
            template_drafts.publish_draft(**common)


def test_a_template_goes_with_its_draft(library):
    draft = library.open()
    with library.acme.scope():
        templates.delete_template(
            template_id=library.template.pk, actor=library.acme.actors["priya"], at=AT
        )
        assert not Project.plans.filter(pk=draft.pk).exists()


def test_the_days_of_a_project_come_round_through_a_template(library):
    """A day that counts to its end is the same day again, not the next."""
    acme = library.acme
    with acme.scope():
        priya = acme.actors["priya"]
        project = create_from_template(
            template_id=library.template.pk, name="Used", manager_id=acme.resources["priya"].pk,
            starts_on=date(2026, 3, 2), is_internal=True, actor=priya, at=AT,
        )  # fmt: skip
        again = templates.save_as_template(project_id=project.pk, name="Again", actor=priya, at=AT)
        days = [(t.constrained_to_days, t.deadline_days) for t in plan_of_template(again).tasks]
    assert days == [(t.constrained_to_days, t.deadline_days) for t in PLAN.tasks]


def test_the_api_drafts_and_publishes(library):
    acme = library.acme
    api = caller(acme, "priya")
    base = f"/project-templates/{library.template.pk}"
    draft = api.post(f"{base}/draft")
    schedule = f"/projects/{draft['plan_id']}/schedule"
    design = next(task for task in api.get(schedule)["tasks"] if task["name"] == "Design")
    assert (design["role_id"], design["open_role"]) == (None, "Data whisperer")
    edits = [
        {"do": "add", "task": {"name": "Hypercare", "effort_minutes": 600}},
        {"do": "edit", "task_id": design["id"], "task": {"open_role": "Sponsor"}},
    ]
    api.post(schedule, {"revision": draft["revision"], "edits": edits})
    page = api.post(f"{base}/draft/publish")
    assert (page["version"], page["draft_plan_id"]) == (2, None)
    assert page["lines"][-1]["name"] == "Hypercare"
    assert "Sponsor" in [need["name"] for need in page["needs"]]
    api.post(f"{base}/draft")
    assert api.call("DELETE", f"{base}/draft").status_code == 204
    copied = api.post(f"{base}/copy", {"name": "Another"}, status=201)
    assert (copied["name"], copied["version"]) == ("Another", 1)


@pytest.mark.parametrize(
    ("number", "on"),
    [(1, date(2001, 1, 1)), (5, date(2001, 1, 5)), (6, date(2001, 1, 8)), (-1, date(2000, 12, 29))],
)
def test_days_are_counted_by_what_is_worked(number, on):
    assert day_of_number(number, DRAFT_STARTS_ON, WEEK) == on
    assert number_of(on, DRAFT_STARTS_ON, WEEK) == number


def test_a_day_off_has_the_number_before_it():
    assert number_of(date(2001, 1, 6), DRAFT_STARTS_ON, WEEK) == 5
    assert [typed_number(text) for text in ("12", "Day 3", "Tag −2", " -1 ")] == [12, 3, -2, -1]
    with pytest.raises(DomainError):
        typed_number("3 March")
