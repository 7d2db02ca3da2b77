"""The lists of this room: projects, milestones, and a project's actuals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse

from psa.core.access.permissions import LedgerPermission
from psa.core.actor import Actor
from psa.core.ledger.rules.types import ActualType, TransactionClass
from psa.core.pricing.page_selectors import trace_url
from psa.core.web import states
from psa.core.web.forms import DateField
from psa.core.web.lists import (
    Action,
    BulkAction,
    ChoiceFilter,
    Column,
    DateRangeFilter,
    Edit,
    Empty,
    ListSpec,
    TextFilter,
    View,
)
from psa.core.web.states import State

from .models import Project
from .permissions import ProjectsPermission
from .rules.sparkline import Sparkline
from .selectors import choices
from .selectors.milestones import MilestoneRow
from .selectors.page_rows import ProjectHead
from .selectors.projects import (
    ProjectRow,
    ends_within,
    may_see_bill_somewhere,
    may_see_cost_somewhere,
)

STATUS_STATES: dict[str, State] = {
    Project.Status.PLANNING: State("Planning", icon="circle-dashed"),
    Project.Status.IN_DELIVERY: State("In delivery", "go", icon="progress"),
    Project.Status.ON_HOLD: states.ON_HOLD,
    Project.Status.COMPLETED: State("Completed", "ok", icon="circle-check"),
    Project.Status.CLOSED: states.CLOSED,
}
TYPE_STATES: dict[str, State] = {
    ActualType.COST: State("Cost", icon="circle-minus"),
    ActualType.UNBILLED_SALES: State("Unbilled", "go", icon="progress"),
    ActualType.BILLED_SALES: State("Billed", "ok", icon="circle-check"),
    ActualType.PARKED_SALES: State("Over the limit", "warn", icon="clock-pause"),
    ActualType.RETAINER_CONSUMPTION: State("Retainer", icon="circle-check"),
    ActualType.INTER_ORGANISATION_SALES: State("Internal sale", icon="send"),
    ActualType.RESOURCING_UNIT_COST: State("Resourcing cost", icon="circle-minus"),
}
CLASSES = [(c.value, c.value.capitalize()) for c in TransactionClass]
FORECAST_STATES = {"stale": State("Stale", "warn", icon="clock-exclamation")}
QUARTER_DAYS = 92


class _Drawn(str):
    """A sparkline in a cell; in an export its words."""

    line: Sparkline

    def __html__(self) -> str:
        return render_to_string("projects/_spark.html", {"line": self.line})


def _trend(row: ProjectRow) -> str | None:
    if row.trend is None:
        return None
    drawn = _Drawn(row.trend.words)
    drawn.line = row.trend
    return drawn


def _stale(row: ProjectRow) -> str | None:
    return "stale" if row.stale_since is not None else None


def _is_active(row: ProjectRow) -> bool:
    return row.is_active


def _is_mine(row: ProjectRow) -> bool:
    return row.is_mine and row.is_active


def _is_at_risk(row: ProjectRow) -> bool:
    return row.is_active and row.health in ("warn", "bad")


def _is_stale(row: ProjectRow) -> bool:
    return row.stale_since is not None


def _is_off_track(row: ProjectRow) -> bool:
    return row.is_active and row.health == "bad"


def _manager_field(_request: Any) -> forms.Field:
    return forms.TypedChoiceField(choices=choices.managers(), coerce=int)


def _columns(actor: Actor) -> tuple[Column, ...]:
    """Those of the list, amounts only for who may see some."""
    columns = [
        Column("health", "Health", kind="health", sort="health_order"),
        Column(
            "name", "Project", kind="link", sort="name",
            edit=Edit(lambda _: forms.CharField(max_length=160)),
        ),
        Column("code", "Code", kind="code", sort="code", shown=False),
        Column("account_name", "Customer", sort="account_name"),
        Column(
            "manager_name", "Manager", sort="manager_name", phone=False,
            edit=Edit(_manager_field, name="manager_id"),
        ),
        Column("status", "State", kind="state", states=STATUS_STATES, sort="status", shown=False),
        Column("complete_percent", "Complete", kind="meter", sort="complete_percent"),
        Column("stale", "Forecast", kind="flag", states=FORECAST_STATES, value=_stale, phone=False),
    ]  # fmt: skip
    if may_see_bill_somewhere(actor):
        columns.append(
            Column("contract", "Contract", kind="money", sort="contract", total=True, places=0)
        )
    if may_see_cost_somewhere(actor):
        columns += [
            Column(
                "eac", "EAC", kind="money", sort="eac", places=0,
                hint="Cost at completion, in the firm's own currency",
            ),
            Column("over_percent", "vs budget", kind="percent", sort="over_percent"),
            Column("spi", "SPI", kind="number", sort="spi", places=2,
                   hint="Earned ÷ planned: below 1 is behind schedule"),
            Column("trend", "Trend", value=_trend, phone=False,
                   hint="SPI by week over the last quarter"),
            Column("cpi", "CPI", kind="number", sort="cpi", places=2,
                   hint="Earned ÷ cost: below 1 costs more than it earns"),
        ]  # fmt: skip
    if may_see_bill_somewhere(actor):
        columns.append(
            Column("unbilled", "Unbilled", kind="money", sort="unbilled", total=True, places=0)
        )
    columns += [
        Column("unit_name", "Unit", sort="unit_name", shown=False),
        Column("starts_on", "Starts", kind="date", sort="starts_on", shown=False),
        Column(
            "ends_on", "Ends", kind="date", sort="ends_on",
            edit=Edit(lambda _: DateField(required=False)),
        ),
    ]  # fmt: skip
    return tuple(columns)


def projects_list(actor: Actor, *, as_of: date) -> ListSpec:
    """The list as this person may see it: amounts are columns only for who may see some."""
    return ListSpec(
        key="projects",
        title="Projects",
        noun=("project", "projects"),
        crumbs=(("Plan", None),),
        columns=_columns(actor),
        filters=(
            ChoiceFilter("status", "State", choices=Project.Status.choices),
            ChoiceFilter("health", "Health", choices=Project.Health.choices),
            TextFilter("unit_name", "Unit"),
            TextFilter("manager_name", "Manager"),
            DateRangeFilter("ends_on", "Ends"),
        ),
        views=(
            View("active", "Active", keep=_is_active, count=True),
            View("mine", "Mine", keep=_is_mine, count=True),
            View("risk", "At risk", keep=_is_at_risk, count=True),
            View("off", "Off track", keep=_is_off_track, count=True),
            View("stale", "Stale forecast", keep=_is_stale, count=True),
            View("profit", "My projects’ profitability", keep=_is_mine, order="-over_percent"),
            View("ending", "Ends this quarter", count=True,
                 keep=partial(ends_within, as_of=as_of, days=QUARTER_DAYS)),
            View("all", "All"),
        ),
        search=("name", "code", "account_name"),
        search_label="Filter by name, code or customer",
        order="health_order",
        row_url=_project_url,
        edit_url=lambda row: _cell_url(row, actor),
        bulk=tuple(
            BulkAction(label, url_name, permission=permission, icon=icon, tells_each=True)
            for permission in _bulk_permission(actor)
            for label, url_name, icon in (
                ("Start delivery", "projects:projects_start", "player-play"),
                ("Complete", "projects:projects_complete", "circle-check"),
            )
        ),
        actions=(
            Action("New project", "projects:project_create", permission=ProjectsPermission.CREATE,
                   key="c", icon="plus", primary=True),
            Action("Import a plan", "projects:plan_import", permission=ProjectsPermission.CREATE,
                   icon="upload"),
        ),
        empty=Empty(
            "No projects here yet",
            "A project comes from a won quote, or is made directly.",
            "New project", "projects:project_create", permission=ProjectsPermission.CREATE,
            icon="list-tree",
        ),
    )  # fmt: skip


def _bulk_permission(actor: Actor) -> list[str]:
    """The right by which the actor changes projects, if any: one button per action, not two."""
    rights = (ProjectsPermission.MANAGE_ALL, ProjectsPermission.MANAGE_OWN)
    return [right.value for right in rights if actor.has(right)][:1]


def _cell_url(row: ProjectRow, actor: Actor) -> str | None:
    """Where a cell is changed: of one's own projects, or all, unless they are closed."""
    is_own = row.is_mine and actor.has(ProjectsPermission.MANAGE_OWN)
    may = is_own or actor.has(ProjectsPermission.MANAGE_ALL)
    is_closed = row.status == Project.Status.CLOSED
    return reverse("projects:project_cell", args=[row.id]) if may and not is_closed else None


