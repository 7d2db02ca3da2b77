"""Loading the tables that mileage and per diems are paid by: from a file, or as shipped."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.documents import tables
from psa.core.errors import DomainError
from timeexpense.models import ExpenseCounter, MileageRate, PerDiemRate
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules import rate_tables as rules

MAX_ROWS: Final = 5_000
SHOWN_ERRORS: Final = 5
SHIPPED: Final = Path(__file__).parent.parent / "data"
Row = rules.MileageRow | rules.PerDiemRow


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows were added, changed, given an end, and found as they are."""

    added: int
    changed: int
    ended: int
    unchanged: int

    @property
    def sentence(self) -> str:
        return (
            f"{self.added} rates added, {self.changed} changed, {self.ended} ended, "
            f"{self.unchanged} unchanged."
        )


@dataclass(frozen=True, slots=True)
class _TableKind:
    title: str
    model: Any
    columns: Sequence[str]
    row_of: Callable[[Mapping[str, str]], Row]
    file: str


KINDS: Final = {
    "mileage": _TableKind(
        "mileage rates", MileageRate, rules.MILEAGE_COLUMNS, rules.mileage_row, "mileage_rates.csv"
    ),
    "per_diem": _TableKind(
        "per diem rates", PerDiemRate, rules.PER_DIEM_COLUMNS, rules.per_diem_row,
        "per_diem_rates.csv",
    ),
}  # fmt: skip


@transaction.atomic
def load_rates(*, kind: str, content: bytes, filename: str, actor: Actor, at: datetime) -> Loaded:
    """Read a table (`kind` "mileage" or "per_diem") from a CSV file or workbook: all rows or none.

    A row that starts later than one without an end ends that one; a second load changes nothing.
    What was claimed before stays as it is. Two loads wait for each other.
    Raises  PermissionDenied; DomainError on "file" naming the rows that are no rates.
    """
    actor.require(TimeExpensePermission.MANAGE_POLICY)
    return _load(KINDS[kind], content, filename, actor, at)


def load_shipped(*, actor: Actor, at: datetime) -> None:
    """The published figures that come with the system, for a tenant being made."""
    for kind in KINDS.values():
        _load(kind, (SHIPPED / kind.file).read_bytes(), kind.file, actor, at)


def add_shipped(*, tenant_id: int) -> int:
    """Published figures that came since, for a tenant that exists; how many rows.

    Only what lies beside or after rows that were shipped: where a firm has a figure of its own, all
    of that vehicle or place stays as the firm has it. A second call adds nothing.
    """
    ExpenseCounter.objects.get_or_create(tenant_id=tenant_id)
    ExpenseCounter.objects.select_for_update().get()
    count = 0
    for kind in KINDS.values():
        rows = _read(kind, (SHIPPED / kind.file).read_bytes(), kind.file)
        shipped = {(row.key, row.valid_from): row for row in rows}
        known: dict[tuple[object, ...], list[Any]] = defaultdict(list)
        for stored in kind.model.objects.all():
            known[_key(kind, stored)].append(stored)
        made: list[Any] = []
        for row in sorted(rows, key=lambda one: one.valid_from):
            others = known[row.key]
            last_on = max((one.valid_from for one in others), default=None)
            if not all(_is_shipped(one, shipped.get((row.key, one.valid_from))) for one in others):
                continue
            if last_on is not None and row.valid_from <= last_on:
                continue
            _end_former(others, row, made)
            fresh = kind.model(tenant_id=tenant_id, **dataclasses.asdict(row))
            others.append(fresh)
            made.append(fresh)
        kind.model.objects.bulk_create(made)
        count += len(made)
    return count


def _is_shipped(stored: Any, row: Row | None) -> bool:
    """Whether a stored row has the figures of a shipped one; its end and source may differ."""
    if row is None:
        return False
    given = dataclasses.asdict(row)
    return all(
        getattr(stored, name) == value
        for name, value in given.items()
        if name not in ("valid_until", "source")
    )


