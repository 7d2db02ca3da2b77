"""Firms to test with: Acme with its cast and a contract of three lines, and Globex, who must see nothing.

Made through the services that set a tenant up; the rest are plain rows. Those that most tests
ask for stand in the process's database from its start, since making one takes half a second.
"""

import pickle
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection
from django.test import Client

from billing.models import TaxCode
from projects.models import ContractLineLink, Project, Task, TeamMember
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.access.models import Membership, MembershipRole, Role, User
from psa.core.actor import Actor
from psa.core.money.models import FxRate
from psa.core.org.models import (
    JobRole,
    LegalEntity,
    OrgUnit,
    Resource,
    TransactionCategory,
    WorkCalendar,
)
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup.services import NewEntity, create_tenant
from revenue.models import Obligation
from sales.models import Account, Contract, ContractLine

PASSWORD = "correct-horse-battery-staple"
AT = datetime(2026, 7, 9, 10, 0, tzinfo=UTC)
TODAY = date(2026, 7, 9)

# Whoever signs in, by role code. Priya manages projects, Ben consults, Rae staffs, Amara sells,
# Bill bills, Fay does finance, Paul leads the practice, Ada administers, Mei approves.
CAST = {
    "priya": "project_manager",
    "ben": "team_member",
    "bea": "team_member",
    "rae": "resource_manager",
    "amara": "account_manager",
    "bill": "billing_manager",
    "fay": "finance_manager",
    "paul": "practice_leader",
    "ada": "administrator",
    "mei": "project_approver",
    "sam": "subcontractor",
}

# For what looks at few people: signing in, invitations, rights.
SMALL_CAST = {
    "ada": "administrator",
    "ben": "team_member",
    "fay": "finance_manager",
    "priya": "project_manager",
}
OTHER_CAST = {"otto": "administrator"}

# Who stands, each called otherwise until a test asks for it; what a test does to it is rolled back.
_STANDING = (("acme", CAST), ("acme", SMALL_CAST), ("globex", OTHER_CAST))
# In one message, for most tests begin with it.
_RENAME = """
    UPDATE tenancy_tenant SET slug = %(slug)s WHERE id = %(id)s;
    UPDATE access_user SET email = replace(email, %(old)s, %(new)s) WHERE email LIKE %(whose)s;
    UPDATE access_membership SET email = replace(email, %(old)s, %(new)s);
    UPDATE org_resource SET email = replace(email, %(old)s, %(new)s);
"""
# Those firms by database, in that order, in the form that is copied fastest.
_standing: dict[str, list[bytes]] = {}


def signed_in_client(user: User | None) -> Client:
    """A browser whose session is as after signing in with a password just now."""
    assert user is not None
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@dataclass
class Firm:
    """One tenant with everything a test may want to name."""

    tenant: Tenant
    actors: dict[str, Actor] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    entities: dict[str, LegalEntity] = field(default_factory=dict)
    units: dict[str, OrgUnit] = field(default_factory=dict)
    roles: dict[str, JobRole] = field(default_factory=dict)
    categories: dict[str, TransactionCategory] = field(default_factory=dict)

    def scope(self):
        return tenant_scope(self.tenant.pk)

    def client(self, name: str) -> Client:
        """A browser in which this person has signed in."""
        with self.scope():
            user = (
                Membership.objects.select_related("user")
                .get(pk=self.actors[name].membership_id)
                .user
            )
        return signed_in_client(user)

    def url(self, path: str) -> str:
        return f"/{self.tenant.slug}/{path.lstrip('/')}"


def set_up_standing_firms() -> None:
    """Commit the firms that most tests begin with to the present database, under other names."""
    firms = []
    for number, (slug, cast) in enumerate(_STANDING):
        firm = _new_firm(slug, cast)
        _rename(firm, slug, _standing_slug(number))
        firms.append(pickle.dumps(firm))
    _standing[_database()] = firms


def stands_in(database: str, *, as_in: str) -> None:
    """Say that a database is a copy, so that the firms stand in it too."""
    _standing[database] = _standing[as_in]


def make_firm(slug: str = "acme", *, cast: dict[str, str] = CAST) -> Firm:
    """A firm with a UK entity (GBP) and a German one (EUR), roles, prices, rates and its cast.

    Day prices in GBP, 8 h: sales PM 1,200, senior 1,000, consultant 800; cost half of that.
    Rates: 1 EUR = 0.85 GBP = 100 INR = 1.10 USD on every day of 2025 and 2026 that matters.
    Otto of Globex has the role asked for. Whoever stands in the process's database already is taken.
    """
    for number, standing in enumerate(_standing.get(_database(), ())):
        its_slug, its_cast = _STANDING[number]
        if slug == its_slug and cast.keys() == its_cast.keys():
            firm: Firm = pickle.loads(standing)
            _rename(firm, _standing_slug(number), slug)
            for name in cast:
                if cast[name] != its_cast[name]:
                    _recast(firm, name, cast[name])
            return firm
    return _new_firm(slug, cast)


