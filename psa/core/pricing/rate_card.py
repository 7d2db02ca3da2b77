"""Reading a rate card somebody sends: columns found by their names, each row kept or refused.

Pure: text in, rows and sentences out. Real cards have an instruction row, currency signs and column
names of their own; what cannot be read is named with its row number (the header is row 1).
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from psa.core.errors import DomainError
from psa.core.money.rounding import PRICE_PLACES, parse_amount

MAX_ROWS: Final = 20_000
PRICE_DIGITS: Final = 14

# What a column may be called, most telling first; a header matches when it contains the words.
COLUMN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "role": (
        "job title", "labor category", "labour category", "service proposed", "role", "title",
        "rolle", "funktion",
    ),
    "unit": ("unit of issue", "unit", "je", "zeiteinheit"),
    "value": (
        "price offered", "hourly rate", "day rate", "price", "rate", "value",
        "stundensatz", "tagessatz", "kostensatz", "preis", "satz",
    ),
    "resourcing_unit": ("resourcing unit", "org unit"),
    "work_location": ("worksite", "work site", "work location"),
    "seniority": ("seniority",),
    "class": ("transaction class", "class"),
    "category": ("transaction category", "category"),
    "item": ("item",),
    "method": ("method",),
}  # fmt: skip
REQUIRED: Final = ("role", "value")
UNITS: Final[Mapping[str, str]] = {
    "stunde": "hour", "std": "hour", "tag": "day",
    "hour": "hour", "hours": "hour", "hr": "hour", "hrs": "hour", "h": "hour", "per hour": "hour",
    "day": "day", "days": "day", "d": "day", "per day": "day",
}  # fmt: skip
METHODS: Final[Mapping[str, str]] = {
    "": "price", "price": "price", "markup": "markup", "markup on cost, %": "markup",
    "at cost": "at_cost", "at_cost": "at_cost",
}  # fmt: skip
WORK_LOCATIONS: Final[Mapping[str, str]] = {
    "": "", "any": "", "both": "",
    "customer": "onsite", "customer site": "onsite", "on-site": "onsite", "onsite": "onsite",
    "contractor": "remote", "contractor site": "remote", "off-site": "remote", "remote": "remote",
}  # fmt: skip
SIGNS: Final[Mapping[str, frozenset[str]]] = {
    "$": frozenset({"USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "₹": frozenset({"INR"}),
    "¥": frozenset({"JPY", "CNY"}),
}
_CODE = re.compile(r"^([A-Z]{3})\s+|\s+([A-Z]{3})$")


@dataclass(frozen=True, slots=True)
class CardRow:
    """One price as the card says it; names are as written, blank means any."""

    row: int
    role: str
    value: Decimal
    unit: str
    resourcing_unit: str = ""
    transaction_class: str = "time"
    category: str = ""
    item: str = ""
    method: str = "price"
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CardError:
    """A row that cannot be imported, and why. `row` 1 is the header."""

    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Card:
    """What was read: which column is what, usable rows, refused rows, and remarks."""

    columns: Mapping[str, str]
    rows: tuple[CardRow, ...]
    errors: tuple[CardError, ...]
    notes: tuple[str, ...]


def read_card(
    content: str,
    *,
    currency: str,
    default_unit: str = "hour",
    mapping: Mapping[str, str] | None = None,
) -> Card:
    """The rows of a CSV rate card in one currency.

    `mapping` says what a column is where its name does not: {"role": "Staff grade"}; a target that
    is no known column is a further price dimension. A first row without any digit in its price is
    taken for the card's instructions and left out.
    Raises  DomainError if the text is no table, or the role or price column is not found.
    Source  docs/rules/pricing.md, P-14.
    """
    if "\x00" in content:
        raise DomainError("This is not a CSV file: it contains binary data.", "file")
    table = list(_lines(content))
    if not table:
        raise DomainError("The file is empty.", "file")
    header = [_clean(cell) for cell in table[0][1]]
    places = _places(header, mapping or {})
    rows: list[CardRow] = []
    errors: list[CardError] = []
    notes: list[str] = []
    for index, (number, cells) in enumerate(table[1:]):
        given = {
            name: _clean(cells[place]) if place < len(cells) else ""
            for name, place in places.items()
        }
        if index == 0 and given["value"] and not any(c.isdigit() for c in given["value"]):
            notes.append(f"Row {number} holds instructions and was left out.")
            continue
        try:
            rows.append(_row(number, given, currency, default_unit))
        except DomainError as error:
            errors.append(CardError(number, error.message))
    kept, repeated = _without_repeats(rows)
    columns = {name: header[place] for name, place in places.items()}
    found = sorted([*errors, *repeated], key=lambda error: error.row)
    return Card(columns, tuple(kept), tuple(found), tuple(notes))


def header_of(content: str) -> list[str]:
    """The names of the columns; [] for an empty file."""
    return next(([_clean(cell) for cell in cells] for _, cells in _lines(content)), [])


def _lines(content: str) -> Iterator[tuple[int, list[str]]]:
    """(row number as a spreadsheet counts, cells) of rows that are not empty."""
    text = content.lstrip("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for number, cells in enumerate(
            csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), start=1
        ):
            if number > MAX_ROWS + 1:
                raise DomainError(f"The file has more than {MAX_ROWS} rows. Split it.", "file")
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise DomainError(f"The file is not readable as CSV: {error}.", "file") from None


def _clean(cell: str) -> str:
    return " ".join(cell.split())


def _places(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Which column holds what: as told, else by name."""
    lowered = [name.casefold() for name in header]
    places: dict[str, int] = {}
    for target, wanted in mapping.items():
        if _clean(wanted).casefold() not in lowered:
            raise DomainError(
                f"There is no column “{wanted}”. The columns are: "
                f"{', '.join(name for name in header if name)}.",
                "mapping",
            )
        places[target] = lowered.index(_clean(wanted).casefold())
    for target, words in COLUMN_WORDS.items():
        if target in places:
            continue
        place = _named(words, lowered, set(places.values()))
        if place is not None:
            places[target] = place
    for target in REQUIRED:
        if target not in places:
            raise DomainError(
                f"No column for the {'price' if target == 'value' else target} was found among: "
                f"{', '.join(name for name in header if name)}. Say which one it is.",
                "mapping",
            )
    return places


