"""Work that one legal entity lends another: what it cost, what was charged for it, and who owes whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Q, Sum
from moneyed import Money

from projects.models import Project
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.types import ActualType
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity
from psa.core.tenancy.models import Tenant

from .intercompany_selectors import invoiced_by_pair
from .permissions import RevenuePermission

ZERO = Decimal(0)
# In the order of the partial index that finds these rows among millions.
LENDING_EVENTS = (
    JournalEvent.BORROWED_COST.value,
    JournalEvent.INTERCOMPANY_SALES.value,
    JournalEvent.LENT_COST.value,
)
SALES_TYPES = (ActualType.UNBILLED_SALES, ActualType.BILLED_SALES)


@dataclass(frozen=True, slots=True)
class LentFact:
    """What one entity lent another for one project, in the tenant's currency."""

    lender_id: int
    borrower_id: int
    project_id: int | None
    minutes: int
    cost: Decimal  # the lender's
    charged: Decimal  # the lender's sales
    borrowed: Decimal  # the borrower's cost: the same, if all is well


def lent_facts(*, as_of: date) -> list[LentFact]:
    """Work of days up to and including `as_of`, by lender, borrower and project. Two queries.

    By the day of the work, which both sides share: their periods may close apart.
    """
    entity_of = org.unit_entities()
    sums: dict[tuple[int, int, int | None], list[Decimal]] = defaultdict(
        lambda: [ZERO, ZERO, ZERO, ZERO]
    )
    rows = (
        Actual.objects.filter(posting_event__in=LENDING_EVENTS, work_on__lte=as_of)
        .order_by()
        .values_list(
            "posting_event", "legal_entity_id", "contracting_unit_id", "resourcing_unit_id",
            "project_id",
        )
        .annotate(total=Sum("tenant_amount"), minutes=Sum("minutes"))
    )  # fmt: skip
    for event, entity_id, contracting_id, resourcing_id, project_id, total, minutes in rows:
        if event == JournalEvent.BORROWED_COST:
            key = (entity_of[resourcing_id], entity_id, project_id)
            sums[key][2] += total
            continue
        key = (entity_id, entity_of[contracting_id], project_id)
        if event == JournalEvent.LENT_COST:
            sums[key][0] += total
            sums[key][3] += minutes or 0
        else:
            sums[key][1] += total
    return [
        LentFact(*key, minutes=int(minutes), cost=cost, charged=charged, borrowed=borrowed)
        for key, (cost, charged, borrowed, minutes) in sums.items()
    ]


@dataclass(frozen=True, slots=True)
class LentRow:
    """One project's lent work, with the margin of each side and of the firm."""

    lender: str
    borrower: str
    project_id: int | None
    project: str
    minutes: int
    cost: Money
    charged: Money
    borrowed: Money

    @property
    def lender_margin(self) -> Money:
        return self.charged - self.cost

    @property
    def difference(self) -> Money:
        return self.charged - self.borrowed


@dataclass(frozen=True, slots=True)
class ProjectMargin:
    """A project that borrows: its margin in its entity's books, and at what the work really cost."""

    project_id: int
    project: str
    sales: Money
    entity_cost: Money
    group_cost: Money

    @property
    def entity_margin(self) -> Money:
        return self.sales - self.entity_cost

    @property
    def group_margin(self) -> Money:
        return self.sales - self.group_cost


@dataclass(frozen=True, slots=True)
class Owed:
    """What a borrower is charged for all lent work, and what of it was invoiced, was paid and is owed
    still; net of tax."""

    lender: str
    borrower: str
    amount: Money
    invoiced: Money
    paid: Money
    accrued: Money
    open: Money
    owed: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class Lending:
    rows: tuple[LentRow, ...]
    owed: tuple[Owed, ...]
    margins: tuple[ProjectMargin, ...]
    difference: Money


def lending(*, actor: Actor, as_of: date) -> Lending:
    """Who owes whom for work of days up to `as_of`, by pair and by project, in the tenant's currency.

    Nine queries, whatever was lent.
    Raises  PermissionDenied: it shows what people cost.
    """
    actor.require(RevenuePermission.VIEW)
    actor.require(PricingPermission.VIEW_COST_RATES)
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    facts = lent_facts(as_of=as_of)
    codes = dict(LegalEntity.objects.values_list("id", "code"))
    project_ids = {fact.project_id for fact in facts if fact.project_id is not None}
    names = {
        pk: f"{code} {name}"
        for pk, code, name in Project.objects.filter(pk__in=project_ids).values_list(
            "id", "code", "name"
        )
    }
    rows = sorted(
        (
            LentRow(
                codes[fact.lender_id],
                codes[fact.borrower_id],
                fact.project_id,
                names.get(fact.project_id or 0, ""),
                fact.minutes,
                Money(fact.cost, home),
                Money(fact.charged, home),
                Money(fact.borrowed, home),
            )
            for fact in facts
        ),
        key=lambda row: (row.lender, row.borrower, row.project),
    )
    difference = sum((row.difference for row in rows), Money(0, home))
    return Lending(
        tuple(rows), tuple(_owed(facts, codes, as_of, home)), tuple(_margins(project_ids, names, as_of, home)),
        difference,
    )  # fmt: skip


def _owed(
    facts: Iterable[LentFact], codes: Mapping[int, str], as_of: date, home: str
) -> list[Owed]:
    invoiced_and_paid = invoiced_by_pair(as_of=as_of, home=home)
    nothing = Money(0, home)
    sums: dict[tuple[int, int], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for fact in facts:
        pair = sums[fact.lender_id, fact.borrower_id]
        pair[0] += fact.charged
        pair[1] += fact.charged - fact.borrowed
    rows = []
    for (lender_id, borrower_id), (charged, difference) in sums.items():
        amount = Money(charged, home)
        invoiced, paid = invoiced_and_paid.get((lender_id, borrower_id), (nothing, nothing))
        rows.append(
            Owed(
                codes[lender_id], codes[borrower_id], amount, invoiced=invoiced, paid=paid,
                accrued=amount - invoiced, open=invoiced - paid, owed=amount - paid,
                difference=Money(difference, home),
            )
        )  # fmt: skip
    return sorted(rows, key=lambda row: (row.lender, row.borrower))


def _margins(
    project_ids: Iterable[int], names: dict[int, str], as_of: date, home: str
) -> list[ProjectMargin]:
    is_sales = Q(actual_type__in=SALES_TYPES)
    is_cost = Q(actual_type=ActualType.COST)
    # What the firm as a whole paid: own people, and the lender's cost instead of its charge.
    is_real = Q(posting_event=JournalEvent.LENT_COST) | (
        is_cost & ~Q(posting_event=JournalEvent.BORROWED_COST)
    )
    found = (
        Actual.objects.filter(project_id__in=list(project_ids), work_on__lte=as_of)
        .order_by()
        .values_list("project_id")
        .annotate(
            sales=Sum("tenant_amount", filter=is_sales, default=ZERO),
            cost=Sum("tenant_amount", filter=is_cost, default=ZERO),
            real=Sum("tenant_amount", filter=is_real, default=ZERO),
        )
    )
    return sorted(
        (
            ProjectMargin(
                project_id, names[project_id], Money(sales, home), Money(cost, home),
                Money(real, home),
            )
            for project_id, sales, cost, real in found
            if project_id in names
        ),
        key=lambda row: row.project,
    )  # fmt: skip
