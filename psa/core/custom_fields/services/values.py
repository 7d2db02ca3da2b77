"""Values of custom fields, set together for one record, each change in its trail."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.custom_fields import registry, selectors
from psa.core.custom_fields.models import CustomField, CustomValue
from psa.core.custom_fields.rules.values import FORM_PREFIX, FieldKind, Stored, stored
from psa.core.errors import DomainError


@transaction.atomic
def set_values(
    *,
    record_type: str,
    record_id: int,
    values: Mapping[str, object],
    actor: Actor,
    at: datetime,
) -> dict[str, tuple[str | None, str | None]]:
    """Set the fields named in `values` (by key); None or "" clears one. Returns what changed.

    A required field that has a value, or is named, may not be cleared. A choice that was retired
    stays where it was chosen. Raises  NotFound, PermissionDenied; DomainError on the field for an
    unknown key or a value that does not fit.
    """
    registry.check_can_change(actor=actor, record_type=record_type, record_id=record_id)
    return _set(record_type, record_id, values, actor, at)


@transaction.atomic
def set_with_record(
    *,
    record_type: str,
    record_id: int,
    values: Mapping[str, object] | None,
    actor: Actor,
    at: datetime,
) -> None:
    """Set fields together with the record's own facts, in the transaction of their service.

    The caller has made or changed the record, so it has asked who may. Refusals name the field as
    forms and the API do (`custom_` and its key). Raises  DomainError.
    """
    if not values:
        return
    try:
        _set(record_type, record_id, values, actor, at)
    except DomainError as error:
        field = f"{FORM_PREFIX}{error.field}" if error.field else None
        raise DomainError(error.message, field) from None


def _set(
    record_type: str, record_id: int, values: Mapping[str, object], actor: Actor, at: datetime
) -> dict[str, tuple[str | None, str | None]]:
    fields = {field.key: field for field in selectors.fields_of(record_type)}
    unknown = sorted(set(values) - fields.keys())
    if unknown:
        raise DomainError(f"There is no field “{unknown[0]}” on this record.", unknown[0])
    # One writer at a time for the fields of a record: the definitions' rows are the lock.
    list(
        CustomField.objects.select_for_update(no_key=True)
        .filter(pk__in=[field.pk for field in fields.values()])
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    known = selectors.stored_values(record_type, [record_id]).get(record_id, {})
    members = selectors.members()
    changes: dict[str, tuple[str | None, str | None]] = {}
    for key, given in values.items():
        before = known.get(key)
        after = _stored(fields[key], given, before, members)
        if after is None and fields[key].is_required:
            raise DomainError(f"{fields[key].label} is needed.", key)
        if (before.text if before else None) == (after.text if after else None):
            continue
        _write(fields[key], record_id, after, actor)
        shown = selectors.stored_values(record_type, [record_id]).get(record_id, {}).get(key)
        changes[fields[key].label] = (
            selectors.shown(before) if before else None,
            selectors.shown(shown) if shown else None,
        )
    if changes:
        audit.record(
            actor=actor, at=at, event="custom_fields.values_set", record_type=record_type,
            record_id=record_id, sentence=f"set {', '.join(changes)}"[:400], changes=changes,
        )  # fmt: skip
    return changes


def _stored(
    field: CustomField, given: object, before: CustomValue | None, members: Mapping[int, str]
) -> Stored | None:
    choices = {
        row.code: row.pk
        for row in field.choices.all()
        if row.is_active or (before is not None and before.choice_id == row.pk)
    }
    if before is not None and before.member_id is not None:
        members = {**members, before.member_id: ""}
    try:
        return stored(
            FieldKind(field.kind), given, label=field.label, choices=choices, members=members
        )
    except DomainError as error:
        raise DomainError(error.message, field.key) from None


def _write(field: CustomField, record_id: int, value: Stored | None, actor: Actor) -> None:
    if value is None:
        CustomValue.objects.filter(custom_field=field, record_id=record_id).delete()
        return
    CustomValue.objects.update_or_create(
        tenant_id=actor.tenant_id,
        custom_field=field,
        record_id=record_id,
        defaults={
            "text": value.text,
            "scaled": value.scaled,
            "on": value.on,
            "choice_id": value.choice_id,
            "member_id": value.member_id,
        },
    )
