"""Price lists from files: the same reading for preview and import, on the page and by command."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.audit.wording import counted
from psa.core.documents import tables
from psa.core.errors import DomainError
from psa.core.money.rounding import currency_of
from psa.core.org.models import JobRole, OrgUnit, TransactionCategory
from psa.core.pricing import owners
from psa.core.pricing.models import PriceList, PricingDimension
from psa.core.pricing.rate_card import (
    MAX_ROWS,
    Card,
    CardError,
    CardRow,
    header_of,
    read_card,
)

from . import lists
from .lines import CLASSES, LineDraft, insert_lines

_SHOWN_ERRORS = 5


class BadRows(DomainError):
    """Rows of a file that cannot be imported; nothing was."""

    def __init__(self, errors: Sequence[CardError]) -> None:
        shown = " ".join(f"Row {error.row}: {error.reason}" for error in errors[:_SHOWN_ERRORS])
        more = len(errors) - _SHOWN_ERRORS
        tail = f" And {more} more." if more > 0 else ""
        count = "1 row" if len(errors) == 1 else f"{len(errors)} rows"
        super().__init__(
            f"{count} cannot be imported, so nothing was. {shown}{tail} Mend the file, or import "
            "without the bad rows.",
            "file",
        )
        self.errors = tuple(errors)


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do: its lines, the roles it would make, and the rows it cannot take."""

    card: Card
    lines: tuple[tuple[CardRow, LineDraft], ...]
    new_roles: tuple[str, ...]
    errors: tuple[CardError, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    price_list: PriceList
    line_count: int
    created_roles: tuple[str, ...]
    skipped: tuple[CardError, ...]


def card_text(content: bytes, filename: str) -> str:
    """The text of a rate card's file, CSV in any usual encoding or the first sheet of a workbook.

    Rows keep the numbers that a spreadsheet shows.
    Raises  DomainError on "file" for what cannot be read.
    """
    if not content.startswith(b"PK"):
        return tables.decoded(content, filename)[0]
    table = tables.read_table(content, filename=filename, max_rows=MAX_ROWS)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.header)
    number = 1
    for row in table.rows:
        for _ in range(row.number - number - 1):
            writer.writerow([])
        writer.writerow(row.cells)
        number = row.number
    return out.getvalue()


def preview_import(
    *,
    content: str,
    currency: str,
    actor: Actor,
    mapping: Mapping[str, str] | None = None,
    time_unit: str = "hour",
    create_roles: bool = False,
) -> Preview:
    """Read a rate card against the tenant's roles, units and dimensions; writes nothing.

    Lines of roles that `create_roles` would make carry no role id yet.
    Raises  PermissionDenied; DomainError if the file or its columns cannot be read.
    """
    actor.require(PricingPermission.MANAGE_LISTS)
    card = read_card(
        content,
        currency=currency_of(currency).code,
        default_unit=time_unit,
        mapping={**_dimension_columns(content), **(mapping or {})},
    )
    names = _Names()
    found: list[tuple[CardRow, LineDraft]] = []
    errors = list(card.errors)
    new_roles: dict[str, str] = {}
    for row in card.rows:
        try:
            found.append((row, names.line(row, create_roles=create_roles)))
        except DomainError as error:
            errors.append(CardError(row.row, error.message))
            continue
        if row.role and _id_of(names.roles, row.role) is None:
            new_roles.setdefault(_key(row.role), row.role)
    errors.sort(key=lambda error: error.row)
    return Preview(card, tuple(found), tuple(new_roles.values()), tuple(errors))


