"""Custom fields defined, changed, retired; the set that a new firm starts with."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction

from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.custom_fields import registry
from psa.core.custom_fields.default_fields import DEFAULT_FIELDS
from psa.core.custom_fields.models import CustomField, CustomFieldChoice
from psa.core.custom_fields.rules.values import FieldKind
from psa.core.errors import Conflict, DomainError, NotFound

RECORD: Final = "custom_fields.CustomField"
MOST_FIELDS: Final = 40
MOST_CHOICES: Final = 200
_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")


def key_of(label: str) -> str:
    """A key made of a label: “Client PO number” is client_po_number."""
    return _NOT_IN_A_KEY.sub("_", label.lower()).strip("_")[:40]


@transaction.atomic
def save_field(
    *,
    field_id: int | None,
    record_type: str,
    kind: str,
    label: str,
    help_text: str = "",
    position: int = 1,
    is_required: bool = False,
    is_active: bool = True,
    choices: Sequence[str] = (),
    actor: Actor,
    at: datetime,
) -> CustomField:
    """Define a field (`field_id` None) or change one; kind and record stay for good.

    `choices` are labels in order; one that is no longer named is retired and stays where it was
    chosen. Raises  PermissionDenied, NotFound; Conflict if the record has such a field; DomainError
    for an unknown record or kind, a choice field without choices, or too many.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    wanted = list(dict.fromkeys(one.strip() for one in choices if one.strip()))
    if not key_of(label):
        raise DomainError("Give the field a name with a letter or digit.", "label")
    if kind == FieldKind.CHOICE and not wanted:
        raise DomainError("Name at least one choice, one a line.", "choices")
    if len(wanted) > MOST_CHOICES or any(len(one) > 80 for one in wanted):
        raise DomainError(f"At most {MOST_CHOICES} choices of 80 characters.", "choices")
    if field_id is None:
        row = _new(record_type, kind, label, actor)
        changes: dict[str, tuple[object, object]] = {}
    else:
        found = CustomField.objects.select_for_update().filter(pk=field_id).first()
        if found is None:
            raise NotFound("There is no such field.")
        row = found
        if (row.record_type, row.kind) != (record_type, kind):
            raise DomainError("Record and kind stay, as values are kept by them.", "kind")
        given = (("label", label.strip()), ("help_text", help_text.strip()),
                 ("position", position), ("is_required", is_required), ("is_active", is_active))  # fmt: skip
        changes = {k: (getattr(row, k), v) for k, v in given if getattr(row, k) != v}
    row.label, row.help_text, row.position = label.strip(), help_text.strip(), position
    row.is_required, row.is_active = is_required, is_active
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "custom_field_key" not in str(error):
            raise
        raise Conflict("This record has a field of that name already.", "label") from None
    if kind == FieldKind.CHOICE:
        _set_choices(row, wanted)
    audit.record(
        actor=actor, at=at, event="custom_fields.field_saved", record_type=RECORD,
        record_id=row.pk, sentence=f"Saved the field “{row.label}”.", changes=changes,
    )  # fmt: skip
    return row


def _new(record_type: str, kind: str, label: str, actor: Actor) -> CustomField:
    if record_type not in {one.record_type for one in registry.all_types()}:
        raise DomainError("Choose what record the field is on.", "record_type")
    if kind not in set(FieldKind):
        raise DomainError("Choose what kind of field it is.", "kind")
    if CustomField.objects.filter(record_type=record_type).count() >= MOST_FIELDS:
        raise DomainError(f"A record has at most {MOST_FIELDS} fields of its own.", "record_type")
    return CustomField(
        tenant_id=actor.tenant_id, record_type=record_type, kind=kind, key=key_of(label)
    )


def _set_choices(field: CustomField, labels: Sequence[str]) -> None:
    known = {row.label: row for row in field.choices.all()}
    codes = {row.code for row in known.values()}
    for position, label in enumerate(labels, start=1):
        row = known.pop(label, None)
        if row is None:
            code = base = key_of(label) or "choice"
            number = 2
            while code in codes:
                code, number = f"{base[:36]}_{number}", number + 1
            codes.add(code)
            row = CustomFieldChoice(
                tenant_id=field.tenant_id, custom_field=field, code=code, label=label
            )
        row.position, row.is_active = position, True
        row.save()
    for row in known.values():
        row.is_active = False
        row.save(update_fields=["is_active"])


def seed_fields(*, tenant_id: int) -> None:
    """Give a new firm the fields that every implementation asks for; known ones stay."""
    known = set(CustomField.objects.values_list("record_type", "key"))
    for position, given in enumerate(DEFAULT_FIELDS, start=1):
        if (given.record_type, key_of(given.label)) in known:
            continue
        row = CustomField.objects.create(
            tenant_id=tenant_id, record_type=given.record_type, key=key_of(given.label),
            label=given.label, kind=given.kind, position=position, help_text=given.help_text,
        )  # fmt: skip
        _set_choices(row, given.choices)
