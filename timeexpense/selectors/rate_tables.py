"""The tables that mileage and per diems are paid by, as of a day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from babel import Locale
from django.db.models import Q, QuerySet

from psa.core.org.models import Resource
from timeexpense.models import ExpenseEntry, MileageRate, PerDiemRate
from timeexpense.rules import mileage
from timeexpense.rules.per_diem import DayRates

NAMES: Final[Mapping[str, str]] = Locale("en").territories


@dataclass(frozen=True, slots=True)
class MileageTable:
    """One vehicle's tiers on a day."""

    country: str
    vehicle: str
    unit: str
    currency: str
    year_start: tuple[int, int]
    tiers: tuple[mileage.Tier, ...]
    source: str


@dataclass(frozen=True, slots=True)
class PerDiemTable:
    """One place's amounts on a day."""

    country: str
    place: str
    currency: str
    rates: DayRates
    lodging_amount: Decimal | None
    source: str

    @property
    def value(self) -> str:
        return f"{self.country}:{self.place}"

    @property
    def label(self) -> str:
        name = NAMES.get(self.country, self.country)
        return f"{name}, {self.place}" if self.place else name


def scheme_of(resource: Resource) -> str:
    """Whose tables apply to a person: those of the country that employs them."""
    country: str = (
        Resource.objects.filter(pk=resource.pk)
        .values_list("org_unit__legal_entity__country", flat=True)
        .get()
    )
    return country


def _valid(on: date) -> Q:
    return Q(valid_from__lte=on) & (Q(valid_until__isnull=True) | Q(valid_until__gt=on))


def mileage_tables(*, scheme: str, on: date) -> dict[str, MileageTable]:
    """The vehicles of a country on a day, by name, cars first. One query."""
    rows: dict[str, list[MileageRate]] = {}
    for row in MileageRate.objects.filter(_valid(on), country=scheme).order_by(
        "vehicle", "from_distance"
    ):
        rows.setdefault(row.vehicle, []).append(row)
    return {
        vehicle: MileageTable(
            scheme, vehicle, tiers[0].unit, tiers[0].currency,
            (tiers[0].year_start_month, tiers[0].year_start_day),
            tuple(mileage.Tier(Decimal(t.from_distance), t.rate_per_unit) for t in tiers),
            tiers[0].source,
        )
        for vehicle, tiers in sorted(
            rows.items(), key=lambda row: (not row[0].lower().startswith("car"), row[0])
        )
    }  # fmt: skip


def per_diem_tables(*, scheme: str, on: date) -> dict[str, PerDiemTable]:
    """The places of a country's rules on a day, by "country:place", at home first. One query."""
    rows = PerDiemRate.objects.filter(_valid(on), scheme=scheme)
    tables = [
        PerDiemTable(
            row.country, row.place, row.currency,
            DayRates(
                row.full_day_amount, row.partial_day_amount, row.breakfast_amount,
                row.lunch_amount, row.dinner_amount,
            ),
            row.lodging_amount, row.source,
        )
        for row in rows
    ]  # fmt: skip
    tables.sort(key=lambda one: (one.country != scheme, one.label))
    return {one.value: one for one in tables}


def claimed_spans(
    *,
    resource_id: int,
    vehicle: str,
    country: str,
    year: tuple[date, date],
    leaving_out: int | None,
) -> list[mileage.DistanceSpan]:
    """What of a year's distance the person's other claims take. One query."""
    texts = (
        ExpenseEntry.objects.filter(
            resource_id=resource_id, kind="mileage", vehicle=vehicle, country=country,
            spent_on__gte=year[0], spent_on__lt=year[1],
        )
        .exclude(pk=leaving_out)
        .values_list("distance_spans", flat=True)
    )  # fmt: skip
    return [span for text in texts for span in mileage.from_text(text)]


def mileage_rates() -> "QuerySet[MileageRate]":
    """All rows of the mileage table."""
    return MileageRate.objects.all()


def per_diem_rates() -> "QuerySet[PerDiemRate]":
    """All rows of the per diem table."""
    return PerDiemRate.objects.all()
