"""What each request of a member reads beside the member, in the message that asks for them."""

from collections.abc import Callable, Hashable
from typing import Any

from django.db.models import QuerySet

from psa.core.tenancy import compiled
from psa.core.tenancy.compiled import Question

from .models import Membership

# Of members, given as a queryset of one; or of the tenant, whoever asks.
_of_member: dict[Hashable, Callable[["QuerySet[Membership]"], "QuerySet[Any]"]] = {}
_of_tenant: dict[Hashable, Callable[[], "QuerySet[Any]"]] = {}


def register_of_member(
    name: Hashable, build: Callable[["QuerySet[Membership]"], "QuerySet[Any]"]
) -> None:
    """Read `build(members)` with each request; it compiles as `psa.core.tenancy.compiled` says."""
    _of_member[name] = build


def register_of_tenant(name: Hashable, build: Callable[[], "QuerySet[Any]"]) -> None:
    """Read `build()` with each request."""
    _of_tenant[name] = build


def questions(
    by: str, members: Callable[[Any], "QuerySet[Membership]"], value: compiled.Value
) -> dict[Hashable, Question]:
    """What to ask beside the one member among `members(value)`, in the open tenant; `by` names how
    they are found.
    """
    of_member = {
        name: compiled.question((name, by), lambda one, build=build: build(members(one)), value)
        for name, build in _of_member.items()
    }
    return of_member | {name: compiled.question(name, build) for name, build in _of_tenant.items()}