def _standing_slug(number: int) -> str:
    return f"standing-{number}"


def _recast(firm: Firm, name: str, role_code: str) -> None:
    """Give a person of a standing firm another role, and the job that goes with it."""
    membership_id = firm.actors[name].membership_id
    with firm.scope():
        MembershipRole.objects.filter(membership_id=membership_id).update(
            role=Role.objects.get(code=role_code)
        )
        firm.actors[name] = actors.for_membership(Membership.objects.get(pk=membership_id))
        firm.resources[name].job_role = firm.roles[_job(name, role_code)]
        firm.resources[name].save(update_fields=["job_role"])


def _rename(firm: Firm, former: str, name: str) -> None:
    """Call the stored firm, and the addresses of its people, by another name."""
    email = {"old": f"@{former}.", "new": f"@{name}.", "whose": f"%@{former}.example"}
    with firm.scope(), connection.cursor() as cursor:
        cursor.execute(_RENAME, {"id": firm.tenant.pk, "slug": name, **email})


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _new_firm(slug: str, cast: dict[str, str]) -> Firm:
    tenant = create_tenant(
        slug=slug,
        name=slug.capitalize(),
        currency="GBP",
        entities=[
            NewEntity("UK", f"{slug.capitalize()} Ltd", "GBP", "GB", unit_name="Delivery UK"),
            NewEntity("DE", f"{slug.capitalize()} GmbH", "EUR", "DE", unit_name="Delivery DACH"),
        ],
        years=[2025, 2026],
        at=AT,
    )
    firm = Firm(tenant)
    with firm.scope():
        firm.entities = {e.code: e for e in LegalEntity.objects.all()}
        firm.units = {u.code: u for u in OrgUnit.objects.all()}
        firm.categories = {c.code: c for c in TransactionCategory.objects.all()}
        _roles(firm)
        _rates(tenant)
        _prices(firm)
        _people(firm, cast)
    return firm


def _roles(firm: Firm) -> None:
    for code, name in (
        ("PM", "Project manager"),
        ("SC", "Senior consultant"),
        ("CO", "Consultant"),
    ):
        firm.roles[code] = JobRole.objects.create(tenant=firm.tenant, code=code, name=name)


def _rates(tenant: Tenant) -> None:
    # Weekly is enough: a rate holds for the seven days after it.
    days = [date(2025, 1, 1).toordinal() + 7 * week for week in range(105)]
    FxRate.objects.bulk_create(
        [
            FxRate(tenant=tenant, from_currency="EUR", to_currency=code, on=date.fromordinal(day), rate=rate)
            for day in days
            for code, rate in (("GBP", "0.85"), ("INR", "100"), ("USD", "1.10"))
        ]
    )  # fmt: skip


def _prices(firm: Firm) -> None:
    for context, factor in (("sales", Decimal(1)), ("cost", Decimal("0.5"))):
        listed = PriceList.objects.create(
            tenant=firm.tenant,
            name=f"{context.capitalize()} 2025",
            context=context,
            currency="GBP",
            time_unit="day",
            valid_from=date(2025, 1, 1),
            status="active",
        )
        PriceLine.objects.bulk_create(
            [
                PriceLine(
                    tenant=firm.tenant,
                    price_list=listed,
                    role=firm.roles[code],
                    unit="day",
                    value=price * factor,
                )
                for code, price in (("PM", 1200), ("SC", 1000), ("CO", 800))
            ]
        )


def _people(firm: Firm, cast: dict[str, str]) -> None:
    calendar = WorkCalendar.objects.order_by("pk").first()
    for name, role_code in cast.items():
        email = f"{name}@{firm.tenant.slug}.example"
        membership = access.add_member(
            tenant=firm.tenant,
            email=email,
            name=name.capitalize(),
            role_codes=[role_code],
            password=PASSWORD,
        )
        firm.actors[name] = actors.for_membership(membership)
        firm.resources[name] = Resource.objects.create(
            tenant=firm.tenant,
            code=name.upper(),
            name=name.capitalize(),
            email=email,
            membership=membership,
            org_unit=firm.units["UK"],
            job_role=firm.roles[_job(name, role_code)],
            calendar=calendar,
            employed_from=date(2025, 1, 1),
        )


