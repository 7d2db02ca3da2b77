"""Frozen facts that billing's rules read and return."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualDraft


class MixedCurrency(DomainError):
    """A fact is not in the currency of the contract or document it is to be part of."""


class Remainder(StrEnum):
    """What becomes of the part of a line that is not invoiced, or not kept by a credit."""

    WRITE_OFF = "write_off"
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What one contract says about its invoices. Lines are listed in contract order."""

    contract_id: int
    currency: str
    contract_line_ids: tuple[int, ...]
    minimum_amount: Money | None = None


@dataclass(frozen=True, slots=True)
class UnbilledFact:
    """One unbilled actual, open to be invoiced."""

    actual_id: int
    worked_on: date
    minutes: int | None  # time; exactly one of minutes, units is set
    units: Decimal | None  # expenses, milestones, periods, fees
    unit_price: Money  # per hour or per unit, up to 6 decimals
    amount: Money  # as posted, in the currency's minor unit
    contract_line_id: int


@dataclass(frozen=True, slots=True)
class ProposedLine:
    """One line of a draft: one unbilled actual, at its posted amount."""

    actual_id: int
    contract_line_id: int
    worked_on: date
    minutes: int | None
    units: Decimal | None
    unit_price: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class InvoicedLine:
    """One confirmed line. `posted` is its unbilled row; `invoiced` may be less or more.

    `invoiced_minutes` None: all minutes when the rest is written off, minutes in proportion to
    the amount when it stays in the backlog.
    """

    invoice_line_id: int
    actual_id: int
    posted: ActualDraft
    invoiced: Money
    remainder: Remainder = Remainder.WRITE_OFF
    invoiced_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    invoice_id: int
    lines: tuple[InvoicedLine, ...]


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """One line of a credit note. `posted` is the billed row; `stays` is what is kept of it."""

    credit_line_id: int
    actual_id: int
    posted: ActualDraft
    stays: Money
    remainder: Remainder


@dataclass(frozen=True, slots=True)
class CreditFacts:
    credit_note_id: int
    lines: tuple[CreditedLine, ...]
