"""What spans rooms in one transaction: winning a quote, losing an opportunity."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from billing.services import schedules
from billing.services.schedules import LineSchedule, NewMilestone
from projects.services import from_contract
from projects.services.from_contract import LinePlan
from psa.core.actor import Actor
from psa.core.errors import DomainError
from revenue.services import obligations
from revenue.services.obligations import LineCost
from sales.models import Opportunity
from sales.services import opportunities, winning
from sales.services.winning import WonQuote


@dataclass(frozen=True, slots=True)
class NewProject:
    """The project to make of a won quote; `manager_id` is a resource."""

    name: str
    manager_id: int
    starts_on: date


@dataclass(frozen=True, slots=True)
class WonDeal:
    contract_id: int
    project_id: int | None


@transaction.atomic
def win_quote(
    *,
    quote_id: int,
    pricing_choice: str,
    project: NewProject | None,
    at: datetime,
    won_on: date,
    actor: Actor,
) -> WonDeal:
    """Turn a sent quote into contract, project, invoice schedules and obligations: all or nothing.

    1. sales: contract with lines, funding and prices; quote and opportunity won, under row locks
    2. projects: the project with a link per class of work and its budget, if one is wanted
    3. billing: milestones of fixed prices, monthly periods of retainers
    4. revenue: one obligation a line
    Raises  AlreadyWon with the contract that exists; PermissionDenied, NotFound, Conflict;
            DomainError naming what is not ready.
    """
    won = winning.win_quote(
        quote_id=quote_id, pricing_choice=pricing_choice, won_on=won_on, actor=actor, at=at
    )
    project_id = None
    if project is not None:
        project_id = _project_of(won, project, actor=actor, at=at)
    schedules.create_schedules(
        lines=[
            LineSchedule(
                item.line, tuple(NewMilestone(m.name, m.due_on, m.amount) for m in item.milestones)
            )
            for item in won.lines
        ],
        project_id=project_id,
        actor=actor,
    )
    obligations.create_obligations(
        contract=won.contract,
        lines=[LineCost(item.line, item.planned_cost_amount) for item in won.lines],
        actor=actor,
    )
    return WonDeal(won.contract.pk, project_id)


@transaction.atomic
def lose_opportunity(
    *, opportunity_id: int, reason: str, actor: Actor, at: datetime
) -> Opportunity:
    """Close an opportunity and its open quotes as lost, with the reason."""
    return opportunities.lose_opportunity(
        opportunity_id=opportunity_id, reason=reason, actor=actor, at=at
    )


def _project_of(won: WonQuote, project: NewProject, *, actor: Actor, at: datetime) -> int:
    contract = won.contract
    if contract.ends_on is not None and project.starts_on > contract.ends_on:
        raise DomainError(
            "The project would start after the contract ends. Choose an earlier day.",
            field="project_starts_on",
        )
    made = from_contract.create_from_contract(
        contract_id=contract.pk,
        lines=[LinePlan(item.line, item.planned_minutes) for item in won.lines],
        name=project.name,
        manager_id=project.manager_id,
        starts_on=project.starts_on,
        ends_on=contract.ends_on,
        budget_cost_amount=won.budget_cost_amount,
        actor=actor,
        at=at,
    )
    return int(made.pk)
