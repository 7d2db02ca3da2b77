"""The lines of a draft price list. A list that is active takes new lines in a new version only."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.money.rounding import PRICE_PLACES, parse_amount
from psa.core.org.models import JobRole, OrgUnit, TransactionCategory
from psa.core.pricing import book_rows, dimension_text
from psa.core.pricing.models import PriceLine, PriceList, PricingDimension
from psa.core.pricing.rules.types import TIME_UNITS, LineKind

from .drafts import locked_draft

CLASSES = frozenset({"time", "expense", "material", "fee"})
PRICE_DIGITS = 14
MAX_MARKUP_PERCENT = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class LineDraft:
    """A line as somebody typed or imported it. What is None or blank means any.

    `value` is a price, or a percentage for a markup; it is 0 for *at cost*.
    """

    value: Decimal
    role_id: int | None = None
    resourcing_unit_id: int | None = None
    transaction_class: str = "time"
    category_id: int | None = None
    item: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)
    unit: str = "hour"
    method: str = PriceLine.Method.PRICE.value
    line_id: int | None = None


@transaction.atomic
def add_lines(
    *, list_id: int, lines: Sequence[LineDraft], actor: Actor, at: datetime
) -> list[PriceLine]:
    """Add lines to a draft list, all or none.

    Raises  PermissionDenied, NotFound, NotDraft; DomainError naming what is wrong with a line;
            Conflict if a line for the same values and unit exists.
    """
    price_list = locked_draft(list_id, actor)
    made = insert_lines(price_list, lines)
    audit.record(
        actor=actor,
        at=at,
        event="pricing.lines_added",
        record_type="pricing.PriceList",
        record_id=list_id,
        sentence=f"Added {counted(len(made), 'line', 'lines')} to {price_list.name}.",
    )
    return made


@transaction.atomic
def save_lines(
    *,
    list_id: int,
    lines: Sequence[LineDraft],
    removed_ids: Sequence[int],
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> PriceList:
    """Save the grid of a draft list: changed and new lines, and those removed, all or none.

    Raises  PermissionDenied, NotFound, NotDraft; Conflict if the list has changed since it was
            read, or two lines are for the same values and unit; DomainError naming what is wrong.
    """
    price_list = locked_draft(list_id, actor)
    if price_list.lock_version != lock_version:
        raise Conflict(
            f"“{price_list.name}” was changed by somebody else meanwhile. Load it again; your "
            "changes were not saved."
        )
    known = {row.pk: row for row in PriceLine.objects.filter(price_list=price_list)}
    for line_id in (*removed_ids, *(line.line_id for line in lines if line.line_id)):
        if line_id not in known:
            raise Conflict(f"A line of “{price_list.name}” is gone. Load the list again.")
    PriceLine.objects.filter(pk__in=removed_ids, price_list=price_list).delete()
    checks = LineChecks()
    changed = []
    for line in lines:
        if line.line_id is not None and line.line_id not in removed_ids:
            row = known[line.line_id]
            fill_line(row, line, price_list, checks)
            changed.append(row)
    fresh = [line for line in lines if line.line_id is None]
    with unambiguous(price_list):
        PriceLine.objects.bulk_update(
            changed,
            [
                "transaction_class", "role_id", "resourcing_unit_id", "category_id", "item",
                "dimensions", "unit", "method", "value",
            ],
            batch_size=1000,
        )  # fmt: skip
    insert_lines(price_list, fresh, checks)
    PriceList.objects.filter(pk=list_id).update(lock_version=lock_version + 1)
    price_list.lock_version = lock_version + 1
    audit.record(
        actor=actor,
        at=at,
        event="pricing.lines_saved",
        record_type="pricing.PriceList",
        record_id=list_id,
        sentence=f"Saved the lines of {price_list.name}: {len(changed)} kept or changed, "
        f"{len(fresh)} added, {len(set(removed_ids))} removed.",
    )
    return price_list


@transaction.atomic
def change_price(
    *, list_id: int, line_id: int, value: Decimal, actor: Actor, at: datetime
) -> PriceLine:
    """Change the price of one line of a draft list.

    Raises  PermissionDenied, NotFound, NotDraft; DomainError for what is no price.
    """
    price_list = locked_draft(list_id, actor)
    row = PriceLine.objects.filter(pk=line_id, price_list=price_list).first()
    if row is None:
        raise NotFound(f"“{price_list.name}” has no such line.")
    before, row.value = row.value, checked_value(value, row.method)
    row.save(update_fields=["value"])
    PriceList.objects.filter(pk=list_id).update(lock_version=price_list.lock_version + 1)
    audit.record(
        actor=actor,
        at=at,
        event="pricing.lines_saved",
        record_type="pricing.PriceList",
        record_id=list_id,
        sentence=f"Changed one price of {price_list.name}.",
        changes={f"line {line_id}": (before, row.value)},
    )
    return row


def insert_lines(
    price_list: PriceList, lines: Sequence[LineDraft], checks: "LineChecks | None" = None
) -> list[PriceLine]:
    """Insert checked lines into a list, set-based; the caller holds the list's lock."""
    known = checks or LineChecks()
    rows = []
    for line in lines:
        row = PriceLine(tenant_id=price_list.tenant_id, price_list=price_list)
        fill_line(row, line, price_list, known)
        rows.append(row)
    with unambiguous(price_list):
        made: list[PriceLine] = PriceLine.objects.bulk_create(rows, batch_size=1000)
    return made


