"""The margin of each unit over some days, with what units charge each other for their people."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Sum
from moneyed import Money

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.ledger.models import Actual
from psa.core.ledger.rules.posting_profiles import JournalEvent
from psa.core.ledger.rules.types import ActualType
from psa.core.org.models import OrgUnit
from psa.core.tenancy.models import Tenant
from revenue.rules.unit_margins import UnitFact, UnitFactKind, UnitSums, sums_by_unit

from .permissions import RevenuePermission

_TYPES: Final = (
    ActualType.COST, ActualType.UNBILLED_SALES, ActualType.BILLED_SALES,
    ActualType.RESOURCING_UNIT_COST, ActualType.INTER_ORGANISATION_SALES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnitMargin:
    """One unit's row, in the tenant's currency."""

    unit_id: int | None
    unit: str
    entity: str
    sales: Money
    charged: Money
    cost: Money
    borne: Money
    margin: Money

    @property
    def margin_share(self) -> Decimal | None:
        """Of what it sells and charges; None where that is nothing."""
        earned: Decimal = self.sales.amount + self.charged.amount
        return round(self.margin.amount / earned, 4) if earned > 0 else None


@dataclass(frozen=True, slots=True)
class UnitMargins:
    """All units that worked or sold; `total` is the firm's."""

    from_on: date
    until_on: date
    rows: tuple[UnitMargin, ...]
    total: UnitMargin


def unit_margins(*, actor: Actor, from_on: date, until_on: date) -> UnitMargins:
    """Sales, cost and charges between units posted on days of this range, both included.

    Three queries, whatever was posted. Units without any figure have no row.
    Raises  PermissionDenied: it shows what people cost.
    """
    actor.require(RevenuePermission.VIEW)
    actor.require(PricingPermission.VIEW_COST_RATES)
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    names = {
        pk: (name, code)
        for pk, name, code in OrgUnit.objects.values_list("id", "name", "legal_entity__code")
    }
    sums = sums_by_unit(_facts(from_on, until_on))
    rows = sorted(
        (
            _row(unit_id, *names.get(unit_id or 0, ("", "")), found, home)
            for unit_id, found in sums.items()
            if found.sales or found.charged or found.cost or found.borne
        ),
        key=lambda row: (row.unit_id is None, row.entity, row.unit),
    )
    whole = UnitSums(
        sum((one.sales for one in sums.values()), Decimal(0)),
        sum((one.charged for one in sums.values()), Decimal(0)),
        sum((one.cost for one in sums.values()), Decimal(0)),
        sum((one.borne for one in sums.values()), Decimal(0)),
    )
    return UnitMargins(from_on, until_on, tuple(rows), _row(None, "", "", whole, home))


def _row(unit_id: int | None, name: str, entity: str, found: UnitSums, home: str) -> UnitMargin:
    return UnitMargin(
        unit_id, name, entity, Money(found.sales, home), Money(found.charged, home),
        Money(found.cost, home), Money(found.borne, home), Money(found.margin, home),
    )  # fmt: skip


def _facts(from_on: date, until_on: date) -> list[UnitFact]:
    rows = (
        Actual.objects.filter(
            actual_type__in=_TYPES, posted_on__gte=from_on, posted_on__lte=until_on
        )
        .order_by()
        .values_list("actual_type", "posting_event", "contracting_unit_id", "resourcing_unit_id")
        .annotate(total=Sum("tenant_amount"))
    )
    return [
        UnitFact(_kind(actual_type, event), contracting_id, resourcing_id, total)
        for actual_type, event, contracting_id, resourcing_id, total in rows
    ]


def _kind(actual_type: str, event: str) -> UnitFactKind:
    match ActualType(actual_type):
        case ActualType.COST:
            is_borrowed = event == JournalEvent.BORROWED_COST
            return UnitFactKind.BORROWED if is_borrowed else UnitFactKind.COST
        case ActualType.RESOURCING_UNIT_COST:
            is_abroad = event == JournalEvent.LENT_COST
            return UnitFactKind.LENT_ABROAD if is_abroad else UnitFactKind.LENT_WITHIN
        case ActualType.INTER_ORGANISATION_SALES:
            is_within = event == JournalEvent.INTERNAL_LENDING
            return UnitFactKind.CHARGED_WITHIN if is_within else UnitFactKind.CHARGED_ABROAD
        case _:
            return UnitFactKind.SALES
