"""Forms of amendments: the amendment itself, and one form for each kind of change."""

from typing import Any

from django import forms

from psa.core.web.forms import AmountField, DateField, FieldTable, MinutesField
from sales.models import ContractAmendment
from sales.rules.amendment import (
    Change,
    LineFacts,
    NewLimit,
    NewLine,
    NewRate,
    NewRetainer,
    NewTerm,
    NewValue,
)
from sales.rules.line_terms import LineTermsInput
from sales.selectors.contract_terms import MilestoneTerm

from .fields import role_choices
from .quotes import (
    MILESTONE_ROWS,
    LineForm,
    add_milestone_fields,
    check_milestone_rows,
    milestone_table,
    milestones_in,
)


class AmendmentForm(forms.Form):
    """What the amendment is about, and from when on it counts."""

    title = forms.CharField(label="Title", max_length=160)
    reason = forms.CharField(
        label="Reason", widget=forms.Textarea, max_length=4000, help_text="Why the contract changes"
    )
    effective_on = DateField(
        label="Takes effect on",
        help_text="Work of earlier days keeps the former terms",
    )
    lock_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @staticmethod
    def initial_of(row: ContractAmendment) -> dict[str, Any]:
        names = ("title", "reason", "effective_on", "lock_version")
        return {name: getattr(row, name) for name in names}


class AcceptanceForm(forms.Form):
    """Who accepted for the client, and when."""

    client_name = forms.CharField(label="Accepted by", max_length=120)
    accepted_on = DateField(label="Accepted on")


class ChangeForm(forms.Form):
    """One change. `line` are the facts of the line that it is about, None for none."""

    def __init__(
        self,
        *args: Any,
        currency: str,
        line: LineFacts | None = None,
        milestones: list[MilestoneTerm] | None = None,
        **kwargs: Any,
    ):
        super().__init__(*args, **kwargs)
        self.currency, self.line, self.milestones = currency, line, milestones or []
        for field in self.fields.values():
            if isinstance(field, AmountField):
                field.currency = currency
        self.prepare()

    def prepare(self) -> None:
        """Fill in what stands."""

    def change(self) -> Change:
        raise NotImplementedError

    @property
    def role_id(self) -> int | None:
        """The role that the change is about, of a rate."""
        return None


class NewLineForm(LineForm):
    """A line that the contract gets, and the milestones of a fixed price."""

    role_id = None

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        kwargs.pop("line", None)
        kwargs.pop("milestones", None)
        super().__init__(*args, currency=currency, **kwargs)
        self.fields["value_amount"].label = "Value"
        self.fields["value_amount"].help_text = "A fixed price, or what is expected of the work"
        add_milestone_fields(self, currency)
        self.fields["name_1"].help_text = "Of a fixed price. Left blank it is due whole, at the end"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_milestone_rows(self, data)
        return data

    @property
    def repeated(self) -> FieldTable:
        return milestone_table(self)

    def change(self) -> Change:
        data = self.cleaned_data
        milestones = tuple(milestones_in(data))
        self.cleaned_data = {name: data[name] for name in LineForm.base_fields}
        terms: LineTermsInput = self.terms()
        return NewLine(terms, milestones)


class ValueForm(ChangeForm):
    """A line's value; of a fixed price its open milestones too."""

    value_amount = AmountField(label="New value", min_value=0)

    def prepare(self) -> None:
        if self.line is None:
            return
        self.initial["value_amount"] = self.line.value_amount
        if self.line.method != "fixed_price":
            return
        add_milestone_fields(self, self.currency)
        still_open = [one for one in self.milestones if one.is_open]
        due = sum(one.amount for one in self.milestones if not one.is_open)
        if due:
            self.fields[
                "name_1"
            ].help_text = (
                f"Those not due yet. {due:,.2f} {self.currency} of the value is due already."
            )
        for row, one in enumerate(still_open[:MILESTONE_ROWS], start=1):
            self.initial[f"name_{row}"] = one.name
            self.initial[f"due_on_{row}"] = one.due_on
            self.initial[f"amount_{row}"] = one.amount

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "name_1" in self.fields:
            check_milestone_rows(self, data)
        return data

    @property
    def repeated(self) -> FieldTable | None:
        return milestone_table(self) if "name_1" in self.fields else None

    def change(self) -> Change:
        data = self.cleaned_data
        milestones = tuple(milestones_in(data)) if "name_1" in self.fields else ()
        return NewValue(data["value_amount"], milestones)


class LimitChangeForm(ChangeForm):
    limit_amount = AmountField(
        label="New limit", required=False, min_value=0, help_text="Blank lifts the limit"
    )

    def prepare(self) -> None:
        if self.line is not None:
            self.initial["limit_amount"] = self.line.limit_amount

    def change(self) -> Change:
        return NewLimit(self.cleaned_data["limit_amount"])


class TermForm(ChangeForm):
    starts_on = DateField(label="Starts", required=False)
    ends_on = DateField(label="Ends", required=False, help_text="The last day")

    def prepare(self) -> None:
        if self.line is not None:
            self.initial.update(starts_on=self.line.starts_on, ends_on=self.line.ends_on)

    def change(self) -> Change:
        return NewTerm(self.cleaned_data["starts_on"], self.cleaned_data["ends_on"])


class RateChangeForm(ChangeForm):
    role = forms.ChoiceField(label="Role")
    price = AmountField(
        label="New rate", required=False, min_value=0, max_digits=20, decimal_places=6,
        help_text="Blank gives the role back to the price lists",
    )  # fmt: skip
    unit = forms.ChoiceField(label="Per", choices=[("hour", "Hour"), ("day", "Day")])

    def prepare(self) -> None:
        self.fields["role"].choices = role_choices(blank="Choose")  # type: ignore[attr-defined]

    def change(self) -> Change:
        return NewRate(self.cleaned_data["price"], self.cleaned_data["unit"])

    @property
    def role_id(self) -> int | None:
        return int(self.cleaned_data["role"])


class RetainerChangeForm(ChangeForm):
    amount = AmountField(label="New amount per month", min_value=0)
    minutes = MinutesField(label="Hours included per month", required=False)

    def prepare(self) -> None:
        if self.line is not None:
            self.initial.update(
                amount=self.line.retainer_amount, minutes=self.line.retainer_minutes
            )

    def change(self) -> Change:
        return NewRetainer(self.cleaned_data["amount"], self.cleaned_data["minutes"])


FORMS: dict[str, type[ChangeForm] | type[NewLineForm]] = {
    "new_line": NewLineForm,
    "value": ValueForm,
    "limit": LimitChangeForm,
    "term": TermForm,
    "rate": RateChangeForm,
    "retainer": RetainerChangeForm,
}
# Without a line: the contract gets one, or changes its own dates.
OF_CONTRACT = ("new_line", "term")