def _project_url(row: ProjectRow) -> str:
    return reverse("projects:project", args=[row.id])


def _milestone_url(row: MilestoneRow) -> str:
    return reverse("projects:plan", args=[row.project_id]) + f"#task-{row.id}"


MILESTONES = ListSpec(
    key="milestones",
    title="Milestones",
    noun=("milestone", "milestones"),
    crumbs=(("Plan", None),),
    columns=(
        Column("state", "State", kind="state", states={
            "overdue": states.OVERDUE,
            "soon": State("Due soon", "warn", icon="clock-exclamation"),
            "planned": states.PLANNED,
            "done": states.DONE,
        }, sort="state"),
        Column("name", "Milestone", kind="link", sort="name"),
        Column("baseline_on", "Baseline", kind="date", sort="baseline_on", phone=False),
        Column("due_on", "Planned", kind="date", sort="due_on"),
        Column("actual_on", "Actual", kind="date", sort="actual_on", phone=False),
        Column("slip_days", "Slip", kind="number", places=0, phone=False,
               hint="Days later than the baseline"),
        Column("open_before", "Open before", kind="number", sort="open_before", places=0,
               phone=False, hint="Unfinished tasks that it waits for"),
        Column("project_name", "Project", sort="project_name"),
        Column("account_name", "Customer", sort="account_name", phone=False),
        Column("manager_name", "Manager", sort="manager_name", phone=False),
    ),
    filters=(
        DateRangeFilter("due_on", "Planned"),
        TextFilter("project_name", "Project"),
        TextFilter("manager_name", "Manager"),
    ),
    views=(
        View("open", "Open", keep=lambda row: row.state != "done", count=True),
        View("overdue", "Overdue", keep=lambda row: row.state == "overdue", count=True),
        View("risk", "At risk", keep=lambda row: row.is_at_risk, count=True),
        View("soon", "Next two weeks", keep=lambda row: row.state == "soon", count=True),
        View("all", "All"),
    ),
    search=("name", "project_name", "account_name"),
    search_label="Filter by milestone, project or customer",
    order="due_on",
    row_url=_milestone_url,
    empty=Empty("No milestones yet", "Mark a task of a plan as a milestone.", icon="flag"),
)  # fmt: skip


