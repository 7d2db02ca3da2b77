"""The rules that expenses are held against: codes, sentences and switches as for time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from moneyed import Money

from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of, minor_units, parse_amount

from .validation import CLOSED_PERIOD, Finding, Mode, ProjectFact, Span, TaskFact, day

MERCHANT_LIMIT: Final = 120


# Person, merchant in small letters, day, amount, currency.
ExpenseKey = tuple[int, str, date, Decimal, str]


@dataclass(frozen=True, slots=True)
class ExpenseFact:
    """One expense to look at; `amount` is gross. `receipt_hashes` name its files by content.

    `entry_id`: its id, once it is stored.
    """

    resource_id: int
    project_id: int
    task_id: int | None
    category_id: int
    spent_on: date
    amount: Money
    merchant: str = ""
    has_receipt: bool = False
    receipt_hashes: frozenset[str] = frozenset()
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class AboveEstimate:
    """What a journey comes to with one of its expenses, in the currency of its estimate."""

    number: str
    spent: Money
    above: Money


@dataclass(frozen=True, slots=True)
class ExpenseFacts:
    """What the rules know beside the expenses.

    `receipt_over`: by category and currency, the amount from which a receipt is needed, already
    in the expense's currency. `known`: how another expense of the same person, merchant, day,
    amount and currency is called; `known_hashes`: the one with a receipt of this content.
    `above_estimate`: by stored expense, those with which their journey passes its estimate.
    `refuses_late_work`: the firm posts nothing for a day in a closed period.
    """

    projects: Mapping[int, ProjectFact]
    tasks: Mapping[int, TaskFact] = field(default_factory=dict)
    team: Mapping[tuple[int, int], Sequence[Span]] = field(default_factory=dict)
    closed_days: frozenset[tuple[int, date]] = frozenset()
    receipt_over: Mapping[tuple[int, str], Decimal] = field(default_factory=dict)
    known: Mapping[ExpenseKey, str] = field(default_factory=dict)
    known_hashes: Mapping[str, str] = field(default_factory=dict)
    above_estimate: Mapping[int, AboveEstimate] = field(default_factory=dict)
    refuses_late_work: bool = False


class _Seen:
    """Earlier expenses of the batch, as it is gone through in order."""

    __slots__ = ("hashes", "keys")

    def __init__(self) -> None:
        self.keys: dict[ExpenseKey, str] = {}
        self.hashes: dict[str, str] = {}

    def add(self, entry: ExpenseFact) -> None:
        merchant = f"{entry.merchant.strip()}, " if entry.merchant.strip() else ""
        name = f"this report ({merchant}{day(entry.spent_on)})"
        self.keys.setdefault(_key_of(entry), name)
        for digest in entry.receipt_hashes:
            self.hashes.setdefault(digest, name)


Check = Callable[[ExpenseFact, ExpenseFacts, _Seen], str | None]


@dataclass(frozen=True, slots=True)
class ExpenseRule:
    code: str
    title: str
    default_mode: Mode
    check: Check
    field: str = ""


def _not_on_team(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    for valid_from, valid_until in facts.team.get((entry.project_id, entry.resource_id), ()):
        if valid_from <= entry.spent_on and (valid_until is None or entry.spent_on < valid_until):
            return None
    code = facts.projects[entry.project_id].code
    return f"Not on the team of {code} on {day(entry.spent_on)}. Ask its manager to add you."


def _outside_dates(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    project = facts.projects[entry.project_id]
    if entry.spent_on < project.starts_on:
        return f"Project {project.code} starts on {day(project.starts_on)}."
    if project.ends_on is not None and entry.spent_on > project.ends_on:
        return f"Project {project.code} ended on {day(project.ends_on)}."
    return None


def _closed_period(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    project = facts.projects[entry.project_id]
    if (project.legal_entity_id, entry.spent_on) not in facts.closed_days:
        return None
    if facts.refuses_late_work:
        return (
            f"{day(entry.spent_on)} lies in a closed period, and no late expenses are taken. "
            "Ask finance."
        )
    return f"{day(entry.spent_on)} lies in a closed period; it will post to the open one."


def _on_hold(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    project = facts.projects[entry.project_id]
    if not project.is_contract_on_hold:
        return None
    return f"The contract of {project.code} is on hold. Ask the project's manager."


def _task_completed(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    task = facts.tasks.get(entry.task_id) if entry.task_id is not None else None
    if task is None or not task.is_completed:
        return None
    return f"Task “{task.name}” is completed. Ask the project's manager to reopen it."


def _receipt_missing(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    if entry.has_receipt:
        return None
    over = facts.receipt_over.get((entry.category_id, entry.amount.currency.code))
    if over is None or entry.amount.amount <= over:
        return None
    return "A receipt is needed for this category and amount, and there is none."


def _duplicate(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    for digest in sorted(entry.receipt_hashes):
        other = facts.known_hashes.get(digest) or seen.hashes.get(digest)
        if other is not None:
            return f"The same receipt is on another expense: {other}."
    key = _key_of(entry)
    other = facts.known.get(key) or seen.keys.get(key)
    if not entry.merchant.strip() or other is None:
        return None
    return f"Another expense has the same merchant, day and amount: {other}."


def _above_estimate(entry: ExpenseFact, facts: ExpenseFacts, seen: _Seen) -> str | None:
    journey = facts.above_estimate.get(entry.entry_id or 0)
    if journey is None:
        return None
    return (
        f"{journey.number} comes to {amount_text(journey.spent)} with this expense, "
        f"{amount_text(journey.above)} above its estimate."
    )


def amount_text(amount: Money) -> str:
    """An amount inside a sentence, with the places of its currency: 1,200.50 EUR, 9,000 JPY."""
    return f"{amount.amount:,.{minor_units(amount.currency)}f} {amount.currency.code}"


def _key_of(entry: ExpenseFact) -> ExpenseKey:
    return (
        entry.resource_id, entry.merchant.strip().casefold(), entry.spent_on,
        entry.amount.amount, entry.amount.currency.code,
    )  # fmt: skip


RULES: Final = (
    ExpenseRule("not_on_team", "Not on the team", Mode.BLOCK, _not_on_team, "project"),
    ExpenseRule("outside_project_dates", "Outside the project's dates", Mode.WARN, _outside_dates,
                "spent_on"),
    ExpenseRule(CLOSED_PERIOD, "Closed fiscal period", Mode.WARN, _closed_period, "spent_on"),
    ExpenseRule("contract_on_hold", "Contract on hold", Mode.BLOCK, _on_hold, "project"),
    ExpenseRule("task_completed", "Task completed", Mode.BLOCK, _task_completed, "task"),
    ExpenseRule("receipt_missing", "Receipt missing", Mode.WARN, _receipt_missing, "receipts"),
    ExpenseRule("duplicate_expense", "Duplicate expense", Mode.WARN, _duplicate, "merchant"),
    ExpenseRule("above_estimate", "Journey above its estimate", Mode.WARN, _above_estimate,
                "amount"),
)  # fmt: skip


def validate_expenses(
    entries: Sequence[ExpenseFact], *, facts: ExpenseFacts, switches: Mapping[str, str]
) -> list[tuple[Finding, ...]]:
    """What the rules find, per expense in the order given; switches as in `validation.validate`.

    Source  docs/rules/timeexpense.md, T-8.
    """
    active = [
        (rule, mode is Mode.BLOCK)
        for rule in RULES
        if (mode := _mode(rule, facts, switches)) is not Mode.OFF
    ]
    seen = _Seen()
    found: list[tuple[Finding, ...]] = []
    for entry in entries:
        work = _unknown_work(entry, facts)
        found.append(
            (work,)
            if work is not None
            else tuple(
                Finding(rule.code, sentence, blocks, rule.field)
                for rule, blocks in active
                if (sentence := rule.check(entry, facts, seen)) is not None
            )
        )
        seen.add(entry)
    return found


def _mode(rule: ExpenseRule, facts: ExpenseFacts, switches: Mapping[str, str]) -> Mode:
    # As for time: what approval would refuse is refused while its person can still mend it.
    if rule.code == CLOSED_PERIOD and facts.refuses_late_work:
        return Mode.BLOCK
    return Mode(switches.get(rule.code, rule.default_mode))


def _unknown_work(entry: ExpenseFact, facts: ExpenseFacts) -> Finding | None:
    project = facts.projects.get(entry.project_id)
    sentence = ""
    if project is None:
        sentence = "There is no such project, or it is not yours to book on."
    elif not project.is_bookable:
        sentence = f"Project {project.code} is not open for work. Ask its manager."
    elif entry.task_id is not None:
        task = facts.tasks.get(entry.task_id)
        if task is None or task.project_id != entry.project_id:
            sentence = f"Project {project.code} has no such task."
    return Finding("unknown_work", sentence, True, "project") if sentence else None


def amounts_of(amount: str, tax: str, currency: str) -> tuple[Decimal, Decimal]:
    """Gross amount and the tax in it, as typed, in the currency's minor unit.

    Raises  DomainError on "amount", "tax_amount" or "currency" for what is no amount, zero or
            negative, too large, or has more places than the currency; for tax not below the amount.
    """
    places = minor_units(currency_of(currency))
    gross = parse_amount(amount, field="amount", max_places=places)
    included = Decimal(0)
    if tax.strip():
        included = parse_amount(tax, field="tax_amount", max_places=places)
    if gross <= 0:
        raise DomainError("The amount must be above 0.", "amount")
    if included < 0 or included >= gross:
        raise DomainError("The tax is part of the amount: at least 0 and below it.", "tax_amount")
    return gross, included
