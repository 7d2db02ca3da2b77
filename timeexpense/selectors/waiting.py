"""How much waits for an approver: time, expenses and journeys, for the badge and the tabs."""

from datetime import date
from functools import partial
from typing import Any

from django.db.models import Count, Value

from psa.core.actor import Actor
from psa.core.org import selectors as org
from psa.core.tenancy import compiled, reading
from timeexpense import policies
from timeexpense.models import ExpenseEntry, TimeEntry

from .approvals import NOTHING_FOUND, decidable_entries
from .travel import decidable_journeys

NOTHING = {"time": 0, "expense": 0, "travel": 0}


def waiting_count(actor: Actor) -> int:
    """How much waits for the actor, for the badge. Two queries."""
    return reading.once(waiting_key(actor), lambda: sum(waiting_counts(actor).values()))


def waiting_counts(actor: Actor) -> dict[str, int]:
    """How many hours, expenses and journeys wait for the actor, by kind. Two queries."""

    def count() -> dict[str, int]:
        parameters = org.parameters_if_set()
        own_too = parameters is not None and parameters.self_approval_allowed
        found = compiled.rows(
            ("timeexpense.waiting_counts", own_too),
            partial(_counts, own_too),
            actor.membership_id,
            *policies.stands_in_for(actor),
        )
        return NOTHING | dict(found)

    return reading.once(("timeexpense.waiting_counts", actor.membership_id), count)


def waiting_key(actor: Actor) -> tuple[str, int]:
    """Under which a page keeps the count, should it know it already."""
    return ("timeexpense.waiting", actor.membership_id)


def past_cutoff_count(*, actor: Actor, before: date) -> int:
    """How many entries of days before this one wait for the actor. One query."""
    parameters = org.parameters_if_set()
    own_too = parameters is not None and parameters.self_approval_allowed
    found = compiled.rows(
        ("timeexpense.past_cutoff", own_too),
        partial(_before, own_too),
        before,
        actor.membership_id,
        *policies.stands_in_for(actor),
    )
    return sum(count for _, count in found)


def kinds_with_exceptions(actor: Actor) -> frozenset[str]:
    """Of which kinds something waits that is to be looked at. One query."""
    parameters = org.parameters_if_set()
    own_too = parameters is not None and parameters.self_approval_allowed
    found = compiled.rows(
        ("timeexpense.waiting_exceptions", own_too),
        partial(_exceptions, own_too),
        actor.membership_id,
        *policies.stands_in_for(actor),
    )
    return frozenset(kind for kind, count in found if count)


def _exceptions(own_too: bool, *members: int) -> Any:
    return _count_of(
        time=decidable_entries(TimeEntry, own_too, *members).exclude(NOTHING_FOUND),
        expense=decidable_entries(ExpenseEntry, own_too, *members).exclude(NOTHING_FOUND),
    )


def _before(own_too: bool, day: date, *members: int) -> Any:
    return _count_of(
        time=decidable_entries(TimeEntry, own_too, *members).filter(work_on__lt=day),
        expense=decidable_entries(ExpenseEntry, own_too, *members).filter(spent_on__lt=day),
    )


def _counts(own_too: bool, *members: int) -> Any:
    return _count_of(
        time=decidable_entries(TimeEntry, own_too, *members),
        expense=decidable_entries(ExpenseEntry, own_too, *members),
        travel=decidable_journeys(own_too, *members),
    )


def _count_of(**waiting: Any) -> Any:
    """A row for each kind: the kind, and how many wait."""
    first, *others = (
        rows.order_by()
        .values(entry_kind=Value(kind))
        .annotate(waiting=Count("id"))
        .values_list("entry_kind", "waiting")
        for kind, rows in waiting.items()
    )
    return first.union(*others, all=True)
