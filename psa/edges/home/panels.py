"""Short tables below what needs the reader: the next in line of each, each leading to its list.

Those that read a lot come by an address of their own, after the page; the others stand in it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

from moneyed import Money

from billing.permissions import BillingPermission
from billing.selectors.leakage import UnbilledRow
from projects.permissions import ProjectsPermission
from projects.selectors import bookable_projects
from projects.selectors.projects import ProjectRow, project_rows
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.errors import NotFound
from psa.core.org.models import Resource
from psa.core.web.formats import day_text, hours_text, money_text, percent_text
from resources.availability import WEEK, WEEKS, availability, first_week
from resources.permissions import ResourcesPermission
from sales.selectors.opportunities import StageColumn
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors.utilisation import last_week, utilisation_by_unit

from .addresses import address

MOST: Final = 6
HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is written, and whether it is a bad one."""

    text: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    title: str
    detail: str
    url: str
    cells: tuple[Cell, ...] = ()
    health: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A titled table; `heads` name the numbers, `empty` says why there are no lines."""

    key: str
    title: str
    url: str
    link: str
    first_head: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    note: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class PanelToCome:
    """A panel that the page fetches when it stands; `url` is its list, for who has no script."""

    key: str
    title: str
    source: str
    url: str


def panels(
    *,
    actor: Actor,
    me: Resource | None,
    columns: Sequence[StageColumn],
    unbilled: Sequence[UnbilledRow],
    has_projects: bool,
    today: date,
) -> tuple[Panel, ...]:
    """Those of the reader's role. `columns` and `unbilled` were read for the figures already."""
    return tuple(_panels(actor, me, columns, unbilled, has_projects, today))


def _panels(
    actor: Actor,
    me: Resource | None,
    columns: Sequence[StageColumn],
    unbilled: Sequence[UnbilledRow],
    has_projects: bool,
    today: date,
) -> Iterator[Panel]:
    if unbilled and actor.has(BillingPermission.PROPOSE):
        yield _to_bill(unbilled, today)
    if columns:
        yield _deals(columns)
    if actor.has(AccessPermission.VIEW_AUDIT) and actor.has(AccessPermission.MANAGE_USERS):
        yield _changes(actor)
    leads = actor.has(ProjectsPermission.VIEW) or actor.has(TimeExpensePermission.APPROVE)
    if me is not None and not has_projects and not columns and not leads:
        yield _own_work(me, today)


def _to_bill(rows: Sequence[UnbilledRow], today: date) -> Panel:
    waiting = [row for row in rows if not row.is_in_proposal and row.amount > 0]
    waiting.sort(key=lambda row: (row.oldest_on, row.contract))
    return Panel(
        key="to-bill",
        title="Ready to invoice",
        url=address("billing:run_list"),
        link="Billing runs",
        first_head="Contract",
        heads=("Waiting since", "Days", "Unbilled"),
        lines=tuple(
            Line(
                row.contract,
                row.customer,
                address("sales:contract", row.contract_id),
                (
                    Cell(day_text(row.oldest_on)),
                    Cell(str((today - row.oldest_on).days), (today - row.oldest_on).days > 60),
                    Cell(money_text(row.amount, row.currency)),
                ),
            )
            for row in waiting[:MOST]
        ),
        note=_of(len(waiting)),
        empty="All approved work stands in a proposal or has been invoiced.",
    )


def _deals(columns: Sequence[StageColumn]) -> Panel:
    cards = [(card, column) for column in columns for card in column.cards]
    cards.sort(key=lambda pair: (pair[0].close_on, pair[0].number))
    return Panel(
        key="deals",
        title="Closing next",
        url=address("sales:opportunity_list"),
        link="Opportunities",
        first_head="Opportunity",
        heads=("Stage", "Closes", "Amount"),
        lines=tuple(
            Line(
                card.name,
                f"{card.account_name}, {card.owner_name}",
                address("sales:opportunity", card.id),
                (
                    Cell(column.name),
                    Cell(day_text(card.close_on), card.is_overdue),
                    Cell(money_text(card.amount.amount, card.amount.currency.code, 0)),
                ),
            )
            for card, column in cards[:MOST]
        ),
        note=_of(len(cards)),
        empty="There is no open opportunity.",
    )


def _changes(actor: Actor) -> Panel:
    rows = audit.entries(actor=actor).order_by("-id")[:MOST]
    return Panel(
        key="changes",
        title="Latest changes",
        url=address("audit:entry_list"),
        link="Audit trail",
        first_head="What was done",
        heads=("On",),
        lines=tuple(
            Line(
                row["sentence"],
                row["actor__name"] or "System",
                address("audit:entry", row["id"]),
                (Cell(day_text(row["at"].date())),),
            )
            for row in rows
        ),
        empty="Nothing was changed yet.",
    )


def _own_work(me: Resource, today: date) -> Panel:
    projects = sorted(
        bookable_projects(me.pk, today), key=lambda project: (not project.tasks, project.code)
    )
    return Panel(
        key="work",
        title="What I work on",
        url=address("timeexpense:week"),
        link="My week",
        first_head="Project",
        heads=("Open tasks",),
        lines=tuple(
            Line(
                project.name,
                project.account_name or "Internal",
                address("timeexpense:week"),
                (Cell(str(sum(not task.is_summary for task in project.tasks))),),
            )
            for project in projects[:MOST]
        ),
        note=_of(len(projects)),
        empty="You are on no team at present. A project manager adds you to one.",
    )


def panels_to_come(actor: Actor) -> tuple[PanelToCome, ...]:
    return tuple(
        PanelToCome(key, one.title, address(f"home:panel_{key}"), address(one.list_name))
        for key, one in LATER.items()
        if all(actor.has(permission) for permission in one.permissions)
    )


