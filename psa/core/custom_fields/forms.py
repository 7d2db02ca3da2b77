"""Forms of custom fields: a definition, and the values of one record."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from psa.core.custom_fields import registry, selectors
from psa.core.custom_fields.default_fields import as_written
from psa.core.custom_fields.models import CustomField, CustomValue
from psa.core.custom_fields.rules.values import FORM_PREFIX, TEXT_LIMIT, FieldKind
from psa.core.web.forms import DateField
from psa.core.web.sentences import AsWritten


class Definition(forms.Form):
    record_type = forms.ChoiceField(label="On")
    kind = forms.ChoiceField(label="Kind", choices=CustomField.Kind.choices)
    label = forms.CharField(label="Name", max_length=60)
    help_text = forms.CharField(label="Hint", max_length=160, required=False)
    choices = forms.CharField(
        label="Choices", required=False, max_length=20_000, widget=forms.Textarea,
        help_text="Of a choice field: one a line, in order.",
    )  # fmt: skip
    position = forms.IntegerField(label="Position", min_value=1, max_value=999, initial=1)
    is_required = forms.BooleanField(
        label="Has to be filled in", required=False, help_text="Whenever the fields are edited."
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["record_type"].choices = [  # type: ignore[attr-defined]
            (one.record_type, one.label) for one in registry.all_types()
        ]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        return {**self.cleaned_data, "choices": self.cleaned_data["choices"].splitlines()}


class Values(forms.Form):
    """The custom fields of one record."""

    def __init__(
        self,
        *args: Any,
        fields: Sequence[CustomField],
        known: Mapping[str, CustomValue],
        members: Mapping[int, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for field in fields:
            self.fields[field.key] = _field(field, known.get(field.key), members)


def add_fields(form: forms.Form, *, record_type: str, record_id: int | None = None) -> None:
    """Put the custom fields of a kind of record at the end of its own form, with their values.

    Two queries, one more each for a record that is there and for fields that name a member.
    """
    fields = selectors.fields_of(record_type)
    if not fields:
        return
    ids = [] if record_id is None else [record_id]
    known = selectors.stored_values(record_type, ids).get(ids[0], {}) if ids else {}
    names_members = any(field.kind == FieldKind.USER for field in fields)
    members = selectors.members() if names_members else {}
    for field in fields:
        name = f"{FORM_PREFIX}{field.key}"
        form.fields[name] = _field(field, known.get(field.key), members)
        form.initial[name] = form.fields[name].initial


def values_in(form: forms.Form) -> dict[str, Any]:
    """The custom fields that were sent with a valid form, by key: what its service takes."""
    return {
        name.removeprefix(FORM_PREFIX): value
        for name, value in form.cleaned_data.items()
        if name.startswith(FORM_PREFIX) and name in form.data
    }


def _told_as(field: CustomField, text: str) -> str:
    return as_written(field.record_type, field.key, text)


def _field(
    field: CustomField, value: CustomValue | None, members: Mapping[int, str]
) -> forms.Field:
    shown: dict[str, Any] = {
        "label": _told_as(field, field.label),
        "help_text": _told_as(field, field.help_text),
        "required": field.is_required,
    }
    if field.kind == FieldKind.DATE:
        return DateField(initial=value.on if value else None, **shown)
    if field.kind == FieldKind.CHOICE:
        choices = [
            (row.code, _told_as(field, row.label))
            for row in sorted(field.choices.all(), key=lambda row: row.position)
            if row.is_active or (value is not None and value.choice_id == row.pk)
        ]
        return forms.ChoiceField(
            choices=[("", "–"), *choices], initial=value.text if value else "", **shown
        )
    if field.kind == FieldKind.USER:
        names = dict(members)
        if value is not None and value.member is not None:
            names.setdefault(value.member.pk, value.member.name)
        return forms.ChoiceField(
            choices=[("", "–"), *((str(pk), AsWritten(name)) for pk, name in names.items())],
            initial=value.text if value else "",
            **shown,
        )
    return forms.CharField(max_length=TEXT_LIMIT, initial=value.text if value else "", **shown)
