"""Expenses by the kind of their category: mileage, per diem, lodging, entertainment."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.org.models import Resource
from psa.core.web import formats
from tests.timeexpense.conftest import NOW, Scene
from tests.timeexpense.test_expenses import draft
from timeexpense.models import ExpenseEntry, MileageRate, PerDiemRate
from timeexpense.rules import mileage, per_diem
from timeexpense.rules.mileage import DistanceSpan, Tier
from timeexpense.rules.per_diem import DayRates, days_away
from timeexpense.services import expenses, rate_tables
from timeexpense.services.expense_kinds import KindFields
from timeexpense.words import calculation_told

HMRC = (Tier(Decimal(0), Decimal("0.45")), Tier(Decimal(10_000), Decimal("0.25")))
GERMANY = DayRates(*map(Decimal, ("28", "14", "5.60", "11.20", "11.20")))
MONDAY = date(2026, 7, 6)


def spans(*pairs: tuple[str, str]) -> tuple[DistanceSpan, ...]:
    return tuple(DistanceSpan(Decimal(start), Decimal(end)) for start, end in pairs)


# --- mileage


@pytest.mark.parametrize(
    ("taken", "distance", "amount"),
    [
        ((), "100", "45.00"),
        ((("0", "9960"),), "100", "33.00"),  # 40 at 0.45 and 60 at 0.25
        ((("0", "10000"),), "10.1", "2.53"),  # 2.525, half up
        ((("0", "100"), ("140", "10000")), "100", "33.00"),  # the gap of 40 first
    ],
)
def test_pays_a_distance_by_the_year_so_far(
    taken: Sequence[tuple[str, str]], distance: str, amount: str
) -> None:
    free = mileage.free_spans(spans(*taken), Decimal(distance))
    assert mileage.allowance(free, HMRC, currency="GBP") == Money(amount, "GBP")


@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=12), st.data())
def test_pays_a_years_distance_alike_however_it_is_cut(tenths: list[int], data: Any) -> None:
    claims = [Decimal(one) / 10 for one in tenths]
    order = data.draw(st.permutations(claims))
    gone = data.draw(st.integers(0, len(order) - 1))
    taken: list[tuple[DistanceSpan, ...]] = []
    for distance in order:
        taken.append(mileage.free_spans([s for claim in taken for s in claim], distance))
    # One is taken back and handed in again, last.
    removed = taken.pop(gone)
    distance = sum((span.length for span in removed), Decimal(0))
    taken.append(mileage.free_spans([s for claim in taken for s in claim], distance))
    every = sorted(span for claim in taken for span in claim)
    assert every[0].start == 0
    assert all(a.end == b.start for a, b in pairwise(every))
    exact = [
        sum((part * rate for part, rate in mileage.by_tier(claim, HMRC)), Decimal(0))
        for claim in taken
    ]
    total = sum(claims, Decimal(0))
    assert sum(exact) == min(total, 10_000) * Decimal("0.45") + max(total - 10_000, 0) * Decimal(
        "0.25"
    )
    paid = [mileage.allowance(claim, HMRC, currency="GBP").amount for claim in taken]
    assert all(abs(a - b) <= Decimal("0.005") for a, b in zip(paid, exact, strict=True))


def test_begins_the_year_of_distance_on_its_day() -> None:
    year = {"start_month": 4, "start_day": 6}
    assert mileage.year_of(date(2026, 4, 5), **year) == (date(2025, 4, 6), date(2026, 4, 6))
    assert mileage.year_of(date(2026, 4, 6), **year)[0] == date(2026, 4, 6)


# --- per diem


@pytest.mark.parametrize(
    ("until", "meals", "amount"),
    [
        (MONDAY, (), "14.00"),
        (MONDAY + timedelta(days=2), (), "56.00"),
        (MONDAY + timedelta(days=2), ((MONDAY + timedelta(days=1), "breakfast"),), "50.40"),
        # On a partial day breakfast and dinner are 16.80 of 14: nothing is left, and nothing owed.
        (MONDAY + timedelta(days=1), ((MONDAY, "breakfast"), (MONDAY, "dinner")), "14.00"),
    ],
)
def test_pays_days_less_meals(until: date, meals: Sequence[tuple[date, str]], amount: str) -> None:
    days = days_away(starts_on=MONDAY, ends_on=until, meals=meals)
    assert per_diem.allowance(days, GERMANY, currency="EUR").amount == Money(amount, "EUR")


@given(st.integers(1, 31), st.sets(st.tuples(st.integers(0, 30), st.sampled_from(per_diem.MEALS))))
def test_never_pays_below_zero_nor_above_the_days(count: int, picked: set[tuple[int, str]]) -> None:
    meals = [(MONDAY + timedelta(days=n), meal) for n, meal in picked if n < count]
    days = days_away(starts_on=MONDAY, ends_on=MONDAY + timedelta(days=count - 1), meals=meals)
    paid = per_diem.allowance(days, GERMANY, currency="EUR")
    gross = GERMANY.full * paid.full_days + GERMANY.partial * paid.partial_days
    assert paid.full_days + paid.partial_days == count
    assert 0 <= paid.amount.amount <= gross
    assert paid.amount.amount + paid.deducted.amount == gross


# --- as entered


def add(scene: Scene, category: str, **fields: Any) -> ExpenseEntry:
    changes = {name: fields.pop(name) for name in list(fields) if name in DRAFT}
    report = expenses.create_report(title="Munich", actor=scene.actor("ben"), at=NOW)
    made = expenses.add_expense(
        report_id=report.pk,
        draft=draft(
            scene, category_id=scene.firm.categories[category].pk,
            kind_fields=KindFields(**fields), **changes,
        ),
        actor=scene.actor("ben"), at=NOW,
    )  # fmt: skip
    return ExpenseEntry.objects.get(pk=made.entry_id)


DRAFT = ("spent_on", "description", "amount", "currency", "tax_amount", "payment_method")
JOURNEY = {"vehicle": "Car or van", "from_place": "Leeds", "to_place": "York"}


def in_germany(scene: Scene) -> None:
    """Ben is employed by the German company."""
    Resource.objects.filter(pk=scene.firm.resources["ben"].pk).update(
        org_unit=scene.firm.units["DE"]
    )


def test_takes_a_journeys_amount_from_the_shipped_table(scene: Scene) -> None:
    first = add(scene, "mileage", distance="9960", **JOURNEY)
    second = add(scene, "mileage", distance="100", **JOURNEY)
    assert (first.amount, first.currency) == (Decimal("4482"), "GBP")
    assert (second.amount, second.distance_spans) == (Decimal("33"), "9960-10060")
    assert second.calculation.startswith("40 miles × 0.45 + 60 miles × 0.25. HMRC")
    assert second.tax_amount == 0


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ("9608 miles × 0.45 + 60 miles × 0.25. HMRC 480 (gov.uk): 2026",
         "9.608 Meilen × 0,45 + 60 Meilen × 0,25. HMRC 480 (gov.uk): 2026"),
        ("Germany: 2 × 28.00 + 2 × 14.00 − 5.60 for meals. Germany, EStG § 9 (4a): 28 and 14 EUR",
         "Deutschland: 2 × 28,00 + 2 × 14,00 − 5,60 für Mahlzeiten. "
         "Germany, EStG § 9 (4a): 28 and 14 EUR"),
        ("United States, Washington, D.C.: 1 × 92.00 + 0 × 69.00. US GSA",
         "Vereinigte Staaten, Washington, D.C.: 1 × 92,00 + 0 × 69,00. US GSA"),
        ("Something else. 1 × 2: 3", "Something else. 1 × 2: 3"),
    ],
)  # fmt: skip
def test_tells_how_an_amount_came_about_as_the_reader_reads(kept: str, told: str) -> None:
    assert calculation_told("40 miles × 0.45. HMRC") == "40 miles × 0.45. HMRC"
    formats.use_region("de-de", "de")
    try:
        with translation.override("de"):
            assert calculation_told(kept) == told
    finally:
        formats.use_region("", "")


def test_gives_a_deleted_journeys_distance_to_the_next_and_settles_it_anew(scene: Scene) -> None:
    first = add(scene, "mileage", distance="9960", **JOURNEY)
    was = expenses.delete_expense(entry_id=first.pk, actor=scene.actor("ben"), at=NOW)
    second = add(scene, "mileage", distance="100", **JOURNEY)
    assert second.amount == Decimal(45)
    expenses.restore_expense(payload=was, actor=scene.actor("ben"), at=NOW)
    assert ExpenseEntry.objects.get(pk=first.pk).distance_spans == "100-10060"


def test_pays_a_german_a_stay_in_london_with_breakfast(scene: Scene) -> None:
    in_germany(scene)
    entry = add(
        scene, "per_diem", spent_on=MONDAY, ends_on=MONDAY + timedelta(days=2),
        place="GB:London", meals=("2026-07-07:breakfast", "2026-07-08:breakfast"),
    )  # fmt: skip
    # 44 + 66 + 44 less twice 20 % of 66.
    assert (entry.amount, entry.currency) == (Decimal("127.6"), "EUR")
    assert (entry.kind, entry.country, entry.place) == ("per_diem", "GB", "London")


@pytest.mark.parametrize(
    ("category", "fields", "field"),
    [
        ("mileage", {**JOURNEY, "distance": "0"}, "distance"),
        ("mileage", {**JOURNEY, "distance": "NaN"}, "distance"),
        ("mileage", {**JOURNEY, "distance": "5", "vehicle": "Camel"}, "vehicle"),
        ("mileage", {**JOURNEY, "distance": "5", "to_place": " "}, "to_place"),
        ("mileage", {**JOURNEY, "distance": "5", "payment_method": "card"}, "payment_method"),
        ("per_diem", {"place": "DE:"}, "place"),
        ("per_diem", {"place": "GB:", "ends_on": date(2026, 7, 1)}, "ends_on"),
        ("per_diem", {"place": "GB:", "ends_on": date(2026, 7, 10)}, "ends_on"),
        ("per_diem", {"place": "GB:", "meals": ("2026-07-01:lunch",)}, "meals"),
        ("per_diem", {"place": "GB:", "meals": ("lunch",)}, "meals"),
        ("lodging", {"nights": 0}, "nights"),
        ("lodging", {"place": "XX:Nowhere"}, "place"),
        ("entertainment", {"attendees": "Cleo"}, "client"),
        ("entertainment", {"client": "Kessler"}, "attendees"),
        ("entertainment", {"client": "Kessler", "attendees": "Cleo", "description": ""},
         "description"),
    ],
)  # fmt: skip
def test_refuses_what_a_kind_does_not_take(
    scene: Scene, category: str, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(DomainError) as refusal:
        add(scene, category, **fields)
    assert refusal.value.field == field
    assert not ExpenseEntry.objects.exists()


def test_takes_lodging_and_entertainment_as_paid(scene: Scene) -> None:
    assert add(scene, "lodging").nights == 1
    dinner = add(scene, "entertainment", client="Kessler", attendees="Cleo, Jo")
    assert (dinner.amount, dinner.client) == (Decimal(119), "Kessler")


# --- the tables

HEADER = (
    "country,vehicle,unit,currency,year_start,from_distance,rate,valid_from,valid_until,source\n"
)


def load(scene: Scene, text: str) -> rate_tables.Loaded:
    return rate_tables.load_rates(
        kind="mileage", content=(HEADER + text).encode(), filename="rates.csv",
        actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip


def test_ends_a_rate_where_the_next_one_begins_and_loads_the_same_once(scene: Scene) -> None:
    row = "GB,Bicycle,mi,GBP,04-06,0,0.30,2027-04-06,,Budget\n"
    done = load(scene, row)
    assert (done.added, done.ended) == (1, 1)
    former = MileageRate.objects.get(vehicle="Bicycle", rate_per_unit="0.20")
    assert former.valid_until == date(2027, 4, 6)
    assert load(scene, row) == rate_tables.Loaded(0, 0, 0, 1)
    shipped = (rate_tables.SHIPPED / "per_diem_rates.csv").read_bytes()
    again = rate_tables.load_rates(
        kind="per_diem", content=shipped, filename="p.csv", actor=scene.actor("fay"), at=NOW
    )
    assert (again.added, again.changed, again.ended) == (0, 0, 0)
    assert again.unchanged == PerDiemRate.objects.count() > 50


@pytest.mark.parametrize(
    "row",
    [
        "GB,Bicycle,furlong,GBP,04-06,0,0.30,2027-04-06,,Budget\n",
        "Britain,Bicycle,mi,GBP,04-06,0,0.30,2027-04-06,,Budget\n",
        "GB,Bicycle,mi,GBP,13-06,0,0.30,2027-04-06,,Budget\n",
        "GB,Bicycle,mi,GBP,04-06,0,1e400,2027-04-06,,Budget\n",
        "GB,Bicycle,mi,GBP,04-06,0,0.30,2027-04-06,2027-04-06,Budget\n",
        "GB,Bicycle,mi,GBP,04-06,0,0.30,2001-01-01,,Overlaps\n",
        "GB,Bicycle,mi,GBP,04-06,0,0.30,2027-04-06,,\n",
    ],
)
def test_loads_all_rows_or_none(scene: Scene, row: str) -> None:
    before = list(MileageRate.objects.order_by("pk").values())
    with pytest.raises(DomainError) as refusal:
        load(scene, "GB,Hoverboard,mi,GBP,04-06,0,0.10,2027-04-06,,Budget\n" + row)
    assert refusal.value.field == "file"
    assert list(MileageRate.objects.order_by("pk").values()) == before


def test_reads_a_meal_as_part_of_the_day() -> None:
    from timeexpense.rules.rate_tables import PER_DIEM_COLUMNS, per_diem_row

    cells = dict(zip(PER_DIEM_COLUMNS, (
        "DE", "fr", "Paris", "eur", "58", "39", "20%", "40 %", "40%", "159", "2025-01-01", "", "BMF"
    ), strict=True))  # fmt: skip
    row = per_diem_row(cells)
    assert (row.breakfast_amount, row.lunch_amount) == (Decimal("11.60"), Decimal("23.20"))
    with pytest.raises(DomainError):
        per_diem_row(cells | {"breakfast": "50%"})