def panel_of(key: str, *, actor: Actor, today: date) -> Panel:
    """One of those that come later. Raises  NotFound when it is not the actor's."""
    one = LATER[key]
    if not all(actor.has(permission) for permission in one.permissions):
        raise NotFound("There is no such part of your home page.")
    return one.read(actor, today)


def _off_track(actor: Actor, today: date) -> Panel:
    """The running projects that are worst off, by what their manager or the figures say."""
    rows = [row for row in project_rows(actor=actor, as_of=today) if row.is_active]
    watched = [row for row in rows if _worst(row) in ("bad", "warn")]
    watched.sort(key=lambda row: (_worst(row) != "bad", row.code))
    sees_cost = any(row.eac is not None or row.spi is not None for row in rows)
    return Panel(
        key="projects",
        title="Projects to look at",
        url=address("projects:project_list"),
        link="Projects",
        first_head="Project",
        heads=(*(("vs budget", "SPI", "EAC") if sees_cost else ()), "Complete", "Ends"),
        lines=tuple(
            Line(
                row.name,
                f"{row.account_name}, {row.manager_name}",
                address("projects:project", row.id),
                (*(_cost_cells(row) if sees_cost else ()), *_progress_cells(row, today)),
                _worst(row),
            )
            for row in watched[:MOST]
        ),
        note=f"{len(watched)} of {len(rows)} running",
        empty="All running projects are on track.",
    )


def _cost_cells(row: ProjectRow) -> tuple[Cell, ...]:
    return (
        Cell(_signed(row.over_percent), (row.over_percent or 0) >= 15),
        Cell(_index(row.spi), row.spi is not None and row.spi < Decimal("0.9")),
        Cell(_money(row.eac)),
    )


def _progress_cells(row: ProjectRow, today: date) -> tuple[Cell, ...]:
    ends_on = row.ends_on
    return (
        Cell(percent_text(row.complete_percent / HUNDRED, 0)),
        Cell(day_text(ends_on) if ends_on else "–", ends_on is not None and ends_on < today),
    )


def _worst(row: ProjectRow) -> str:
    said = (row.health, row.computed_health)
    return next((health for health in ("bad", "warn", "ok") if health in said), "none")


def _utilisation(actor: Actor, today: date) -> Panel:
    from_on, until_on = last_week(today)
    units = utilisation_by_unit(from_on=from_on, until_on=until_on)
    chargeable = sum(unit.chargeable_minutes for unit in units)
    capacity = sum(unit.capacity_minutes for unit in units)
    share = percent_text(Decimal(chargeable) / capacity) if capacity else "–"
    return Panel(
        key="utilisation",
        title="Utilisation last week",
        url=address("resources:availability_list"),
        link="Availability",
        first_head="Unit",
        heads=("Chargeable", "Capacity", "Utilisation"),
        lines=tuple(
            Line(
                unit.name,
                "",
                f"{address('resources:person_list')}?{urlencode({'f.org_unit__name': unit.name})}",
                (
                    Cell(hours_text(unit.chargeable_minutes)),
                    Cell(hours_text(unit.capacity_minutes)),
                    Cell("–" if unit.percent is None else percent_text(unit.percent / HUNDRED)),
                ),
            )
            for unit in units
        ),
        note=f"{share}, week from {day_text(from_on)}",
        empty="Nobody had working hours last week.",
    )


def _capacity(actor: Actor, today: date) -> Panel:
    start = first_week(today)
    hours: dict[str, list[int]] = defaultdict(lambda: [0] * WEEKS)
    people: dict[str, int] = defaultdict(int)
    for row in availability(from_on=start):
        people[row.unit_name] += 1
        for at, minutes in enumerate((row.week_1, row.week_2, row.week_3, row.week_4)):
            hours[row.unit_name][at] += minutes
    return Panel(
        key="capacity",
        title="Free hours of the next four weeks",
        url=address("resources:availability_list"),
        link="Availability",
        first_head="Unit",
        heads=tuple(day_text(start + at * WEEK) for at in range(WEEKS)),
        lines=tuple(
            Line(
                unit,
                f"{people[unit]} {'person' if people[unit] == 1 else 'people'}",
                f"{address('resources:availability_list')}?{urlencode({'q': unit})}",
                tuple(Cell(hours_text(minutes)) for minutes in hours[unit]),
            )
            for unit in sorted(hours)
        ),
        note="after holidays, leave and hard bookings",
        empty="Nobody is bookable.",
    )


@dataclass(frozen=True, slots=True)
class _Later:
    title: str
    list_name: str
    permissions: tuple[str, ...]
    read: Callable[[Actor, date], Panel]


LATER: Final[dict[str, _Later]] = {
    "capacity": _Later(
        "Free hours of the next four weeks",
        "resources:availability_list",
        (ResourcesPermission.MANAGE,),
        _capacity,
    ),
    "projects": _Later(
        "Projects to look at",
        "projects:project_list",
        (ProjectsPermission.VIEW, ResourcesPermission.VIEW),
        _off_track,
    ),
    "utilisation": _Later(
        "Utilisation last week",
        "resources:availability_list",
        (ProjectsPermission.VIEW, ResourcesPermission.VIEW),
        _utilisation,
    ),
}


def _of(count: int) -> str:
    return f"{MOST} of {count}" if count > MOST else ""


def _signed(percent: Decimal | None) -> str:
    if percent is None:
        return "–"
    sign = "+" if percent > 0 else ""
    return f"{sign}{percent_text(percent / HUNDRED)}"


def _index(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _money(amount: Money | None) -> str:
    return "–" if amount is None else money_text(amount.amount, amount.currency.code, 0)