def _job(name: str, role_code: str) -> str:
    if role_code in {"project_manager", "project_approver"}:
        return "PM"
    return "SC" if name == "ben" else "CO"


@dataclass
class Engagement:
    """A confirmed contract in EUR with its project, team and three lines."""

    account: Account
    contract: Contract
    time_line: ContractLine
    fixed_line: ContractLine
    retainer_line: ContractLine
    project: Project
    build: Task
    support: Task
    fixed: Task


def make_engagement(
    firm: Firm, *, not_to_exceed: Decimal | None = None, currency: str = "EUR"
) -> Engagement:
    """C-1 for Kessler: T&M (build), fixed price 20,000 (fixed), retainer 5,000 for 40 h (support).

    Priya manages it; Ben (senior), Bea and Priya are on the team. Must run in the firm's scope.
    """
    tenant = firm.tenant
    account = Account.objects.create(
        tenant=tenant, code="A-1", name="Kessler Maschinenbau", kind="customer", country="GB",
        currency=currency, address="Werkstraße 1\n80331 München", email="ap@kessler.example",
        owner_id=firm.actors["amara"].membership_id,
    )  # fmt: skip
    tax = TaxCode.objects.filter(legal_entity=firm.entities["UK"], is_default=True).get()
    contract = Contract.objects.create(
        tenant=tenant, number="C-1", name="ERP core rollout", account=account,
        owner_id=firm.actors["amara"].membership_id, contracting_unit=firm.units["UK"],
        legal_entity=firm.entities["UK"], currency=currency, starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31), status="confirmed", created_at=AT, bill_to_name=account.name,
        bill_to_address=account.address, bill_to_email=account.email, original_amount=100000,
    )  # fmt: skip
    common = {"tenant": tenant, "contract": contract, "tax_code": tax.code}
    lines = [
        ContractLine(
            **common, position=1, name="Build", billing_method="time_and_material",
            transaction_classes=["time", "expense"], not_to_exceed_amount=not_to_exceed,
        ),
        ContractLine(
            **common, position=2, name="Blueprint", billing_method="fixed_price",
            transaction_classes=["time"], value_amount=20000, recognition_method="cost_to_cost",
        ),
        ContractLine(
            **common, position=3, name="Support", billing_method="retainer",
            transaction_classes=["time"], retainer_amount=5000, retainer_minutes=2400,
            retainer_overage_policy="bill", retainer_underuse_policy="expire",
            recognition_method="straight_line",
        ),
    ]  # fmt: skip
    time_line, fixed_line, retainer_line = ContractLine.objects.bulk_create(lines)
    project = Project.objects.create(
        tenant=tenant, code="P-1", name="ERP core rollout", account=account, contract=contract,
        contracting_unit=firm.units["UK"], manager=firm.resources["priya"],
        calendar=firm.resources["priya"].calendar, status="in_delivery",
        starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31), created_at=AT,
    )  # fmt: skip
    build, fixed, support = Task.objects.bulk_create(
        Task(
            tenant=tenant, project=project, position=position, outline=str(position), name=name,
            effort_minutes=60_000, remaining_minutes=60_000,
        )
        for position, name in enumerate(("Build", "Blueprint", "Support"), start=1)
    )  # fmt: skip
    ContractLineLink.objects.bulk_create(
        ContractLineLink(
            tenant=tenant, project=project, task=task, transaction_class=transaction_class,
            contract_line=line,
        )
        for line, task in ((time_line, build), (fixed_line, fixed), (retainer_line, support))
        for transaction_class in line.transaction_classes
    )  # fmt: skip
    Obligation.objects.bulk_create(
        Obligation(
            tenant=tenant, contract_line=line, legal_entity=firm.entities["UK"], method=method,
            currency=currency, price_amount=line.value_amount or 60000,
            starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31),
        )
        for line, method in ((fixed_line, "cost_to_cost"), (retainer_line, "straight_line"))
    )  # fmt: skip
    TeamMember.objects.bulk_create(
        TeamMember(
            tenant=tenant, project=project, resource=firm.resources[name],
            role=firm.resources[name].job_role, valid_from=date(2026, 1, 1),
        )
        for name in ("priya", "ben", "bea")
    )  # fmt: skip
    return Engagement(
        account, contract, time_line, fixed_line, retainer_line, project,
        build, support, fixed,
    )  # fmt: skip


def user_of(email: str) -> User:
    return User.objects.get(email=email)
