"""A rate card as a draft price list: read, checked and imported by pricing's own import."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.pricing.models import PriceLine, PriceList
from psa.core.pricing.rate_card import CardError
from psa.core.pricing.services import imports, lists

from ..kind_registry import Draft, Kind, Outcome, Settings, register
from ..rules import cells
from ..rules.columns import Target
from ..rules.reconciliation import Key, summed

RECORD = "pricing.PriceList"
TARGETS = (
    Target(
        "role",
        "Role",
        (
            "job title",
            "labor category",
            "labour category",
            "role",
            "title",
            "grade",
            "rolle",
            "funktion",
        ),
        True,
        "Code or name; empty means any.",
    ),
    Target(
        "value",
        "Price",
        (
            "price offered",
            "hourly rate",
            "day rate",
            "bill rate",
            "price",
            "rate",
            "value",
            "stundensatz",
            "tagessatz",
            "kostensatz",
            "preis",
            "satz",
        ),
        True,
    ),
    Target("unit", "Per", ("unit of issue", "unit", "per"), help_text="hour or day for time"),
    Target(
        "resourcing_unit",
        "Unit of the person",
        ("resourcing unit", "org unit", "unit of the person"),
    ),
    Target("work_location", "Work location", ("worksite", "work site", "work location")),
    Target("seniority", "Seniority", ("seniority", "level")),
    Target(
        "class", "Class", ("transaction class", "class"), help_text="time, expense, material or fee"
    ),
    Target("category", "Category", ("transaction category", "category")),
    Target("item", "Item", ("item",)),
    Target("method", "How", ("method", "how"), help_text="price, markup or at cost"),
)


class PriceLists:
    """One draft list of all rows."""

    def apply(
        self, rows: Sequence[Draft], settings: Settings, *, actor: Actor, at: datetime
    ) -> list[Outcome]:
        content = _as_card(rows, settings)
        given = _list_options(settings)
        preview = imports.preview_import(
            content=content,
            currency=given["currency"],
            time_unit=given["time_unit"],
            create_roles=given["create_roles"],
            mapping=_columns(rows),
            actor=actor,
        )
        refused = {error.row: error for error in preview.errors}
        places = range(2, len(rows) + 2)
        outcomes: list[Outcome | None] = [_refusal(refused.get(place)) for place in places]
        if len(refused) < len(rows):
            _check_is_new(given)
            with transaction.atomic():
                made = imports.import_list(
                    content=content, mapping=_columns(rows), skip_bad=True, actor=actor, at=at,
                    **given,
                ).price_list  # fmt: skip
            done = Outcome("imported", record_type=RECORD, record_id=made.pk)
            left_out = Outcome("bad", "It holds instructions and no price.")
            taken = {row.row for row, _ in preview.lines}
            outcomes = [
                outcome or (done if place in taken else left_out)
                for place, outcome in zip(places, outcomes, strict=True)
            ]
        return [outcome or Outcome("bad", "It holds no price.") for outcome in outcomes]

    def undo(
        self, record_type: str, record_ids: Sequence[int], *, actor: Actor, at: datetime
    ) -> dict[int, str]:
        kept = {}
        # All rows are one list: it may have gone with the rows before these.
        there = PriceList.objects.filter(pk__in=set(record_ids)).values_list("pk", flat=True)
        for list_id in list(there):
            try:
                lists.discard_draft(list_id=list_id, actor=actor, at=at)
            except DomainError as error:
                kept[list_id] = error.message
        return kept

    def totals_of_file(self, rows: Sequence[Draft], settings: Settings) -> Mapping[Key, Decimal]:
        currency = str(settings.get("currency")).upper()
        items: list[tuple[Key, Decimal]] = []
        for row in rows:
            text = row.fields.get("value", "")
            digits = "".join(sign for sign in text if sign.isdigit() or sign in ".,")
            try:
                value = cells.amount_of(digits, settings.reading.decimal, field="value", places=6)
            except DomainError:
                continue
            items += [(("Lines", "", ""), Decimal(1)), (("Sum of prices", "", currency), value)]
        return summed(items)

    def totals_of_records(self, records: Sequence[tuple[str, int]]) -> Mapping[Key, Decimal]:
        ids = {record_id for _, record_id in records}
        items: list[tuple[Key, Decimal]] = []
        for currency, value in (
            PriceLine.objects.filter(price_list_id__in=ids)
            .values_list("price_list__currency")
            .annotate(total=Sum("value"))
        ):
            items.append((("Sum of prices", "", currency), value.normalize()))
        count = PriceLine.objects.filter(price_list_id__in=ids).count()
        return summed([*items, (("Lines", "", ""), Decimal(count))])


def _columns(rows: Sequence[Draft]) -> dict[str, str]:
    return {name: name for name in rows[0].fields} if rows else {}


def _as_card(rows: Sequence[Draft], settings: Settings) -> str:
    """The mapped rows as the text that pricing reads; the price with a point."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    columns = list(_columns(rows))
    writer.writerow(columns)
    for row in rows:
        given = dict(row.fields)
        if settings.reading.decimal == cells.COMMA:
            given["value"] = given["value"].replace(".", "").replace(",", ".")
        elif settings.reading.decimal == cells.POINT:
            given["value"] = given["value"].replace(",", "")
        # A row of which nothing is mapped would vanish as an empty line, and shift the others.
        values = [given.get(name, "") for name in columns]
        writer.writerow(values if any(values) else ["?", *values[1:]])
    return out.getvalue()


def _refusal(error: CardError | None) -> Outcome | None:
    return None if error is None else Outcome("bad", error.reason)


def _list_options(settings: Settings) -> dict[str, Any]:
    kind, _, owner_id = str(settings.get("owner", "tenant:0")).partition(":")
    until = str(settings.get("valid_until"))
    return {
        "name": str(settings.get("name")).strip(),
        "context": str(settings.get("context", "sales")),
        "currency": str(settings.get("currency")).strip().upper(),
        "valid_from": _day(str(settings.get("valid_from"))),
        "valid_until": _day(until) if until else None,
        "time_unit": str(settings.get("time_unit", "hour")),
        "owner_kind": kind,
        "owner_id": int(owner_id or 0),
        "create_roles": bool(settings.get("create_roles", False)),
    }


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DomainError("Say from which day the prices count.", "valid_from") from None


def _check_is_new(given: Mapping[str, Any]) -> None:
    """The same file again must not make the same draft again."""
    if PriceList.objects.filter(
        name=given["name"], context=given["context"], currency=given["currency"],
        valid_from=given["valid_from"], owner_kind=given["owner_kind"], owner_id=given["owner_id"],
    ).exists():  # fmt: skip
        raise DomainError(
            f"There is a list “{given['name']}” from {given['valid_from']} in {given['currency']} "
            "already. Discard it, or give this one another name.",
            "name",
        )


register(
    Kind(
        code="price_lists",
        title="Price list",
        noun=("price line", "price lines"),
        permissions=(PricingPermission.MANAGE_LISTS, PricingPermission.VIEW_ALL_LISTS),
        targets=TARGETS,
        importer=PriceLists(),
        max_rows=20_000,
        intro="A rate card becomes a draft price list.",
    )
)
