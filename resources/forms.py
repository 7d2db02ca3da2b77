"""Forms of bookings: they check shape; what is allowed, the services decide."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django import forms

from psa.core.web.forms import AmountField, DateField, MinutesField

from .models import Booking
from .selectors import bookings as choices

MAX_MINUTES: Final = 6_000_000
_NONE: Final[list[tuple[Any, Any]]] = [("", "–")]
NO_BOOKING: Final = "none"


class ReferenceField(forms.TypedChoiceField):
    """One of the (id, label) pairs a selector offers; cleans to the id, or None."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, **kwargs)


class _Booked(forms.Form):
    """How somebody is booked, and how much of them."""

    method = forms.ChoiceField(label="Booked", choices=Booking.Method.choices)
    percent = forms.DecimalField(
        label="Percent", required=False, min_value=1, max_value=200, decimal_places=2,
        help_text="Of each day's working time, when a percentage is booked.",
    )  # fmt: skip
    asked_minutes = MinutesField(
        label="Hours", required=False, max_minutes=MAX_MINUTES,
        help_text="A day or in all, when hours are booked.",
    )  # fmt: skip
    over_reason = forms.CharField(
        label="Reason if over capacity", max_length=200, required=False,
        help_text="Only where the firm allows hours over what the person works.",
    )  # fmt: skip
    note = forms.CharField(label="Note", max_length=300, required=False)


class AddToTeam(_Booked):
    """A person (or a role) put on the team, and booked at once if wanted."""

    resource = ReferenceField(label="Person or role")
    role = ReferenceField(label="Works as", required=False, help_text="Their own role if empty.")
    valid_from = DateField(label="From")
    last_on = DateField(label="Last day", required=False, help_text="A booking needs one.")
    method = forms.ChoiceField(
        label="Booked",
        choices=[(NO_BOOKING, "Not booked, on the team only"), *Booking.Method.choices],
    )
    status = forms.ChoiceField(
        label="Booking is",
        choices=[(Booking.Status.SOFT, "Soft: reserved"), (Booking.Status.HARD, "Hard: committed")],
        initial=Booking.Status.HARD,
    )
    bill_rate_override = AmountField(
        label="Agreed rate per hour", required=False, min_value=0, decimal_places=6, max_digits=20
    )

    field_order = (
        "resource", "role", "valid_from", "last_on", "method", "percent", "asked_minutes",
        "status", "bill_rate_override", "over_reason", "note",
    )  # fmt: skip

    def __init__(self, *args: Any, with_rate: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "resource", [*_NONE, *choices.bookable_people()])
        _offer(self, "role", [*_NONE, *choices.roles()])
        if not with_rate:
            del self.fields["bill_rate_override"]

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        booking = {
            name: found.pop(name)
            for name in ("method", "percent", "asked_minutes", "status", "over_reason", "note")
        }
        return {
            **_days(found),
            "resource_id": found.pop("resource"),
            "role_id": found.pop("role"),
            "booking": None if booking["method"] == NO_BOOKING else booking,
            **found,
        }


class EditBooking(_Booked):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    valid_from = DateField(label="From")
    last_on = DateField(label="Last day")

    field_order = (
        "lock_version", "valid_from", "last_on", "method", "percent", "asked_minutes",
        "over_reason", "note",
    )  # fmt: skip

    def __init__(self, *args: Any, booking: Booking, **kwargs: Any) -> None:
        names = (
            "lock_version", "valid_from", "method", "percent", "asked_minutes", "over_reason",
            "note",
        )  # fmt: skip
        initial = {name: getattr(booking, name) for name in names}
        initial["last_on"] = booking.valid_until - timedelta(days=1)
        super().__init__(*args, **(kwargs | {"initial": initial}))

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        return {**_days(found), **found}


def _days(found: dict[str, Any]) -> Mapping[str, Any]:
    """People say the last day; the services take the day after."""
    last_on = found.pop("last_on")
    return {
        "valid_from": found.pop("valid_from"),
        "valid_until": last_on + timedelta(days=1) if last_on else None,
    }


def _offer(form: forms.Form, name: str, pairs: list[tuple[Any, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = pairs
