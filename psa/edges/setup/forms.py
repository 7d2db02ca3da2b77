"""Forms of setting a firm up: shape only. Each parameter says what it changes."""

from decimal import Decimal
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms

from psa.core.access.models import Membership, Role
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.documents import tables
from psa.core.documents.language import LANGUAGES
from psa.core.errors import DomainError
from psa.core.money import selectors as money
from psa.core.org import selectors as org
from psa.core.org.models import CalendarException, LegalEntity, Resource, WorkCalendar
from psa.core.web.forms import AmountField, DateField, MinutesField

MAX_FILE_BYTES: Final = 5 * 1024 * 1024
BILLING_TYPES: Final = [
    ("chargeable", "Chargeable"),
    ("non_chargeable", "Non-chargeable"),
    ("complimentary", "Complimentary"),
]
# Hints are rates: whoever may not see such rates neither sees nor sets them.
HINTS: Final = {
    "cost_rate_hint": PricingPermission.VIEW_COST_RATES,
    "bill_rate_hint": PricingPermission.VIEW_BILL_RATES,
}
LANGUAGE_OF_DOCUMENTS: Final = "Of its documents for customers that have no language of their own."
WORK_LOCATIONS: Final = [("any", "Any"), ("onsite", "On site"), ("remote", "Remote")]


