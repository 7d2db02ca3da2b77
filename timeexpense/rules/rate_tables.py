"""Reading rate tables of mileage and per diems from rows of a file: shapes and figures only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of, minor_units, parse_amount, round_half_up

from .validation import is_plausible

MILEAGE_COLUMNS: Final = (
    "country", "vehicle", "unit", "currency", "year_start", "from_distance", "rate", "valid_from",
    "valid_until", "source",
)  # fmt: skip
PER_DIEM_COLUMNS: Final = (
    "scheme", "country", "place", "currency", "full_day", "partial_day", "breakfast", "lunch",
    "dinner", "lodging", "valid_from", "valid_until", "source",
)  # fmt: skip
UNITS: Final = ("mi", "km")


@dataclass(frozen=True, slots=True)
class MileageRow:
    country: str
    vehicle: str
    unit: str
    currency: str
    year_start_month: int
    year_start_day: int
    from_distance: int
    rate_per_unit: Decimal
    valid_from: date
    valid_until: date | None
    source: str

    @property
    def key(self) -> tuple[object, ...]:
        return (self.country, self.vehicle, self.from_distance)


@dataclass(frozen=True, slots=True)
class PerDiemRow:
    scheme: str
    country: str
    place: str
    currency: str
    full_day_amount: Decimal
    partial_day_amount: Decimal
    breakfast_amount: Decimal
    lunch_amount: Decimal
    dinner_amount: Decimal
    lodging_amount: Decimal | None
    valid_from: date
    valid_until: date | None
    source: str

    @property
    def key(self) -> tuple[object, ...]:
        return (self.scheme, self.country, self.place)


def check_columns(header: Sequence[str], wanted: Sequence[str]) -> None:
    """Raises  DomainError on "file" that names the columns which are missing."""
    missing = [name for name in wanted if name not in header]
    if missing:
        raise DomainError(
            f"The first row must name these columns: {', '.join(wanted)}. "
            f"Missing: {', '.join(missing)}.",
            "file",
        )


def mileage_row(cells: Mapping[str, str]) -> MileageRow:
    """One row of a mileage table. Raises  DomainError for what is none."""
    unit = cells["unit"].lower()
    if unit not in UNITS:
        raise DomainError(f"“{cells['unit'][:20]}” is no unit: mi or km.")
    month, day = _month_and_day(cells["year_start"])
    currency = _currency(cells["currency"])
    tier = parse_amount(cells["from_distance"] or "0", field="from_distance", max_places=0)
    if not 0 <= tier <= 1_000_000:
        raise DomainError("from_distance lies between 0 and 1,000,000.")
    rate = parse_amount(cells["rate"], field="rate", max_places=6, minimum=Decimal(0))
    if rate > 1_000_000:
        raise DomainError("This rate is too large.")
    valid_from, valid_until = _validity(cells)
    return MileageRow(
        _country(cells["country"]), _text(cells["vehicle"], "vehicle", 40), unit, currency, month,
        day, int(tier), rate, valid_from, valid_until, _text(cells["source"], "source", 200),
    )  # fmt: skip


def per_diem_row(cells: Mapping[str, str]) -> PerDiemRow:
    """One row of a per diem table; a meal may be a part of the full day, such as 20 %.

    Raises  DomainError for what is none, or deducts more than the day gives.
    """
    currency = _currency(cells["currency"])
    full = _amount(cells["full_day"], "full_day", currency)
    partial = _amount(cells["partial_day"], "partial_day", currency)
    if partial > full:
        raise DomainError("A partial day is paid no more than a full one.")
    breakfast, lunch, dinner = (
        _meal(cells[name], name, full, currency) for name in ("breakfast", "lunch", "dinner")
    )
    if breakfast + lunch + dinner > full:
        raise DomainError("The meals together are more than the full day.")
    lodging = cells["lodging"].strip()
    valid_from, valid_until = _validity(cells)
    return PerDiemRow(
        _country(cells["scheme"]), _country(cells["country"]),
        _text(cells["place"], "place", 80, needed=False), currency, full, partial,
        breakfast, lunch, dinner,
        _amount(lodging, "lodging", currency) if lodging else None, valid_from, valid_until,
        _text(cells["source"], "source", 200),
    )  # fmt: skip


def _meal(text: str, name: str, full: Decimal, currency: str) -> Decimal:
    text = text.strip()
    if not text.endswith("%"):
        return _amount(text or "0", name, currency)
    percent = parse_amount(text[:-1].strip(), field=name, max_places=4)
    if not 0 <= percent <= 100:
        raise DomainError(f"{name} lies between 0 and 100 %.")
    return round_half_up(full * percent / 100, minor_units(currency))


def _amount(text: str, name: str, currency: str) -> Decimal:
    places = minor_units(currency)
    amount = parse_amount(text, field=name, max_places=places, minimum=Decimal(0))
    if amount > 10_000_000:
        raise DomainError(f"{name} is too large.")
    return amount


def _validity(cells: Mapping[str, str]) -> tuple[date, date | None]:
    starts = _day(cells["valid_from"], "valid_from")
    ends = _day(cells["valid_until"], "valid_until") if cells["valid_until"].strip() else None
    if ends is not None and ends <= starts:
        raise DomainError("valid_until is the first day on which it holds no more: a later one.")
    return starts, ends


def _day(text: str, name: str) -> date:
    try:
        on = date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise DomainError(f"{name}: “{text[:20]}” is not a date such as 2026-12-31.") from None
    if not is_plausible(on):
        raise DomainError(f"{name} lies between 2000 and 2099.")
    return on


def _month_and_day(text: str) -> tuple[int, int]:
    month, _, day = (text.strip() or "01-01").partition("-")
    if not (month.isdecimal() and day.isdecimal()) or len(text) > 5:
        raise DomainError("year_start is a month and a day, such as 04-06.")
    if not (1 <= int(month) <= 12 and 1 <= int(day) <= 28):
        raise DomainError("year_start lies between 01-01 and 12-28.")
    return int(month), int(day)


def _country(text: str) -> str:
    code = text.strip().upper()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise DomainError(f"“{text[:20]}” is no country: two letters, such as DE.")
    return code


def _currency(text: str) -> str:
    return str(currency_of(text.strip().upper()[:10]).code)


def _text(text: str, name: str, limit: int, *, needed: bool = True) -> str:
    text = text.strip()
    if needed and not text:
        raise DomainError(f"{name} is missing.")
    if len(text) > limit or "\0" in text:
        raise DomainError(f"{name} has at most {limit} characters.")
    return text
