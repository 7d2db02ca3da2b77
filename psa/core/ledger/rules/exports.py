"""Posted journals as text that outside accounting tools can prove: beancount and hledger.

Which currency a posting carries. A line is written in its transaction's currency, with the
entity's amount as total price (`1300.00 USD @@ 1190.00 EUR`), when its account holds foreign
currency (bank, receivables, payables) and both amounts have one sign. Every other line, all of
revenue and expense, tax and revaluation among them, is written in the entity's currency. Each
entry therefore weighs exactly 0 in the entity's currency.

Beancount keeps a total price as total ÷ units to 28 digits, and multiplies again to weigh:
3.00 USD @@ 1.00 EUR weighs 0.999…9 EUR. Such a posting is written as two or more that do come
back exactly (`exact_parts`); their units and totals sum to the line's.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from enum import StrEnum
from typing import NamedTuple

from psa.core.errors import DomainError
from psa.core.money.rounding import minor_units

# The arithmetic beancount weighs postings with.
BEANCOUNT = Context(prec=28, rounding=ROUND_HALF_EVEN)


class AccountRoot(StrEnum):
    ASSETS = "Assets"
    LIABILITIES = "Liabilities"
    EQUITY = "Equity"
    INCOME = "Income"
    EXPENSES = "Expenses"


@dataclass(frozen=True, slots=True)
class ExportAccount:
    gl_account_id: int
    code: str
    name: str
    root: AccountRoot
    holds_foreign_currency: bool = False


@dataclass(frozen=True, slots=True)
class ExportLine:
    """A posted line; amounts are signed, a debit is positive."""

    gl_account_id: int
    amount: Decimal
    transaction_currency: str
    transaction_amount: Decimal
    project: str = ""


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """A posted entry. `source` is kind/ref; `number` the document's or the event's short name."""

    entry_id: str
    posting_on: date
    recorded_at: datetime
    event: str
    source: str
    number: str
    description: str
    lines: tuple[ExportLine, ...]
    reverses: str = ""


@dataclass(frozen=True, slots=True)
class ExportBook:
    """Everything one entity posted from its first entry up to, not including, `until_on`."""

    tenant: str
    entity: str
    currency: str
    until_on: date
    accounts: tuple[ExportAccount, ...]
    entries: tuple[ExportEntry, ...]


class Posting(NamedTuple):
    account: str
    units: Decimal
    currency: str
    total: Decimal | None  # in the entity's currency, positive; None when units are in it
    project: str


def sha256_of(text: str) -> str:
    """The hash an export is known by: of its UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def account_name(account: ExportAccount) -> str:
    """`Assets:Contract-Asset:1400`: root, name, code, in beancount's grammar.

    Accents are dropped; a name with nothing left in ASCII is left out, the code identifies it.
    """
    parts = [account.root.value, _component(account.name), _component(account.code)]
    return ":".join(part for part in parts if part)


