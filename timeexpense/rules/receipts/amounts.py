"""Amounts as receipts print them: 1.234,56, 1,234.56, 1 234,56, 1'234.56, 1,23,456.00, 12.-"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

CODES: Final = frozenset({
    "AED", "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR",
    "JPY", "MXN", "NOK", "NZD", "PLN", "RON", "SEK", "SGD", "TRY", "USD", "ZAR",
})  # fmt: skip
# "$" is whatever dollar the firm calculates in; see `reading.read_receipt`.
DOLLAR: Final = "$"
_MARKS: Final[Mapping[str, str]] = {
    "€": "EUR", "£": "GBP", "₹": "INR", "$": DOLLAR, "US$": "USD", "C$": "CAD", "A$": "AUD",
    "RS": "INR", "RS.": "INR", "FR": "CHF", "FR.": "CHF", "SFR": "CHF", "SFR.": "CHF",
    "EURO": "EUR", "KR": "", "ZŁ": "PLN",
}  # fmt: skip
_MARK = (
    r"(?:(?:US|C|A)?\$|[€£₹]|(?<![A-Za-z])(?:"
    + "|".join(sorted(CODES))
    + r"|EURO|S?Fr\.?|Rs\.?)(?![a-z]))"
)
_NUMBER = r"\d(?:[\d.,'’\u00a0\u202f ]*\d)?"
_TOKEN = re.compile(
    rf"(?P<before>{_MARK})?\s*(?P<sign>[-−–])?\s*(?P<before2>{_MARK})?\s*"
    rf"(?P<number>{_NUMBER})(?P<dash>[.,]\s?[-−–—]+)?\s*(?P<after>{_MARK}|%)?",
    re.IGNORECASE,
)
_PLACES = re.compile(r"(?P<whole>.+?)[.,](?P<cents>\d{2})")
_SPLIT = re.compile(r"[ .,'’\u00a0\u202f]")
_UNITS = re.compile(r"\s*(?:kg|g|km|cl|ml|ltr|l|m|h|hrs?|min|oz|lb|kwh)\b", re.IGNORECASE)
_ZERO = re.compile(r"(?<=[\d.,])[OoQ](?=[\dOoQ.,]|\b)")
_ONE = re.compile(r"(?<=[\d.,])[lI|](?=[\d.,]|\b)|(?<![A-Za-z])[lI|](?=\d*[.,]\d)")
_SLIP = 0.9
# "FR40123456789" is a number of registration, not francs.
_LARGEST_ROUND = 1_000_000


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure; `mark` is the currency beside it (a code, "$" for some dollar, or none)."""

    value: Decimal
    mark: str
    has_cents: bool
    certainty: float = 1.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What the numbers of a text are: amounts, and percentages such as tax rates."""

    amounts: tuple[Amount, ...]
    percents: tuple[Decimal, ...]


def figures_in(text: str) -> Figures:
    """The amounts and percentages in a text, in order.

    An amount has two decimals, or a currency beside it, or a dash for its cents. Numbers of other
    kinds (dates, telephones, quantities, weights) are left alone. O and l among digits are read as
    0 and 1, at a lower certainty.
    """
    mended = _ONE.sub("1", _ZERO.sub("0", text))
    certainty = 1.0 if mended == text else _SLIP
    amounts: list[Amount] = []
    percents: list[Decimal] = []
    for found in _TOKEN.finditer(mended):
        start, end = found.start("number"), found.end("number")
        if _is_part_of_a_word(mended, start, found):
            continue
        if found["after"] == "%":
            percents += _percent(found["number"])
            continue
        if found["after"] is None and _UNITS.match(mended, end):
            continue
        mark = _mark_of(found["before"] or found["before2"] or found["after"] or "")
        for value, has_cents in _values(found["number"], is_round=found["dash"] is not None):
            if has_cents or (mark and value < _LARGEST_ROUND):
                signed = -value if found["sign"] else value
                amounts.append(Amount(signed, mark, has_cents, certainty))
    return Figures(tuple(amounts), tuple(percents))


def mark_in(text: str) -> str:
    """The currency that a text names without an amount ("Total CHF"), or none."""
    found = re.search(_MARK, text, re.IGNORECASE)
    return _mark_of(found.group()) if found else ""


def _is_part_of_a_word(text: str, start: int, found: "re.Match[str]") -> bool:
    before = text[start - 1] if start else ""
    if found["before"] or found["before2"]:
        return False
    return before.isalpha() or before in tuple("#*/:_")


def _mark_of(said: str) -> str:
    code = said.upper()
    return code if code in CODES else _MARKS.get(code, "")


def _percent(number: str) -> list[Decimal]:
    try:
        value = Decimal(number.replace(",", ".").replace(" ", ""))
    except ArithmeticError:
        return []
    return [value] if 0 < value < 100 else []


def _values(number: str, *, is_round: bool) -> list[tuple[Decimal, bool]]:
    """The amounts in a run of digits: one, or several when blanks turn out to divide them."""
    tight = re.sub(r"\s?([.,])\s?", r"\1", number.strip())
    whole = _number(tight)
    if whole is not None:
        return [(whole[0], whole[1] or is_round)]
    pieces = tight.split()
    if len(pieces) < 2:
        return []
    found = [_number(piece) for piece in pieces]
    # "2 120,50" reads as one grouped number; "3 9,84 19,68" does not and is three.
    return [one for one in found if one is not None and one[1]]


def _number(text: str) -> tuple[Decimal, bool] | None:
    """Its value, and whether it has cents; None unless its groups are those of one number."""
    if "\u00a0" in text or "\u202f" in text:
        text = text.replace("\u00a0", " ").replace("\u202f", " ")
    with_cents = _PLACES.fullmatch(text)
    whole = with_cents["whole"] if with_cents else text
    groups = _SPLIT.split(whole)
    if not all(group.isdecimal() for group in groups):
        return None
    if len(groups) > 1:
        first, *middle, last = groups
        if len(last) != 3 or not 1 <= len(first) <= 3 or any(len(g) not in (2, 3) for g in middle):
            return None
        if first.startswith("0"):
            return None
    digits = "".join(groups)
    if len(digits) > 12:
        return None
    cents = with_cents["cents"] if with_cents else "00"
    return Decimal(f"{digits}.{cents}"), with_cents is not None
