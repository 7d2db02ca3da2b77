"""Form fields for durations, amounts and dates, and how a control is rendered."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.forms import BoundField, widgets
from django.utils.safestring import SafeString

from psa.core.web import formats

_CLOCK = re.compile(r"^(\d{1,4}):([0-5]?\d)$")
_WORDS = re.compile(r"^(?:(\d{1,4}(?:[.,]\d+)?)\s*h)?\s*(?:(\d{1,5})\s*m?(?:in)?)?$")
_DECIMAL = re.compile(r"^\d{0,4}(?:[.,]\d{1,4})?$")
_AMOUNT = re.compile(r"^[-−+]?[\d.,'’\s\u00a0\u202f]*\d[\d.,'’\s\u00a0\u202f]*$")


def minutes_of(text: str) -> int:
    """Whole minutes of a duration: ``7:30``, ``7.5``, ``7,5``, ``90m``, ``1h30``, ``1h 30m``.

    A bare number is hours. A part of a minute is rounded half up.
    Raises  ValueError if it is none of these.
    """
    text = text.strip().lower().replace(" ", "")
    if match := _CLOCK.match(text):
        return int(match[1]) * 60 + int(match[2])
    if text and _DECIMAL.match(text) and text not in (".", ","):
        return int(Decimal(text.replace(",", ".")) * 60 + Decimal("0.5"))
    if text and (text.endswith(("m", "min")) or "h" in text) and (match := _WORDS.match(text)):
        hours = Decimal((match[1] or "0").replace(",", "."))
        return int(hours * 60 + int(match[2] or 0) + Decimal("0.5"))
    raise ValueError(text)


def decimal_of(text: str) -> Decimal:
    """A number typed with or without grouping, decimal point or decimal comma.

    The last separator is the decimal one unless it repeats or is the reader's own grouping sign before
    exactly three digits: ``1,234`` reads as one thousand two hundred thirty-four, and ``1.234`` does
    where people write a decimal comma.
    Raises  ValueError if it is no number.
    """
    compact = re.sub(r"[\s\u00a0\u202f'’]", "", text).replace("−", "-")
    if not compact or not _AMOUNT.match(compact):
        raise ValueError(text)
    separators = [c for c in compact if c in ".,"]
    if separators:
        last = separators[-1]
        whole, _, fraction = compact.rpartition(last)
        repeated = separators.count(last) > 1
        grouping = "." if formats.decimal_symbol() == "," else ","
        groups = repeated or (len(set(separators)) == 1 and last == grouping and len(fraction) == 3)
        if groups:
            compact = compact.replace(last, "")
        else:
            compact = whole.replace(",", "").replace(".", "") + "." + fraction
    try:
        return Decimal(compact)
    except InvalidOperation as error:
        raise ValueError(text) from error


class MinutesField(forms.Field):
    """A duration typed as people type it; cleans to integer minutes."""

    widget = forms.TextInput
    default_error_messages = {
        "invalid": "“%(value)s” is not a duration. Try 7:30.",
        "max": "That is more than %(limit)s hours.",
        "min": "That is less than %(limit)s hours.",
    }

    def __init__(
        self, *, min_minutes: int = 0, max_minutes: int | None = None, **kwargs: Any
    ) -> None:
        self.min_minutes, self.max_minutes = min_minutes, max_minutes
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        try:
            minutes = minutes_of(str(value))
        except ValueError as error:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from error
        for code, refused, limit in (
            ("min", minutes < self.min_minutes, self.min_minutes),
            ("max", self.max_minutes is not None and minutes > self.max_minutes, self.max_minutes),
        ):
            if refused and limit is not None:
                params = {"limit": f"{limit // 60}:{limit % 60:02d}"}
                raise forms.ValidationError(self.error_messages[code], code=code, params=params)
        return minutes

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60}:{value % 60:02d}" if isinstance(value, int) else value

    def widget_attrs(self, widget: widgets.Widget) -> dict[str, Any]:
        return {"inputmode": "text", "autocomplete": "off", "data-kind": "hours"}


class AmountField(forms.DecimalField):
    """An amount, grouped or not, with point or comma; `currency` is shown before it."""

    default_error_messages = {"invalid": "Enter an amount such as 1,234.50."}

    def __init__(self, *, currency: str = "", **kwargs: Any) -> None:
        self.currency = currency
        kwargs.setdefault("max_digits", 19)
        kwargs.setdefault("decimal_places", 4)
        super().__init__(widget=forms.TextInput, **kwargs)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if value in self.empty_values:
            return None
        try:
            return decimal_of(str(value))
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def widget_attrs(self, widget: widgets.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off", "data-kind": "amount"}


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class DateField(forms.DateField):
    widget = DateInput


@dataclass(frozen=True, slots=True)
class FieldTable:
    """Fields that repeat row by row, as a form draws them under their heads."""

    label: str
    heads: tuple[str, ...]
    rows: tuple[tuple[BoundField, ...], ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(field.name for row in self.rows for field in row)


def field_table(
    form: forms.BaseForm, label: str, columns: Mapping[str, str], *, rows: int
) -> FieldTable:
    """The fields `name_1`, `name_2`, … of a form; `columns` gives the head of each name."""
    return FieldTable(
        label,
        tuple(columns.values()),
        tuple(tuple(form[f"{name}_{row}"] for name in columns) for row in range(1, rows + 1)),
    )


_CHOICES = (widgets.RadioSelect, widgets.CheckboxSelectMultiple)


def is_group(field: BoundField) -> bool:
    """Whether the control is several inputs, so that its label cannot point at one."""
    return isinstance(field.field.widget, _CHOICES)


def is_check(field: BoundField) -> bool:
    return isinstance(field.field.widget, widgets.CheckboxInput)


def _class_of(widget: widgets.Widget) -> str:
    if isinstance(widget, (*_CHOICES, widgets.CheckboxInput)):
        return "form-check-input"
    return "form-select" if isinstance(widget, widgets.Select) else "form-control"


def render_control(field: BoundField) -> SafeString:
    """The widget with its class, and named by the help and the error it has."""
    widget = field.field.widget
    given = widget.attrs.get("class", "")
    classes = [c for c in (_class_of(widget), given, "is-invalid" if field.errors else "") if c]
    described = []
    if field.errors:
        described.append(f"{field.auto_id}_error")
    if field.help_text:
        described.append(f"{field.auto_id}_help")
    attrs: dict[str, str | bool] = {"class": " ".join(dict.fromkeys(classes))}
    if described and not is_group(field):
        attrs["aria-describedby"] = " ".join(described)
    if isinstance(widget, widgets.Textarea):
        attrs["rows"] = widget.attrs.get("rows", "3") if widget.attrs.get("rows") != "10" else "3"
    return field.as_widget(attrs=attrs)
