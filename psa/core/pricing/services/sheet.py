"""The sheet of a draft's lines: rows as people type or paste them, each with an outcome of its own."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError
from psa.core.pricing import dimension_text, rate_card
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.sheet_names import SheetNames

from .drafts import locked_draft
from .lines import LineChecks, LineDraft, fill_line, unambiguous

SAVED, FAILED, REMOVED = "saved", "failed", "removed"
MAX_ROWS: Final = 2_000
FIELDS: Final = (
    "transaction_class", "role_id", "resourcing_unit_id", "category_id", "item", "dimensions",
    "unit", "method", "value",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as text by column; `ref` is the sheet's own, `line_id` None for a new one."""

    ref: str
    line_id: int | None
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row; `sentence` says why not, if not, and `field` names the column."""

    ref: str
    status: str
    line_id: int | None = None
    sentence: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class SheetOutcome:
    """The list's version from now on, and one outcome per row in the order given."""

    lock_version: int
    rows: tuple[RowOutcome, ...]


@transaction.atomic
def save_rows(
    *,
    list_id: int,
    rows: Sequence[SheetRow],
    removed_ids: Sequence[int],
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> SheetOutcome:
    """Save what was changed in the sheet of a draft; a row that is refused keeps the others.

    Set-based: the number of queries does not grow with the rows. Names are found by code or name,
    as an import finds them; what is blank or "Any" means any.
    Raises  PermissionDenied, NotFound, NotDraft; Conflict if the list has changed since it was
            read; DomainError for more rows than one call takes.
    """
    if len(rows) + len(removed_ids) > MAX_ROWS:
        raise DomainError(f"At most {MAX_ROWS:,} rows are saved at once.")
    price_list = locked_draft(list_id, actor)
    if price_list.lock_version != lock_version:
        raise Conflict(
            f"“{price_list.name}” was changed elsewhere meanwhile. Load it again; what you typed "
            "last was not saved."
        )
    known = {row.pk: row for row in PriceLine.objects.filter(price_list=price_list)}
    gone = set(removed_ids) & set(known)
    PriceLine.objects.filter(pk__in=gone).delete()
    outcomes, changed, made = _filled(price_list, rows, known, gone)
    with unambiguous(price_list):
        PriceLine.objects.bulk_update(changed, FIELDS, batch_size=1000)
        PriceLine.objects.bulk_create([line for _, line in made], batch_size=1000)
    for index, line in made:
        outcomes[index] = RowOutcome(rows[index].ref, SAVED, line.pk)
    if changed or made or gone:
        lock_version += 1
        PriceList.objects.filter(pk=list_id).update(lock_version=lock_version)
        audit.record(
            actor=actor,
            at=at,
            event="pricing.lines_saved",
            record_type="pricing.PriceList",
            record_id=list_id,
            sentence=f"Saved lines of {price_list.name}: {len(changed)} changed, {len(made)} "
            f"added, {len(gone)} removed.",
        )
    return SheetOutcome(lock_version, tuple(outcomes))


def _filled(
    price_list: PriceList,
    rows: Sequence[SheetRow],
    known: Mapping[int, PriceLine],
    gone: set[int],
) -> tuple[list[RowOutcome], list[PriceLine], list[tuple[int, PriceLine]]]:
    """Outcomes, lines to change, and (place, line) of those to make."""
    names, checks = SheetNames(), LineChecks()
    taken = {key_of(line): pk for pk, line in known.items() if pk not in gone}
    outcomes: list[RowOutcome] = []
    changed: list[PriceLine] = []
    made: list[tuple[int, PriceLine]] = []
    for index, row in enumerate(rows):
        line = known.get(row.line_id) if row.line_id is not None else None
        if row.line_id is not None and (line is None or row.line_id in gone):
            outcomes.append(RowOutcome(row.ref, FAILED, None, "This line is gone. Load again."))
            continue
        former = key_of(line) if line is not None else None
        try:
            draft = draft_of(row.values, price_list, names)
            # A copy: what is refused must not change the line that is there.
            filled = (
                copy(line)
                if line is not None
                else PriceLine(tenant_id=price_list.tenant_id, price_list=price_list)
            )
            fill_line(filled, draft, price_list, checks)
            key = key_of(filled)
            if taken.get(key, filled.pk) != filled.pk or (line is None and key in taken):
                raise DomainError("Another line is for the same values and unit.", "value")
        except DomainError as error:
            outcomes.append(
                RowOutcome(row.ref, FAILED, row.line_id, error.message, error.field or "")
            )
            continue
        if former is not None:
            taken.pop(former, None)
            changed.append(filled)
        else:
            made.append((index, filled))
        taken[key] = filled.pk or -index - 1
        outcomes.append(RowOutcome(row.ref, SAVED, filled.pk))
    return outcomes, changed, made


def draft_of(values: Mapping[str, str], price_list: PriceList, names: SheetNames) -> LineDraft:
    """A row of text as a line. Raises  DomainError naming the column."""
    given = {code: text.strip() for code, text in values.items()}
    method = rate_card.METHODS.get(given.get("method", "").casefold())
    if method is None:
        raise DomainError(f"“{given['method'][:30]}” is not a way of pricing.", "method")
    if method != PriceLine.Method.AT_COST and not given.get("value"):
        raise DomainError("Enter a price.", "value")
    kind = given.get("transaction_class", "").casefold() or "time"
    unit = given.get("unit", "") or price_list.time_unit
    return LineDraft(
        value=_value(given, method, price_list.currency),
        role_id=names.role(given.get("role", "")),
        resourcing_unit_id=names.unit(given.get("resourcing_unit", "")),
        transaction_class=kind,
        category_id=names.category(given.get("category", "")),
        item=given.get("item", ""),
        dimensions={
            code.removeprefix("dim_"): text
            for code, text in given.items()
            if code.startswith("dim_") and text and text.casefold() != "any"
        },
        unit=rate_card.UNITS.get(unit.casefold(), unit) if kind == "time" else unit,
        method=method,
    )


def _value(given: Mapping[str, str], method: str, currency: str) -> Decimal:
    if method == PriceLine.Method.AT_COST:
        return Decimal(0)
    text = given["value"].removesuffix("%").strip()
    try:
        return rate_card.price_of(text, currency)
    except DomainError as error:
        raise DomainError(error.message, "value") from None


def key_of(line: PriceLine) -> tuple[object, ...]:
    """What makes a line unambiguous in its list."""
    return (
        line.transaction_class, line.role_id, line.resourcing_unit_id, line.category_id,
        line.item, line.dimensions, line.unit,
    )  # fmt: skip


def shown_dimensions(line: PriceLine) -> dict[str, str]:
    """The further dimension values of a line as columns of the sheet."""
    return {f"dim_{code}": text for code, text in dimension_text.from_text(line.dimensions).items()}
