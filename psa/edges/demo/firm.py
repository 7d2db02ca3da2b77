"""The demo firm before its first hour: entities, people, prices, exchange rates. Through services."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import permutations
from random import Random

from currency_converter import CurrencyConverter, RateNotFoundError

from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.ledger.models import FiscalPeriod
from psa.core.ledger.rules.types import PeriodState
from psa.core.ledger.services import periods
from psa.core.money import services as money
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, Resource, WorkCalendar
from psa.core.pricing import owners
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.services import lines, lists
from psa.core.pricing.services.lines import LineDraft
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup.services import NewAccount, NewEntity, create_tenant

from .people import Person, people

PASSWORD = "alder-and-finch-demo"
NAME = "Alder & Finch"
MONTHS_OF_HISTORY = 24

ENTITIES = (
    NewEntity(
        "UK", "Alder & Finch Ltd", "GBP", "GB", time_zone="Europe/London", unit_name="Delivery UK",
        address="21 Finch Lane\nLondon EC3V 3NA", tax_id="GB 123 4567 89",
        registration="Registered in England 01234567", email="accounts@alderfinch.example",
        bank_name="Harrow Bank", bank_iban="GB33BUKB20201555555555", bank_bic="BUKBGB22",
        more_accounts=(NewAccount("Euro account", "EUR", "Harrow Bank", "GB67BUKB20201599998888", "BUKBGB22"),),
    ),
    NewEntity(
        "DE", "Alder & Finch GmbH", "EUR", "DE", "BY", time_zone="Europe/Berlin",
        unit_name="Delivery DACH", address="Finkenstraße 8\n80333 München", tax_id="DE123456789",
        registration="HRB 123456, Amtsgericht München", email="buchhaltung@alderfinch.example",
        language="de",
        bank_name="Isar Bank", bank_iban="DE89370400440532013000", bank_bic="COBADEFF",
    ),
    NewEntity(
        "IN", "Alder & Finch India Pvt Ltd", "INR", "IN", "KA", time_zone="Asia/Kolkata",
        unit_name="Delivery India", address="4 Residency Road\nBengaluru 560025",
        tax_id="29ABCDE1234F1Z5", registration="CIN U72900KA2015PTC000000",
        email="accounts.in@alderfinch.example", bank_name="Deccan Bank",
        bank_iban="50200012345678", bank_bic="DECNINBB",
    ),
)  # fmt: skip

# Sales and cost per hour: the firm's rate card, in the currency of the unit.
RATE_CARD = {
    "partner": (240, 120), "principal": (190, 96), "pm": (150, 74), "architect": (165, 82),
    "senior": (135, 66), "consultant": (110, 52), "analyst": (105, 50), "developer": (115, 54),
    "tester": (95, 44), "designer": (120, 58), "office": (0, 38),
}  # fmt: skip
PRACTICE = "UK-SW"
_QUOTED = ("GBP", "USD", "INR")
_FACTOR = {"UK": Decimal(1), "DE": Decimal("1.15"), "IN": Decimal(38)}


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How much of the firm to make."""

    people: int
    deals: int
    months: int


FULL = DemoSize(people=120, deals=36, months=MONTHS_OF_HISTORY)
SMALL = DemoSize(people=24, deals=8, months=4)


def first_month(today_on: date, months: int) -> date:
    """The first of the month, ``months`` months before today's."""
    index = today_on.year * 12 + today_on.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def instant(on: date, hour: int = 17) -> datetime:
    """A business instant of a past day: when its events are said to have happened."""
    return datetime.combine(on, time(hour), tzinfo=UTC)


def create_firm(*, slug: str, seed: int, size: DemoSize, today_on: date) -> Tenant:
    """The tenant with its people and logins: enough to sign in while the history is made."""
    starts_on = first_month(today_on, size.months)
    tenant = create_tenant(
        slug=slug, name=NAME, currency="GBP", entities=ENTITIES,
        years=range(starts_on.year, today_on.year + 2), at=instant(starts_on, 8), is_demo=True,
    )  # fmt: skip
    with tenant_scope(tenant.pk):
        staff = people(size.people, Random(seed))
        members = _members(tenant, staff)
        _resources(tenant, staff, members, starts_on)
    return tenant


def add_prices_and_rates(*, tenant_id: int, size: DemoSize, today_on: date) -> None:
    """Exchange rates of the period, price lists of both years, and the months before it closed."""
    operator = actors.for_operator(tenant_id)
    starts_on = first_month(today_on, size.months)
    at = instant(starts_on, 8)
    money.import_rates(
        content=_rates_csv(starts_on - timedelta(days=40), today_on), base="EUR",
        source="European Central Bank", actor=operator, at=at,
    )  # fmt: skip
    money.carry_rates_to(today_on + timedelta(days=1), actor=operator)
    for unit in OrgUnit.objects.filter(parent__isnull=True).select_related("legal_entity"):
        for context, index in (("sales", 0), ("cost", 1)):
            _price_list(unit, context, index, starts_on, today_on, operator)
    for lender, borrower in permutations(LegalEntity.objects.order_by("code"), 2):
        _transfer_list(
            f"{lender.code} lends to {borrower.code}", lender.currency,
            (owners.ENTITY_PAIR, owners.pair_id(lender.pk, borrower.pk)), starts_on, operator,
        )  # fmt: skip
    for unit in OrgUnit.objects.filter(code=PRACTICE).select_related("parent", "legal_entity"):
        _transfer_list(
            f"{unit.name} lends to {unit.parent.name}", unit.legal_entity.currency,
            (owners.UNIT_PAIR, owners.pair_id(unit.pk, unit.parent.pk)), starts_on, operator,
        )  # fmt: skip
    _close_before(starts_on, operator, at)


