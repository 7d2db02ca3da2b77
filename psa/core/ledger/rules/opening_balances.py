"""Opening balances as people type them, and which accounts they may not touch."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from psa.core.errors import DomainError
from psa.core.ledger.rules.posting_profiles import Slot
from psa.core.money.rounding import minor_units, parse_amount

# These agree with records, row by row: their balances come with those records.
KEPT_BY_RECORDS: Final = (
    Slot.RECEIVABLE, Slot.RETENTION_RECEIVABLE, Slot.CONTRACT_ASSET, Slot.CONTRACT_LIABILITY,
    Slot.EMPLOYEE_PAYABLE, Slot.PROJECT_COST, Slot.PROJECT_EXPENSE, Slot.WIP_COST,
    Slot.CAPITALISED_CONTRACT_COST, Slot.RECHARGE_INCOME, Slot.RECHARGE_EXPENSE,
    Slot.INTERCOMPANY_RECEIVABLE, Slot.INTERCOMPANY_PAYABLE, Slot.INTERCOMPANY_COST,
)  # fmt: skip


OPENING: Final = "opening"


def is_opening(source_kind: str, reverses_id: int | None) -> bool:
    """Whether an entry posted opening balances, and is not itself their reversal."""
    return source_kind == OPENING and reverses_id is None


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """An account and its balance; a debit is positive."""

    code: str
    amount: Decimal


def read_lines(text: str, currency: str) -> list[OpeningLine]:
    """One account a line: its code and its balance, a credit with a minus.

    “1000 12,500.00”, “2300 -480”, with spaces, a tab or a semicolon between. Empty lines are
    skipped. Raises  DomainError naming the line; for an account that is named twice, and for none.
    """
    found: dict[str, OpeningLine] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        parts = line.replace(";", " ").split(maxsplit=1)
        if not parts:
            continue
        if len(parts) != 2:
            raise DomainError(
                f"Line {number} has no balance. Write the account and its balance.", field="lines"
            )
        code, typed = parts
        try:
            amount = parse_amount(typed, field="lines", max_places=minor_units(currency))
        except DomainError as error:
            raise DomainError(f"Line {number}: {error.message}", field="lines") from error
        if code in found:
            raise DomainError(f"Account {code} stands twice, again in line {number}.", "lines")
        found[code] = OpeningLine(code, amount)
    wanted = [line for line in found.values() if line.amount]
    if not wanted:
        raise DomainError("Write at least one account with a balance.", field="lines")
    return wanted
