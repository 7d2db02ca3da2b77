"""Forms of the firm's policy: parameters, decisions, manual controls. Shape only."""

from typing import Any, Final

from django import forms
from django.forms import BoundField

from psa.core.access.models import Membership
from psa.core.org.models import ManualControl, TimeRule
from psa.core.org.rules.parameters import BY_NAME, GROUPS, Parameter
from psa.core.org.services.parameters import RULE_MODES
from psa.core.web.forms import AmountField, DateField, MinutesField

RULES_TITLE: Final = "Rules of time and expense"
# What a rule finds, for people; a rule of a later version shows its code.
RULE_LABELS: Final = {
    "not_on_team": "Not on the project's team",
    "outside_project_dates": "Outside the project's dates",
    "closed_period": "In a closed period",
    "contract_on_hold": "The contract is on hold",
    "task_completed": "The task is completed",
    "blank_external_description": "No description for the customer",
    "overtime_without_reason": "Overtime without a reason",
    "leave_or_holiday": "On leave or a holiday",
    "more_than_assigned": "More than is assigned",
    "over_fixed_price_estimate": "Over the fixed price's estimate",
    "overlapping_times": "Overlapping times",
    "duplicate_entry": "The same entry twice",
    "receipt_missing": "A receipt is missing",
    "duplicate_expense": "The same expense twice",
    "above_estimate": "A journey above its estimate",
}


def field_of(parameter: Parameter) -> forms.Field:
    """The form field of one parameter: its label, its sentence, and its shape."""
    shown: dict[str, Any] = {"label": parameter.label, "help_text": parameter.changes}
    if parameter.kind == "choice":
        if parameter.is_number:
            return forms.TypedChoiceField(choices=parameter.choices, coerce=int, **shown)
        return forms.ChoiceField(choices=parameter.choices, **shown)
    if parameter.kind == "yes_no":
        return forms.BooleanField(required=False, **shown)
    if parameter.kind == "currency":
        return forms.CharField(min_length=3, max_length=3, **shown)
    if parameter.kind == "time_of_day":
        return MinutesField(max_minutes=int(parameter.highest), **shown)
    if parameter.kind == "amount":
        return AmountField(min_value=parameter.lowest, **shown)
    if parameter.kind == "whole":
        return forms.IntegerField(
            min_value=int(parameter.lowest), max_value=int(parameter.highest), **shown
        )
    return forms.DecimalField(max_digits=5, decimal_places=2, **shown)


class Parameters(forms.Form):
    """The firm's policy, grouped; the sentence of each says what it changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, parameter in BY_NAME.items():
            self.fields[name] = field_of(parameter)
        self._rules = [f"rule_{rule.code}" for rule in self._time_rules()]

    def _time_rules(self) -> list[TimeRule]:
        rules = list(TimeRule.objects.order_by("code"))
        for rule in rules:
            self.fields[f"rule_{rule.code}"] = forms.ChoiceField(
                label=RULE_LABELS.get(rule.code, rule.code.replace("_", " ").capitalize()),
                choices=RULE_MODES,
                initial=rule.mode,
            )
        return rules

    def groups(self) -> list[tuple[str, list[BoundField]]]:
        """The fields under their headings, in order."""
        found = [(group.title, [self[one.name] for one in group.parameters]) for group in GROUPS]
        return [*found, (RULES_TITLE, [self[name] for name in self._rules])]

    def values(self) -> dict[str, Any]:
        """The parameters, without the rules."""
        return {k: v for k, v in self.cleaned_data.items() if not k.startswith("rule_")}

    def rule_modes(self) -> dict[str, str]:
        """The rules of time entry."""
        given = self.cleaned_data.items()
        return {k.removeprefix("rule_"): v for k, v in given if k.startswith("rule_")}


class Decision(forms.Form):
    """A line of the decision log."""

    parameter = forms.ChoiceField(label="About")
    asked = forms.CharField(label="What was asked", max_length=300)
    considered = forms.CharField(
        label="What was considered",
        required=False,
        max_length=4000,
        widget=forms.Textarea,
        help_text="The other ways, and what spoke for them.",
    )
    decided = forms.CharField(label="What was decided", max_length=300)
    why = forms.CharField(label="Why", max_length=4000, widget=forms.Textarea)
    decided_by = forms.CharField(
        label="Who decided", max_length=120, help_text="A person or a body, such as the board."
    )
    decided_on = DateField(label="When")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = TimeRule.objects.order_by("code").values_list("code", flat=True)
        self.fields["parameter"].choices = [  # type: ignore[attr-defined]
            *((name, one.label) for name, one in BY_NAME.items()),
            *((f"rule_{code}", f"Rule: {RULE_LABELS.get(code, code)}") for code in rules),
        ]


class Control(forms.Form):
    """A rule that people keep, as the system does not."""

    policy_rule = forms.CharField(label="The rule", max_length=300)
    reason = forms.CharField(
        label="Why the system does not enforce it", max_length=300, required=False
    )
    check_text = forms.CharField(label="How it is checked", max_length=300)
    frequency = forms.ChoiceField(label="How often", choices=ManualControl.Frequency.choices)
    owner = forms.TypedChoiceField(
        label="Who checks it", coerce=int, required=False, empty_value=None
    )
    is_active = forms.BooleanField(
        label="The firm has this rule",
        required=False,
        initial=True,
        help_text="Without it nobody needs to check or acknowledge it.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Membership.objects.filter(is_active=True).order_by("name")
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", "Nobody yet"),
            *members.values_list("id", "name"),
        ]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        owner_id = given.pop("owner")
        return {**given, "owner_id": owner_id}
