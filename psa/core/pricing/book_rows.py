"""From stored lists, lines and dimensions to the plain rows that the price book is compiled of."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

from psa.core.org.models import JobRole, OrgUnit

from . import dimension_text
from .models import PriceLine, PricingDimension
from .rules import types as rules

# Category lines of different classes never compete; it counts less than every real dimension.
CLASS_DIMENSION: Final = "transaction_class"
_CLASS_PRIORITY: Final = 1_000_000
TIME: Final = "time"

METHODS: Final = {
    PriceLine.Method.PRICE.value: rules.PriceMethod.PRICE,
    PriceLine.Method.MARKUP.value: rules.PriceMethod.MARKUP_PERCENT,
    PriceLine.Method.AT_COST.value: rules.PriceMethod.AT_COST,
}
LIST_FIELDS: Final = (
    "id", "context", "owner_kind", "owner_id", "currency", "name", "time_unit", "hours_per_day",
    "valid_from", "valid_until",
)  # fmt: skip
LINE_FIELDS: Final = (
    "id", "price_list_id", "transaction_class", "role_id", "resourcing_unit_id", "category_id",
    "item", "dimensions", "unit", "method", "value",
)  # fmt: skip


def item_subject(item: str) -> int:
    """A number that stands for an item's name in lines and queries alike."""
    return int.from_bytes(sha256(item.strip().casefold().encode()).digest()[:7], "big")


def list_rows(lists: Any) -> list[rules.PriceList]:
    """Lists of a queryset as plain rows. One query."""
    return lists_of(lists.values_list(*LIST_FIELDS))


def lists_of(rows: Iterable[tuple[Any, ...]]) -> list[rules.PriceList]:
    """Lists from the columns `LIST_FIELDS`."""
    return [
        rules.PriceList(
            id=id_,
            context=rules.PriceContext(context),
            owner=(owner_kind, owner_id),
            currency=currency,
            name=name,
            unit=time_unit,
            hours_per_day=hours_per_day,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        for (
            id_, context, owner_kind, owner_id, currency, name, time_unit, hours_per_day,
            valid_from, valid_until,
        ) in rows
    ]  # fmt: skip


def line_rows(lines: Any) -> list[rules.PriceLine]:
    """Lines of a queryset as plain rows. One query."""
    return lines_of(lines.values_list(*LINE_FIELDS))


def lines_of(rows: Iterable[tuple[Any, ...]]) -> list[rules.PriceLine]:
    """Lines from the columns `LINE_FIELDS`."""
    return [line_row(*values) for values in rows]


def line_row(
    id_: int,
    price_list_id: int,
    transaction_class: str,
    role_id: int | None,
    resourcing_unit_id: int | None,
    category_id: int | None,
    item: str,
    dimensions: str,
    unit: str,
    method: str,
    value: Any,
) -> rules.PriceLine:
    """One stored line as the rules know it."""
    extra: dict[str, rules.DimensionValue] = dict(dimension_text.from_text(dimensions))
    kind, subject_id = rules.LineKind.TIME, None
    if item:
        kind, subject_id = rules.LineKind.ITEM, item_subject(item)
    elif transaction_class != TIME:
        kind, subject_id = rules.LineKind.CATEGORY, category_id
        extra[CLASS_DIMENSION] = transaction_class
    known_method = METHODS[method]
    priced = known_method is rules.PriceMethod.PRICE
    return rules.PriceLine(
        id=id_,
        list_id=price_list_id,
        value=None if known_method is rules.PriceMethod.AT_COST else value,
        values=rules.values_of(role=role_id, resourcing_unit=resourcing_unit_id, **extra),
        method=known_method,
        kind=kind,
        subject_id=subject_id,
        unit=(unit or None) if priced or kind is rules.LineKind.TIME else None,
    )


def dimension_rows(rows: Iterable[PricingDimension]) -> tuple[rules.Dimension, ...]:
    """The tenant's dimensions; role and unit come first where no row ranks them."""
    found = [
        rules.Dimension(
            row.code,
            row.priority,
            frozenset(_contexts(row)),
            row.is_markup,
        )
        for row in rows
    ]
    codes = {dimension.code for dimension in found}
    for code, priority in ((rules.ROLE, -2), (rules.RESOURCING_UNIT, -1)):
        if code not in codes:
            found.append(rules.Dimension(code, priority))
    return (*found, rules.Dimension(CLASS_DIMENSION, _CLASS_PRIORITY))


def _contexts(row: PricingDimension) -> Sequence[rules.PriceContext]:
    contexts: list[rules.PriceContext] = []
    if row.applies_to_cost:
        contexts += [rules.PriceContext.COST, rules.PriceContext.PURCHASE]
    if row.applies_to_sales:
        contexts += [rules.PriceContext.SALES]
    return [*contexts, rules.PriceContext.TRANSFER] if contexts else []


def names_of_values() -> dict[str, str]:
    """What "role=3" and "resourcing_unit=7" are called. Two queries."""
    names = {f"{rules.ROLE}={id_}": name for id_, name in JobRole.objects.values_list("id", "name")}
    for id_, name in OrgUnit.objects.values_list("id", "name"):
        names[f"{rules.RESOURCING_UNIT}={id_}"] = name
    return names