def _named(words: Sequence[str], header: Sequence[str], taken: set[int]) -> int | None:
    """The free column called by one of the words; a whole name beats a part of one."""
    free = [place for place in range(len(header)) if place not in taken]
    for word in words:
        for place in free:
            if header[place] == word or header[place].replace("_", " ") == word:
                return place
    for word in words:
        for place in free:
            if re.search(rf"\b{re.escape(word)}\b", header[place]):
                return place
    return None


def _row(number: int, given: Mapping[str, str], currency: str, default_unit: str) -> CardRow:
    role, item, category = given["role"], given.get("item", ""), given.get("category", "")
    transaction_class = given.get("class", "").casefold() or "time"
    if not role and transaction_class == "time":
        raise DomainError("The role is missing.")
    method = METHODS.get(given.get("method", "").casefold())
    if method is None:
        raise DomainError(f"“{given['method']}” is not price, markup or at cost.")
    value = Decimal(0) if method == "at_cost" else price_of(given["value"], currency)
    unit = given.get("unit", "").casefold() or default_unit
    if transaction_class == "time":
        if unit not in UNITS:
            raise DomainError(f"The unit “{given['unit']}” is neither hour nor day.")
        unit = UNITS[unit]
    dimensions = {
        name: text
        for name, text in given.items()
        if name not in COLUMN_WORDS and text and text.casefold() != "any"
    }
    if given.get("seniority", "").casefold() not in ("", "any"):
        dimensions["seniority"] = given["seniority"]
    site = WORK_LOCATIONS.get(given.get("work_location", "").casefold())
    if site is None:
        raise DomainError(
            f"The work site “{given['work_location']}” is neither customer, contractor nor both."
        )
    if site:
        dimensions["work_location"] = site
    return CardRow(
        row=number,
        role="" if role.casefold() == "any" else role,
        value=value,
        unit=unit,
        resourcing_unit=given.get("resourcing_unit", ""),
        transaction_class=transaction_class,
        category=category,
        item=item,
        method=method,
        dimensions=dimensions,
    )


def price_of(text: str, currency: str) -> Decimal:
    """A price as a card writes it, with or without its currency. Raises  DomainError."""
    if not text:
        raise DomainError("The price is missing.")
    number = text.strip()
    for sign, codes in SIGNS.items():
        if sign in number:
            if currency not in codes:
                raise DomainError(f"The price “{text[:40]}” is not in {currency}.")
            number = number.replace(sign, "").strip()
    code = _CODE.search(number)
    if code:
        if (code[1] or code[2]) != currency:
            raise DomainError(f"The price “{text[:40]}” is not in {currency}.")
        number = _CODE.sub("", number)
    try:
        return parse_amount(
            number,
            field="value",
            max_places=PRICE_PLACES,
            max_integer_digits=PRICE_DIGITS,
            minimum=Decimal(0),
        )
    except DomainError as error:
        raise DomainError(f"The price “{text[:40]}” cannot be used. {error.message}") from None


def _without_repeats(rows: Sequence[CardRow]) -> tuple[list[CardRow], list[CardError]]:
    """The first of rows that name the same thing; the later ones are refused."""
    first: dict[tuple[object, ...], int] = {}
    kept, errors = [], []
    for row in rows:
        key = (
            row.role.casefold(),
            row.resourcing_unit.casefold(),
            row.transaction_class,
            row.category.casefold(),
            row.item.casefold(),
            tuple(sorted(row.dimensions.items())),
            row.unit,
        )
        earlier = first.setdefault(key, row.row)
        if earlier == row.row:
            kept.append(row)
        else:
            errors.append(
                CardError(row.row, f"It prices the same as row {earlier}. Keep one of them.")
            )
    return kept, errors
