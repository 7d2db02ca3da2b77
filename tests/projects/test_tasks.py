"""Editing the plan through its services: trees, locks, refusals."""

import pytest

from projects.models import Task
from projects.services import links, tasks
from projects.services.task_values import NewTask
from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.ledger.services import posting
from tests.factories import AT


@pytest.fixture
def plan(acme, engagement):
    """Build (with two tasks below), Blueprint, Support."""
    with acme.scope():
        at = {"actor": acme.actors["priya"], "at": AT, "project_id": engagement.project.pk}
        build = engagement.build.pk
        first = tasks.add_task(name="Design", after_id=build, as_child=True, **at)
        tasks.add_task(name="Code", after_id=first.pk, effort_minutes=600, **at)
        yield at


def _outlines(project_id):
    rows = Task.objects.filter(project_id=project_id).order_by("position")
    return {t.name: t.outline for t in rows}


def test_rows_have_their_places(engagement, plan):
    assert _outlines(engagement.project.pk) == {
        "Build": "1", "Design": "1.1", "Code": "1.2", "Blueprint": "2", "Support": "3",
    }  # fmt: skip
    assert Task.objects.get(name="Build").is_summary
    assert Task.objects.get(name="Code").parent_id == engagement.build.pk
    assert Task.objects.get(name="Code").remaining_minutes == 600


def test_indent_outdent_move_and_place(engagement, plan):
    code = Task.objects.get(name="Code")
    assert tasks.indent_task(task_id=code.pk, **plan).outline == "1.1.1"
    assert tasks.outdent_task(task_id=code.pk, **plan).outline == "1.2"
    assert tasks.move_task(task_id=code.pk, is_down=False, **plan).outline == "1.1"
    assert tasks.outdent_task(task_id=code.pk, **plan).outline == "2"
    placed = tasks.place_task(task_id=code.pk, parent_id=engagement.build.pk, **plan)
    assert placed.outline == "1.2"
    with pytest.raises(DomainError, match="under itself"):
        tasks.place_task(task_id=engagement.build.pk, parent_id=code.pk, **plan)


def test_delete_takes_the_subtasks(engagement, plan):
    links_of_build = engagement.project.contract_line_links.filter(task=engagement.build)
    with pytest.raises(DomainError, match="linked to a contract line"):
        tasks.delete_task(task_id=engagement.build.pk, **plan)
    links_of_build.delete()
    assert tasks.delete_task(task_id=engagement.build.pk, **plan) == 3
    assert _outlines(engagement.project.pk) == {"Blueprint": "1", "Support": "2"}


def test_delete_refuses_work_that_was_posted(acme, engagement, plan):
    code = Task.objects.get(name="Code")
    post_cost(acme, engagement, task_id=code.pk)
    with pytest.raises(DomainError, match="Work was booked on 1.2 Code"):
        tasks.delete_task(task_id=code.pk, **plan)


def post_cost(acme, engagement, *, task_id, amount="500", minutes=600, source_id=1):
    """A posted hour or ten of Ben's on the project, in GBP."""
    from datetime import date
    from decimal import Decimal

    draft = ActualDraft(
        type=ActualType.COST, work_on=date(2026, 7, 6),
        legal_entity_id=acme.entities["UK"].pk, transaction_class=TransactionClass.TIME,
        currency="GBP", amount=Decimal(amount), source_kind="test", source_id=source_id,
        project_id=engagement.project.pk, task_id=task_id,
        resource_id=acme.resources["ben"].pk, role_id=acme.roles["SC"].pk, minutes=minutes,
        price=Decimal(amount) * 60 / minutes, unit="hour",
    )  # fmt: skip
    posting.post(drafts=[draft], actor=acme.actors["fay"], at=AT, kind="test")


def test_stale_edit_says_who_changed_what(acme, engagement, plan):
    task = engagement.fixed.pk
    tasks.edit_task(task_id=task, lock_version=1, name="Blueprint v2", **plan)
    with pytest.raises(Conflict, match="Priya changed name to “Blueprint v2”"):
        tasks.edit_task(task_id=task, lock_version=1, name="Mine", **plan)
    tasks.edit_task(task_id=task, lock_version=2, name="Mine", **plan)
    assert Task.objects.get(pk=task).name == "Mine"


def test_an_edit_that_changes_nothing_leaves_no_trace(engagement, plan):
    before = AuditEntry.objects.count()
    tasks.edit_task(task_id=engagement.fixed.pk, lock_version=1, name="Blueprint", **plan)
    assert AuditEntry.objects.count() == before
    assert Task.objects.get(pk=engagement.fixed.pk).lock_version == 1


