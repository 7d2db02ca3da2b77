"""The list of projects and one project's pages, with what the reader may not see left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from moneyed import Money

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.tenancy import reading
from sales.selectors.visibility import contracts_visible_to

from .. import policies
from ..models import Project
from ..rules.health import NOT_STARTED
from ..rules.sparkline import Sparkline
from .figures import ProjectFigures, figures_of
from .trends import spi_trends


@dataclass(frozen=True, slots=True)
class Sight:
    """Which amounts of one project the reader may see."""

    cost: bool
    bill: bool


@dataclass(frozen=True, slots=True)
class ProjectRow:
    """A project in lists; amounts are None where the reader may not see them, or there are none."""

    id: int
    code: str
    name: str
    account_name: str
    manager_name: str
    unit_name: str
    status: str
    health: str
    computed_health: str
    complete_percent: Decimal
    contract: Money | None
    eac: Money | None
    over_percent: Decimal | None
    spi: Decimal | None
    cpi: Decimal | None
    unbilled: Money | None
    starts_on: date
    ends_on: date | None
    finishes_on: date | None
    is_mine: bool
    is_active: bool
    health_order: int
    stale_since: date | None = None
    trend: Sparkline | None = None


_WORST_FIRST = {"bad": 0, "warn": 1, "ok": 2, "none": 3}


def currency_of(actor: Actor) -> str:
    """The currency the firm keeps its own figures in."""
    return reading.firm_currency(actor.tenant_id)


def sight(actor: Actor, project: Project) -> Sight:
    """What the actor may see of a project; `project.manager` must be loaded."""
    owner = project.manager.membership_id
    return Sight(
        cost=policies.may_see_cost(actor, manager_membership_id=owner),
        bill=policies.may_see_bill(actor, manager_membership_id=owner),
    )


def may_see_cost_somewhere(actor: Actor) -> bool:
    """Whether cost columns exist for the actor at all; each row decides again."""
    wanted = (PricingPermission.VIEW_COST_RATES, PricingPermission.VIEW_COST_RATES_OWN)
    return any(actor.has(p) for p in wanted)


def may_see_bill_somewhere(actor: Actor) -> bool:
    """Whether contract values and unbilled work exist for the actor at all."""
    wanted = (PricingPermission.VIEW_BILL_RATES, PricingPermission.VIEW_BILL_RATES_OWN)
    return any(actor.has(p) for p in wanted)


def project_rows(*, actor: Actor, as_of: date) -> list[ProjectRow]:
    """Every project the actor may open, with its figures. Eleven queries; seven more with prices."""
    projects = list(
        policies.visible_to(actor)
        .select_related("manager", "account", "contracting_unit")
        .order_by("code")
    )
    trends = spi_trends([project.pk for project in projects], as_of=as_of)
    return [
        replace(row, trend=trends.get(row.id) if row.spi is not None else None)
        for row in rows_of(projects, actor=actor, as_of=as_of)
    ]


def project_rows_of_contract(*, actor: Actor, contract_id: int, as_of: date) -> list[ProjectRow]:
    """The projects of a contract that the actor may open, by number. Raises  NotFound."""
    contract = contracts_visible_to(actor).filter(pk=contract_id)
    if not contract.exists():
        raise NotFound("There is no such contract, or it is not yours to see.")
    projects = list(
        policies.visible_to(actor)
        .filter(contract_id=contract_id)
        .select_related("manager", "account", "contracting_unit")
        .order_by("code")
    )
    return rows_of(projects, actor=actor, as_of=as_of)


def my_project_rows(*, actor: Actor, as_of: date) -> list[ProjectRow]:
    """The open projects the actor manages, worst health first."""
    active = (Project.Status.PLANNING, Project.Status.IN_DELIVERY, Project.Status.ON_HOLD)
    projects = list(
        Project.objects.filter(manager__membership_id=actor.membership_id, status__in=active)
        .select_related("manager", "account", "contracting_unit")
        .order_by("code")
    )
    rows = rows_of(projects, actor=actor, as_of=as_of)
    return sorted(rows, key=lambda row: (row.health_order, row.code))


def rows_of(projects: Sequence[Project], *, actor: Actor, as_of: date) -> list[ProjectRow]:
    """The rows of these projects; `manager`, `account` and `contracting_unit` must be loaded."""
    found = figures_of(projects, as_of=as_of, currency=currency_of(actor))
    return [_row(project, found[project.pk], actor) for project in projects]


def said_health(project: Project, figures: ProjectFigures) -> str:
    """The manager's word on health; until they said something, what the figures say."""
    return figures.health.overall if project.health == NOT_STARTED else project.health


def _row(project: Project, figures: ProjectFigures, actor: Actor) -> ProjectRow:
    seen = sight(actor, project)
    said = said_health(project, figures)
    unbilled = figures.unbilled[0] if len(figures.unbilled) == 1 else None
    return ProjectRow(
        id=project.pk,
        code=project.code,
        name=project.name,
        account_name=project.account.name if project.account else "Internal",
        manager_name=project.manager.name,
        unit_name=project.contracting_unit.name,
        status=project.status,
        health=said,
        computed_health=figures.health.overall,
        complete_percent=figures.complete_percent,
        contract=figures.contract if seen.bill else None,
        eac=figures.eac if seen.cost else None,
        over_percent=figures.over_percent if seen.cost else None,
        spi=figures.spi if seen.cost else None,
        cpi=figures.value.cpi if seen.cost and figures.value else None,
        unbilled=unbilled if seen.bill else None,
        starts_on=project.starts_on,
        ends_on=project.ends_on,
        finishes_on=figures.total.finishes_on,
        is_mine=policies.is_manager(project, actor),
        is_active=project.status in policies.BOOKABLE or project.status == Project.Status.ON_HOLD,
        health_order=_WORST_FIRST[said],
        stale_since=figures.stale_since,
    )


def ends_within(row: ProjectRow, *, as_of: date, days: int) -> bool:
    """Whether an active project ends in the coming days (or should have ended)."""
    return row.is_active and row.ends_on is not None and row.ends_on <= as_of + timedelta(days=days)
