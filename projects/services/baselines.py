"""Baselines: a plan as it was, with what it was to cost; the approved one measures earned value."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.types import TransactionClass
from psa.core.tenancy import reading

from .. import policies
from ..events import ProjectEvent
from ..models import Baseline, BaselineTask, Project, Task
from ..selectors.estimates import estimate_of
from ..selectors.pauses import leading_gaps
from .locking import lock_project

RECORD: Final = "projects.Project"
LAST_NUMBER: Final = 10
LAST_MINUTE: Final = time(23, 59)
ZERO: Final = Decimal(0)


class BaselineExists(DomainError):
    """The number is taken; the caller may ask to write over it."""


@transaction.atomic
def set_baseline(
    *,
    project_id: int,
    number: int,
    name: str,
    actor: Actor,
    at: datetime,
    overwrite: bool = False,
) -> Baseline:
    """Keep the plan as it is now, with its cost and price by today's lists, as a baseline.

    Raises  BaselineExists if the number is taken and may be written over; DomainError for one that
            is approved, a plan without tasks or a number beyond 10; NotFound, PermissionDenied.
    """
    project = _priced_by(actor, project_id)
    if not 0 <= number <= LAST_NUMBER:
        raise DomainError("Baselines are numbered from 0 to 10.", field="number")
    if len(name.strip()) > 80:
        raise DomainError("A baseline's name has at most 80 characters.", field="name")
    before: Baseline | None = Baseline.objects.filter(project=project, number=number).first()
    if before is not None:
        _check_open(before, "written over")
        if not overwrite:
            raise BaselineExists(
                f"Baseline {number} was set on {before.set_at:%-d %B %Y}. Say that it may be "
                "written over, or choose another number.",
                field="number",
            )
        before.delete()
    tasks = list(Task.objects.filter(project=project, is_active=True).order_by("position"))
    if not tasks:
        raise DomainError(f"The plan of {project.code} has no tasks to keep. Add some first.")
    currency = reading.firm_currency(actor.tenant_id)
    baseline: Baseline = Baseline.objects.create(
        tenant_id=actor.tenant_id, project=project, number=number, name=name.strip(), set_at=at,
        currency=currency,
    )  # fmt: skip
    _keep_tasks(baseline, tasks, at.date(), currency)
    _tell(project, actor, at, f"set {_words(baseline)}", baseline, "set")
    return baseline


@transaction.atomic
def approve_baseline(*, project_id: int, number: int, actor: Actor, at: datetime) -> Baseline:
    """Measure the project by this baseline from now on; it can no longer be changed.

    Raises  NotFound, PermissionDenied; DomainError if it is approved, or has no amounts.
    """
    project = _priced_by(actor, project_id)
    baseline = _baseline(project, number)
    if baseline.approved_at is not None:
        raise DomainError(f"{baseline} is approved already.")
    if not baseline.currency:
        raise DomainError(
            f"{baseline} came with an imported plan and has no amounts. Set a baseline of the plan "
            "as it is, and approve that."
        )
    baseline.approved_at, baseline.approved_by_id = at, actor.membership_id
    baseline.save(update_fields=["approved_at", "approved_by"])
    _tell(project, actor, at, f"approved {_words(baseline)}", baseline, "approved")
    return baseline


@transaction.atomic
def delete_baseline(*, project_id: int, number: int, actor: Actor, at: datetime) -> None:
    """Remove a baseline that was never approved. Raises  NotFound, PermissionDenied, DomainError."""
    project = _priced_by(actor, project_id)
    baseline = _baseline(project, number)
    _check_open(baseline, "deleted")
    words = _words(baseline)
    baseline.delete()
    _tell(project, actor, at, f"deleted {words}", None, words)


def _keep_tasks(baseline: Baseline, tasks: list[Task], on: date, currency: str) -> None:
    pauses = dict(
        Task.objects.filter(project=baseline.project)
        .annotate(pauses=leading_gaps())
        .exclude(pauses=[])
        .values_list("id", "pauses")
    )
    estimate = estimate_of(baseline.project, as_of=on, currency=currency)
    cost: dict[int, Decimal] = {}
    bought: dict[int, Decimal] = {}
    price: dict[int, Decimal] = {}
    for line in estimate.lines:
        cost[line.task_id] = cost.get(line.task_id, ZERO) + (line.cost or ZERO)
        price[line.task_id] = price.get(line.task_id, ZERO) + (line.price or ZERO)
        if line.transaction_class != TransactionClass.TIME:
            bought[line.task_id] = bought.get(line.task_id, ZERO) + (line.cost or ZERO)
    BaselineTask.objects.bulk_create(
        [
            BaselineTask(
                tenant_id=baseline.tenant_id,
                baseline=baseline,
                task=task,
                outline=task.outline,
                name=task.name,
                start_at=task.scheduled_start_at or _clock(task.starts_on, time.min),
                finish_at=task.scheduled_finish_at or _clock(task.finishes_on, LAST_MINUTE),
                duration_minutes=task.duration_minutes,
                effort_minutes=task.effort_minutes,
                gaps=pauses.get(task.pk, []),
                cost_amount=None if task.is_summary else cost.get(task.pk, ZERO),
                expense_amount=None if task.is_summary else bought.get(task.pk, ZERO),
                price_amount=None if task.is_summary else price.get(task.pk, ZERO),
            )
            for task in tasks
        ],
        batch_size=1000,
    )


def _clock(on: date | None, at: time) -> datetime | None:
    return None if on is None else datetime.combine(on, at)


def _priced_by(actor: Actor, project_id: int) -> Project:
    """The locked project, for somebody who may change it and see what it costs."""
    project = lock_project(actor=actor, project_id=project_id)
    if not policies.may_see_cost(actor, manager_membership_id=project.manager.membership_id):
        raise PermissionDenied(
            "A baseline holds what the plan costs. Ask somebody who may see the project's cost."
        )
    return project


def _baseline(project: Project, number: int) -> Baseline:
    found: Baseline | None = Baseline.objects.filter(project=project, number=number).first()
    if found is None:
        raise NotFound(f"Project {project.code} has no baseline {number}.")
    return found


def _check_open(baseline: Baseline, done: str) -> None:
    if baseline.approved_at is not None:
        raise DomainError(
            f"Baseline {baseline.number} is approved: earned value is measured by it, and it cannot "
            f"be {done}. Set another number, and approve that.",
            field="number",
        )


def _words(baseline: Baseline) -> str:
    named = f" “{baseline.name}”" if baseline.name else ""
    return f"baseline {baseline.number}{named}"


def _tell(
    project: Project,
    actor: Actor,
    at: datetime,
    sentence: str,
    baseline: Baseline | None,
    state: str,
) -> None:
    audit.record(
        actor=actor, at=at, event=ProjectEvent.BASELINE_CHANGED, record_type=RECORD,
        record_id=project.pk, sentence=sentence,
        changes={"baseline": (None, state) if baseline else (state, None)},
    )  # fmt: skip
