"""Reads of custom fields: definitions, values of records, and the columns of lists."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from psa.core.access.models import Membership
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.custom_fields import registry
from psa.core.custom_fields.default_fields import as_written
from psa.core.custom_fields.models import CustomField, CustomFieldChoice, CustomValue
from psa.core.custom_fields.rules.values import FieldKind
from psa.core.errors import NotFound
from psa.core.web.lists import ChoiceFilter, Column, DateRangeFilter, ListSpec, TextFilter
from psa.core.web.lists.spec import Filter
from psa.core.web.sentences import AsWritten


def fields_of(record_type: str) -> list[CustomField]:
    """The active fields of a kind of record, in order, with their choices. Two queries."""
    rows = CustomField.objects.filter(record_type=record_type, is_active=True)
    return list(rows.order_by("position", "id").prefetch_related("choices"))


def members() -> dict[int, str]:
    """Active members, whom a field may name. One query."""
    return dict(
        Membership.objects.filter(is_active=True).order_by("name").values_list("id", "name")
    )


def stored_values(record_type: str, ids: Collection[int]) -> dict[int, dict[str, CustomValue]]:
    """The values of records by id and key, of active fields. One query."""
    found: dict[int, dict[str, CustomValue]] = defaultdict(dict)
    for row in CustomValue.objects.filter(
        custom_field__record_type=record_type, custom_field__is_active=True, record_id__in=ids
    ).select_related("custom_field", "choice", "member"):
        found[row.record_id][row.custom_field.key] = row
    return dict(found)


def values_of(record_type: str, ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """What an answer of the API includes as `custom_fields`: by record, each active field's value.

    Numbers are plain text, days ISO, choices their code, members their id; None where there is
    none. The caller has checked who may see the records. Two queries.
    """
    keys = list(
        CustomField.objects.filter(record_type=record_type, is_active=True)
        .order_by("position", "id")
        .values_list("key", flat=True)
    )
    known = stored_values(record_type, ids)
    return {
        record_id: {
            key: _plain(known[record_id][key]) if key in known.get(record_id, {}) else None
            for key in keys
        }
        for record_id in ids
    }


def _plain(row: CustomValue) -> str | int:
    return row.member_id if row.member_id is not None else row.text


def members_named(record_type: str, key: str, ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """Per record, the member whom a field of kind user names. One query."""
    rows = CustomValue.objects.filter(
        custom_field__record_type=record_type,
        custom_field__key=key,
        custom_field__is_active=True,
        record_id__in=ids,
        member__is_active=True,
    )
    return {
        record_id: (member_id,)
        for record_id, member_id in rows.values_list("record_id", "member_id")
    }


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as a record's page shows it; `text` is "" where there is no value."""

    label: str
    kind: str
    text: str
    row: CustomValue | None
    is_missing: bool


def shown_fields(*, actor: Actor, record_type: str, record_id: int) -> list[ShownField]:
    """Raises  NotFound when the record is not the actor's to see. Three queries."""
    registry.check_can_see(actor=actor, record_type=record_type, record_id=record_id)
    known = stored_values(record_type, [record_id]).get(record_id, {})
    return [
        ShownField(
            _told_as(field, field.label),
            field.kind,
            _shown_as(field, known[field.key]) if field.key in known else "",
            known.get(field.key),
            field.is_required and field.key not in known,
        )
        for field in fields_of(record_type)
    ]


def _told_as(field: CustomField, text: str) -> str:
    return as_written(field.record_type, field.key, text)


def _shown_as(field: CustomField, row: CustomValue) -> str:
    """A value as people read it; only a choice can be of those that the field came with."""
    return AsWritten(shown(row)) if row.choice is None else _told_as(field, row.choice.label)


def shown(row: CustomValue) -> str:
    """A value as people read it."""
    if row.choice is not None:
        return row.choice.label
    return row.member.name if row.member is not None else row.text


# Lists


