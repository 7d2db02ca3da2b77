"""The comparison's data set: 50 employees, 20 projects, 5 roles, g = 0 … n − 1.

Employee g mod 50, project g mod 20, role employee mod 5, hours 1 + g mod 8, date 2026-01-05 plus
(g div 50) mod 200 days, rates 100/120/140/160/180, 10 % tax: 20 invoices sum to 6,930,000.00.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal

from billing.models import TaxCode, TaxRate
from projects.models import ContractLineLink, Project, TeamMember
from psa.core.access import actors
from psa.core.access import services as access
from psa.core.actor import Actor
from psa.core.ledger.models import FiscalPeriod
from psa.core.org.models import JobRole, LegalEntity, OrgUnit, Resource, WorkCalendar
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.edges.setup.services import NewEntity, create_tenant
from sales.models import Account, Contract, ContractLine

NOW = datetime(2026, 7, 31, 12, tzinfo=UTC)
CUTOFF = date(2026, 7, 31)
EMPLOYEES, PROJECTS, ROLES, LINES = 50, 20, 5, 10_000
RATES = (100, 120, 140, 160, 180)
CONTROL_TOTAL = Decimal("6930000.00")
FIRST_DAY = date(2026, 1, 5)


@dataclass
class Firm:
    """Ids of the data set, by number."""

    tenant: Tenant
    actor: Actor
    approver: Actor
    entity_id: int
    unit_id: int
    tax_code_id: int
    roles: list[int] = field(default_factory=list)
    resources: list[int] = field(default_factory=list)
    projects: list[int] = field(default_factory=list)
    contracts: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    account_id: int = 0


def make(
    slug: str,
    *,
    projects: int = PROJECTS,
    employees: int = EMPLOYEES,
    years: Sequence[int] = (2026,),
) -> Firm:
    """A firm with the data set's employees, roles, prices, and a contract line per project."""
    since = date(years[0], 1, 1)
    tenant = create_tenant(
        slug=slug, name=slug, currency="EUR", years=years, at=NOW,
        entities=[NewEntity("E", "Bench", "EUR", "DE")],
    )  # fmt: skip
    with tenant_scope(tenant.pk):
        entity = LegalEntity.objects.get()
        FiscalPeriod.objects.update(state="open")
        tax = TaxCode.objects.filter(legal_entity=entity, is_default=True).get()
        TaxRate.objects.filter(tax_code=tax).update(tax_percent=10)
        unit = OrgUnit.objects.get()
        manager = access.add_member(
            tenant=tenant, email=f"pm@{slug}.example", name="Manager",
            role_codes=["project_manager"], password="bench-manager-password",
        )  # fmt: skip
        firm = Firm(
            tenant, actors.for_operator(tenant.pk), actors.for_membership(manager), entity.pk,
            unit.pk, tax.pk,
        )  # fmt: skip
        _people(firm, manager.pk, employees)
        _prices(firm, since)
        _engagements(firm, projects, tax.code, since)
    return firm


def _people(firm: Firm, manager_id: int, count: int) -> None:
    tenant, calendar = firm.tenant, WorkCalendar.objects.get()
    firm.roles = [
        role.pk
        for role in JobRole.objects.bulk_create(
            JobRole(tenant=tenant, code=f"r{i}", name=f"Role {i}") for i in range(ROLES)
        )
    ]
    staff = Resource.objects.bulk_create(
        Resource(
            tenant=tenant, code=f"e{i}", name=f"Employee {i}", org_unit_id=firm.unit_id,
            job_role_id=firm.roles[i % ROLES], calendar=calendar, employed_from=date(2020, 1, 1),
        )
        for i in range(count)
    )  # fmt: skip
    firm.resources = [person.pk for person in staff]
    Resource.objects.create(
        tenant=tenant, code="pm", name="Manager", org_unit_id=firm.unit_id,
        job_role_id=firm.roles[0], calendar=calendar, employed_from=date(2020, 1, 1),
        membership_id=manager_id,
    )  # fmt: skip


def _prices(firm: Firm, since: date) -> None:
    for context, share in (("sales", Decimal(1)), ("cost", Decimal("0.5"))):
        listed = PriceList.objects.create(
            tenant=firm.tenant, name=context, context=context, currency="EUR", time_unit="hour",
            valid_from=since, status="active",
        )  # fmt: skip
        PriceLine.objects.bulk_create(
            PriceLine(
                tenant=firm.tenant, price_list=listed, role_id=role, unit="hour", value=rate * share
            )
            for role, rate in zip(firm.roles, RATES, strict=True)
        )


def _engagements(firm: Firm, count: int, tax_code: str, since: date) -> None:
    people = len(firm.resources)
    tenant = firm.tenant
    account = Account.objects.create(
        tenant=tenant, code="A", name="Customer", kind="customer", country="DE", currency="EUR",
        address="Street 1", email="ap@customer.example",
    )  # fmt: skip
    firm.account_id = account.pk
    manager = Resource.objects.get(code="pm")
    contracts = Contract.objects.bulk_create(
        Contract(
            tenant=tenant, number=f"C-{i}", name=f"Contract {i}", account=account,
            owner_id=firm.approver.membership_id, contracting_unit_id=firm.unit_id,
            legal_entity_id=firm.entity_id, currency="EUR", starts_on=since,
            status="confirmed", created_at=NOW, bill_to_name="Customer",
            bill_to_address="Street 1", bill_to_email="ap@customer.example",
        )
        for i in range(count)
    )  # fmt: skip
    lines = ContractLine.objects.bulk_create(
        ContractLine(
            tenant=tenant, contract=contract, position=1, name="Work",
            billing_method="time_and_material", transaction_classes=["time"], tax_code=tax_code,
        )
        for contract in contracts
    )  # fmt: skip
    made = Project.objects.bulk_create(
        Project(
            tenant=tenant, code=f"P-{i}", name=f"Project {i}", account=account, contract=contract,
            contracting_unit_id=firm.unit_id, manager=manager, calendar=manager.calendar,
            status="in_delivery", starts_on=since, created_at=NOW,
        )
        for i, contract in enumerate(contracts)
    )  # fmt: skip
    ContractLineLink.objects.bulk_create(
        ContractLineLink(
            tenant=tenant, project=project, transaction_class="time", contract_line=line
        )
        for project, line in zip(made, lines, strict=True)
    )
    pairs = {(g % people, g % count) for g in range(max(LINES, count * people))}
    TeamMember.objects.bulk_create(
        [
            TeamMember(
                tenant=tenant, project=made[project], resource_id=firm.resources[person],
                role_id=firm.roles[person % ROLES], valid_from=since,
            )
            for person, project in sorted(pairs)
        ],
        batch_size=5000,
    )  # fmt: skip
    firm.contracts = [contract.pk for contract in contracts]
    firm.lines = [line.pk for line in lines]
    firm.projects = [project.pk for project in made]