def test_a_new_effort_moves_what_remains_until_it_was_estimated(engagement, plan):
    code = Task.objects.get(name="Code")
    edited = tasks.edit_task(task_id=code.pk, lock_version=None, effort_minutes=900, **plan)
    assert edited.remaining_minutes == 900
    tasks.set_remaining(minutes_by_task={code.pk: 300}, **plan)
    edited = tasks.edit_task(task_id=code.pk, lock_version=None, effort_minutes=1200, **plan)
    assert edited.remaining_minutes == 300


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"effort_minutes": -1}, "effort_minutes"),
        ({"effort_minutes": 10**9}, "effort_minutes"),
        ({"role_id": 999_999_999}, "role"),
        ({"billing_type": "free"}, "billing_type"),
        ({"is_milestone": True, "effort_minutes": 60}, "effort_minutes"),
    ],
)
def test_bad_values_are_refused_on_their_field(engagement, plan, values, field):
    code = Task.objects.get(name="Code")
    with pytest.raises(DomainError) as refused:
        tasks.edit_task(task_id=code.pk, lock_version=None, **values, **plan)
    assert refused.value.field == field


def test_summaries_have_no_figures_of_their_own(engagement, plan):
    with pytest.raises(DomainError, match="summary"):
        tasks.edit_task(task_id=engagement.build.pk, lock_version=None, effort_minutes=60, **plan)
    with pytest.raises(DomainError, match="summary"):
        tasks.set_remaining(minutes_by_task={engagement.build.pk: 5}, **plan)


def test_a_move_may_not_bring_work_under_two_lines(engagement, plan):
    with pytest.raises(
        DomainError, match="two contract lines, .*Build.*Blueprint|Blueprint.*Build"
    ):
        tasks.indent_task(task_id=engagement.fixed.pk, **plan)
    assert _outlines(engagement.project.pk)["Blueprint"] == "2"


def test_500_tasks_are_added_and_moved_in_few_queries(
    acme, engagement, plan, django_assert_max_num_queries
):
    rows = [NewTask(name=f"Task {n}", depth=1 + n % 3) for n in range(495)]
    with django_assert_max_num_queries(21):
        made = tasks.add_tasks(tasks=rows, **plan)
    with django_assert_max_num_queries(21):
        tasks.move_task(task_id=made[0].pk, is_down=True, **plan)


@pytest.mark.proof
def test_5000_tasks_are_added_and_moved_in_few_queries(
    acme, engagement, plan, django_assert_max_num_queries
):
    rows = [NewTask(name=f"Task {n}", depth=1 + n % 3) for n in range(4995)]
    with django_assert_max_num_queries(21):
        made = tasks.add_tasks(tasks=rows, **plan)
    assert Task.objects.filter(project=engagement.project).count() == 5000
    with django_assert_max_num_queries(21):
        tasks.move_task(task_id=made[0].pk, is_down=True, **plan)
    with pytest.raises(DomainError, match="5,000"):
        tasks.add_task(name="One more", **plan)


def test_bulk_rows_may_not_skip_a_level(plan):
    with pytest.raises(DomainError, match="Row 2 “Deep” skips a level"):
        tasks.add_tasks(tasks=[NewTask("Top"), NewTask("Deep", depth=3)], **plan)


def test_links_refuse_two_lines_for_the_same_work(engagement, plan):
    def link(line, transaction_class, task=None):
        return links.link_contract_line(
            contract_line_id=line.pk, transaction_class=transaction_class,
            task_id=task.pk if task else None, **plan,
        )  # fmt: skip

    with pytest.raises(Conflict, match="task 1 belongs to “Build” already, so “Blueprint”"):
        link(engagement.fixed_line, "time", Task.objects.get(name="Code"))
    with pytest.raises(Conflict, match="cannot pay for the whole project"):
        link(engagement.retainer_line, "time")
    with pytest.raises(DomainError, match="does not pay for material"):
        link(engagement.time_line, "material")


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("ben", NotFound), ("sam", NotFound), ("rae", PermissionDenied),
        ("fay", PermissionDenied), ("bill", PermissionDenied), ("amara", PermissionDenied),
        ("mei", NotFound), ("ada", None), ("priya", None),
    ],
)  # fmt: skip
def test_only_the_manager_and_administrators_change_the_plan(acme, engagement, name, refusal):
    def add():
        return tasks.add_task(
            project_id=engagement.project.pk, name="New", actor=acme.actors[name], at=AT
        )

    with acme.scope():
        if refusal is None:
            assert add().outline == "4"
        else:
            with pytest.raises(refusal):
                add()


def test_another_tenant_finds_nothing(acme, globex, engagement):
    with globex.scope(), pytest.raises(NotFound):
        tasks.add_task(
            project_id=engagement.project.pk, name="Mine", actor=globex.actors["otto"], at=AT
        )