def _component(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    words = [word for word in re.split(r"[^A-Za-z0-9]+", plain) if word]
    return "-".join(word[0].upper() + word[1:] for word in words)


def account_names(accounts: Iterable[ExportAccount]) -> dict[int, str]:
    """Name by account id. Raises DomainError when two accounts would share a name."""
    names: dict[int, str] = {}
    taken: dict[str, ExportAccount] = {}
    for account in accounts:
        name = account_name(account)
        if not _component(account.code):
            raise DomainError(f"Account {account.name} needs a code of letters or digits.")
        other = taken.setdefault(name.lower(), account)
        if other is not account:
            raise DomainError(
                f"Accounts {other.code} and {account.code} are both written {name} in the "
                "export. Give one of them another name or code."
            )
        names[account.gl_account_id] = name
    return names


def comes_back(units: Decimal, total: Decimal) -> bool:
    """Whether beancount weighs `units @@ total` as exactly `total`."""
    return BEANCOUNT.multiply(BEANCOUNT.divide(total, units), units) == total


def exact_parts(
    units: Decimal, total: Decimal, *, unit_digits: int, total_digits: int
) -> list[tuple[Decimal, Decimal]]:
    """`units @@ total` (both positive) as the fewest tried parts that each come back exactly.

    A power of ten divides every total exactly, so one part takes such a number of units and a
    total near its share; the search moves that total by minor units until the rest comes back.
    The same amounts always give the same parts, so a mirror is split as its original.
    """
    if comes_back(units, total):
        return [(units, total)]
    minor = Decimal(1).scaleb(-total_digits)
    largest = int(units.scaleb(unit_digits) - 1)
    for exponent in range(len(str(largest)) - 1, -1, -1):
        first = Decimal(10**exponent).scaleb(-unit_digits)
        rest = units - first
        share = (total * first / units).quantize(minor)
        for step in range(40):
            first_total = share + minor * (step // 2 if step % 2 == 0 else -(step // 2) - 1)
            rest_total = total - first_total
            if 0 < first_total < total and comes_back(rest, rest_total):
                return [(first, first_total), (rest, rest_total)]
    # Too few minor units to share out: one part takes the total, the rest weighs nothing.
    first = Decimal(10 ** (len(str(largest)) - 1)).scaleb(-unit_digits)
    return [(first, total), (units - first, Decimal(0).scaleb(-total_digits))]


def postings_of(
    entry: ExportEntry,
    *,
    names: Mapping[int, str],
    foreign: frozenset[int],
    currency: str,
) -> list[Posting]:
    """The entry's postings as written, in line order."""
    digits = minor_units(currency)
    result = []
    for line in entry.lines:
        name = names.get(line.gl_account_id)
        if name is None:
            raise DomainError(
                f"Journal entry {entry.entry_id} uses account {line.gl_account_id}, "
                "which is not part of the export."
            )
        is_foreign = (
            line.gl_account_id in foreign
            and line.transaction_currency != currency
            and line.transaction_amount * line.amount > 0
        )
        if not is_foreign:
            result.append(Posting(name, line.amount, currency, None, line.project))
            continue
        sign = 1 if line.amount > 0 else -1
        for units, total in exact_parts(
            abs(line.transaction_amount),
            abs(line.amount),
            unit_digits=minor_units(line.transaction_currency),
            total_digits=digits,
        ):
            result.append(
                Posting(name, sign * units, line.transaction_currency, total, line.project)
            )
    return result


def written_entries(book: ExportBook) -> list[tuple[ExportEntry, list[Posting]]]:
    """Entries by date, then id, each checked and with its postings."""
    names = account_names(book.accounts)
    foreign = frozenset(a.gl_account_id for a in book.accounts if a.holds_foreign_currency)
    result = []
    for entry in sorted(book.entries, key=lambda e: (e.posting_on, e.entry_id)):
        if sum((line.amount for line in entry.lines), Decimal(0)) != 0 or len(entry.lines) < 2:
            raise DomainError(f"Journal entry {entry.entry_id} does not balance; export refused.")
        if entry.posting_on >= book.until_on:
            raise DomainError(
                f"Journal entry {entry.entry_id} is dated {entry.posting_on.isoformat()}, after "
                "the export's end."
            )
        result.append(
            (entry, postings_of(entry, names=names, foreign=foreign, currency=book.currency))
        )
    return result


def balances_of(
    written: Iterable[tuple[ExportEntry, list[Posting]]],
) -> dict[tuple[str, str], Decimal]:
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for _entry, postings in written:
        for posting in postings:
            totals[posting.account, posting.currency] += posting.units
    return dict(sorted(totals.items()))


def number_text(amount: Decimal, currency: str) -> str:
    return f"{amount:.{minor_units(currency)}f}"


def _amount(posting: Posting, entity_currency: str) -> str:
    text = f"{number_text(posting.units, posting.currency):>14} {posting.currency}"
    if posting.total is None:
        return text
    return f"{text} @@ {number_text(posting.total, entity_currency)} {entity_currency}"


def _currencies(totals: Iterable[tuple[str, str]], currency: str) -> list[str]:
    return [currency, *sorted({code for _account, code in totals} - {currency})]


def _quoted(text: str) -> str:
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{plain}"'


def instant_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _projects(postings: Iterable[Posting]) -> list[str]:
    return sorted({posting.project for posting in postings if posting.project})


def beancount_text(book: ExportBook) -> str:
    """The whole book as beancount, with closing balances on `until_on`, `~ 0.00` of slack.

    The same book gives the same bytes.
    Raises  DomainError for an entry that does not balance, is dated outside, or an account
            name used twice.
    Source  docs/rules/ledger.md, L-10.
    """
    written = written_entries(book)
    totals = balances_of(written)
    currency = book.currency
    opened_on = min((e.posting_on for e in book.entries), default=book.until_on)
    width = max((len(account) for account, _code in totals), default=0)
    title = f"tenant:{book.tenant} entity:{book.entity} until {book.until_on.isoformat()}"
    lines = [
        "; Journal export, one tenant, one entity, one functional currency. "
        "UTF-8, LF, ISO dates, point decimals.",
        f'option "title" {_quoted(title)}',
        f'option "operating_currency" "{currency}"',
        f'option "inferred_tolerance_default" "{currency}:0"',
        'plugin "beancount.plugins.check_commodity"',
    ]
    lines += [f"1900-01-01 commodity {code}" for code in _currencies(totals, currency)]
    held: dict[str, set[str]] = defaultdict(set)
    for account, code in totals:
        held[account].add(code)
    for account, codes in held.items():
        allowed = sorted(codes, key=lambda code: (code != currency, code))
        lines.append(f"{opened_on.isoformat()} open {account:<{width}} {','.join(allowed)}")
    for entry, postings in written:
        lines += _beancount_entry(entry, postings, currency, width)
    for (account, code), balance in totals.items():
        slack = number_text(Decimal(0), code)
        lines.append(
            f"{book.until_on.isoformat()} balance {account:<{width}} "
            f"{number_text(balance, code):>14} ~ {slack} {code}"
        )
    return "\n".join(lines) + "\n"


def _beancount_entry(
    entry: ExportEntry, postings: Sequence[Posting], currency: str, width: int
) -> Iterator[str]:
    tag = re.sub(r"[^A-Za-z0-9_-]+", "-", entry.event)
    yield (
        f"{entry.posting_on.isoformat()} * {_quoted(entry.number)} "
        f"{_quoted(entry.description)} #{tag}"
    )
    yield f"  id: {_quoted(entry.entry_id)}"
    yield f"  source: {_quoted(entry.source)}"
    projects = _projects(postings)
    if len(projects) == 1:
        yield f"  project: {_quoted(projects[0])}"
    yield f"  recorded_at: {_quoted(instant_text(entry.recorded_at))}"
    if entry.reverses:
        yield f"  reverses: {_quoted(entry.reverses)}"
    for posting in postings:
        yield f"  {posting.account:<{width}} {_amount(posting, currency)}"
        if len(projects) > 1 and posting.project:
            yield f"    project: {_quoted(posting.project)}"


def hledger_text(book: ExportBook) -> str:
    """The same postings as an hledger journal; each account's last posting asserts its balance."""
    written = written_entries(book)
    totals = balances_of(written)
    last: dict[tuple[str, str], tuple[int, int]] = {}
    for number, (_entry, postings) in enumerate(written):
        for index, posting in enumerate(postings):
            last[posting.account, posting.currency] = (number, index)
    width = max((len(account) for account, _code in totals), default=0)
    lines = ["decimal-mark ."]
    for code in _currencies(totals, book.currency):
        # hledger wants a decimal mark in a commodity's format, also where there are no decimals.
        sample = number_text(Decimal(1000), code)
        lines.append(f"commodity {sample if '.' in sample else sample + '.'} {code}")
    lines += [f"account {account.lower()}" for account in dict.fromkeys(a for a, _c in totals)]
    for number, (entry, postings) in enumerate(written):
        lines.append(_hledger_head(entry, postings))
        for index, posting in enumerate(postings):
            text = f"    {posting.account.lower():<{width}} {_amount(posting, book.currency)}"
            key = (posting.account, posting.currency)
            if last[key] == (number, index):
                text += f" = {number_text(totals[key], posting.currency)} {posting.currency}"
            if posting.project and len(_projects(postings)) > 1:
                text += f"  ; project:{_tag_value(posting.project)}"
            lines.append(text)
    return "\n".join(lines) + "\n"


def _hledger_head(entry: ExportEntry, postings: Sequence[Posting]) -> str:
    tags = [f"id:{_tag_value(entry.entry_id)}", f"source:{_tag_value(entry.source)}"]
    projects = _projects(postings)
    if len(projects) == 1:
        tags.append(f"project:{_tag_value(projects[0])}")
    tags.append(f"recorded_at:{instant_text(entry.recorded_at)}")
    if entry.reverses:
        tags.append(f"reverses:{_tag_value(entry.reverses)}")
    # A code ends at its bracket, a description at a semicolon.
    number = _plain(entry.number).replace("(", "[").replace(")", "]")
    description = _plain(entry.description).replace(";", ",")
    head = f"{entry.posting_on.isoformat()} * ({number}) {description}".rstrip()
    return f"{head}  ; {', '.join(tags)}"


def _plain(text: str) -> str:
    return " ".join(text.split())


def _tag_value(text: str) -> str:
    return _plain(text).replace(",", ";")
