"""Whose decision an entry needs: the usual approver, or what the firm's routing rules say."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

PROJECT: Final = "project"
MANAGER: Final = "manager"
ROUTE: Final = "route"
FIRST_LEVEL: Final = 1
LAST_LEVEL: Final = 3


@dataclass(frozen=True, slots=True)
class Route:
    """A routing rule; what is empty or None asks for nothing.

    `amount_over` is of expenses, in the currency of the project's legal entity.
    """

    id: int
    level: int
    position: int
    entry_kind: str = ""
    category_id: int | None = None
    unit_id: int | None = None
    legal_entity_id: int | None = None
    amount_over: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RoutedEntry:
    """What routing asks of an entry.

    `unit_ids` are the person's unit and those above it. `amount` is an expense's, with tax, in the
    currency of the project's legal entity; None for time, and where no exchange rate is known.
    `has_other_approvers`: somebody may decide on this person's work for the project.
    """

    kind: str
    is_internal: bool
    has_manager: bool
    has_named_approvers: bool
    category_id: int | None
    unit_ids: tuple[int, ...]
    legal_entity_id: int
    amount: Decimal | None = None
    has_other_approvers: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One decision: at which level, whose, and the rule that says so, if one does."""

    level: int
    awaits: str
    route_id: int | None = None


def fits(route: Route, entry: RoutedEntry) -> bool:
    """Whether a rule is about an entry.

    An expense whose amount is not known in the entity's currency fits every threshold: what cannot
    be told goes to the stricter desk. Time has no amount and fits none.
    """
    if route.entry_kind and route.entry_kind != entry.kind:
        return False
    if route.category_id is not None and route.category_id != entry.category_id:
        return False
    if route.unit_id is not None and route.unit_id not in entry.unit_ids:
        return False
    if route.legal_entity_id is not None and route.legal_entity_id != entry.legal_entity_id:
        return False
    if route.amount_over is None:
        return True
    if entry.kind != "expense":
        return False
    return entry.amount is None or entry.amount > route.amount_over


def usual(entry: RoutedEntry) -> str:
    """Who decides when no rule says otherwise: the project's approvers, or the person's manager.

    Work that is for no customer is the manager's, unless the project names approvers of its own or
    the person has no manager who could decide. So is the work of a project's only approver, who
    decides on nothing of their own.
    """
    is_managers = entry.is_internal and not entry.has_named_approvers
    if entry.has_manager and (is_managers or not entry.has_other_approvers):
        return MANAGER
    return PROJECT


def steps_of(entry: RoutedEntry, routes: Sequence[Route]) -> tuple[Step, ...]:
    """The decisions an entry needs, in their order; at least one.

    At each level the first rule that fits counts, by position and then by age. At level 1 it takes
    the place of the usual approver, at further levels it adds a decision.
    Source  docs/rules/timeexpense.md, T-10.
    """
    first: dict[int, Route] = {}
    for route in sorted(routes, key=lambda one: (one.position, one.id)):
        if route.level not in first and fits(route, entry):
            first[route.level] = route
    start = first.pop(FIRST_LEVEL, None)
    opening = (
        Step(FIRST_LEVEL, usual(entry)) if start is None else Step(FIRST_LEVEL, ROUTE, start.id)
    )
    return (opening, *(Step(level, ROUTE, first[level].id) for level in sorted(first)))


def next_step(steps: Sequence[Step], *, level: int) -> Step | None:
    """The decision that follows one of `level`, if any."""
    return next((step for step in steps if step.level > level), None)