class Entity(forms.Form):
    name = forms.CharField(label="Legal name", max_length=120)
    address = forms.CharField(
        label="Address", required=False, widget=forms.Textarea, help_text="As invoices show it."
    )
    tax_id = forms.CharField(label="Tax number", required=False, max_length=40)
    registration = forms.CharField(label="Registration", required=False, max_length=120)
    email = forms.EmailField(label="E-mail", required=False)
    time_zone = forms.ChoiceField(label="Time zone")
    language = forms.ChoiceField(
        label="Language", choices=LANGUAGES, help_text=LANGUAGE_OF_DOCUMENTS
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(available_timezones())
        self.fields["time_zone"].choices = [(zone, zone) for zone in zones]  # type: ignore[attr-defined]


class Unit(forms.Form):
    code = forms.CharField(label="Code", max_length=20)
    name = forms.CharField(label="Name", max_length=80)
    parent = forms.TypedChoiceField(
        label="Below",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="Prices are looked up from the unit up the tree.",
    )
    legal_entity = forms.TypedChoiceField(label="Legal entity", coerce=int)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = [  # type: ignore[attr-defined]
            ("", "Nothing: a root"),
            *((node.id, f"{'– ' * node.depth}{node.name}") for node in org.unit_tree()),
        ]
        self.fields["legal_entity"].choices = list(  # type: ignore[attr-defined]
            LegalEntity.objects.order_by("name").values_list("id", "name")
        )

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return {
            "code": given["code"],
            "name": given["name"],
            "parent_id": given["parent"],
            "legal_entity_id": given["legal_entity"],
        }


class JobRoleForm(forms.Form):
    code = forms.CharField(label="Code", max_length=30)
    name = forms.CharField(label="Name", max_length=80)
    billing_type = forms.ChoiceField(
        label="Work is", choices=BILLING_TYPES, help_text="Where nothing else decides."
    )
    target_utilisation_percent = forms.DecimalField(
        label="Target utilisation, %", max_digits=5, decimal_places=2, initial=Decimal(75)
    )
    required_skills = forms.CharField(
        label="Skills it needs", required=False, max_length=300, help_text="In words, for staffing."
    )
    cost_rate_hint = AmountField(
        label="Cost per hour, hint",
        required=False,
        min_value=0,
        help_text="Where price lists start from, in the firm's currency; no price comes from it.",
    )
    bill_rate_hint = AmountField(label="Bill rate per hour, hint", required=False, min_value=0)
    is_active = forms.BooleanField(label="May be given", required=False, initial=True)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, permission in HINTS.items():
            if not actor.has(permission):
                del self.fields[name]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them; hints only of what the actor may see."""
        given = dict(self.cleaned_data)
        hints = {name: given.pop(name) for name in HINTS if name in given}
        return {**given, "hints": hints}


class Person(forms.Form):
    code = forms.CharField(label="Staff code", max_length=20)
    name = forms.CharField(label="Name", max_length=120)
    email = forms.EmailField(label="E-mail", required=False)
    kind = forms.ChoiceField(label="Kind", choices=Resource.Kind.choices)
    org_unit = forms.TypedChoiceField(label="Unit", coerce=int)
    job_role = forms.TypedChoiceField(label="Role", coerce=int)
    manager = forms.TypedChoiceField(label="Manager", required=False, coerce=int, empty_value=None)
    calendar = forms.TypedChoiceField(label="Calendar", coerce=int)
    membership = forms.TypedChoiceField(
        label="Signs in as",
        required=False,
        coerce=int,
        empty_value=None,
        help_text="The user who enters this person's time.",
    )
    location = forms.CharField(label="Office", required=False, max_length=80)
    work_location = forms.ChoiceField(
        label="Works", choices=WORK_LOCATIONS, help_text="Prices may depend on it."
    )
    seniority = forms.CharField(
        label="Seniority", required=False, max_length=20, help_text="Prices may depend on it."
    )
    employed_from = DateField(label="Employed from")
    employed_until = DateField(
        label="Employed until", required=False, help_text="The first day no longer employed."
    )
    is_bookable = forms.BooleanField(label="May be booked", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Resource.objects.order_by("name").values_list("id", "name")
        users = Membership.objects.order_by("name").values_list("id", "name")
        for name, choices in (
            ("org_unit", [(n.id, f"{'– ' * n.depth}{n.name}") for n in org.unit_tree()]),
            ("job_role", list(org.active_roles().values_list("id", "name"))),
            ("calendar", list(WorkCalendar.objects.order_by("name").values_list("id", "name"))),
            ("manager", [("", "Nobody"), *people]),
            ("membership", [("", "Nobody"), *users]),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        references = ("org_unit", "job_role", "calendar", "manager", "membership")
        return {
            f"{name}_id" if name in references else name: value
            for name, value in self.cleaned_data.items()
            if name in self.base_fields
        }


class Calendar(forms.Form):
    """Years of public holidays to add."""

    from_year = forms.IntegerField(label="From year", min_value=2000, max_value=2100)
    until_year = forms.IntegerField(label="To year", min_value=2000, max_value=2100)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("until_year", 0) < cleaned.get("from_year", 0):
            self.add_error("until_year", "The last year comes before the first.")
        return cleaned


class CalendarDay(forms.Form):
    on = DateField(label="Day")
    name = forms.CharField(label="What it is", max_length=80)
    kind = forms.ChoiceField(label="Kind", choices=CalendarException.Kind.choices)
    working_minutes = MinutesField(
        label="Hours worked",
        required=False,
        max_minutes=1440,
        help_text="Empty: none. A half day is 4:00.",
    )

    def clean_working_minutes(self) -> int:
        return self.cleaned_data["working_minutes"] or 0


class OfRateType(forms.Form):
    """What rates are of: a type that is there, or one of the firm's own."""

    rate_type = forms.ChoiceField(label="Rate type")
    own_type = forms.CharField(
        label="A type of your own",
        required=False,
        max_length=10,
        help_text="In place of the above.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rate_type"].choices = money.rate_types()  # type: ignore[attr-defined]


class Rate(OfRateType):
    field_order = ("from_currency", "to_currency", "on", "rate", "rate_type", "own_type")

    from_currency = forms.CharField(label="1", min_length=3, max_length=3, help_text="Such as EUR.")
    to_currency = forms.CharField(label="Is so many", min_length=3, max_length=3)
    on = DateField(label="On")
    rate = forms.DecimalField(label="Rate", max_digits=20, decimal_places=10)

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        own = given.pop("own_type")
        return {**given, "rate_type": own or given["rate_type"]}


class RatesFile(OfRateType):
    field_order = ("file", "base", "rate_type", "own_type")

    file = forms.FileField(
        label="File",
        help_text="CSV: a column date, then one column per currency. Or XML as the European Central "
        "Bank publishes it.",
    )
    base = forms.CharField(
        label="Per 1", min_length=3, max_length=3, initial="EUR", help_text="The base currency."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        uploaded = cleaned.get("file")
        if uploaded and uploaded.size > MAX_FILE_BYTES:
            self.add_error("file", "The file is larger than 5 MB.")
        elif uploaded:
            try:
                cleaned["content"] = tables.decoded(uploaded.read(), uploaded.name)[0]
            except DomainError as error:
                self.add_error("file", error.message)
        return cleaned


class Member(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    roles = forms.MultipleChoiceField(
        label="Roles", widget=forms.CheckboxSelectMultiple, help_text="Permissions add up."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["roles"].choices = list(  # type: ignore[attr-defined]
            Role.objects.order_by("name").values_list("code", "name")
        )
