"""Acme with two units and price lists: what the tests of pricing share."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from psa.core.access import actors
from psa.core.access import services as access
from psa.core.actor import Actor
from psa.core.org.models import JobRole, OrgUnit
from psa.core.pricing.models import PriceList
from psa.core.pricing.services import lists
from psa.core.pricing.services.lines import LineDraft, add_lines
from psa.core.tenancy.models import Tenant
from psa.edges.setup.services import NewEntity, create_tenant

AT = datetime(2026, 7, 9, 8, tzinfo=UTC)
START = date(2026, 1, 1)


@dataclass(frozen=True)
class Firm:
    tenant: Tenant
    fay: Actor
    role: dict[str, int]
    unit: dict[str, int]


def make_firm(slug: str = "acme") -> Firm:
    """A tenant with the units UK, DE and UK-DATA under UK. To be used inside its scope."""
    tenant = create_tenant(
        slug=slug,
        name=slug.title(),
        currency="GBP",
        entities=[
            NewEntity("UK", "Acme UK", "GBP", "GB", "ENG"),
            NewEntity("DE", "Acme DE", "EUR", "DE", "BY"),
        ],
        years=[2026],
        at=AT,
    )
    return Firm(tenant, actors.for_operator(tenant.pk), {}, {})


def fill_firm(firm: Firm) -> None:
    """Read roles and units into the firm and add a unit below UK; inside the tenant's scope."""
    uk = OrgUnit.objects.get(code="UK")
    OrgUnit.objects.create(
        tenant=firm.tenant, parent=uk, legal_entity=uk.legal_entity, code="UK-DATA", name="Data"
    )
    firm.role.update(JobRole.objects.values_list("code", "id"))
    firm.unit.update(OrgUnit.objects.values_list("code", "id"))


def member(firm: Firm, name: str, *role_codes: str) -> Actor:
    """Somebody of the firm with these security roles."""
    membership = access.add_member(
        tenant=firm.tenant,
        email=f"{name.lower()}@{firm.tenant.slug}.example",
        name=name,
        role_codes=list(role_codes),
        password="a long enough password",
    )
    return actors.for_membership(membership)


def active_list(
    firm: Firm,
    lines: list[LineDraft],
    *,
    name: str = "Standard",
    context: str = "sales",
    currency: str = "GBP",
    time_unit: str = "day",
    valid_from: date = START,
    valid_until: date | None = None,
    owner: tuple[str, int] = ("tenant", 0),
) -> PriceList:
    """An active list with these lines."""
    made = lists.create_list(
        name=name,
        context=context,
        currency=currency,
        time_unit=time_unit,
        valid_from=valid_from,
        valid_until=valid_until,
        owner_kind=owner[0],
        owner_id=owner[1],
        actor=firm.fay,
        at=AT,
    )
    add_lines(list_id=made.pk, lines=lines, actor=firm.fay, at=AT)
    return lists.activate_list(list_id=made.pk, actor=firm.fay, at=AT)


def line(value: str, role_id: int | None = None, **more: object) -> LineDraft:
    """A line per day."""
    return LineDraft(Decimal(value), role_id, **{"unit": "day", **more})  # type: ignore[arg-type]
