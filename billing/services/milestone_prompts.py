"""From a finished task to “Ready to invoice?”: who bills is asked, and asked again."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from billing.events import BillingEvent
from billing.models import ContractMilestone, MilestonePrompt
from billing.permissions import BillingPermission
from billing.selectors import visibility
from billing.services.readiness import check_can_propose
from projects.models import Task
from projects.selectors import manager_members, task_readiness
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.subjects import path_of
from psa.core.errors import DomainError
from psa.core.notifications import services as notifications
from psa.core.org import selectors as org
from psa.core.org.rules import working_time

REMIND_AFTER_WORKING_DAYS: Final = 2
# Long enough to find two working days in any calendar.
_CALENDAR_SPAN: Final = timedelta(days=60)


@transaction.atomic
def link_milestone_task(
    *, milestone_id: int, task_id: int | None, actor: Actor, at: datetime
) -> ContractMilestone:
    """Say which task of a plan delivers a milestone, or none.

    Raises  NotFound, PermissionDenied; DomainError for a task of no project of the contract, or a
            milestone that is ready already.
    """
    seen = visibility.get_milestone(actor=actor, milestone_id=milestone_id)
    contract_id = seen.contract_line.contract_id
    check_can_propose(actor, contract_id)
    milestone = visibility.get_milestone(actor=actor, milestone_id=milestone_id, lock=True)
    if milestone.state != ContractMilestone.State.NOT_STARTED:
        raise DomainError(f"“{milestone.name}” is ready already.", field="task")
    task = None
    if task_id is not None:
        task = Task.objects.filter(pk=task_id, project__contract_id=contract_id).first()
        if task is None:
            raise DomainError("Choose a task of a project of this contract.", field="task")
        milestone.project_id = task.project_id
    milestone.task_id = task_id
    milestone.lock_version += 1
    milestone.save(update_fields=["project", "task", "lock_version"])
    told = f"is delivered by “{task.name}”" if task else "is delivered by no task"
    audit.record(
        actor=actor, at=at, event=BillingEvent.MILESTONE_LINKED, record_type="sales.Contract",
        record_id=contract_id, sentence=f"Said that the milestone “{milestone.name}” {told}",
    )  # fmt: skip
    return milestone


def due_milestones(*, on: date) -> list[int]:
    """Milestones about which somebody is to be asked, or asked again. Four queries at most."""
    waiting = list(
        ContractMilestone.objects.filter(
            state=ContractMilestone.State.NOT_STARTED, task__isnull=False
        )
        .order_by("id")
        .values_list("id", "task_id")
    )
    states = task_readiness([task_id for _, task_id in waiting])
    waiting = [(pk, task_id) for pk, task_id in waiting if states[task_id].is_ready]
    if not waiting:
        return []
    asked = {
        milestone_id: (remind_on, reminded_on)
        for milestone_id, remind_on, reminded_on in MilestonePrompt.objects.filter(
            milestone_id__in=[pk for pk, _ in waiting]
        ).values_list("milestone_id", "remind_on", "reminded_on")
    }
    found = []
    for pk, _ in waiting:
        known = asked.get(pk)
        if known is None or (known[1] is None and known[0] <= on):
            found.append(pk)
    return found


@transaction.atomic
def prompt(*, milestone_id: int, on: date, at: datetime) -> bool:
    """Ask the project's manager and who bills whether a milestone is ready; remind them once.

    The reminder comes two working days of the project's calendar later, unless somebody acted.
    Whether anybody was told.
    """
    milestone: ContractMilestone | None = (
        ContractMilestone.objects.select_for_update(of=("self",))
        .select_related("project", "contract_line__contract")
        .filter(pk=milestone_id)
        .first()
    )
    if milestone is None or milestone_id not in due_milestones(on=on):
        return False
    known = MilestonePrompt.objects.filter(milestone=milestone).first()
    if known is None:
        MilestonePrompt.objects.create(
            tenant_id=milestone.tenant_id,
            milestone=milestone,
            prompted_on=on,
            remind_on=_remind_on(milestone, on),
        )
    else:
        known.reminded_on = on
        known.save(update_fields=["reminded_on"])
    again = "Still to do: " if known else ""
    contract = milestone.contract_line.contract
    notifications.notify(
        membership_ids=_recipients(milestone),
        event=BillingEvent.MILESTONE_PROMPTED,
        title=f"{again}“{milestone.name}” can be invoiced"[:160],
        body=f"What it needs is done. Mark it ready to invoice on contract {contract.number}.",
        path=path_of("billing:milestone_ready", milestone.pk),
        at=at,
        email=known is not None,
    )
    return True


def _remind_on(milestone: ContractMilestone, on: date) -> date:
    if milestone.project is None:
        return on + timedelta(days=REMIND_AFTER_WORKING_DAYS)
    spec = org.calendar_spec(milestone.project.calendar_id, on, on + _CALENDAR_SPAN)
    return working_time.add_working_days(spec, on, REMIND_AFTER_WORKING_DAYS)


def _recipients(milestone: ContractMilestone) -> Sequence[int]:
    """The project's manager, and every active member whose role bills all contracts."""
    billing = Membership.objects.filter(
        is_active=True, role_links__role__permissions__contains=[BillingPermission.PROPOSE.value]
    )
    found = set(billing.values_list("id", flat=True))
    if milestone.project_id is not None:
        found |= set(manager_members([milestone.project_id]).values())
    return sorted(found)
