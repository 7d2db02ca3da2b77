"""Company cards and their lines: what is matched, and what still needs an expense."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import QuerySet
from moneyed import Money

from psa.core.actor import Actor
from psa.core.errors import NotFound
from timeexpense.models import CardLine, CompanyCard, ExpenseEntry
from timeexpense.permissions import TimeExpensePermission
from timeexpense.policies import EDITABLE
from timeexpense.rules import card_statement as rules
from timeexpense.selectors.expenses import in_own_currency

# Banks book a purchase days after it was made.
DAYS_APART: Final = 3
MONTH: Final = 30
OFFERED: Final = 20
MOST: Final = 2_000


def visible_lines(actor: Actor) -> "QuerySet[CardLine]":
    """Lines of one's own cards, or all with the right to manage them."""
    if actor.has(TimeExpensePermission.MANAGE_CARDS):
        return CardLine.objects.all()
    return CardLine.objects.filter(card__resource__membership_id=actor.membership_id)


@dataclass(frozen=True, slots=True)
class LineRow:
    id: int
    spent_on: date
    person: str
    card: str
    merchant: str
    amount: Money
    state: str
    expense: str
    report_id: int | None
    reason: str


def state_of(line: CardLine) -> str:
    """In one word: what is matched needs nothing more."""
    if line.entry_id is not None:
        return "matched"
    return "dismissed" if line.dismissed_reason else "open"


def line_rows(*, actor: Actor) -> list[LineRow]:
    """Card lines, the newest first. One query."""
    return [_row(line) for line in _with_names(visible_lines(actor))[:MOST]]


def _with_names(rows: "QuerySet[CardLine]") -> "QuerySet[CardLine]":
    return rows.select_related("card__resource", "entry__report").order_by("-spent_on", "-id")


def _row(line: CardLine) -> LineRow:
    return LineRow(
        line.pk, line.spent_on, line.card.resource.name, f"{line.card.name} … {line.card.ending}",
        line.merchant, Money(line.amount, line.currency), state_of(line),
        line.entry.report.number if line.entry else "",
        line.entry.report_id if line.entry else None, line.dismissed_reason,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A card expense that a line may have paid for."""

    id: int
    report: str
    spent_on: date
    merchant: str
    amount: Money
    has_receipt: bool


@dataclass(frozen=True, slots=True)
class LinePage:
    """A line, the expenses that it may be, and the reader's own report that could take a new one."""

    row: LineRow
    candidates: tuple[Candidate, ...]
    currency: str
    is_mine: bool
    new_on_report_id: int | None = None


def line_page(*, actor: Actor, line_id: int) -> LinePage:
    """One line with the expenses that fit it, else those that come near. Raises  NotFound."""
    line = _with_names(visible_lines(actor)).filter(pk=line_id).first()
    if line is None:
        raise NotFound("There is no such card line, or it is not yours.")
    row = _row(line)
    found = (fitting_entries(line) or _near(line)) if row.state == "open" else ()
    is_mine = line.card.resource.membership_id == actor.membership_id
    open_report = None
    if is_mine and row.state == "open" and not found:
        open_report = (
            ExpenseEntry.objects.filter(resource_id=line.card.resource_id, state__in=EDITABLE)
            .order_by("-report_id")
            .values_list("report_id", flat=True)
            .first()
        )
    return LinePage(row, tuple(found), line.currency, is_mine, open_report)


def fitting_entries(line: CardLine) -> Sequence[Candidate]:
    """Card expenses of the person, amount and currency within three days, without a line. One query."""
    rows = _card_expenses(line, days=DAYS_APART, amount=line.amount, currency=line.currency)
    return [_candidate(row) for row in rows[:OFFERED]]


def _near(line: CardLine) -> Sequence[Candidate]:
    """Card expenses of a month around it whose worth in its currency comes near. At most three queries."""
    rows = list(_card_expenses(line, days=MONTH)[:MOST])
    worth = in_own_currency(rows, line.currency)
    paid = Money(line.amount, line.currency)
    near = [
        row for row in rows
        if (row.currency == line.currency or row.pk in worth)
        and rules.may_be(paid, worth.get(row.pk, Money(row.amount, row.currency)))
    ]  # fmt: skip
    return [_candidate(row) for row in near[:OFFERED]]


def fitting_lines(entry: ExpenseEntry) -> "QuerySet[CardLine]":
    """Open lines of the person's cards with the amount and currency, within three days."""
    near = timedelta(days=DAYS_APART)
    found: QuerySet[CardLine] = CardLine.objects.filter(
        card__resource_id=entry.resource_id, entry__isnull=True, dismissed_reason="",
        amount=entry.amount, currency=entry.currency,
        spent_on__range=(entry.spent_on - near, entry.spent_on + near),
    )  # fmt: skip
    return found.select_related("card").order_by("id")


def _card_expenses(line: CardLine, *, days: int, **facts: Any) -> "QuerySet[ExpenseEntry]":
    taken = CardLine.objects.filter(entry__isnull=False).values("entry_id")
    near = timedelta(days=days)
    rows: QuerySet[ExpenseEntry] = ExpenseEntry.objects.filter(
        resource_id=line.card.resource_id,
        payment_method=ExpenseEntry.PaymentMethod.CARD,
        spent_on__range=(line.spent_on - near, line.spent_on + near),
        **facts,
    )
    return rows.exclude(pk__in=taken).select_related("report").order_by("spent_on", "id")


def _candidate(row: ExpenseEntry) -> Candidate:
    return Candidate(
        row.pk, row.report.number, row.spent_on, row.merchant, Money(row.amount, row.currency),
        row.has_receipt,
    )  # fmt: skip


def cards() -> "QuerySet[Any]":
    """The rows of the list of cards."""
    return CompanyCard.objects.values(
        "id", "ending", "name", "currency", "resource__name", "is_active"
    )