@transaction.atomic
def import_list(
    *,
    content: str,
    name: str,
    context: str,
    currency: str,
    valid_from: date,
    actor: Actor,
    at: datetime,
    valid_until: date | None = None,
    time_unit: str = "hour",
    hours_per_day: Decimal = Decimal(8),
    owner_kind: str = owners.TENANT,
    owner_id: int = 0,
    mapping: Mapping[str, str] | None = None,
    create_roles: bool = False,
    skip_bad: bool = False,
) -> Imported:
    """Make a draft list of a rate card: all of its rows, or none.

    `skip_bad` leaves out the rows that cannot be read and names them; `create_roles` makes the
    roles that are missing. The draft is activated on its own page.
    Raises  PermissionDenied; BadRows naming rows; DomainError if nothing is left to import.
    """
    preview = preview_import(
        content=content,
        currency=currency,
        actor=actor,
        mapping=mapping,
        time_unit=time_unit,
        create_roles=create_roles,
    )
    if preview.errors and not skip_bad:
        raise BadRows(preview.errors)
    if not preview.lines:
        raise DomainError("No row of the file can be imported.", "file")
    made = lists.create_list(
        name=name,
        context=context,
        currency=currency,
        valid_from=valid_from,
        valid_until=valid_until,
        time_unit=time_unit,
        hours_per_day=hours_per_day,
        owner_kind=owner_kind,
        owner_id=owner_id,
        actor=actor,
        at=at,
    )
    if preview.new_roles:
        _create_roles(preview.new_roles, actor, at)
    names = _Names()
    lines = [names.line(row, create_roles=False) for row, _ in preview.lines]
    insert_lines(made, lines)
    audit.record(
        actor=actor,
        at=at,
        event="pricing.list_imported",
        record_type="pricing.PriceList",
        record_id=made.pk,
        sentence=f"Imported {counted(len(lines), 'line', 'lines')} into {made.name}; "
        f"{len(preview.errors)} left out.",
    )
    return Imported(made, len(lines), preview.new_roles, preview.errors)


def _dimension_columns(content: str) -> dict[str, str]:
    """Columns that are called as a price dimension is, by its name or its code."""
    header = {_key(name): name for name in header_of(content) if name.strip()}
    return {
        code: header[name]
        for code, label in PricingDimension.objects.values_list("code", "name")
        for name in (_key(code), _key(label))
        if name in header and code not in ("role", "resourcing_unit")
    }


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


class _Names:
    """The tenant's records by code and by name, read once."""

    def __init__(self) -> None:
        self.roles = _by_code_and_name(JobRole.objects.values_list("id", "code", "name"))
        self.units = _by_code_and_name(OrgUnit.objects.values_list("id", "code", "name"))
        self.categories = _by_code_and_name(
            TransactionCategory.objects.values_list("id", "code", "name")
        )
        self.dimensions = set(PricingDimension.objects.values_list("code", flat=True))

    def line(self, row: CardRow, *, create_roles: bool) -> LineDraft:
        """The row as a line. DomainError naming what the tenant does not have."""
        if row.transaction_class not in CLASSES:
            raise DomainError(f"“{row.transaction_class}” is not time, expense, material or fee.")
        role_id = _id_of(self.roles, row.role) if row.role else None
        if row.role and role_id is None and not create_roles:
            raise DomainError(
                f"There is no role “{row.role}”. Create it, or import with new roles allowed."
            )
        unknown = sorted(set(row.dimensions) - self.dimensions)
        if unknown:
            raise DomainError(
                f"There is no price dimension “{unknown[0]}”. Add it, or leave it out."
            )
        return LineDraft(
            value=row.value,
            role_id=role_id,
            resourcing_unit_id=_found(self.units, row.resourcing_unit, "unit"),
            transaction_class=row.transaction_class,
            category_id=_found(self.categories, row.category, "category"),
            item=row.item,
            dimensions=row.dimensions,
            unit=row.unit,
            method=row.method,
        )


def _found(known: Mapping[str, int], name: str, words: str) -> int | None:
    if not name or _key(name) == "any":
        return None
    found = _id_of(known, name)
    if found is None:
        raise DomainError(f"There is no {words} “{name}”.")
    return found


def _by_code_and_name(rows: Iterable[tuple[int, str, str]]) -> dict[str, int]:
    """Ids by code and by name; where one record's name is another's code, the code wins, and where
    two codes differ by case alone each is found as it is written."""
    given = list(rows)
    found = {_key(name): id_ for id_, _, name in given}
    found.update((_key(code), id_) for id_, code, _ in given)
    found.update((code, id_) for id_, code, _ in given)
    return found


def _id_of(known: Mapping[str, int], name: str) -> int | None:
    return known.get(name.strip(), known.get(_key(name)))


def _create_roles(names: Sequence[str], actor: Actor, at: datetime) -> None:
    taken = set(JobRole.objects.values_list("code", flat=True))
    made = []
    for name in names:
        stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:26] or "role"
        code, number = stem, 2
        while code in taken:
            code, number = f"{stem}-{number}", number + 1
        taken.add(code)
        made.append(JobRole(tenant_id=actor.tenant_id, code=code, name=name[:80]))
    JobRole.objects.bulk_create(made)
    audit.record_many(
        actor=actor,
        at=at,
        event="org.role_created",
        record_type="org.JobRole",
        items=[
            (role.pk, f"Created the role {role.name} for an imported rate card.", {})
            for role in made
        ],
    )
