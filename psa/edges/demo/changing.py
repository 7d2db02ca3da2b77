"""What the demo firm's projects buy, and changes that became amendments. Through services alone."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from projects.models import RegisterEntry, Task
from projects.services import budgets, planned_expenses, register, team
from projects.services.assignments import assign_task
from projects.services.plan_changes import AddTask, change_plan
from projects.services.planned_expenses import ExpenseFacts
from psa.core.access import actors
from psa.core.actor import Actor
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org.models import JobRole, Resource, TransactionCategory
from psa.edges.lifecycle import amendments as lifecycle
from sales.services import amendments

from .firm import instant
from .registers import led_projects

# What is bought for a phase: words, cost, and what the client pays for it.
_BOUGHT: Final = (
    ("Travel to the workshops", Decimal(640), Decimal(640)),
    ("Test licences for a quarter", Decimal(980), Decimal(1150)),
    ("Room and catering for the training", Decimal(420), Decimal(420)),
)
# Of the changes that wait: one is in the contract, one is accepted, one is a draft.
_AMENDED: Final = 3


def plan_purchases(*, today_on: date) -> int:
    """Give each client project in delivery what its phases to come buy; how many."""
    category_id = (
        TransactionCategory.objects.filter(transaction_class=TransactionClass.EXPENSE)
        .order_by("id")
        .values_list("id", flat=True)[0]
    )
    count = 0
    for project, actor in led_projects():
        ahead = Task.objects.filter(
            project=project, is_summary=False, is_milestone=False, is_completed=False,
            finishes_on__gt=today_on + timedelta(days=14),
        ).order_by("position")  # fmt: skip
        for task, (words, cost, price) in zip(ahead, _BOUGHT, strict=False):
            facts = ExpenseFacts(
                task_id=task.pk, category_id=category_id,
                planned_on=max(task.starts_on, today_on + timedelta(days=7)), cost_amount=cost,
                currency=project.contract.currency if project.contract else "GBP",
                price_amount=price if project.contract else Decimal(0), description=words,
            )  # fmt: skip
            planned_expenses.add_expense(
                project_id=project.pk, facts=facts, actor=actor, at=instant(today_on, 9)
            )
            count += 1
    return count


def draft_budgets(*, today_on: date) -> int:
    """Propose for every second client project a budget from its plan, with what its risks weigh; how
    many. The budget that measures stays the one of the contract."""
    count = 0
    for project, actor in led_projects()[::2]:
        weighs = RegisterEntry.objects.filter(
            project=project, kind="risk", ended_on__isnull=True, impact_amount__gt=0
        )
        budgets.create_budget(
            project_id=project.pk, source="plan", note="With what the risks weigh",
            keeps_contingency=weighs.exists(), actor=actor, at=instant(today_on, 9),
        )  # fmt: skip
        count += 1
    return count


def agree_changes(*, today_on: date) -> int:
    """Approve changes that clients asked for; the first is in its contract; how many."""
    at = instant(today_on, 10)
    managers = {project.pk: actor for project, actor in led_projects()}
    waiting = RegisterEntry.objects.filter(
        kind="change", status="submitted", project_id__in=managers, price_amount__isnull=False,
        project__contract__owner__isnull=False, project__contract__status="confirmed",
    ).select_related("project__contract")  # fmt: skip
    count = 0
    for entry in waiting.order_by("id")[:_AMENDED]:
        register.edit_entry(
            entry_id=entry.pk, lock_version=None, status="approved", on=today_on,
            actor=managers[entry.project_id], at=at,
        )  # fmt: skip
        entry.refresh_from_db()
        if entry.amendment_id is None:
            continue
        contract = entry.project.contract
        assert contract is not None and contract.owner_id is not None  # the query saw to it
        owner = actors.for_job(contract.owner_id)
        _take_on(entry.amendment_id, count, owner, today_on)
        count += 1
    return count


def _take_on(amendment_id: int, number: int, owner: Actor, today_on: date) -> None:
    """The first amendment comes into force, the second is accepted by the client."""
    common: dict[str, Any] = {"amendment_id": amendment_id, "actor": owner}
    if number < 2:
        amendments.record_acceptance(
            client_name="Head of purchasing", accepted_on=today_on, at=instant(today_on, 11),
            **common,
        )  # fmt: skip
    if number == 0:
        lifecycle.put_in_force(at=instant(today_on, 12), today_on=today_on, **common)


def leave_a_role_open(*, today_on: date) -> None:
    """One project waits for somebody: a role on its team has work, and nobody is named for it."""
    project, actor = led_projects()[1]
    manager = project.manager
    role: Resource = Resource.objects.create(
        tenant_id=project.tenant_id, code="OPEN-1", name="Consultant (open)",
        kind=Resource.Kind.GENERIC, org_unit_id=manager.org_unit_id,
        job_role_id=JobRole.objects.get(code="consultant").pk,
        calendar_id=manager.calendar_id, employed_from=project.starts_on,
    )  # fmt: skip
    common: dict[str, Any] = {
        "project_id": project.pk, "actor": actor, "at": instant(today_on, 13),
    }  # fmt: skip
    team.add_team_member(
        resource_id=role.pk, valid_from=today_on, planned_minutes=24 * 60, **common
    )
    values = {"effort_minutes": 24 * 60, "starts_on": today_on + timedelta(days=10)}
    made = change_plan(
        edits=[AddTask("Train the key users once more", called="new", values=values)], **common
    ).made
    assign_task(task_id=made["new"], resource_id=role.pk, **common)
