"""Posted journals, trial balances and period locks as CSV."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from psa.core.ledger.rules.exports import (
    ExportBook,
    account_names,
    balances_of,
    instant_text,
    number_text,
    written_entries,
)

JOURNAL_COLUMNS = (
    "id",
    "date",
    "recorded_at",
    "source",
    "number",
    "description",
    "reverses",
    "account",
    "project",
    "currency",
    "debit",
    "credit",
    "transaction_currency",
    "transaction_amount",
)


@dataclass(frozen=True, slots=True)
class PeriodLock:
    starts_on: date
    until_on: date
    locked_at: datetime


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV, its lines ended by a line feed."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def plain_cell(text: str) -> str:
    """Text as a spreadsheet will not take for a formula."""
    plain = " ".join(text.split())
    return f"'{plain}" if plain[:1] in ("=", "+", "-", "@") else plain


def journals_csv(book: ExportBook) -> str:
    """Every line of every entry, with both currencies; debit and credit in the entity's."""
    names = account_names(book.accounts)
    rows = []
    for entry, _postings in written_entries(book):
        for line in entry.lines:
            debit, credit = max(line.amount, Decimal(0)), max(-line.amount, Decimal(0))
            rows.append(
                (
                    entry.entry_id,
                    entry.posting_on.isoformat(),
                    instant_text(entry.recorded_at),
                    plain_cell(entry.source),
                    plain_cell(entry.number),
                    plain_cell(entry.description),
                    entry.reverses,
                    names[line.gl_account_id],
                    plain_cell(line.project),
                    book.currency,
                    number_text(debit, book.currency),
                    number_text(credit, book.currency),
                    line.transaction_currency,
                    number_text(line.transaction_amount, line.transaction_currency),
                )
            )
    return csv_text(JOURNAL_COLUMNS, rows)


def trial_balance_csv(book: ExportBook) -> str:
    """Balance per account and currency, in the currencies the postings are written in."""
    totals = balances_of(written_entries(book))
    return csv_text(
        ("account", "currency", "balance"),
        ((account, code, number_text(amount, code)) for (account, code), amount in totals.items()),
    )


def entity_trial_balance_csv(book: ExportBook) -> str:
    """Balance per account in the entity's currency alone; the column sums to 0."""
    names = account_names(book.accounts)
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for entry, _postings in written_entries(book):
        for line in entry.lines:
            totals[names[line.gl_account_id]] += line.amount
    return csv_text(
        ("account", "currency", "balance"),
        (
            (name, book.currency, number_text(amount, book.currency))
            for name, amount in sorted(totals.items())
        ),
    )


def locks_csv(locks: Iterable[PeriodLock]) -> str:
    """Locked periods: first day, last day, and the instant of the lock."""
    return csv_text(
        ("from", "to", "locked_at"),
        (
            (
                lock.starts_on.isoformat(),
                (lock.until_on - timedelta(days=1)).isoformat(),
                instant_text(lock.locked_at),
            )
            for lock in sorted(locks, key=lambda lock: lock.starts_on)
        ),
    )
