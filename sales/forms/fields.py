"""Choices that several forms of the room offer."""

from typing import Any

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.money.models import FxRate
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, Resource, TransactionCategory

Choices = list[tuple[Any, str]]


def optional_id(value: str | int | None) -> int | None:
    """A choice's value as an id; blank is None."""
    return int(value) if value else None


def currency_choices() -> Choices:
    """The firm's own currencies first, then those with an exchange rate."""
    own = list(LegalEntity.objects.order_by("id").values_list("currency", flat=True))
    rates = (
        FxRate.objects.filter(rate_type="spot")
        .order_by()
        .values_list("from_currency", "to_currency")
        .distinct()
    )
    rated = sorted({code for pair in rates for code in pair})
    return [(code, code) for code in dict.fromkeys([*own, *rated])]


def member_choices(*, blank: str | None = None) -> Choices:
    first: Choices = [] if blank is None else [("", blank)]
    members = Membership.objects.filter(is_active=True).order_by("name")
    return [*first, *members.values_list("pk", "name")]


def unit_choices(*, blank: str | None = None) -> Choices:
    first: Choices = [] if blank is None else [("", blank)]
    return [*first, *OrgUnit.objects.order_by("name").values_list("pk", "name")]


def own_unit_id(actor: Actor) -> int | None:
    """The unit of the person that the actor is: who sells mostly sells for it. One query."""
    found: int | None = (
        Resource.objects.filter(membership_id=actor.membership_id)
        .values_list("org_unit_id", flat=True)
        .first()
    )
    return found


def role_choices(*, blank: str | None = None) -> Choices:
    first: Choices = [] if blank is None else [("", blank)]
    roles = JobRole.objects.filter(is_active=True).order_by("name")
    return [*first, *roles.values_list("pk", "name")]


def category_choices(*, blank: str | None = None) -> Choices:
    first: Choices = [] if blank is None else [("", blank)]
    rows = TransactionCategory.objects.filter(is_active=True).exclude(transaction_class="time")
    return [
        *first,
        *((pk, f"{name} ({kind})") for pk, name, kind in rows.order_by("name").values_list(
            "pk", "name", "transaction_class"
        )),
    ]  # fmt: skip


def manager_choices() -> Choices:
    """People who can manage a project: employees with a sign-in."""
    people = Resource.objects.filter(
        kind=Resource.Kind.EMPLOYEE, membership__is_active=True
    ).order_by("name")
    return list(people.values_list("pk", "name"))
