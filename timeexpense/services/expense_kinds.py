"""What each kind of category asks of an expense, and how its amount comes about."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.org.models import Resource
from timeexpense.models import CategoryKind, ExpenseCategory, ExpenseEntry
from timeexpense.rules import mileage, per_diem
from timeexpense.rules.validation import is_plausible
from timeexpense.selectors import rate_tables

MAX_NIGHTS: Final = 366
UNIT_WORDS: Final = {"mi": "miles", "km": "km"}


@dataclass(frozen=True, slots=True)
class KindFields:
    """What only some kinds of category ask for, as typed; the others leave it blank.

    `place` is "country:place" of the per diem table; `meals` are "2026-07-06:breakfast".
    """

    vehicle: str = ""
    from_place: str = ""
    to_place: str = ""
    distance: str = ""
    place: str = ""
    ends_on: date | None = None
    first_day_part: str = ""
    last_day_part: str = ""
    meals: Sequence[str] = field(default=())
    nights: int | None = None
    client: str = ""
    attendees: str = ""
    justification: str = ""


NO_FIELDS: Final = KindFields()
BLANK: Final[dict[str, Any]] = {
    "country": "", "place": "", "vehicle": "", "from_place": "", "to_place": "", "distance": None,
    "distance_spans": "", "ends_on": None, "first_day_part": "", "last_day_part": "", "meals": "",
    "nights": None, "client": "", "attendees": "", "calculation": "",
}  # fmt: skip


def kind_of(category_id: int) -> str:
    """Of which kind a category is. One query."""
    found = ExpenseCategory.objects.filter(category_id=category_id).values_list("kind", flat=True)
    return str(found.first() or CategoryKind.STANDARD)


def has_table_amount(kind: str) -> bool:
    """Whether the amount comes from a table and is not typed."""
    return kind in (CategoryKind.MILEAGE, CategoryKind.PER_DIEM)


def values_of(
    kind: str,
    typed: KindFields,
    *,
    spent_on: date,
    purpose: str,
    person: Resource,
    entry_id: int | None,
    today: date,
) -> dict[str, Any]:
    """The columns that a kind fills, those of the others blank; a table's amount with its currency.

    Takes the person's row lock for mileage, so that two claims never take the same distance.
    Raises  DomainError on the field that does not fit.
    """
    values = {
        **BLANK,
        "kind": kind,
        "justification": _text(typed.justification, 400, "justification"),
    }
    if kind == CategoryKind.MILEAGE:
        values |= _mileage(typed, spent_on, person, entry_id)
    elif kind == CategoryKind.PER_DIEM:
        values |= _per_diem(typed, spent_on, person, today)
    elif kind == CategoryKind.LODGING:
        values |= _lodging(typed, spent_on, person)
    elif kind == CategoryKind.ENTERTAINMENT:
        values |= _entertainment(typed, purpose)
    else:
        values["attendees"] = _text(typed.attendees, 400, "attendees")
    return values


def comes_to(
    kind: str,
    typed: KindFields,
    *,
    spent_on: date,
    person: Resource,
    entry_id: int | None,
    today: date,
) -> tuple[Money, str] | None:
    """What a table pays for what is typed so far, and how it comes about; None where that is not
    enough yet. Writes and locks nothing: what counts is calculated when the expense is added."""
    try:
        if kind == CategoryKind.MILEAGE:
            values = _by_distance(typed, spent_on, person, entry_id)
        elif kind == CategoryKind.PER_DIEM:
            values = _per_diem(typed, spent_on, person, today)
        else:
            return None
    except DomainError:
        return None
    return Money(values["amount"], values["currency"]), values["calculation"]


def _mileage(
    typed: KindFields, spent_on: date, person: Resource, entry_id: int | None
) -> dict[str, Any]:
    Resource.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    return {
        **_by_distance(typed, spent_on, person, entry_id),
        "from_place": _text(typed.from_place, 120, "from_place", needed="Say where it began."),
        "to_place": _text(typed.to_place, 120, "to_place", needed="Say where it ended."),
    }


def _by_distance(
    typed: KindFields, spent_on: date, person: Resource, entry_id: int | None
) -> dict[str, Any]:
    scheme = rate_tables.scheme_of(person)
    table = rate_tables.mileage_tables(scheme=scheme, on=spent_on).get(typed.vehicle)
    if table is None:
        raise DomainError("There is no such vehicle in the mileage table on that day.", "vehicle")
    distance = mileage.distance_of(typed.distance)
    month, day = table.year_start
    taken = rate_tables.claimed_spans(
        resource_id=person.pk, vehicle=table.vehicle, country=scheme,
        year=mileage.year_of(spent_on, start_month=month, start_day=day), leaving_out=entry_id,
    )  # fmt: skip
    spans = mileage.free_spans(taken, distance)
    amount = mileage.allowance(spans, table.tiers, currency=table.currency)
    if amount.amount <= 0:
        raise DomainError("This distance comes to nothing by the mileage table.", "distance")
    parts = " + ".join(
        f"{part.normalize():f} {UNIT_WORDS[table.unit]} × {rate.normalize():f}"
        for part, rate in mileage.by_tier(spans, table.tiers)
    )
    return {
        "country": scheme,
        "vehicle": table.vehicle,
        "distance": distance,
        "distance_spans": mileage.as_text(spans),
        "amount": amount.amount,
        "currency": table.currency,
        "tax_amount": Decimal(0),
        "calculation": f"{parts}. {table.source}"[:400],
    }


def _per_diem(typed: KindFields, spent_on: date, person: Resource, today: date) -> dict[str, Any]:
    table = _place(typed.place, spent_on, person)
    ends_on = typed.ends_on or spent_on
    if not is_plausible(ends_on) or ends_on > today:
        raise DomainError("The last day lies in the future, or too far away. Check it.", "ends_on")
    days = per_diem.days_away(
        starts_on=spent_on,
        ends_on=ends_on,
        first_part=typed.first_day_part or per_diem.PARTIAL,
        last_part=typed.last_day_part or per_diem.PARTIAL,
        meals=[_meal(word) for word in typed.meals],
    )
    paid = per_diem.allowance(days, table.rates, currency=table.currency)
    if paid.amount.amount <= 0:
        raise DomainError("After the meals provided nothing is left to pay.", "meals")
    words = f"{paid.full_days} × {table.rates.full:.2f} + {paid.partial_days} × {table.rates.partial:.2f}"
    less = f" − {paid.deducted.amount:.2f} for meals" if paid.deducted.amount else ""
    return {
        "country": table.country,
        "place": table.place,
        "ends_on": ends_on,
        "first_day_part": typed.first_day_part or per_diem.PARTIAL,
        "last_day_part": typed.last_day_part or per_diem.PARTIAL,
        "meals": " ".join(sorted(typed.meals)),
        "amount": paid.amount.amount,
        "currency": table.currency,
        "tax_amount": Decimal(0),
        "calculation": f"{table.label}: {words}{less}. {table.source}"[:400],
    }


def _lodging(typed: KindFields, spent_on: date, person: Resource) -> dict[str, Any]:
    nights = 1 if typed.nights is None else typed.nights
    if not 1 <= nights <= MAX_NIGHTS:
        raise DomainError(f"Between 1 and {MAX_NIGHTS} nights.", "nights")
    values: dict[str, Any] = {"nights": nights}
    if typed.place:
        table = _place(typed.place, spent_on, person)
        values |= {"country": table.country, "place": table.place}
    return values


def _entertainment(typed: KindFields, purpose: str) -> dict[str, Any]:
    if not purpose.strip():
        raise DomainError("Say what the occasion was; entertainment needs it.", "description")
    return {
        "client": _text(typed.client, 120, "client", needed="Name the client."),
        "attendees": _text(typed.attendees, 400, "attendees", needed="Name who was there."),
    }


def _place(value: str, on: date, person: Resource) -> rate_tables.PerDiemTable:
    scheme = rate_tables.scheme_of(person)
    table = rate_tables.per_diem_tables(scheme=scheme, on=on).get(value)
    if table is None:
        raise DomainError("There is no such place in the per diem table on that day.", "place")
    return table


def _meal(word: str) -> tuple[date, str]:
    day, _, meal = word.partition(":")
    try:
        return date.fromisoformat(day), meal
    except ValueError:
        raise DomainError(
            "A meal is a day and a word, such as 2026-07-06:breakfast.", "meals"
        ) from None


def _text(text: str, limit: int, field_name: str, *, needed: str = "") -> str:
    text = text.strip()
    if needed and not text:
        raise DomainError(needed, field_name)
    if len(text) > limit:
        raise DomainError(f"At most {limit} characters fit here; this has {len(text)}.", field_name)
    if "\0" in text:
        raise DomainError(
            "This holds a character that cannot be stored. Type it again.", field_name
        )
    return text


def typed_again(entry: ExpenseEntry) -> KindFields:
    """What was typed for a stored expense, as its form or a restored row gives it back."""
    return KindFields(
        vehicle=entry.vehicle,
        from_place=entry.from_place,
        to_place=entry.to_place,
        distance="" if entry.distance is None else f"{entry.distance:f}",
        place=f"{entry.country}:{entry.place}" if entry.country and not entry.vehicle else "",
        ends_on=entry.ends_on,
        first_day_part=entry.first_day_part,
        last_day_part=entry.last_day_part,
        meals=tuple(entry.meals.split()),
        nights=entry.nights,
        client=entry.client,
        attendees=entry.attendees,
        justification=entry.justification,
    )
