"""What a receipt says, as a proposal: merchant, day, total, currency and tax, each with its odds.

Nothing here is trusted: the figures are offered to the person, who confirms or changes them.
Source  docs/rules/timeexpense.md, "Receipts".
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Generic, TypeVar

from . import totals
from .amounts import DOLLAR, figures_in, mark_in
from .dates import days_in
from .lines import Line, TextBox, lines_of
from .words import About, about, is_about_contact, is_dated, is_other_date, is_title, unaccented

Value = TypeVar("Value")
# Below this a value is shown beside its field and not put into it.
LIKELY_PERCENT: Final = 60
_MERCHANT_LIMIT = 120
_HEAD_LINES = 8
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"})
# What tells a country when no amount names its currency; the first that is found.
_TELLS: Final = (
    ("INR", re.compile(r"\bgstin|cgst|sgst|igst|fssai")),
    ("CHF", re.compile(r"\bche-\d|\btwint\b|\bmwst-nr")),
    ("GBP", re.compile(r"\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|\bvat (?:reg )?no\.? ?gb")),
    ("USD", re.compile(r"\bsales tax\b|, ?[a-z]{2},? \d{5}\b")),
    ("EUR", re.compile(r"ust-?id|\bmwst|\bust\b|\bsiret\b|\btva\b|\biva\b|\bbtw\b")),
    ("INR", re.compile(r"\b(?:gst|ifsc|upi)\b|, ?[a-z ]+[- ][1-8]\d{5}\b")),
)


@dataclass(frozen=True, slots=True)
class Read(Generic[Value]):
    """A value that was read, and how sure that is, in per cent (1 to 99)."""

    value: Value
    percent: int

    @property
    def is_likely(self) -> bool:
        return self.percent >= LIKELY_PERCENT


@dataclass(frozen=True, slots=True)
class ReceiptText:
    """What was read; what was not found is None."""

    merchant: Read[str] | None = None
    spent_on: Read[date] | None = None
    total: Read[Decimal] | None = None
    currency: Read[str] | None = None
    tax: Read[Decimal] | None = None


def read_receipt(boxes: Sequence[TextBox], *, home_currency: str, today: date) -> ReceiptText:
    """Read a receipt from the runs of text on it.

    `home_currency` is what "$" means to a firm that has a dollar of its own, and the last guess
    where no currency is named. A day after `today` or three years before it is not the receipt's.
    """
    lines = lines_of(boxes)
    if not lines:
        return ReceiptText()
    currency = _currency(lines, home_currency)
    total = totals.total_of(lines)
    tax = totals.tax_of(lines, None if total is None else total.value)
    return ReceiptText(
        merchant=_merchant(lines),
        spent_on=_spent_on(lines, currency.value if currency else home_currency, today),
        total=None if total is None else Read(total.value, _percent(total.certainty)),
        currency=currency,
        tax=None if tax is None else Read(tax.value, _percent(tax.certainty)),
    )


def _percent(certainty: float) -> int:
    return min(99, max(1, round(certainty * 100)))


def _merchant(lines: Sequence[Line]) -> Read[str] | None:
    """The largest name at the top that is no heading, address or number."""
    head = lines[:_HEAD_LINES]
    best: tuple[float, int] | None = None
    tallest = max(line.height for line in head)
    for place, line in enumerate(head):
        text = line.text
        if sum(letter.isalpha() for letter in text) < 3 or is_title(text):
            continue
        if about(text) is not About.OTHER and figures_in(text).amounts:
            break  # the figures begin
        score = line.height / tallest - place * 0.1
        if is_about_contact(text):
            score -= 0.6
        if best is None or score > best[0]:
            best = (score, place)
    if best is None:
        return None
    score, place = best
    name, sure = lines[place].text, lines[place].confidence
    if place + 1 < len(head) and _goes_on(lines[place], lines[place + 1], lines):
        name = f"{name} {lines[place + 1].text}"
    return Read(name[:_MERCHANT_LIMIT], _percent(sure * (0.92 if score > 0.7 else 0.65)))


def _goes_on(first: Line, second: Line, lines: Sequence[Line]) -> bool:
    """A name over two lines: both clearly larger than what follows."""
    text = second.text
    if is_about_contact(text) or is_title(text) or figures_in(text).amounts:
        return False
    rest = sorted(line.height for line in lines)
    usual = rest[len(rest) // 2]
    return second.height > 1.35 * usual and abs(second.height - first.height) < 0.1 * first.height


def _spent_on(lines: Sequence[Line], currency: str, today: date) -> Read[date] | None:
    month_first = {"USD": True}.get(currency, False)
    best: tuple[float, Read[date]] | None = None
    for place, line in enumerate(lines):
        days = days_in(line.text, month_first=month_first, today=today)
        for day in days:
            weight = 1.0 if is_dated(line.text) else 0.9
            if is_other_date(line.text):
                weight = 0.5
            read = Read(day.on, _percent(day.certainty * weight * line.confidence))
            score = weight - place * 0.001
            if best is None or score > best[0]:
                best = (score, read)
    return None if best is None else best[1]


def _currency(lines: Sequence[Line], home_currency: str) -> Read[str] | None:
    """Named beside the total, or beside most amounts, or told by the words of a country."""
    marks: Counter[str] = Counter()
    for line in lines:
        weight = 3 if about(line.text) in (About.TOTAL, About.GRAND_TOTAL) else 1
        named = {amount.mark for amount in figures_in(line.text).amounts if amount.mark}
        if weight == 3 and not named and (said := mark_in(line.text)):
            named = {said}
        for mark in named:
            marks[mark] += weight
    if marks:
        mark, count = marks.most_common(1)[0]
        share = count / marks.total()
        if mark == DOLLAR:
            return Read(
                home_currency if home_currency in _DOLLARS else "USD", _percent(0.9 * share)
            )
        return Read(mark, _percent(0.97 * share))
    everything = unaccented(" ".join(line.text for line in lines))
    for code, tell in _TELLS:
        if tell.search(everything):
            return Read(code, 97 if code == home_currency else 75)
    return Read(home_currency, 40) if home_currency else None
