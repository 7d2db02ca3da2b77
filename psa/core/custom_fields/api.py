"""Endpoints of custom fields: what a firm adds to its records, and the values of one record."""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission
from psa.core.custom_fields import lists_of_fields, registry, selectors
from psa.core.custom_fields.models import CustomField
from psa.core.custom_fields.services import definitions, values
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import Id, OneOf, Text
from psa.core.web.api.listing import OwnValues

endpoints = Endpoints("custom_fields", "Custom fields")
MANAGE = AccessPermission.MANAGE_PARAMETERS
RecordType = Annotated[str, Text(60, blank=False)]
_Whole = Annotated[int, Field(strict=True, ge=-(10**15), le=10**15)]


class ChoiceOut(Out):
    code: str
    label: str
    is_active: bool


class CustomFieldOut(Out):
    """A field of one kind of record."""

    id: int
    record_type: str
    key: str
    label: str
    help_text: str
    kind: str
    position: int
    is_required: bool
    is_active: bool
    choices: list[ChoiceOut]


class CustomFieldIn(In):
    """Record and kind stay for good."""

    record_type: RecordType
    kind: Annotated[str, OneOf(*CustomField.Kind.values)]
    label: Annotated[str, Text(60, blank=False)]
    help_text: Annotated[str, Text(160)] = ""
    position: int = Field(1, ge=1, le=999)
    is_required: bool = False
    is_active: bool = True
    choices: list[Annotated[str, Text(80)]] = Field(
        [], max_length=definitions.MOST_CHOICES, description="Labels of a choice field, in order."
    )


ValuesOut = dict[str, str | int | None]
ValuesIn = Annotated[
    dict[Annotated[str, Text(40)], Annotated[str, Text(200)] | _Whole | None],
    Field(
        default_factory=dict,
        max_length=definitions.MOST_FIELDS,
        description="The firm's own fields by key; what is left out stays as it is.",
    ),
]


def with_values(row: Any, *, record_type: str, record_id: int) -> Any:
    """A record's answer with its `custom_fields`. Two queries."""
    found = selectors.values_of(record_type, [record_id])[record_id]
    return selectors.RowWithFields(row, {"custom_fields": found})


def own_values(record_type: str) -> OwnValues:
    """What a list of these records is given as `own`: its rows then have `custom_fields`."""
    return partial(selectors.values_of, record_type)


class CustomValuesOut(Out):
    """Each active field's value: numbers as text, days ISO, choices their code, members their id."""

    fields: ValuesOut


class CustomValuesIn(In):
    """What is left out stays as it is; null clears a field."""

    fields: dict[Annotated[str, Text(40)], Annotated[str, Text(200)] | _Whole | None] = Field(
        max_length=definitions.MOST_FIELDS
    )


@endpoints.list("/custom-fields", lists_of_fields.FIELDS, MANAGE, name="CustomField")
def list_custom_fields(request: ApiRequest) -> Any:
    """All fields of all kinds of records."""
    return selectors.definitions(actor=request.actor)


@endpoints.read("/custom-fields/{field_id}", CustomFieldOut, MANAGE)
def get_custom_field(request: ApiRequest, field_id: Id) -> Any:
    """One field with its choices, retired ones too."""
    row = selectors.get_field(actor=request.actor, field_id=field_id)
    given = {name: getattr(row, name) for name in CustomFieldOut.model_fields if name != "choices"}
    return given | {"choices": selectors.choices_of(row)}


@endpoints.write("POST", "/custom-fields", CustomFieldOut, MANAGE, status=201)
def create_custom_field(request: ApiRequest, body: CustomFieldIn) -> Any:
    """Add a field to a kind of record."""
    made = definitions.save_field(
        field_id=None, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_custom_field(request, field_id=made.pk)


@endpoints.write("PUT", "/custom-fields/{field_id}", CustomFieldOut, MANAGE, of=get_custom_field)
def change_custom_field(request: ApiRequest, field_id: Id, body: CustomFieldIn) -> Any:
    """Replace a field's facts; a choice that is not named is retired where it was chosen."""
    definitions.save_field(field_id=field_id, actor=request.actor, at=clock.now(), **body.values())
    return get_custom_field(request, field_id=field_id)


@endpoints.read("/records/{record_type}/{record_id}/custom-fields", CustomValuesOut)
def get_custom_values(request: ApiRequest, record_type: RecordType, record_id: Id) -> Any:
    """The values of a record's own fields, such as of `sales.Account` 12."""
    registry.check_can_see(actor=request.actor, record_type=record_type, record_id=record_id)
    return {"fields": selectors.values_of(record_type, [record_id])[record_id]}


@endpoints.write(
    "PATCH",
    "/records/{record_type}/{record_id}/custom-fields",
    CustomValuesOut,
    of=get_custom_values,
)
def set_custom_values(
    request: ApiRequest, record_type: RecordType, record_id: Id, body: CustomValuesIn
) -> Any:
    """Set the fields that are named, all or none."""
    values.set_values(
        record_type=record_type,
        record_id=record_id,
        values=body.fields,
        actor=request.actor,
        at=clock.now(),
    )
    return get_custom_values(request, record_type=record_type, record_id=record_id)
