"""A task that an undo brings back has its number, and all that hung on it."""

from datetime import date
from decimal import Decimal

import pytest

from projects.models import (
    BaselineTask,
    Comment,
    DeletedTask,
    PlannedExpense,
    Task,
    TaskAcceptance,
)
from projects.selectors.plan_sheet import plan_sheet
from projects.services import baselines, discussion, tasks
from projects.services.plan_changes import AddTask, DeleteTask, change_plan
from projects.services.plan_inverse import inverse_of
from projects.services.task_values import NewTask
from psa.core.errors import NotFound
from tests.factories import AT


@pytest.fixture
def plan(acme, engagement):
    """Phase with Design below it, in a baseline; Design is talked about, accepted and costs travel."""
    with acme.scope():
        Task.objects.filter(project=engagement.project).delete()
        acme.doors = {
            "project_id": engagement.project.pk, "actor": acme.actors["priya"], "at": AT,
        }  # fmt: skip
        phase, design = tasks.add_tasks(
            tasks=[NewTask("Phase"), NewTask("Design", 2, 960)], **acme.doors
        )
        Task.objects.filter(pk=design.pk).update(uid=77)
        common = {"tenant": acme.tenant, "task": design}
        TaskAcceptance.objects.create(
            project=engagement.project, criteria="Signed", accepted_on=date(2026, 7, 1),
            accepted_by_name="Cleo", **common,
        )  # fmt: skip
        PlannedExpense.objects.create(
            project=engagement.project, planned_on=date(2026, 7, 6),
            category=acme.categories["travel"], cost_amount=Decimal("400.25"), currency="GBP",
            **common,
        )  # fmt: skip
        baselines.set_baseline(number=0, name="Signed", **acme.doors)
        discussion.add_comment(text="Which colour?", task_id=design.pk, **acme.doors)
        acme.phase, acme.design = phase, design
        yield acme


def delete_and_take_back(firm):
    doors = {"actor": firm.doors["actor"], "project_id": firm.doors["project_id"]}
    before = plan_sheet(**doors)
    change_plan(edits=[DeleteTask(firm.phase.pk)], **firm.doors)
    after = plan_sheet(**doors)
    return inverse_of(before, after)


def test_comments_baselines_acceptance_and_expenses_come_back(plan):
    def hanging():
        return (
            list(BaselineTask.objects.order_by("id").values_list("id", "task_id")),
            list(Comment.objects.values_list("id", "task_id", "text")),
            list(TaskAcceptance.objects.values_list("id", "task_id", "accepted_by_name")),
            list(PlannedExpense.objects.values_list("id", "task_id", "cost_amount")),
            list(Task.objects.order_by("position").values_list("id", "name", "uid")),
        )

    before = hanging()
    edits = delete_and_take_back(plan)
    assert hanging() != before
    assert Comment.objects.get().task_name == "Design"
    change_plan(edits=edits, **plan.doors)
    assert hanging() == before
    assert not DeletedTask.objects.exists()
    change_plan(edits=delete_and_take_back(plan), **plan.doors)
    assert hanging() == before


def test_what_was_given_to_another_task_meanwhile_stays_there(plan):
    edits = delete_and_take_back(plan)
    other = tasks.add_task(name="Other", **plan.doors)
    Comment.objects.update(task=other)
    change_plan(edits=edits, **plan.doors)
    assert Comment.objects.get().task_id == other.pk


@pytest.mark.parametrize("number", [1, 2**62])
def test_only_deleted_tasks_of_this_plan_are_restored(plan, number):
    with pytest.raises(NotFound, match=f"Edit 1: Project P-1 has no deleted task .* {number}"):
        change_plan(edits=[AddTask("Mine", restores=number)], **plan.doors)
    with pytest.raises(NotFound, match="has no deleted task"):
        change_plan(edits=[AddTask("Mine", restores=plan.design.pk)], **plan.doors)