def checked_value(value: Decimal, method: str) -> Decimal:
    """The value of a line, as it fits its column.

    Raises  DomainError on `value` for what is negative, not a number, too large or too fine.
    """
    if method == PriceLine.Method.AT_COST:
        return Decimal(0)
    checked = parse_amount(
        value,
        field="value",
        max_places=PRICE_PLACES,
        max_integer_digits=PRICE_DIGITS,
        minimum=Decimal(0),
    )
    if method == PriceLine.Method.MARKUP and checked > MAX_MARKUP_PERCENT:
        raise DomainError(f"A markup is at most {MAX_MARKUP_PERCENT} %.", "value")
    return checked


class LineChecks:
    """Ids and codes a line may name, read once for all lines of a batch."""

    def __init__(self) -> None:
        self.roles = set(JobRole.objects.values_list("id", flat=True))
        self.units = set(OrgUnit.objects.values_list("id", flat=True))
        self.categories = dict(TransactionCategory.objects.values_list("id", "transaction_class"))
        self.dimensions = set(PricingDimension.objects.values_list("code", flat=True))


def fill_line(row: PriceLine, line: LineDraft, price_list: PriceList, checks: LineChecks) -> None:
    """Put a draft into a row of its list, checked. Raises  DomainError naming the field."""
    if line.transaction_class not in CLASSES:
        raise DomainError(
            f"“{line.transaction_class}” is not a class of transactions.", "transaction_class"
        )
    if line.method not in book_rows.METHODS:
        raise DomainError(f"“{line.method}” is not a way of pricing.", "method")
    for given, known, field_name, words in (
        (line.role_id, checks.roles, "role", "role"),
        (line.resourcing_unit_id, checks.units, "resourcing_unit", "unit"),
        (line.category_id, checks.categories.keys(), "category", "category"),
    ):
        if given is not None and given not in known:
            raise DomainError(f"This {words} does not exist. Choose another.", field_name)
    if (
        line.category_id is not None
        and checks.categories[line.category_id] != line.transaction_class
    ):
        raise DomainError(
            f"The category is not one of {line.transaction_class}. Choose another.", "category"
        )
    unknown = sorted(set(line.dimensions) - checks.dimensions)
    if unknown:
        raise DomainError(f"There is no price dimension “{unknown[0]}”.", "dimensions")
    if line.method != PriceLine.Method.PRICE and price_list.context == "cost":
        raise DomainError("A cost list holds prices: cost cannot build on cost.", "method")
    row.transaction_class = line.transaction_class
    row.role_id = line.role_id
    row.resourcing_unit_id = line.resourcing_unit_id
    row.category_id = line.category_id
    row.item = line.item.strip()[:60]
    row.dimensions = dimension_text.to_text(line.dimensions)
    row.unit = line.unit.strip()[:10] or price_list.time_unit
    row.method = line.method
    row.value = checked_value(line.value, line.method)
    kind = LineKind.ITEM if row.item else LineKind.TIME
    if line.transaction_class == "time" and kind is LineKind.TIME and row.unit not in TIME_UNITS:
        raise DomainError(f"Time is priced per hour or per day, not per “{row.unit}”.", "unit")


@contextmanager
def unambiguous(price_list: PriceList) -> Iterator[None]:
    """A savepoint in which two lines for the same values become a sentence."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "price_line_unambiguous" not in str(error):
            raise
        raise Conflict(
            f"“{price_list.name}” would have two lines for the same values and unit. Change or "
            "remove one of them.",
            "value",
        ) from None
