"""A role replaced by a person: the figures of docs/rules/projects.md, P-33."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from moneyed import Money

from projects.models import Assignment, Project, Task, TeamMember
from projects.services import role_replacements, tasks, team
from projects.services.assignments import assign_task
from projects.services.role_replacements import preview_replacement, replace_role, restore_role
from projects.services.task_values import NewTask
from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.notifications.models import Notification
from psa.core.org.models import Resource, ResourceException
from tests import factories
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT

DAY = 480


class Scene:
    """Design (4 days), Build (2 days, half done) and Test (1 day, done), all of the role Consultant."""

    def __init__(self, acme):
        self.acme = acme
        project = factories.make_engagement(acme).project
        Task.objects.filter(project=project).delete()
        TeamMember.objects.filter(project=project).exclude(resource=acme.resources["ben"]).delete()
        Project.objects.filter(id=project.pk).update(starts_on=date(2026, 3, 2))
        self.project = Project.objects.get(id=project.pk)
        ben = acme.resources["ben"]
        self.role = Resource.objects.create(
            tenant=acme.tenant, code="G-CO", name="Consultant (open)", org_unit=ben.org_unit,
            job_role=acme.roles["CO"], calendar=ben.calendar, kind=Resource.Kind.GENERIC,
            employed_from=date(2025, 1, 1),
        )  # fmt: skip
        self.doors = {"project_id": project.pk, "actor": acme.actors["priya"], "at": AT}
        team.add_team_member(
            resource_id=self.role.pk, valid_from=date(2026, 3, 2), planned_minutes=7 * DAY,
            bill_rate_override=Decimal("123.45"), **self.doors,
        )  # fmt: skip
        self.design, self.build, self.test = tasks.add_tasks(
            tasks=[
                NewTask("Design", 1, 4 * DAY), NewTask("Build", 1, 2 * DAY), NewTask("Test", 1, DAY)
            ],
            **self.doors,
        )  # fmt: skip
        for task in (self.design, self.build, self.test):
            assign_task(task_id=task.pk, resource_id=self.role.pk, **self.doors)
        Task.objects.filter(id=self.build.pk).update(remaining_minutes=DAY, percent_complete=50)
        Task.objects.filter(id=self.test.pk).update(
            remaining_minutes=0, percent_complete=100, is_completed=True
        )
        self.bea, self.ben = acme.resources["bea"], ben

    def replace(self, person, **more):
        return replace_role(
            **{"role_resource_id": self.role.pk, "person_id": person.pk, **self.doors, **more}
        )

    def preview(self, person, who="priya", **more):
        return preview_replacement(
            role_resource_id=self.role.pk, person_id=person.pk, as_of=date(2026, 3, 2),
            **{**self.doors, "actor": self.acme.actors[who], **more},
        )  # fmt: skip

    def doing(self):
        rows = Assignment.objects.filter(task__project=self.project).order_by("task__position")
        return [
            (task, name, units, minutes)
            for task, name, units, minutes in rows.values_list(
                "task__name", "resource__name", "units", "minutes"
            )
        ]

    def members(self):
        rows = TeamMember.objects.filter(project=self.project).order_by("resource__name")
        return {
            name: (role, minutes, rate)
            for name, role, minutes, rate in rows.values_list(
                "resource__name", "role__code", "planned_minutes", "bill_rate_override"
            )
        }


@pytest.fixture
def scene(acme):
    with acme.scope():
        yield Scene(acme)


def test_a_person_takes_what_is_left_and_what_is_done_stays(scene):
    done = scene.replace(scene.bea)
    assert [(t.name, t.left_minutes) for t in done.tasks] == [("Design", 4 * DAY), ("Build", DAY)]
    assert (done.kept_tasks, done.joins_team, done.leaves_team) == (1, True, False)
    assert scene.doing() == [
        ("Design", "Bea", 1, 4 * DAY), ("Build", "Bea", 1, 2 * DAY),
        ("Test", "Consultant (open)", 1, DAY),
    ]  # fmt: skip
    rate = Decimal("123.45")
    assert scene.members()["Bea"] == ("CO", 7 * DAY, rate)
    assert Notification.objects.get().membership_id == scene.acme.actors["bea"].membership_id
    told = AuditEntry.objects.filter(record_type="projects.Project").latest("id")
    assert told.sentence == "gave Bea 40 hours of Consultant (open) on 2 tasks"


def test_a_role_with_nothing_left_leaves_the_team_and_undo_brings_all_back(scene):
    Task.objects.filter(id=scene.test.pk).delete()
    before = scene.doing(), scene.members()
    done = scene.replace(scene.bea)
    assert done.leaves_team
    assert "Consultant (open)" not in scene.members()
    assert "123.45" not in str(done.undo)
    restore_role(payload=done.undo, actor=scene.acme.actors["priya"], at=AT)
    assert (scene.doing(), scene.members()) == before


def test_who_does_a_part_already_takes_the_roles_beside_it(scene):
    assign_task(
        task_id=scene.design.pk, resource_id=scene.ben.pk, units=Decimal("0.5"), **scene.doors
    )
    before = scene.doing()
    waits = Assignment.objects.filter(task=scene.design, resource=scene.role)
    waits.update(delay_minutes=60, gaps=[[30, 15]])
    done = scene.replace(scene.ben, task_ids=[scene.design.pk])
    assert [task.name for task in done.tasks] == ["Design"]
    [(_, name, units, minutes)] = [row for row in scene.doing() if row[0] == "Design"]
    assert (name, units) == ("Ben", Decimal("1.5"))
    assert minutes == sum(row[3] for row in before if row[0] == "Design")
    restore_role(payload=done.undo, actor=scene.acme.actors["priya"], at=AT)
    assert sorted(scene.doing()) == sorted(before)
    assert waits.values_list("delay_minutes", "gaps").get() == (60, [[30, 15]])


def test_the_preview_tells_effort_cost_and_dates_and_keeps_nothing(scene):
    ResourceException.objects.create(
        tenant=scene.acme.tenant, resource=scene.ben, name="Leave",
        valid_from=date(2026, 3, 3), valid_until=date(2026, 3, 5),
    )  # fmt: skip
    before = scene.doing(), scene.members()
    found = scene.preview(scene.ben)
    assert (scene.doing(), scene.members()) == before
    assert found.done.left_minutes == 5 * DAY
    # Five days of a consultant cost 400 each, of a senior consultant 500.
    assert (found.was_cost, found.cost) == (Money(2000, "GBP"), Money(2500, "GBP"))
    assert found.difference == Money(500, "GBP")
    design = next(one for one in found.done.change.moved if one.name == "Design")
    assert design.was_finish_at < design.finish_at
    assert design.finish_at >= datetime(2026, 3, 9)


def test_costs_are_told_to_those_alone_who_may_see_them(scene):
    found = scene.preview(scene.ben, who="ada")
    assert (found.was_cost, found.cost, found.difference) == (None, None, None)
    path = scene.acme.url(f"projects/{scene.project.pk}/team/replace/")
    asked = {"role": scene.role.pk, "person": scene.ben.pk}
    for who, sees in (("priya", True), ("ada", False)):
        text = scene.acme.client(who).get(path, asked).content.decode()
        assert "Give Ben the work" in text
        assert ("2,500" in text) is sees


def test_refuses_what_is_no_role_no_person_or_has_nothing_left(scene):
    with pytest.raises(NotFound):
        scene.replace(scene.bea, role_resource_id=scene.bea.pk)
    with pytest.raises(DomainError, match="Ben is a person"):
        replace_role(role_resource_id=scene.ben.pk, person_id=scene.bea.pk, **scene.doors)
    with pytest.raises(DomainError, match="is a role itself"):
        scene.replace(scene.role)
    with pytest.raises(DomainError, match="No task of Consultant"):
        scene.replace(scene.bea, task_ids=[scene.test.pk])
    with pytest.raises(Conflict):
        scene.replace(scene.bea, revision=0)
    with pytest.raises(PermissionDenied):
        scene.replace(scene.bea, actor=scene.acme.actors["amara"])


def test_an_undo_is_too_late_once_the_plan_has_changed(scene):
    done = scene.replace(scene.bea)
    assign_task(task_id=scene.design.pk, resource_id=scene.ben.pk, **scene.doors)
    with pytest.raises(Conflict, match="has changed since"):
        restore_role(payload=done.undo, actor=scene.acme.actors["priya"], at=AT)


def test_takes_the_same_queries_for_many_tasks(scene, django_assert_max_num_queries):
    made = tasks.add_tasks(
        tasks=[NewTask(f"More {number}", 1, DAY) for number in range(30)], **scene.doors
    )
    Assignment.objects.bulk_create(
        Assignment(tenant=scene.acme.tenant, task=task, resource=scene.role, minutes=DAY)
        for task in made
    )
    with django_assert_max_num_queries(40):
        done = scene.replace(scene.bea)
    assert (len(done.tasks), done.undo is None) == (32, False)
    assert role_replacements.MOST_UNDONE > 2000


def test_the_page_and_the_api_do_it_in_one_step(scene):
    client = scene.acme.client("priya")
    path = scene.acme.url(f"projects/{scene.project.pk}/team/replace/")
    revision = Project.objects.get(id=scene.project.pk).plan_revision
    sent = {"role": scene.role.pk, "person": scene.ben.pk, "task": scene.design.pk}
    stale = client.post(path, {**sent, "revision": revision - 1})
    assert stale.status_code == 422
    assert "has changed since" in stale.content.decode()
    assert client.post(path, {**sent, "revision": revision}).status_code == 302
    assert ("Design", "Ben", 1, 4 * DAY) in scene.doing()
    priya = Caller(token_of(scene.acme, "priya"))
    body = {"role_resource_id": scene.role.pk, "person_id": scene.bea.pk}
    seen = priya.post(f"/projects/{scene.project.pk}/team/replacement/preview", body)
    assert seen["done"]["tasks"][0]["name"] == "Build"
    done = priya.post(f"/projects/{scene.project.pk}/team/replacement", body)
    assert done["person_name"] == "Bea"
    assert ("Build", "Bea", 1, 2 * DAY) in scene.doing()
