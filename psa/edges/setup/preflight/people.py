"""Who the preflight works as: a maker and a checker who exist only until the transaction is undone."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from psa.core.access import registry
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.org.models import LegalEntity, OrgUnit, Resource

CHARGEABLE: Final = "chargeable"


class NobodyToBook(DomainError):
    """The entity has no bookable person in a chargeable role."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Two people with every permission, so that duties that must be kept apart are.

    The consultant has the unit, role, calendar and traits of somebody real, so that prices are
    looked up as they will be on day one.
    """

    unit: OrgUnit
    consultant: Resource
    maker: Actor
    checker: Actor
    manager: Resource


def crew_of(entity: LegalEntity, *, as_of: date, tenant_id: int, is_lent: bool = False) -> Crew:
    """Make the two people inside the transaction that will be undone.

    With `is_lent` the consultant is patterned on somebody of another legal entity.
    Raises  NobodyToBook naming the entity when nobody real can be taken as the pattern.
    """
    bookable = patterns(as_of=as_of)
    own = bookable.filter(org_unit__legal_entity=entity).first()
    if own is None:
        raise NobodyToBook(
            f"{entity.name} has no bookable person in a chargeable role. Add one, or make a role "
            "chargeable."
        )
    worker = bookable.exclude(org_unit__legal_entity=entity).first() if is_lent else own
    if worker is None:
        raise NobodyToBook(
            f"No legal entity but {entity.name} has a bookable person in a chargeable role."
        )
    consultant, maker = _copy_of(worker, "consultant", as_of, tenant_id)
    manager, checker = _copy_of(own, "manager", as_of, tenant_id)
    return Crew(own.org_unit, consultant, maker, checker, manager)


def patterns(*, as_of: date) -> "QuerySet[Resource]":
    """Who can be taken as the pattern: employed, bookable, in a chargeable role that is in use."""
    return (
        Resource.objects.filter(
            is_bookable=True,
            job_role__is_active=True,
            job_role__billing_type=CHARGEABLE,
            employed_from__lte=as_of,
        )
        .exclude(employed_until__lte=as_of)
        .select_related("org_unit__legal_entity", "job_role")
        .order_by("id")
    )


@dataclass(frozen=True, slots=True)
class Inactive:
    """Somebody whom the preflight passes over, and why in words."""

    resource_id: int
    name: str
    unit: str
    why: str


def inactive_people(*, as_of: date) -> list[Inactive]:
    """Who can't be planned on at `as_of`, by name: prices and approvers need not be kept for them."""
    gone = Q(employed_until__lte=as_of)
    rows = (
        Resource.objects.filter(
            gone | Q(employed_from__gt=as_of) | Q(is_bookable=False) | Q(job_role__is_active=False)
        )
        .select_related("org_unit", "job_role")
        .order_by("name", "id")
    )
    return [Inactive(row.pk, row.name, row.org_unit.name, _why(row, as_of)) for row in rows]


def _why(row: Resource, as_of: date) -> str:
    if row.employed_until is not None and row.employed_until <= as_of:
        return "Has left"
    if row.employed_from > as_of:
        return "Has not started"
    return (
        "Is not bookable" if not row.is_bookable else f"The role {row.job_role.name} is not in use"
    )


def _copy_of(pattern: Resource, what: str, as_of: date, tenant_id: int) -> tuple[Resource, Actor]:
    email = f"preflight-{what}-{pattern.pk}@psa.invalid"
    member = Membership.objects.create(tenant_id=tenant_id, email=email, name=f"Preflight {what}")
    made: Resource = Resource.objects.create(
        tenant_id=tenant_id,
        kind=Resource.Kind.EMPLOYEE,
        code=f"PF{pattern.pk}{what[0].upper()}"[:20],
        name=f"Preflight {what}",
        email=email,
        membership=member,
        org_unit_id=pattern.org_unit_id,
        job_role_id=pattern.job_role_id,
        calendar_id=pattern.calendar_id,
        location=pattern.location,
        work_location=pattern.work_location,
        seniority=pattern.seniority,
        employed_from=as_of - timedelta(days=365),
    )
    actor = Actor(
        user_id=0,
        membership_id=member.pk,
        tenant_id=tenant_id,
        permissions=frozenset(registry.all_permissions()),
        via="job",
    )
    return made, actor
