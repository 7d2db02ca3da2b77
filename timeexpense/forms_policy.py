"""What people send about the expense policy, travel, cards and pay: shapes only."""

import re
from typing import Any

from django import forms

from psa.core.web.forms import AmountField, DateField
from timeexpense.models import PolicyRule
from timeexpense.selectors.expenses import expense_categories
from timeexpense.services.policy_rules import RuleDraft
from timeexpense.services.travel import TravelDraft


class Rule(forms.Form):
    name = forms.CharField(
        label="Rule", max_length=120, help_text="People read it before the finding."
    )
    code = forms.CharField(label="Code", max_length=20)
    kind = forms.ChoiceField(label="Kind", choices=PolicyRule.Kind.choices)
    category = forms.TypedChoiceField(
        label="Category", required=False, coerce=int, empty_value=None
    )
    limit_amount = AmountField(
        label="Amount", required=False, min_value=0, help_text="Where the kind has one."
    )
    currency = forms.CharField(label="Currency", max_length=3, required=False)
    action = forms.ChoiceField(label="Then", choices=PolicyRule.Action.choices)
    valid_from = DateField(label="Valid from")
    valid_until = DateField(
        label="Valid until", required=False, help_text="The first day on which it holds no more."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = [  # type: ignore[attr-defined]
            ("", "All"), *expense_categories().values_list("id", "name")
        ]  # fmt: skip

    def as_draft(self) -> RuleDraft:
        typed = dict(self.cleaned_data)
        return RuleDraft(category_id=typed.pop("category"), **typed)


class Travel(forms.Form):
    project = forms.ChoiceField(label="Project")
    purpose = forms.CharField(label="Purpose", max_length=200)
    destination = forms.CharField(label="Where to", max_length=120)
    starts_on = DateField(label="First day")
    ends_on = DateField(label="Last day")
    estimate = forms.CharField(
        label="Estimate", max_length=40, help_text="All that the journey is to cost."
    )
    currency = forms.CharField(label="Currency", max_length=3, min_length=3)
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, projects: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].choices = list(projects.items())  # type: ignore[attr-defined]

    def as_draft(self) -> TravelDraft:
        typed = dict(self.cleaned_data)
        typed.pop("lock_version")
        return TravelDraft(project_id=int(typed.pop("project")), **typed)


class Decide(forms.Form):
    decision = forms.ChoiceField(choices=[("approve", "Approve"), ("return", "Return")])
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Needed to return it; the person reads it.",
    )


class DecideAll(Decide):
    """One decision on several journeys, by their ids."""

    MOST = 500

    requests = forms.CharField(max_length=10_000)

    def clean_requests(self) -> list[int]:
        words = self.cleaned_data["requests"].split()
        if len(words) > self.MOST or not all(re.fullmatch("[0-9]{1,18}", word) for word in words):
            raise forms.ValidationError("Choose the journeys once more.")
        return list(dict.fromkeys(int(word) for word in words))


class Bank(forms.Form):
    holder = forms.CharField(label="Account holder", max_length=70)
    number = forms.CharField(
        label="IBAN or account number",
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    bic = forms.CharField(label="BIC", max_length=11, required=False)
