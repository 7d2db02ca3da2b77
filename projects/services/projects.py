"""Making, editing and moving projects through their statuses."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from psa.core import outcomes
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.custom_fields.services import values as custom_values
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.org.models import OrgUnit, Resource, WorkCalendar
from psa.core.outcomes import Outcome
from sales.models import Account, Contract

from .. import policies
from ..events import ProjectEvent
from ..models import Budget, Project, ProjectApprover, ProjectCounter
from ..permissions import ProjectsPermission
from . import plan_rows as rows
from .locking import apply, check_fresh, lock_project

RECORD = "projects.Project"


@transaction.atomic
def create_project(
    *,
    name: str,
    manager_id: int,
    starts_on: date,
    actor: Actor,
    at: datetime,
    ends_on: date | None = None,
    contracting_unit_id: int | None = None,
    calendar_id: int | None = None,
    contract_id: int | None = None,
    account_id: int | None = None,
    is_internal: bool = False,
    description: str = "",
    budget_cost_amount: Decimal | None = None,
    custom: Mapping[str, object] | None = None,
) -> Project:
    """Make a project, numbered next in the tenant's series; from a contract, internal, or direct.

    Of a contract it takes customer and contracting unit. Otherwise the unit is the manager's unless
    given; the calendar is the manager's unless given. `budget_cost_amount` is in the firm's own
    currency. Links to contract lines are a call of their own.
    Raises  PermissionDenied (projects.create or projects.manage_all); DomainError naming the field.
    """
    if not (actor.has(ProjectsPermission.CREATE) or actor.has(ProjectsPermission.MANAGE_ALL)):
        actor.require(ProjectsPermission.CREATE)
    manager = _resource(manager_id, field="manager")
    contract = _contract(contract_id) if contract_id is not None else None
    if contract is not None:
        if is_internal:
            raise DomainError("An internal project has no contract.", field="is_internal")
        account_id = contract.account_id
        contracting_unit_id = contract.contracting_unit_id
    if is_internal and account_id is not None:
        raise DomainError("An internal project has no customer.", field="account")
    _check_exists(Account, account_id, "customer", "account")
    _check_exists(OrgUnit, contracting_unit_id, "organisation unit", "contracting_unit")
    _check_exists(WorkCalendar, calendar_id, "calendar", "calendar")
    _check_dates(starts_on, ends_on)
    _check_budget(budget_cost_amount)
    project: Project = Project.objects.create(
        tenant_id=actor.tenant_id,
        code=_next_code(actor.tenant_id),
        name=_name(name),
        account_id=account_id,
        contract_id=contract_id,
        contracting_unit_id=contracting_unit_id or manager.org_unit_id,
        manager=manager,
        calendar_id=calendar_id or manager.calendar_id,
        starts_on=starts_on,
        ends_on=ends_on,
        is_internal=is_internal,
        description=description.strip(),
        budget_cost_amount=budget_cost_amount,
        created_at=at,
    )
    audit.record(
        actor=actor, at=at, event=ProjectEvent.CREATED, record_type=RECORD, record_id=project.pk,
        sentence="created the project",
    )  # fmt: skip
    custom_values.set_with_record(
        record_type=RECORD, record_id=project.pk, values=custom, actor=actor, at=at
    )
    return project


@transaction.atomic
def edit_project(
    *,
    project_id: int,
    lock_version: int | None,
    actor: Actor,
    at: datetime,
    custom: Mapping[str, object] | None = None,
    **values: Any,
) -> Project:
    """Change what is given of name, description, manager_id, starts_on, ends_on, calendar_id,
    budget_cost_amount, health and health_comment.

    The budget is refused from those who may not see the project's cost. Days and calendar that the
    plan is scheduled by schedule it anew.
    Raises  NotFound, PermissionDenied, Conflict (a stale form, saying what changed), DomainError.
    """
    unknown = values.keys() - _EDITABLE
    if unknown:
        raise TypeError(f"not a field of a project that can be edited: {sorted(unknown)}")
    project = lock_project(actor=actor, project_id=project_id)
    check_fresh(project, lock_version)
    if "name" in values:
        values["name"] = _name(values["name"])
    if values.get("manager_id", project.manager_id) != project.manager_id:
        _resource(values["manager_id"], field="manager")
    if "calendar_id" in values:
        _check_exists(WorkCalendar, values["calendar_id"], "calendar", "calendar")
    ends_on = values.get("ends_on", project.ends_on)
    _check_dates(values.get("starts_on", project.starts_on), ends_on)
    is_from_finish = project.schedules_from == Project.SchedulesFrom.FINISH
    if is_from_finish and ends_on is None:
        raise DomainError(
            "The plan is scheduled from its finish: the project needs an end.", field="ends_on"
        )
    if "budget_cost_amount" in values:
        _check_may_budget(project, actor)
        _check_budget(values["budget_cost_amount"])
        _check_no_version(project, values["budget_cost_amount"])
    if values.get("health", Project.Health.NONE) not in Project.Health.values:
        raise DomainError("Health is on track, at risk, off track or not started.", "health")
    changes = apply(project, values)
    if changes:
        shown = {k: v for k, v in changes.items() if k != "budget_cost_amount"}
        words = ", ".join(k.replace("_", " ") for k in changes if k != "lock_version")
        audit.record(
            actor=actor, at=at, event=ProjectEvent.EDITED, record_type=RECORD,
            record_id=project.pk, sentence=f"changed {words}", changes=shown,
        )  # fmt: skip
    custom_values.set_with_record(
        record_type=RECORD, record_id=project.pk, values=custom, actor=actor, at=at
    )
    inputs = {"starts_on", "calendar"} | ({"ends_on"} if is_from_finish else set())
    if changes.keys() & inputs:
        rows.finish(project, actor, at, "scheduled the plan anew")
    return project


@transaction.atomic
def change_status(
    *,
    project_id: int,
    status: str,
    actor: Actor,
    at: datetime,
    reason: str = "",
    lock_version: int | None = None,
) -> Project:
    """Move a project to another status of the table in `policies.TRANSITIONS`.

    Holding needs a reason. Raises  NotFound, PermissionDenied, Conflict, DomainError.
    """
    if status not in Project.Status.values:
        raise DomainError(f"“{status[:20]}” is not a status of a project.", field="status")
    project = lock_project(actor=actor, project_id=project_id)
    check_fresh(project, lock_version)
    policies.check_can_become(project, status)
    reason = reason.strip()
    if status == Project.Status.ON_HOLD and not reason:
        raise DomainError("Say why the project is put on hold.", field="reason")
    before = str(project.get_status_display()).lower()
    changes = apply(project, {"status": status})
    after = str(project.get_status_display()).lower()
    because = f": {reason}" if reason else ""
    audit.record(
        actor=actor, at=at, event=ProjectEvent.STATUS_CHANGED, record_type=RECORD,
        record_id=project.pk, sentence=f"moved the project from {before} to {after}{because}",
        changes=changes,
    )  # fmt: skip
    return project


@transaction.atomic
def change_status_of_each(
    *, project_ids: Collection[int], status: str, actor: Actor, at: datetime
) -> list[Outcome]:
    """Move projects to another status, each on its own. What one refuses is its outcome."""
    rows = policies.visible_to(actor).filter(id__in=project_ids).order_by("code", "id")
    names = {pk: f"{code} {name}" for pk, code, name in rows.values_list("id", "code", "name")}
    return outcomes.of_each(
        names,
        lambda project_id: change_status(project_id=project_id, status=status, actor=actor, at=at),
    )


def hold_project(*, project_id: int, reason: str, actor: Actor, at: datetime) -> Project:
    """Put a project on hold: no more time can be booked on it until it is resumed."""
    return change_status(
        project_id=project_id, status=Project.Status.ON_HOLD, reason=reason, actor=actor, at=at
    )


def resume_project(*, project_id: int, actor: Actor, at: datetime) -> Project:
    """Take a project that is on hold back into delivery."""
    return change_status(
        project_id=project_id, status=Project.Status.IN_DELIVERY, actor=actor, at=at
    )


@transaction.atomic
def set_approvers(
    *, project_id: int, resource_ids: Collection[int], actor: Actor, at: datetime
) -> None:
    """Name exactly these people as approvers beside the manager.

    Each must have a login. Raises  NotFound, PermissionDenied, DomainError.
    """
    project = lock_project(actor=actor, project_id=project_id)
    wanted = set(resource_ids) - {project.manager_id}
    people = {r.pk: r for r in Resource.objects.filter(id__in=wanted)}
    for resource_id in wanted:
        person = people.get(resource_id)
        if person is None:
            raise DomainError("One of the approvers does not exist.", field="approvers")
        if person.membership_id is None:
            raise DomainError(f"{person.name} has no login and cannot approve.", field="approvers")
    present = set(
        ProjectApprover.objects.filter(project=project).values_list("resource_id", flat=True)
    )
    ProjectApprover.objects.filter(project=project, resource_id__in=present - wanted).delete()
    ProjectApprover.objects.bulk_create(
        [
            ProjectApprover(tenant_id=actor.tenant_id, project=project, resource_id=resource_id)
            for resource_id in sorted(wanted - present)
        ]
    )
    if present != wanted:
        names = ", ".join(sorted(p.name for p in people.values())) or "nobody but the manager"
        audit.record(
            actor=actor, at=at, event=ProjectEvent.EDITED, record_type=RECORD,
            record_id=project.pk, sentence=f"made {names} approve time and expenses",
        )  # fmt: skip


_EDITABLE = frozenset(
    {
        "name", "description", "manager_id", "starts_on", "ends_on", "calendar_id",
        "budget_cost_amount", "health", "health_comment",
    }
)  # fmt: skip


def _next_code(tenant_id: int) -> str:
    counter, _ = ProjectCounter.objects.select_for_update().get_or_create(tenant_id=tenant_id)
    counter.last_number += 1
    counter.save(update_fields=["last_number"])
    return f"P-{counter.last_number:04d}"


def _name(name: str) -> str:
    name = name.strip()
    if not name:
        raise DomainError("A project needs a name.", field="name")
    if len(name) > 160:
        raise DomainError("A project's name has at most 160 characters.", field="name")
    return name


def _resource(resource_id: int, *, field: str) -> Resource:
    person: Resource | None = Resource.objects.filter(id=resource_id).first()
    if person is None:
        raise DomainError("This person does not exist. Choose another.", field=field)
    return person


def _contract(contract_id: int) -> Contract:
    contract: Contract | None = Contract.objects.filter(id=contract_id).first()
    if contract is None:
        raise NotFound("There is no such contract.", field="contract")
    if contract.status in (Contract.Status.CANCELLED, Contract.Status.CLOSED):
        raise DomainError(
            f"Contract {contract.number} is {contract.get_status_display().lower()}; "
            "no project can be made from it.",
            field="contract",
        )
    return contract


def _check_exists(model: type[Any], record_id: int | None, word: str, field: str) -> None:
    if record_id is not None and not model.objects.filter(id=record_id).exists():
        raise DomainError(f"This {word} does not exist. Choose another.", field=field)


def _check_dates(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise DomainError("The project cannot end before it starts.", field="ends_on")


def _check_budget(amount: Decimal | None) -> None:
    if amount is not None and (not amount.is_finite() or amount < 0 or amount >= 10**15):
        raise DomainError("The cost budget must be an amount from 0.", field="budget_cost_amount")


def _check_no_version(project: Project, amount: Decimal | None) -> None:
    """A budget that was approved in a version changes by another version alone."""
    if amount == project.budget_cost_amount:
        return
    if Budget.objects.filter(project=project, status=Budget.Status.APPROVED).exists():
        raise DomainError(
            "The budget comes from its approved version. Make and approve a new version instead.",
            field="budget_cost_amount",
        )


def _check_may_budget(project: Project, actor: Actor) -> None:
    if not policies.may_see_cost(actor, manager_membership_id=project.manager.membership_id):
        raise PermissionDenied("Your role does not include the cost of this project.")