def with_columns(
    spec: ListSpec, rows: "QuerySet[Any]", record_type: str
) -> tuple[ListSpec, "QuerySet[Any]"]:
    """The list with a column and a filter for each active field; hidden until somebody shows it.

    One query for the fields; the values are subqueries of the list's own query, each answered by
    the unique key of values.
    """
    columns: list[Column] = []
    filters: list[Filter] = []
    for field in fields_of(record_type):
        name = f"custom_{field.key}"
        rows = rows.annotate(**{name: _value(field)})
        columns.append(_column(field, name))
        filters.append(_filter(field, name))
    if not columns:
        return spec, rows
    return (
        replace(spec, columns=(*spec.columns, *columns), filters=(*spec.filters, *filters)),
        rows,
    )


class RowWithFields:
    """A row of a list in memory, with its custom fields as further attributes."""

    __slots__ = ("_row", "_values")

    def __init__(self, row: Any, values: Mapping[str, Any]) -> None:
        self._row, self._values = row, values

    def __getattr__(self, name: str) -> Any:
        return self._values[name] if name in self._values else getattr(self._row, name)


def with_row_columns(
    spec: ListSpec, rows: Sequence[Any], record_type: str
) -> tuple[ListSpec, Sequence[Any]]:
    """`with_columns` for rows in memory, which have an `id`. Three queries."""
    fields = fields_of(record_type)
    if not fields:
        return spec, rows
    known = stored_values(record_type, [row.id for row in rows])
    return (
        replace(
            spec,
            columns=(*spec.columns, *(_column(one, f"custom_{one.key}") for one in fields)),
            filters=(*spec.filters, *(_filter(one, f"custom_{one.key}") for one in fields)),
        ),
        [
            RowWithFields(
                row,
                {
                    f"custom_{one.key}": _in_list(known.get(row.id, {}).get(one.key))
                    for one in fields
                },
            )
            for row in rows
        ],
    )


def _in_list(row: CustomValue | None) -> Any:
    if row is None:
        return None
    if row.on is not None:
        return row.on
    return row.member.name if row.member is not None else row.text


def _value(field: CustomField) -> Any:
    one = CustomValue.objects.filter(custom_field=field, record_id=OuterRef("pk"))
    if field.kind == FieldKind.DATE:
        return Subquery(one.values("on")[:1])
    if field.kind == FieldKind.USER:
        return Subquery(one.values("member__name")[:1])
    return Subquery(one.values("text")[:1])


def _column(field: CustomField, name: str) -> Column:
    label = _told_as(field, field.label)
    if field.kind == FieldKind.DATE:
        return Column(name, label, kind="date", sort=name, shown=False)
    labels: dict[str, str] = {}
    if field.kind == FieldKind.CHOICE:
        labels = {row.code: _told_as(field, row.label) for row in field.choices.all()}

    def written(row: Any) -> Any:
        value = _get(row, name)
        return labels.get(value, AsWritten(value)) if isinstance(value, str) else value

    return Column(name, label, value=written, sort=name, shown=False)


def _get(row: Any, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _filter(field: CustomField, name: str) -> Filter:
    label = _told_as(field, field.label)
    if field.kind == FieldKind.DATE:
        return DateRangeFilter(name, label)
    if field.kind == FieldKind.CHOICE:
        choices = [(row.code, _told_as(field, row.label)) for row in field.choices.all()]
        return ChoiceFilter(name, label, choices=choices)
    return TextFilter(name, label)


# Definitions


def definitions(*, actor: Actor) -> list["DefinitionRow"]:
    """All fields of all records, for the page of definitions. Raises  PermissionDenied."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    labels = {one.record_type: one.label for one in registry.all_types()}
    rows = CustomField.objects.order_by("record_type", "position", "id")
    return [
        DefinitionRow(
            row.pk, row.label, row.key, labels.get(row.record_type, row.record_type),
            str(row.get_kind_display()), row.is_required, row.is_active,
        )
        for row in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    id: int
    label: str
    key: str
    record: str
    kind: str
    is_required: bool
    is_active: bool


def get_field(*, actor: Actor, field_id: int) -> CustomField:
    """Raises  PermissionDenied, NotFound."""
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    row: CustomField | None = CustomField.objects.filter(pk=field_id).first()
    if row is None:
        raise NotFound("There is no such field.")
    return row


def choices_of(field: CustomField) -> Sequence[CustomFieldChoice]:
    """All choices of a field, retired ones too, in order."""
    return list(field.choices.order_by("position", "id"))
