"""The firm's expense policy: what it finds on an expense, and whether that flags or blocks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.money.rounding import EXACT, round_to_minor

from .expense_validation import amount_text
from .validation import Finding, day

# Findings with this code before the rule's own ask for the approver's word.
PREFIX: Final = "policy:"
ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """A rule; `limit` is in its own currency, None where the kind has none."""

    code: str
    name: str
    kind: str
    blocks: bool
    category_id: int | None
    valid_from: date
    valid_until: date | None = None
    limit: Money | None = None


@dataclass(frozen=True, slots=True)
class PolicyFact:
    """An expense as the policy looks at it.

    `day_total` is what the person spent on this category that day in all, this one included, in its
    currency. `lodging_cap` is what the rate table allows a night, in `lodging_cap`'s own currency.
    """

    category_id: int
    category: str
    spent_on: date
    amount: Money
    day_total: Money
    nights: int | None = None
    people: int = 1
    has_receipt: bool = False
    justification: str = ""
    is_approved_travel: bool = False
    lodging_cap: Money | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """(from currency, to currency, day) → rate; the same currency needs none."""

    table: Mapping[tuple[str, str, date], Decimal] = field(default_factory=dict)

    def of(self, limit: Money, currency: str, on: date) -> Money | None:
        """The limit in the expense's currency, rounded; None where no rate is known."""
        if limit.currency.code == currency:
            return limit
        rate = self.table.get((limit.currency.code, currency, on))
        if rate is None:
            return None
        return round_to_minor(Money(EXACT.multiply(limit.amount, rate), currency))


Check = Callable[[PolicyFact, Money], str | None]


def _per_entry(fact: PolicyFact, limit: Money) -> str | None:
    if fact.amount <= limit:
        return None
    return f"{amount_text(fact.amount)} is above the limit of {amount_text(limit)} for {fact.category}."


def _per_day(fact: PolicyFact, limit: Money) -> str | None:
    if fact.day_total <= limit:
        return None
    return (
        f"{amount_text(fact.day_total)} for {fact.category} on {day(fact.spent_on)} is above the limit of "
        f"{amount_text(limit)} a day."
    )


def _per_night(fact: PolicyFact, limit: Money) -> str | None:
    nights = fact.nights or 1
    if fact.amount.amount <= limit.amount * nights:
        return None
    return (
        f"{amount_text(fact.amount)} for {_counted(nights, 'night')} is above the limit of "
        f"{amount_text(limit)} a night."
    )


def _per_person(fact: PolicyFact, limit: Money) -> str | None:
    if fact.amount.amount <= limit.amount * fact.people:
        return None
    return (
        f"{amount_text(fact.amount)} for {_counted(fact.people, 'person', 'people')} is above the limit "
        f"of {amount_text(limit)} a person."
    )


def _receipt(fact: PolicyFact, limit: Money) -> str | None:
    if fact.has_receipt or fact.amount <= limit:
        return None
    return f"Above {amount_text(limit)} a receipt is needed, and there is none."


def _justification(fact: PolicyFact, limit: Money) -> str | None:
    if fact.justification.strip() or fact.amount <= limit:
        return None
    return f"Above {amount_text(limit)} say why it was necessary."


def _pre_approval(fact: PolicyFact, limit: Money) -> str | None:
    if fact.is_approved_travel or fact.amount <= limit:
        return None
    return f"Above {amount_text(limit)} an approved travel request is needed that covers the day."


def _prohibited(fact: PolicyFact, limit: Money) -> str | None:
    return f"{fact.category} is not reimbursed."


CHECKS: Final[dict[str, Check]] = {
    "per_entry": _per_entry,
    "per_day": _per_day,
    "per_night": _per_night,
    "per_person": _per_person,
    "lodging_cap": _per_night,
    "receipt": _receipt,
    "justification": _justification,
    "pre_approval": _pre_approval,
    "prohibited": _prohibited,
}
# Where in a form the finding belongs.
FIELDS: Final = {
    "receipt": "receipts",
    "justification": "justification",
    "prohibited": "category",
    "per_person": "attendees",
    "per_night": "nights",
    "lodging_cap": "nights",
}
NEEDS_LIMIT: Final = frozenset(CHECKS) - {"prohibited", "lodging_cap"}


def policy_findings(
    fact: PolicyFact, rules: Sequence[PolicyTerms], *, rates: Rates
) -> tuple[Finding, ...]:
    """What the rules in force on the day find, in their order.

    A limit in a currency without a rate to the expense's holds nothing up: the ledger needs that
    rate too, and says so at approval.
    Source  docs/rules/timeexpense.md, T-22.
    """
    found = []
    for rule in rules:
        if not _applies(rule, fact):
            continue
        limit = fact.lodging_cap if rule.kind == "lodging_cap" else rule.limit
        if rule.kind == "prohibited":
            limit = Money(ZERO, fact.amount.currency)
        if limit is None:
            continue
        here = rates.of(limit, fact.amount.currency.code, fact.spent_on)
        if here is None:
            continue
        sentence = CHECKS[rule.kind](fact, here)
        if sentence is not None:
            found.append(
                Finding(
                    f"{PREFIX}{rule.code}", f"{rule.name}: {sentence}", rule.blocks,
                    FIELDS.get(rule.kind, "amount"),
                )
            )  # fmt: skip
    return tuple(found)


def _applies(rule: PolicyTerms, fact: PolicyFact) -> bool:
    if rule.category_id is not None and rule.category_id != fact.category_id:
        return False
    return rule.valid_from <= fact.spent_on and (
        rule.valid_until is None or fact.spent_on < rule.valid_until
    )


def people_of(attendees: str) -> int:
    """How many shared a meal: the names, set apart by commas, semicolons or lines, and oneself."""
    names = attendees.replace(";", ",").replace("\n", ",").split(",")
    return 1 + sum(bool(name.strip()) for name in names)


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