def actuals_list(
    head: ProjectHead,
    phases: list[tuple[str, str]],
    *,
    actor: Actor,
    types: Sequence[str] = (),
) -> ListSpec:
    """A project's ledger rows; amounts exist only for who may see them, each with its why.

    Cost and sales are summed apart, and an hour counts once, however many rows it has: as cost, for
    who sees sales alone as those. What is in neither is summed where one of the `types` is asked for.
    """
    is_one_type = len(set(types)) == 1
    sight = head.sight
    hours = "sales_minutes" if sight.bill and not sight.cost else "cost_minutes"

    def why(row: Any) -> str | None:
        return trace_url(row.price_trace_id, actor=actor) if row.price_trace_id else None

    def record(row: Any) -> str | None:
        return reverse("ledger:actual", args=[row.pk])

    opens = actor.has(LedgerPermission.VIEW_ACTUALS)
    columns = [
        Column("work_on", "Date", kind="date", sort="work_on", url=record if opens else None),
        Column("actual_type", "Type", kind="state", states=TYPE_STATES, sort="actual_type"),
        Column("resource_name", "Person", kind="person", phone=False),
        Column("task_name", "Task"),
        Column("description", "Description", phone=False),
        Column("role_name", "Role", shown=False),
        Column("transaction_class", "Class", sort="transaction_class", shown=False),
        Column("billing_type", "Billing", sort="billing_type", shown=False),
        Column(
            "minutes", "Hours", kind="hours", sort="minutes", total=True if is_one_type else hours
        ),
    ]

    def amount(key: str, label: str, *, total: bool, shown: bool = True) -> Column:
        return Column(
            key, label, kind="money", currency="currency", sort="amount", total=total, shown=shown
        )

    if sight.cost or sight.bill:
        columns.append(
            Column("price", "Price", kind="money", currency="currency", sort="price", why=why)
        )
    if sight.cost:
        columns.append(amount("cost_amount", "Cost", total=True))
    if sight.bill:
        columns += [
            amount("sales_amount", "Sales", total=True),
            amount("other_amount", "Other", total=is_one_type),
        ]
    if sight.cost or sight.bill:
        columns.append(amount("amount", "Amount", total=is_one_type, shown=False))
    columns += [
        Column("posted_on", "Posted", kind="date", sort="posted_on", shown=False),
        Column("id", "Actual", kind="number", sort="id", shown=False),
    ]
    kinds = [(t.value, TYPE_STATES[t].label) for t in ActualType]
    return replace(
        _ACTUALS,
        columns=tuple(columns),
        filters=(
            ChoiceFilter("actual_type", "Type", choices=kinds),
            ChoiceFilter("phase", "Phase", choices=phases),
            ChoiceFilter("transaction_class", "Class", choices=CLASSES),
            DateRangeFilter("work_on", "Date"),
            TextFilter("resource_name", "Person"),
            TextFilter("task_name", "Task"),
        ),
    )


_ACTUALS = ListSpec(
    key="project-actuals",
    title="Time and cost",
    noun=("row", "rows"),
    columns=(),
    search=("description",),
    search_label="Filter by description",
    order="-work_on",
    empty=Empty("Nothing posted yet", "Approved time and expenses appear here.", icon="clock"),
)
