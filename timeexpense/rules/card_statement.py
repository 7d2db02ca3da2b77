"""Reading card transactions from a CSV table or an OFX file, and telling the same line again."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of, minor_units, parse_amount

from .validation import is_plausible

TARGETS: Final = ("date", "amount", "currency", "merchant", "card", "reference")
NEEDED: Final = ("date", "amount", "merchant", "card")
# Names that banks give these columns, in small letters.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("date", "transaction date", "booking date", "posted", "datum", "buchungsdatum",
             "umsatzdatum", "belegdatum", "buchungstag", "kaufdatum"),
    "amount": ("amount", "betrag", "value", "debit", "umsatz"),
    "currency": ("currency", "währung", "waehrung", "ccy"),
    "merchant": ("merchant", "description", "payee", "name", "händler", "haendler",
                 "händlername", "beschreibung", "verwendungszweck"),
    "card": ("card", "card number", "card ending", "kartennummer", "karte", "account"),
    "reference": ("reference", "transaction id", "id", "referenz"),
}  # fmt: skip
DAY_ORDERS: Final = ("iso", "day_first", "month_first")


@dataclass(frozen=True, slots=True)
class Transaction:
    """One purchase (above 0) or refund (below), by the card's last four digits."""

    row: int
    card_ending: str
    spent_on: date
    currency: str
    amount: Decimal
    merchant: str
    reference: str = ""

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)


@dataclass(frozen=True, slots=True)
class BadLine:
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How one bank writes: the day's order, and whether purchases stand below 0."""

    day_order: str = "iso"
    purchases_are_negative: bool = False
    currency: str = ""


def guessed_columns(header: Sequence[str]) -> dict[str, int]:
    """Target → place of the column that is called like it; the first that fits."""
    plain = [name.strip().casefold() for name in header]
    found: dict[str, int] = {}
    for target in TARGETS:
        for name in NAMES[target]:
            if name in plain and plain.index(name) not in found.values():
                found[target] = plain.index(name)
                break
    return found


def transaction_of(
    row: int, cells: Sequence[str], columns: Mapping[str, int], reading: Reading
) -> Transaction:
    """One row of a table. Raises  DomainError for what is no transaction."""

    def cell(target: str) -> str:
        place = columns.get(target)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    currency = currency_of((cell("currency") or reading.currency)[:10]).code
    amount = parse_amount(cell("amount"), field="amount", max_places=minor_units(currency))
    if reading.purchases_are_negative:
        amount = -amount
    return _checked(
        Transaction(
            row, ending_of(cell("card")), day_of(cell("date"), reading.day_order), currency, amount,
            " ".join(cell("merchant").split())[:120], cell("reference")[:80],
        )
    )  # fmt: skip


def _checked(one: Transaction) -> Transaction:
    if not one.amount:
        raise DomainError("The amount is 0.")
    if not one.merchant:
        raise DomainError("There is no merchant.")
    return one


def ending_of(text: str) -> str:
    """The last four digits of a card number, however it is masked. Raises  DomainError."""
    digits = re.sub(r"[^0-9]", "", text[-20:])
    if len(digits) < 4:
        raise DomainError(f"“{text[:20]}” has no four last digits of a card.")
    return digits[-4:]


def day_of(text: str, order: str) -> date:
    """The day a cell names, in the order said. Raises  DomainError."""
    parts = re.fullmatch(r"\s*(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[T ].*)?", text[:40])
    if parts is None:
        raise DomainError(f"“{text[:20]}” is no date.")
    first, second, third = (int(part) for part in parts.groups())
    if first > 999:
        year, month, day = first, second, third
    elif order == "month_first":
        month, day, year = first, second, third
    elif order == "day_first":
        day, month, year = first, second, third
    else:
        raise DomainError(f"“{text[:20]}” reads two ways. Say whether the day or month is first.")
    year += 2000 if year < 100 else 0
    try:
        on = date(year, month, day)
    except ValueError:
        raise DomainError(f"“{text[:20]}” is no date.") from None
    if not is_plausible(on):
        raise DomainError(f"“{text[:20]}” lies too far away.")
    return on


_ENTRY = re.compile(r"<STMTTRN>(.*?)(?=</STMTTRN>|<STMTTRN>|</BANKTRANLIST>|\Z)", re.S | re.I)
_TAG = re.compile(r"<([A-Z0-9.]{1,32})>([^<\r\n]*)", re.I)


def is_ofx(text: str) -> bool:
    """Whether a file is OFX: version 1 begins with a header of its own, version 2 is XML."""
    return "OFXHEADER" in text[:2000].upper() or "<OFX>" in text[:4000].upper()


def ofx_transactions(text: str) -> tuple[list[Transaction], list[BadLine]]:
    """The purchases and refunds of an OFX file, version 1 or 2; a debit there is below 0.

    Tags are read as they stand: no entity of the file is ever resolved.
    Raises  DomainError on "file" when it names no card.
    """
    before = text.split("<STMTTRN>", 1)[0]
    tags = {name.upper(): value.strip() for name, value in _TAG.findall(before)}
    if not tags.get("ACCTID"):
        raise DomainError("This OFX file names no card (ACCTID).", "file")
    ending, currency = ending_of(tags["ACCTID"]), tags.get("CURDEF", "")
    found: list[Transaction] = []
    bad: list[BadLine] = []
    for row, match in enumerate(_ENTRY.finditer(text), start=1):
        entry = {name.upper(): _plain(value) for name, value in _TAG.findall(match[1])}
        try:
            posted = entry.get("DTUSER") or entry.get("DTPOSTED", "")
            on = day_of(f"{posted[:4]}-{posted[4:6]}-{posted[6:8]}", "iso")
            code = currency_of((entry.get("CURSYM") or currency)[:10]).code
            amount = -parse_amount(
                entry.get("TRNAMT", ""), field="amount", max_places=minor_units(code)
            )
            merchant = (entry.get("NAME") or entry.get("MEMO", ""))[:120]
            found.append(
                _checked(
                    Transaction(
                        row, ending, on, code, amount, merchant, entry.get("FITID", "")[:80]
                    )
                )
            )
        except DomainError as error:
            bad.append(BadLine(row, error.message))
    return found, bad


def _plain(value: str) -> str:
    text = " ".join(value.split())
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    return text


def fingerprints(lines: Sequence[Transaction]) -> list[str]:
    """How each line is known again in another file: by the bank's own number, or by all it says.

    Two equal purchases of a day are two: the second is known as the second.
    """
    counted: Counter[tuple[str, ...]] = Counter()
    prints = []
    for one in lines:
        facts: tuple[str, ...] = (
            one.card_ending, one.spent_on.isoformat(), one.currency, f"{one.amount.normalize():f}",
            one.merchant.casefold(), one.reference,
        )  # fmt: skip
        if not one.reference:
            counted[facts] += 1
            facts = (*facts, str(counted[facts]))
        prints.append(hashlib.sha256("\x1f".join(facts).encode()).hexdigest())
    return prints


def may_be(paid: Money, spent: Money) -> bool:
    """Whether a person may say that a card line paid an expense of this worth, in one currency.

    A tip, or the rate and the fee of the bank, keeps them apart, but seldom by more than a tenth.
    """
    return abs(paid.amount - spent.amount) * 10 <= abs(paid.amount)
