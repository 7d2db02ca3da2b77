"""Two versions of a list, or any two lists, line by line."""

from dataclasses import dataclass
from decimal import Decimal

from psa.core.actor import Actor
from psa.core.errors import DomainError

from .models import PriceLine, PriceList
from .page_selectors import METHOD_SIGNS, lines_of, shown_price
from .rules.list_difference import Change, ComparedLine, LineChange, counts, difference
from .services.sheet import key_of
from .visibility import visible_list, visible_to

WORDS = {
    Change.ADDED: "Added",
    Change.REMOVED: "Removed",
    Change.RAISED: "Raised",
    Change.LOWERED: "Lowered",
    Change.SAME: "As before",
}


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """One line in both lists, in words. Amounts are in the lists' currency."""

    id: int
    what: str
    transaction_class: str
    resourcing_unit: str
    dimensions: str
    method: str
    unit: str
    change: str
    change_label: str
    old_value: Decimal | None
    new_value: Decimal | None
    amount: Decimal | None
    percent: Decimal | None


@dataclass(frozen=True, slots=True)
class DifferencePage:
    """Two lists, what changed between them, and how often."""

    new: PriceList
    old: PriceList
    rows: tuple[DifferenceRow, ...]
    counts: tuple[tuple[str, int], ...]
    others: tuple[tuple[int, str], ...]


def difference_page(*, actor: Actor, list_id: int, other_id: int | None) -> DifferencePage:
    """A list beside another of its currency: by default the version before it. Six queries.

    Raises  NotFound alike if either is absent, another tenant's, or not the actor's to see;
            DomainError if the two are in different currencies, or there is none to compare with.
    """
    new = visible_list(actor, list_id)
    others = [
        (one.pk, f"{one.name}, version {one.version}, from {one.valid_from.isoformat()}")
        for one in visible_to(actor)
        .filter(context=new.context, currency=new.currency)
        .exclude(pk=new.pk)
        .order_by("-valid_from", "-version")
    ]
    chosen = other_id or new.predecessor_id or (others[0][0] if others else None)
    if chosen is None:
        raise DomainError("There is no other list of this kind and currency to compare with.")
    old = visible_list(actor, chosen)
    if old.currency != new.currency:
        raise DomainError("Lists in different currencies are not compared line by line.")
    old_lines = {key_of(line) + (line.method,): line for line in lines_of(old.pk)}
    new_lines = {key_of(line) + (line.method,): line for line in lines_of(new.pk)}
    changes = difference(
        [ComparedLine(key, line.value) for key, line in old_lines.items()],
        [ComparedLine(key, line.value) for key, line in new_lines.items()],
    )
    rows = [
        _row(number, change, new_lines.get(change.key) or old_lines[change.key])
        for number, change in enumerate(changes, start=1)
    ]
    found = counts(changes)
    return DifferencePage(
        new,
        old,
        tuple(rows),
        tuple((WORDS[change], count) for change, count in found.items() if count),
        tuple(others),
    )


def _row(number: int, change: LineChange, line: PriceLine) -> DifferenceRow:
    named = line.category.name if line.category else line.item
    return DifferenceRow(
        id=number,
        what=named or (line.role.name if line.role else "Any"),
        transaction_class=line.transaction_class.capitalize(),
        resourcing_unit=line.resourcing_unit.name if line.resourcing_unit else "Any",
        dimensions=", ".join(pair.partition("=")[2] for pair in line.dimensions.split(";")),
        method=METHOD_SIGNS.get(line.method, ""),
        unit=line.unit,
        change=change.change.value,
        change_label=WORDS[change.change],
        old_value=None if change.old is None else shown_price(change.old),
        new_value=None if change.new is None else shown_price(change.new),
        amount=None if change.amount is None else shown_price(change.amount),
        percent=change.percent,
    )
