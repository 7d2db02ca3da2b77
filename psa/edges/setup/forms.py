"""Forms of setting a firm up: shape only. Each parameter says what it changes."""

from decimal import Decimal
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms

from psa.core.access.models import Membership, Role
from psa.core.org import selectors as org
from psa.core.org.models import CalendarException, LegalEntity, Resource, TimeRule, WorkCalendar
from psa.core.org.services.parameters import CHOICES, RULE_MODES
from psa.core.web.forms import AmountField, DateField, MinutesField

MAX_FILE_BYTES: Final = 5 * 1024 * 1024
WEEKDAYS: Final = [
    (0, "Monday"), (1, "Tuesday"), (2, "Wednesday"), (3, "Thursday"), (4, "Friday"),
    (5, "Saturday"), (6, "Sunday"),
]  # fmt: skip
BILLING_TYPES: Final = [
    ("chargeable", "Chargeable"),
    ("non_chargeable", "Non-chargeable"),
    ("complimentary", "Complimentary"),
]
WORK_LOCATIONS: Final = [("any", "Any"), ("onsite", "On site"), ("remote", "Remote")]


def _choice(name: str, label: str, help_text: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=CHOICES[name], help_text=help_text)


class Parameters(forms.Form):
    """The tenant's policy, grouped; the sentence of each says what it changes."""

    time_entry_mode = _choice(
        "time_entry_mode", "Time entry", "Whether people enter a week's grid or single days."
    )
    week_starts_on = forms.TypedChoiceField(
        label="Week starts on",
        choices=WEEKDAYS,
        coerce=int,
        help_text="The first day of the time grid and of weekly reports.",
    )
    late_lock_business_days = forms.IntegerField(
        label="Late lock, business days",
        min_value=0,
        max_value=60,
        help_text="After so many business days past the deadline only an approver unlocks a week.",
    )
    hours_per_day = forms.DecimalField(
        label="Hours per day",
        max_digits=4,
        decimal_places=2,
        help_text="Turns days of effort into hours where no calendar or price list says otherwise.",
    )
    self_approval_allowed = forms.BooleanField(
        label="People may approve their own entries",
        required=False,
        help_text="Off keeps duties apart: somebody else approves each entry.",
    )
    late_work_policy = _choice(
        "late_work_policy",
        "Work in a closed period",
        "Whether late work posts to the earliest open period, keeping its work date, or is "
        "refused.",
    )
    missing_price_policy = _choice(
        "missing_price_policy",
        "Missing price",
        "Block: work without a price waits in the queue. Zero and flag: it posts at 0 and is "
        "flagged.",
    )
    nte_warning_percent = forms.DecimalField(
        label="Warn at percent of a limit",
        max_digits=5,
        decimal_places=2,
        help_text="When a not-to-exceed limit is used so far, its people are warned.",
    )
    budget_control = _choice(
        "budget_control",
        "Budget control",
        "What happens when work would exceed a project's budget.",
    )
    fx_policy = _choice(
        "fx_policy",
        "Exchange rates",
        "Which rate converts a price: the work date's, or the one agreed for the contract.",
    )
    fx_base_currency = forms.CharField(
        label="Base currency of rates",
        min_length=3,
        max_length=3,
        help_text="Two currencies without a rate of their own are converted by way of this one.",
    )
    fx_max_age_days = forms.IntegerField(
        label="Greatest age of a rate, days",
        min_value=0,
        max_value=60,
        help_text="A day without a rate takes the last one before it, at most so many days old.",
    )
    estimate_required_before_propose = forms.BooleanField(
        label="An estimate comes before an invoice proposal",
        required=False,
        help_text="Fixed-price work is proposed only once its progress was estimated.",
    )
    minimum_invoice_amount = AmountField(
        label="Smallest invoice",
        min_value=Decimal(0),
        help_text="Proposals below this amount wait for the next run. 0 invoices everything.",
    )
    deployment_model = _choice(
        "deployment_model",
        "Deployment model",
        "Switches features: lite has no ledger of its own, stocked adds inventory.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for rule in TimeRule.objects.order_by("code"):
            self.fields[f"rule_{rule.code}"] = forms.ChoiceField(
                label=f"Rule: {rule.code.replace('_', ' ')}",
                choices=RULE_MODES,
                initial=rule.mode,
                help_text="Off, shown to the approver as a warning, or refused.",
            )

    def values(self) -> dict[str, Any]:
        """The parameters, without the rules."""
        return {k: v for k, v in self.cleaned_data.items() if not k.startswith("rule_")}

    def rule_modes(self) -> dict[str, str]:
        """The rules of time entry."""
        given = self.cleaned_data.items()
        return {k.removeprefix("rule_"): v for k, v in given if k.startswith("rule_")}


class Entity(forms.Form):
    name = forms.CharField(label="Legal name", max_length=120)
    address = forms.CharField(
        label="Address", required=False, widget=forms.Textarea, help_text="As invoices show it."
    )
    tax_id = forms.CharField(label="Tax number", required=False, max_length=40)
    registration = forms.CharField(label="Registration", required=False, max_length=120)
    email = forms.EmailField(label="E-mail", required=False)
    time_zone = forms.ChoiceField(label="Time zone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(available_timezones())
        self.fields["time_zone"].choices = [(zone, zone) for zone in zones]  # type: ignore[attr-defined]


class EntityBank(forms.Form):
    """Where customers pay to, as invoices show it."""

    bank_name = forms.CharField(label="Bank", required=False, max_length=80)
    bank_iban = forms.CharField(label="IBAN or account", required=False, max_length=40)
    bank_bic = forms.CharField(label="BIC or sort code", required=False, max_length=20)


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
    is_active = forms.BooleanField(label="May be given", required=False, initial=True)


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


class Rate(forms.Form):
    from_currency = forms.CharField(label="1", min_length=3, max_length=3, help_text="Such as EUR.")
    to_currency = forms.CharField(label="Is so many", min_length=3, max_length=3)
    on = DateField(label="On")
    rate = forms.DecimalField(label="Rate", max_digits=20, decimal_places=10)


class RatesFile(forms.Form):
    file = forms.FileField(
        label="File", help_text="CSV: a column date, then one column per currency."
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
                cleaned["content"] = uploaded.read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", "The file is not text in UTF-8. Save it as CSV (UTF-8).")
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