def _load(kind: _TableKind, content: bytes, filename: str, actor: Actor, at: datetime) -> Loaded:
    rows = _read(kind, content, filename)
    ExpenseCounter.objects.get_or_create(tenant_id=actor.tenant_id)
    ExpenseCounter.objects.select_for_update().get()
    known: dict[tuple[object, ...], list[Any]] = defaultdict(list)
    for stored in kind.model.objects.all():
        known[_key(kind, stored)].append(stored)
    added = changed = ended = unchanged = 0
    made: list[Any] = []
    for row in sorted(rows, key=lambda one: one.valid_from):
        others = known[row.key]
        same = next((one for one in others if one.valid_from == row.valid_from), None)
        if same is not None:
            if _differs(same, row):
                changed += 1
                _assign(same, row)
                same.save()
            else:
                unchanged += 1
            continue
        ended += _end_former(others, row, made)
        _check_free(others, row)
        fresh = kind.model(tenant_id=actor.tenant_id, **dataclasses.asdict(row))
        others.append(fresh)
        made.append(fresh)
        added += 1
    kind.model.objects.bulk_create(made)
    done = Loaded(added, changed, ended, unchanged)
    if added or changed:
        audit.record(
            actor=actor, at=at, event="timeexpense.rates_loaded",
            record_type=f"timeexpense.{kind.model.__name__}", record_id=0,
            sentence=f"Loaded {kind.title} from {filename[:80]}: {done.sentence}",
        )  # fmt: skip
    return done


def _read(kind: _TableKind, content: bytes, filename: str) -> list[Row]:
    table = tables.read_table(content, filename=filename, max_rows=MAX_ROWS)
    header = [name.strip().lower().replace(" ", "_") for name in table.header]
    rules.check_columns(header, kind.columns)
    rows: list[Row] = []
    errors: list[str] = []
    seen: dict[tuple[object, ...], int] = {}
    for line in table.rows:
        cells = dict.fromkeys(header, "") | dict(zip(header, line.cells, strict=False))
        try:
            row = kind.row_of(cells)
        except DomainError as error:
            errors.append(f"Row {line.number}: {error.message}")
            continue
        first = seen.setdefault((*row.key, row.valid_from), line.number)
        if first != line.number:
            errors.append(f"Row {line.number}: the same as row {first} with the same first day.")
        rows.append(row)
    if errors:
        more = len(errors) - SHOWN_ERRORS
        rest = f" And {counted(more, 'row', 'rows')} more." if more > 0 else ""
        raise DomainError(" ".join(errors[:SHOWN_ERRORS]) + rest, "file")
    return rows


def _key(kind: _TableKind, stored: Any) -> tuple[object, ...]:
    if kind.model is MileageRate:
        return (stored.country, stored.vehicle, stored.from_distance)
    return (stored.scheme, stored.country, stored.place)


def _differs(stored: Any, row: Row) -> bool:
    given = dataclasses.asdict(row)
    # A row that the next one has ended says no end in its file.
    if given["valid_until"] is None:
        given.pop("valid_until")
    return any(getattr(stored, name) != value for name, value in given.items())


def _assign(stored: Any, row: Row) -> None:
    for name, value in dataclasses.asdict(row).items():
        if name != "valid_until" or value is not None:
            setattr(stored, name, value)


def _end_former(others: Sequence[Any], row: Row, made: Sequence[Any]) -> int:
    for other in others:
        if other.valid_until is None and other.valid_from < row.valid_from:
            other.valid_until = row.valid_from
            if other not in made:
                other.save(update_fields=["valid_until"])
                return 1
    return 0


def _check_free(others: Sequence[Any], row: Row) -> None:
    for other in others:
        starts_in = other.valid_until is None or row.valid_from < other.valid_until
        reaches_in = row.valid_until is None or other.valid_from < row.valid_until
        if starts_in and reaches_in:
            words = ", ".join(str(part) for part in row.key if part)
            raise DomainError(
                f"{words} from {row.valid_from:%-d %b %Y} overlaps the rate from "
                f"{other.valid_from:%-d %b %Y}. Give one of them an end.",
                "file",
            )