def actor_of(email: str) -> Actor:
    """A member of the cast as the actor of a service call."""
    return actors.for_membership(Membership.objects.get(email=email), via="job")


def cast_actor(name: str) -> Actor:
    """The cast member of this name ("Priya Raman")."""
    return actors.for_membership(Membership.objects.get(name=name), via="job")


def _members(tenant: Tenant, staff: Sequence[Person]) -> dict[str, Membership]:
    return {
        person.code: access.add_member(
            tenant=tenant, email=person.email, name=person.name, role_codes=list(person.access),
            password=PASSWORD,
        )
        for person in staff
        if person.access
    }  # fmt: skip


def _resources(
    tenant: Tenant, staff: Sequence[Person], members: dict[str, Membership], starts_on: date
) -> None:
    roles = {role.code: role for role in JobRole.objects.all()}
    units = {
        unit.legal_entity.code: unit
        for unit in OrgUnit.objects.select_related("legal_entity").filter(parent__isnull=True)
    }
    practice = OrgUnit.objects.create(
        tenant_id=tenant.pk, legal_entity=units["UK"].legal_entity, parent=units["UK"],
        code=PRACTICE, name="Software practice",
    )  # fmt: skip
    calendars = {calendar.country: calendar for calendar in WorkCalendar.objects.all()}
    country = {entity.code: entity.country for entity in ENTITIES}
    Resource.objects.bulk_create(
        [
            Resource(
                tenant_id=tenant.pk,
                kind="contractor" if "subcontractor" in person.access else "employee",
                code=person.code,
                name=person.name,
                email=person.email,
                membership=members.get(person.code),
                org_unit=practice if _is_of_practice(person) else units[person.entity],
                job_role=roles[person.job_role],
                calendar=calendars[country[person.entity]],
                location={"UK": "London", "DE": "München", "IN": "Bengaluru"}[person.entity],
                employed_from=starts_on - timedelta(days=400),
            )
            for person in staff
        ]
    )


def _is_of_practice(person: Person) -> bool:
    """Developers and testers of the UK are lent to its projects by a unit of their own."""
    return (
        person.entity == "UK" and person.job_role in ("developer", "tester") and not person.persona
    )


def _rates_csv(from_on: date, until_on: date) -> str:
    """The European Central Bank's daily rates, in its own file's shape: units per 1 EUR."""
    published = CurrencyConverter(decimal=True)
    rows = ["date,GBP,USD,INR"]
    for offset in range((until_on - from_on).days + 1):
        day = from_on + timedelta(days=offset)
        try:
            rates = [str(published.convert(1, "EUR", code, day)) for code in _QUOTED]
        except RateNotFoundError:
            # A weekend, a holiday, or a day past the end of the published history.
            continue
        rows.append(f"{day.isoformat()}," + ",".join(rates))
    return "\n".join(rows) + "\n"


def _price_list(
    unit: OrgUnit, context: str, index: int, starts_on: date, today_on: date, operator: Actor
) -> None:
    code = unit.legal_entity.code
    roles = {role.code: role.pk for role in JobRole.objects.all()}
    made = lists.create_list(
        name=f"{unit.name}, {context} {starts_on.year}", context=context,
        currency=unit.legal_entity.currency, valid_from=starts_on - timedelta(days=31),
        time_unit="hour", owner_kind="unit", owner_id=unit.pk, actor=operator,
        at=instant(starts_on, 8),
    )  # fmt: skip
    lines.add_lines(
        list_id=made.pk,
        lines=[
            LineDraft(value=Decimal(prices[index]) * _FACTOR[code], role_id=roles[role])
            for role, prices in RATE_CARD.items()
            if prices[index]
        ],
        actor=operator,
        at=instant(starts_on, 8),
    )
    lists.activate_list(list_id=made.pk, actor=operator, at=instant(starts_on, 8))
    turn_of_year = date(today_on.year, 1, 1)
    if turn_of_year > starts_on:
        _uplift(made, turn_of_year, operator)


def _transfer_list(
    name: str, currency: str, owner: owners.Owner, starts_on: date, operator: Actor
) -> None:
    """What one entity or unit charges another for people: cost and fifteen per cent."""
    at = instant(starts_on, 8)
    made = lists.create_list(
        name=f"{name} {starts_on.year}", context="transfer", currency=currency,
        valid_from=starts_on - timedelta(days=31), time_unit="hour", owner_kind=owner[0],
        owner_id=owner[1], actor=operator, at=at,
    )  # fmt: skip
    lines.add_lines(
        list_id=made.pk, lines=[LineDraft(value=Decimal(15), method=PriceLine.Method.MARKUP.value)],
        actor=operator, at=at,
    )  # fmt: skip
    lists.activate_list(list_id=made.pk, actor=operator, at=at)


def _uplift(made: PriceList, valid_from: date, operator: Actor) -> None:
    """The yearly review: four per cent on everything, rounded to whole units."""
    newer = lists.new_version(
        list_id=made.pk, valid_from=valid_from, uplift_percent=Decimal(4), round_to=Decimal(1),
        actor=operator, at=instant(valid_from - timedelta(days=20)),
    )  # fmt: skip
    lists.activate_list(
        list_id=newer.pk, actor=operator, at=instant(valid_from - timedelta(days=10))
    )


def _close_before(starts_on: date, operator: Actor, at: datetime) -> None:
    for period in FiscalPeriod.objects.filter(ends_on__lte=starts_on).order_by("starts_on"):
        for state in (PeriodState.SOFT_CLOSED, PeriodState.CLOSED):
            periods.change_state(period_id=period.pk, state=state, reason="", actor=operator, at=at)
