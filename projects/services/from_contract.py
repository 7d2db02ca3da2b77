"""The project of a contract just won, linked to the contract's lines."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from psa.core.actor import Actor
from sales.models import ContractLine
from sales.permissions import SalesPermission

from ..models import Project
from ..permissions import ProjectsPermission
from . import links, projects, tasks
from .task_values import NewTask


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A contract line and the effort estimated for it."""

    line: ContractLine
    planned_minutes: int


@transaction.atomic
def create_from_contract(
    *,
    contract_id: int,
    lines: Sequence[LinePlan],
    name: str,
    manager_id: int,
    starts_on: date,
    ends_on: date | None,
    budget_cost_amount: Decimal | None,
    actor: Actor,
    at: datetime,
) -> Project:
    """Make the project of a contract and link each class of work to the line that pays for it.

    A class that one line alone covers is linked for the whole project. Where several lines cover
    a class, each line gets a task of its own, with its estimated effort, and is linked there:
    no work may belong to two lines. `budget_cost_amount` is in the firm's own currency.
    Raises  PermissionDenied (sales.win); DomainError naming the field.
    """
    actor.require(SalesPermission.WIN)
    # Winning carries the right to make the contract's project, whoever is to manage it.
    rights = actor.permissions | {ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL}
    maker = replace(actor, permissions=rights)
    project = projects.create_project(
        name=name,
        manager_id=manager_id,
        starts_on=starts_on,
        ends_on=ends_on,
        contract_id=contract_id,
        budget_cost_amount=budget_cost_amount,
        actor=maker,
        at=at,
    )
    coverage = Counter(name for plan in lines for name in plan.line.transaction_classes)
    contested = {name for name, count in coverage.items() if count > 1}
    parted = [plan for plan in lines if contested.intersection(plan.line.transaction_classes)]
    made = tasks.add_tasks(
        project_id=project.pk,
        tasks=[
            NewTask(
                name=plan.line.name,
                effort_minutes=plan.planned_minutes,
                starts_on=plan.line.starts_on,
                finishes_on=plan.line.ends_on,
            )
            for plan in parted
        ],
        actor=maker,
        at=at,
    )
    task_ids = {plan.line.pk: task.pk for plan, task in zip(parted, made, strict=True)}
    for plan in lines:
        for transaction_class in plan.line.transaction_classes:
            links.link_contract_line(
                project_id=project.pk,
                contract_line_id=plan.line.pk,
                transaction_class=transaction_class,
                task_id=task_ids[plan.line.pk] if transaction_class in contested else None,
                actor=maker,
                at=at,
            )
    return project
