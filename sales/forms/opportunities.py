"""Forms of opportunities."""

from typing import Any

from django import forms

from psa.core.actor import Actor
from psa.core.web.forms import AmountField, DateField
from sales.models import Opportunity
from sales.selectors import visibility
from sales.services.opportunities import OpportunityFacts

from .fields import currency_choices, member_choices, optional_id, unit_choices


class OpportunityForm(forms.Form):
    """A new or changed opportunity."""

    name = forms.CharField(label="Name", max_length=160)
    account = forms.ChoiceField(label="Customer")
    contracting_unit = forms.ChoiceField(label="Contracting unit")
    currency = forms.ChoiceField(label="Currency")
    estimated_amount = AmountField(label="Estimated value", min_value=0, initial=0)
    close_on = DateField(label="Expected close")
    needed_by_on = DateField(label="Needed by", required=False)
    source = forms.CharField(label="Source", max_length=60, required=False)
    competitors = forms.CharField(label="Competitors", max_length=200, required=False)
    description = forms.CharField(
        label="Description", required=False, max_length=5000, widget=forms.Textarea
    )
    owner = forms.ChoiceField(label="Owner", required=False)

    def __init__(self, *args: Any, actor: Actor, with_version: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        accounts = visibility.accounts_visible_to(actor).exclude(kind="vendor").order_by("name")
        choices = {
            "account": [("", "Choose a customer"), *accounts.values_list("pk", "name")[:2000]],
            "contracting_unit": unit_choices(blank="Choose a unit"),
            "currency": currency_choices(),
            "owner": member_choices(blank="Me"),
        }
        for field, values in choices.items():
            self.fields[field].choices = values  # type: ignore[attr-defined]
        if with_version:
            self.fields["lock_version"] = forms.IntegerField(widget=forms.HiddenInput)

    def facts(self) -> OpportunityFacts:
        data = self.cleaned_data
        return OpportunityFacts(
            name=data["name"],
            account_id=int(data["account"]),
            contracting_unit_id=int(data["contracting_unit"]),
            currency=data["currency"],
            close_on=data["close_on"],
            estimated_amount=data["estimated_amount"],
            needed_by_on=data["needed_by_on"],
            source=data["source"],
            competitors=data["competitors"],
            description=data["description"],
            owner_id=optional_id(data["owner"]),
        )

    @staticmethod
    def initial_of(opportunity: Opportunity) -> dict[str, Any]:
        names = (
            "name", "currency", "estimated_amount", "close_on", "needed_by_on", "source",
            "competitors", "description", "lock_version",
        )  # fmt: skip
        return {
            **{name: getattr(opportunity, name) for name in names},
            "account": opportunity.account_id,
            "contracting_unit": opportunity.contracting_unit_id,
            "owner": opportunity.owner_id,
        }


class MoveForm(forms.Form):
    stage = forms.IntegerField(label="Stage", min_value=1)


class NoteForm(forms.Form):
    text = forms.CharField(label="Note", max_length=2000, widget=forms.Textarea)
