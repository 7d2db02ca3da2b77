"""Templates: kept without people and dates, made projects of, scaled. docs/rules/projects.md, P-13."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.models import (
    Assignment,
    Dependency,
    Project,
    ProjectTemplate,
    Task,
    TeamMember,
    TemplateRole,
    TemplateTask,
)
from projects.rules import outline
from projects.rules.template_plan import (
    OpenPlan,
    OpenTask,
    day_at,
    offset_of,
    packed,
    scaled,
    unpacked,
)
from projects.selectors.templates import plan_of_project, plan_of_template, template_page
from projects.services import assignments, dependencies, projects, tasks, team, templates
from projects.services.task_values import NewTask
from projects.services.template_projects import copy_project, create_from_template
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from tests.edges.api.callers import caller
from tests.factories import AT

DAY = 480
MONDAY = date(2026, 3, 2)


@pytest.fixture
def plan(acme):
    """Design four days by Ben, no earlier than Wednesday, then Build two with a day between."""
    with acme.scope():
        priya = acme.actors["priya"]
        project = projects.create_project(
            name="Rollout", manager_id=acme.resources["priya"].pk, starts_on=MONDAY,
            is_internal=True, actor=priya, at=AT,
        )  # fmt: skip
        doors = {"project_id": project.pk, "actor": priya, "at": AT}
        _phase, design, build, live = tasks.add_tasks(
            tasks=[
                NewTask("Phase"),
                NewTask("Design", depth=2, effort_minutes=4 * DAY),
                NewTask("Build", depth=2, effort_minutes=2 * DAY),
                NewTask("Live", is_milestone=True),
            ],
            **doors,
        )
        ben = acme.resources["ben"].pk
        team.add_team_member(resource_id=ben, valid_from=date(2026, 1, 1), **doors)
        assignments.assign_task(task_id=design.pk, resource_id=ben, **doors)
        tasks.edit_task(
            task_id=design.pk, lock_version=None, constraint_kind="snet",
            constrained_to=datetime(2026, 3, 4), deadline_at=datetime(2026, 3, 13, 18),
            percent_complete=50, **doors,
        )  # fmt: skip
        dependencies.link_tasks(
            predecessor_id=design.pk, successor_id=build.pk,
            lag=dependencies.Waiting(minutes=DAY), **doors,
        )  # fmt: skip
        dependencies.link_tasks(predecessor_id=build.pk, successor_id=live.pk, **doors)
        yield Project.objects.get(id=project.pk)


def _saved(acme, project, **more):
    return templates.save_as_template(
        project_id=project.pk, name="Our rollout", actor=acme.actors["priya"], at=AT, **more
    )


def _made(acme, template, **more):
    values = {"name": "Next", "manager_id": acme.resources["priya"].pk, "starts_on": MONDAY}
    return create_from_template(
        template_id=template.pk, actor=acme.actors["priya"], at=AT,
        **(values | {"is_internal": True} | more),
    )  # fmt: skip


def _rows(project):
    return {task.name: task for task in Task.objects.filter(project=project)}


def test_keeps_roles_and_offsets_not_people_and_dates(acme, plan):
    template = _saved(acme, plan)
    design = TemplateTask.objects.get(template=template, name="Design")
    assert (design.constraint_kind, design.constrained_to_days, design.deadline_days) == (
        "snet",
        2,
        9,
    )
    assert design.role.name == acme.resources["ben"].job_role.name
    assert design.role.job_role_id == acme.resources["ben"].job_role_id
    assert (template.version, template.owner_id) == (1, plan.manager_id)


def test_a_project_of_it_starts_on_its_day_with_people_for_roles(acme, plan):
    template = _saved(acme, plan)
    role = TemplateRole.objects.get(template=template)
    bea = acme.resources["bea"].pk
    made = _made(acme, template, starts_on=date(2026, 9, 7), people={role.pk: bea})
    rows = _rows(made)
    design = rows["Design"]
    assert design.starts_on == date(2026, 9, 9)
    assert design.deadline_at == datetime(2026, 9, 19)
    assert (design.percent_complete, design.actual_start_at) == (0, None)
    assert rows["Build"].starts_on == date(2026, 9, 16)
    assert rows["Live"].is_milestone
    share = Assignment.objects.get(task=design)
    assert (share.resource_id, share.minutes, share.units) == (bea, 4 * DAY, Decimal(1))
    member = TeamMember.objects.get(project=made)
    assert (member.resource_id, member.role_id) == (bea, role.job_role_id)
    assert Dependency.objects.filter(project=made).count() == 2


def test_a_scale_stretches_work_time_and_lags(acme, plan):
    made = _made(acme, _saved(acme, plan), scale=Decimal("1.5"))
    rows = _rows(made)
    assert (rows["Design"].effort_minutes, rows["Design"].duration_minutes) == (6 * DAY, 6 * DAY)
    assert rows["Build"].effort_minutes == 3 * DAY
    link = Dependency.objects.get(successor=rows["Build"])
    assert link.lag_minutes == 720
    assert rows["Design"].starts_on == MONDAY + timedelta(days=3)


def test_a_copy_takes_people_along_when_asked(acme, plan):
    common = {
        "project_id": plan.pk, "starts_on": MONDAY, "actor": acme.actors["priya"], "at": AT,
    }  # fmt: skip
    alone = copy_project(name="Alone", **common)
    assert not TeamMember.objects.filter(project=alone).exists()
    same = copy_project(name="Same", is_keeping_people=True, scale=Decimal("0.5"), **common)
    design = _rows(same)["Design"]
    assert Assignment.objects.get(task=design).minutes == 2 * DAY
    assert TeamMember.objects.get(project=same).resource_id == acme.resources["ben"].pk
    assert _rows(same)["Design"].percent_complete == 0


def test_days_and_nights_stay_such_and_are_not_scaled(acme, plan):
    """P-13: two days of Build that count day and night, as drying does, are two in any copy."""
    Task.objects.filter(project=plan, name="Build").update(
        duration_minutes=2880, is_duration_elapsed=True
    )
    template = _saved(acme, plan)
    assert unpacked(packed(plan_of_template(template))) == plan_of_template(template)
    double = _rows(_made(acme, template, name="Double", scale=Decimal(2)))
    assert (double["Build"].duration_minutes, double["Build"].is_duration_elapsed) == (2880, True)
    assert not double["Design"].is_duration_elapsed


def test_delays_and_pauses_come_along_and_grow_with_the_scale(acme, plan):
    """P-13: a pause of a day after two days of Design, whose one begins a day late; Build waits a day."""
    tasks_of = Task.objects.filter(project=plan)
    Assignment.objects.filter(task__project=plan).update(gaps=[[2 * DAY, DAY]], delay_minutes=DAY)
    tasks_of.filter(name="Build").update(levelling_delay_minutes=DAY)
    tasks_of.filter(name="Live").update(
        levelling_delay_minutes=1440, is_levelling_delay_elapsed=True
    )
    template = _saved(acme, plan)
    assert unpacked(packed(plan_of_template(template))) == plan_of_template(template)
    role = TemplateRole.objects.get(template=template)
    rows = _rows(_made(acme, template, people={role.pk: acme.resources["bea"].pk}))
    share = Assignment.objects.get(task=rows["Design"])
    assert (share.gaps, share.delay_minutes, rows["Design"].gaps) == ([[2 * DAY, DAY]], 0, [])
    assert (rows["Design"].starts_on, rows["Design"].finishes_on) == (
        date(2026, 3, 4),
        date(2026, 3, 10),
    )
    assert rows["Build"].starts_on == date(2026, 3, 13)
    double = _rows(_made(acme, template, name="Double", scale=Decimal(2)))
    assert double["Design"].gaps == [[4 * DAY, 2 * DAY]]
    assert double["Build"].levelling_delay_minutes == 2 * DAY
    assert double["Live"].levelling_delay_minutes == 1440
    half = copy_project(
        project_id=plan.pk, name="Half", starts_on=MONDAY, is_keeping_people=True,
        scale=Decimal("0.5"), actor=acme.actors["priya"], at=AT,
    )  # fmt: skip
    share = Assignment.objects.get(task__project=half)
    assert (share.gaps, share.delay_minutes) == ([[DAY, DAY // 2]], DAY // 2)
    close = OpenTask(1, "A", gaps=((2, 3), (3, 1)))
    assert scaled(OpenPlan((), (close,), ()), Decimal("0.5")).tasks[0].gaps == ((1, 2), (2, 1))
    # From its finish, a delay counts from there: what begins on a day has none.
    Project.objects.filter(id=plan.pk).update(schedules_from="finish", ends_on=MONDAY)
    back = plan_of_project(Project.objects.get(id=plan.pk), with_people=False)
    assert not any(task.levelling_delay_minutes for task in back.tasks)


def test_the_next_version_replaces_the_plan(acme, plan):
    template = _saved(acme, plan)
    tasks.add_task(project_id=plan.pk, name="More", actor=acme.actors["priya"], at=AT)
    again = _saved(acme, plan, template_id=template.pk)
    assert (again.pk, again.version) == (template.pk, 2)
    assert TemplateTask.objects.filter(template=template).count() == 5
    with pytest.raises(Conflict, match="already"):
        _saved(acme, plan)


@pytest.mark.parametrize("scale", ["0", "0.09", "11", "NaN"])
def test_refuses_a_scale_that_is_none(acme, plan, scale):
    with pytest.raises(DomainError, match="between 0.1 and 10"):
        _made(acme, _saved(acme, plan), scale=Decimal(scale))
    assert not Project.objects.filter(name="Next").exists()


def test_only_its_keeper_changes_a_template(acme, plan):
    template = _saved(acme, plan)
    common = {"template_id": template.pk, "at": AT}
    with pytest.raises(PermissionDenied, match="is kept by"):
        templates.edit_template(lock_version=None, actor=acme.actors["ben"], name="X", **common)
    with pytest.raises(PermissionDenied):
        templates.delete_template(actor=acme.actors["ben"], **common)
    with pytest.raises(PermissionDenied):
        create_from_template(
            name="Mine", manager_id=acme.resources["ben"].pk, starts_on=MONDAY, is_internal=True,
            actor=acme.actors["ben"], **common,
        )  # fmt: skip
    priya = acme.actors["priya"]
    edited = templates.edit_template(
        lock_version=template.lock_version, actor=priya, review_on=date(2027, 1, 1), **common
    )
    assert edited.review_on == date(2027, 1, 1)
    with pytest.raises(Conflict, match="has changed"):
        templates.edit_template(lock_version=1, actor=priya, name="Other", **common)
    with pytest.raises(DomainError, match="no such role"):
        _made(acme, template, people={999_999: acme.resources["ben"].pk})
    templates.delete_template(actor=priya, **common)
    with pytest.raises(NotFound):
        templates.delete_template(actor=priya, **common)


def test_six_come_with_the_system_and_once_is_once(acme):
    shipped = templates.shipped_templates()
    assert {name: len(t.plan.tasks) for name, t in shipped.items()}["erp_implementation"] == 80
    assert set(shipped) == {
        "erp_implementation", "crm_deployment", "digital_campaign", "infrastructure_migration",
        "audit_engagement", "managed_service",
    }  # fmt: skip
    with acme.scope():
        assert ProjectTemplate.objects.exclude(code="").count() == 6
        assert templates.seed_templates(tenant_id=acme.tenant.pk, at=AT) == 0
        ProjectTemplate.objects.get(code="erp_implementation").delete()
        assert templates.seed_templates(tenant_id=acme.tenant.pk, at=AT) == 1


@pytest.mark.parametrize("code", sorted(templates.shipped_templates()))
def test_a_shipped_plan_is_whole(code):
    """Every task has a role, waits for something or begins the plan, and leads to its end."""
    plan = templates.shipped_templates()[code].plan
    nodes = [outline.Node(at, task.depth) for at, task in enumerate(plan.tasks)]
    places = outline.numbered(nodes)
    leaves = [at for at, place in enumerate(places) if not place.is_summary]
    waiting = {link.after for link in plan.links}
    assert all(plan.tasks[at].role or plan.tasks[at].is_milestone for at in leaves)
    assert [at for at in leaves if at not in waiting] == [leaves[0]]
    assert all(plan.tasks[at].effort_minutes for at in leaves if not plan.tasks[at].is_milestone)
    assert not any(places[link.before].is_summary or places[link.after].is_summary
                   for link in plan.links)  # fmt: skip
    roles = {role.name for role in plan.roles}
    assert roles == {task.role for task in plan.tasks if task.role}


def test_the_erp_plan_is_scheduled_as_a_practitioner_expects(acme):
    with acme.scope():
        erp = ProjectTemplate.objects.get(code="erp_implementation")
        made = _made(acme, erp, name="ERP")
        rows = _rows(made)
        assert len(rows) == 80
        order = ["Project mobilised", "Requirements signed off", "Solution design approved",
                 "Build complete", "Acceptance signed off", "Go/no-go decision", "Go-live"]  # fmt: skip
        days = [rows[name].starts_on for name in order]
        assert days == sorted(days)
        months = (rows["Go-live"].starts_on - MONDAY).days / 30
        assert 6 < months < 12


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 6_000_000), min_size=1, max_size=8),
    st.decimals("0.1", "10", places=3),
)
def test_scaling_keeps_nothing_at_nothing_and_grows_with_the_factor(minutes, factor):
    plan = OpenPlan((), tuple(OpenTask(1, "A", effort_minutes=m) for m in minutes), ())
    found = [task.effort_minutes for task in scaled(plan, factor).tasks]
    for before, after in zip(minutes, found, strict=True):
        assert (after == 0) == (before == 0)
        assert before == 0 or abs(after - before * factor) <= 1
    assert scaled(plan, Decimal(1)) == plan


@given(st.integers(-100, 200), st.integers(0, 30))
def test_an_offset_and_its_day_are_each_other(offset, shift):
    worked = [
        day for n in range(-400, 800)
        if (day := MONDAY + timedelta(days=n)).weekday() < 5
    ]  # fmt: skip
    starts_on = MONDAY + timedelta(days=shift)
    assert offset_of(day_at(offset, starts_on, worked), starts_on, worked) == offset


def test_the_pages_lead_from_the_library_to_a_project(acme, plan):
    client = acme.client("priya")
    assert "ERP implementation" in client.get(acme.url("projects/templates/")).content.decode()
    with acme.scope():
        erp = ProjectTemplate.objects.get(code="crm_deployment")
    shown = client.get(acme.url(f"projects/templates/{erp.pk}/")).content.decode()
    assert "Sprint 1: accounts, contacts and activities" in shown
    use = acme.url(f"projects/templates/{erp.pk}/use/")
    assert "CRM consultant" in client.get(use).content.decode()
    posted = {
        "name": "CRM", "manager": acme.resources["priya"].pk, "starts_on": "2026-03-02",
        "scale": "0.5", "is_internal": "on",
    }  # fmt: skip
    made = client.post(use, posted)
    assert made.status_code == 302, made.content.decode()
    assert client.post(use, posted | {"scale": "20"}).status_code == 422
    saved = client.post(
        acme.url(f"projects/{plan.pk}/template/"),
        {"name": "Ours", "owner": acme.resources["priya"].pk},
    )
    assert saved.status_code == 302, saved.content.decode()
    with acme.scope():
        ours = ProjectTemplate.objects.get(name="Ours")
    edit = acme.url(f"projects/templates/{ours.pk}/edit/")
    kept = {"lock_version": 1, "name": "Ours 2", "owner": acme.resources["priya"].pk}
    assert client.get(edit).status_code == 200
    assert client.post(edit, kept).status_code == 302
    copied = client.post(
        acme.url(f"projects/{plan.pk}/copy/"),
        {"name": "Twin", "starts_on": "2026-03-02", "scale": "1"},
    )
    assert copied.status_code == 302
    assert client.post(acme.url(f"projects/templates/{ours.pk}/delete/")).status_code == 302
    assert client.post(acme.url("projects/templates/shipped/")).status_code in (403, 404)
    assert acme.client("ben").get(acme.url("projects/templates/")).status_code in (403, 404)


def test_the_api_does_the_same(acme, plan):
    priya = caller(acme, "priya")
    library = priya.get("/project-templates")
    assert {row["name"] for row in library["items"]} >= {"Audit engagement", "Managed service"}
    template = priya.post(
        f"/projects/{plan.pk}/template", {"name": "Ours", "review_on": "2027-01-01"}, 201
    )
    number, [need] = template["template_id"], template["needs"]
    people = [{"role_id": need["id"], "resource_id": acme.resources["bea"].pk}]
    body = {
        "name": "By API", "manager_id": acme.resources["priya"].pk, "starts_on": "2026-09-07",
        "scale": "2", "is_internal": True, "people": people,
    }  # fmt: skip
    made = priya.post(f"/project-templates/{number}/projects", body, 201)
    assert made["head"]["name"] == "By API"
    copied = priya.post(
        f"/projects/{plan.pk}/copy", {"name": "Twin", "starts_on": "2026-03-02"}, 201
    )
    assert copied["head"]["name"] == "Twin"
    path = f"/project-templates/{number}"
    edited = priya.patch(path, {"name": "Ours 2"}, if_match=priya.etag(path))
    assert edited["name"] == "Ours 2"
    priya.delete(path, 204)
    priya.post("/project-templates/shipped", {}, 404)


def test_the_library_takes_the_same_queries_however_long(acme, django_assert_max_num_queries):
    client = acme.client("priya")
    url = acme.url("projects/templates/")
    client.get(url)
    with django_assert_max_num_queries(20):
        client.get(url)


def test_versions_stay_for_the_projects_made_from_them(acme, plan):
    priya = acme.actors["priya"]
    template = _saved(acme, plan)
    first = _made(acme, template)
    tasks.add_task(name="Hand over", project_id=plan.pk, actor=priya, at=AT)
    again = _saved(acme, plan, template_id=template.pk)
    second = _made(acme, again, name="After")
    page = template_page(actor=priya, template_id=template.pk, as_of=MONDAY)
    assert [(row.number, row.project_count) for row in page.versions] == [(2, 1), (1, 1)]
    assert [made.id for made in page.projects] == [second.pk]
    former = template_page(actor=priya, template_id=template.pk, as_of=MONDAY, number=1)
    assert [made.id for made in former.projects] == [first.pk]
    assert "Hand over" not in [line.name for line in former.lines]
    assert (former.shown_version, former.needs[0].name) == (1, "Senior consultant")
    with pytest.raises(NotFound):
        template_page(actor=priya, template_id=template.pk, as_of=MONDAY, number=7)


def test_a_former_version_is_taken_up_again_as_the_next(acme, plan):
    priya = acme.actors["priya"]
    template = _saved(acme, plan)
    before = plan_of_template(template)
    assert unpacked(packed(before)) == before
    tasks.add_task(name="Hand over", project_id=plan.pk, actor=priya, at=AT)
    _saved(acme, plan, template_id=template.pk)
    with pytest.raises(PermissionDenied):
        templates.take_up_version(
            template_id=template.pk, number=1, actor=acme.actors["fay"], at=AT
        )
    with pytest.raises(DomainError, match="present one"):
        templates.take_up_version(template_id=template.pk, number=2, actor=priya, at=AT)
    client = acme.client("priya")
    path = acme.url(f"projects/templates/{template.pk}/")
    assert b"Hand over" not in client.get(path, {"version": 1}).content
    assert client.post(f"{path}versions/1/").status_code == 302
    template.refresh_from_db()
    assert (template.version, plan_of_template(template)) == (3, before)
    shown = caller(acme, "priya").get(f"/project-templates/{template.pk}/versions/2")
    assert [row["number"] for row in shown["versions"]] == [3, 2, 1]
