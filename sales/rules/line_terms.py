"""The terms that a quote line or a line added to a contract is agreed with."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class LineTermsInput:
    """The terms of one line. Amounts are in the currency of its quote or contract, dates inclusive.

    `value_amount` counts for a fixed price alone: a retainer's value is its months, time and
    material's the sum of its estimate. `recognition_method` "" means the method's default.
    """

    name: str
    billing_method: str
    starts_on: date | None
    ends_on: date | None
    transaction_classes: tuple[str, ...] = ("time",)
    value_amount: Decimal = Decimal(0)
    not_to_exceed_amount: Decimal | None = None
    not_to_exceed_warning_percent: Decimal | None = None
    budget_amount: Decimal | None = None
    tax_code: str = ""
    invoice_frequency: str = "monthly"
    retainer_amount: Decimal | None = None
    retainer_minutes: int | None = None
    retainer_overage_policy: str = ""
    retainer_underuse_policy: str = ""
    expense_policy: str = "at_cost"
    expense_markup_percent: Decimal = Decimal(0)
    recognition_method: str = ""


@dataclass(frozen=True, slots=True)
class MilestoneInput:
    name: str
    due_on: date
    amount: Decimal
