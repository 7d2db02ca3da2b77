"""The steps from a task of the plan to the invoice of a milestone."""

from dataclasses import dataclass
from datetime import date

from billing.models import ContractMilestone, MilestonePrompt
from projects.selectors import TaskReadiness, task_readiness


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it is, whether it is done, and what there is to say about it."""

    label: str
    is_done: bool
    note: str


@dataclass(frozen=True, slots=True)
class Chain:
    """All steps in order, and the task that the first two are about."""

    steps: tuple[Step, ...]
    task: TaskReadiness | None
    prompted_on: date | None


def readiness_chain(milestone: ContractMilestone) -> Chain:
    """How far a milestone has come. Three queries."""
    task = None
    if milestone.task_id is not None:
        task = task_readiness([milestone.task_id]).get(milestone.task_id)
    asked = MilestonePrompt.objects.filter(milestone=milestone).first()
    state = ContractMilestone.State(milestone.state)
    is_ready = state != ContractMilestone.State.NOT_STARTED
    steps = []
    if task is None:
        steps.append(Step("Plan", is_ready, "No task of a plan is linked"))
    else:
        done = "finished" if task.is_completed else "not finished yet"
        steps.append(Step("Plan", task.is_completed, f"{task.name} is {done}"))
        if task.criteria:
            said = (
                f"{task.accepted_by_name} accepted on {task.accepted_on:%-d %B %Y}"
                if task.accepted_on
                else "The client has not accepted yet"
            )
            steps.append(Step("Acceptance", task.accepted_on is not None, said))
        else:
            steps.append(Step("Acceptance", True, "Nothing is to be accepted"))
    ready_note = f"{milestone.ready_on:%-d %B %Y}" if milestone.ready_on else "Not marked yet"
    steps.append(Step("Ready to invoice", is_ready, ready_note))
    is_invoiced = state == ContractMilestone.State.INVOICED
    steps.append(Step("Invoiced", is_invoiced, "On an invoice" if is_invoiced else "Not yet"))
    return Chain(tuple(steps), task, asked.prompted_on if asked else None)
