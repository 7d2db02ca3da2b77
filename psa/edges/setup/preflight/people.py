"""Who the preflight works as: a maker and a checker who exist only until the transaction is undone."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

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


def crew_of(entity: LegalEntity, *, as_of: date, tenant_id: int) -> Crew:
    """Make the two people inside the transaction that will be undone.

    Raises  NobodyToBook naming the entity when nobody real can be taken as the pattern.
    """
    pattern = (
        Resource.objects.filter(
            org_unit__legal_entity=entity,
            is_bookable=True,
            job_role__is_active=True,
            job_role__billing_type=CHARGEABLE,
            employed_from__lte=as_of,
        )
        .exclude(employed_until__lte=as_of)
        .select_related("org_unit", "job_role")
        .order_by("id")
        .first()
    )
    if pattern is None:
        raise NobodyToBook(
            f"{entity.name} has no bookable person in a chargeable role. Add one, or make a role "
            "chargeable."
        )
    consultant, maker = _copy_of(pattern, "consultant", as_of, tenant_id)
    manager, checker = _copy_of(pattern, "manager", as_of, tenant_id)
    return Crew(pattern.org_unit, consultant, maker, checker, manager)


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
