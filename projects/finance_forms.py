"""Forms of a project's money: they check shape; what is allowed, the services decide."""

from typing import Any

from django import forms

from psa.core.ledger.rules.types import TransactionClass
from psa.core.web.forms import AmountField, DateField, MinutesField

from .forms import ReferenceField, offer
from .models import Budget, Project
from .selectors import budgets as selectors

_NONE: list[tuple[Any, Any]] = [("", "–")]


class Forecast(forms.Form):
    """The grid's own fields are read by the view: their names are those of tasks."""


class Methods(forms.Form):
    progress_method = forms.ChoiceField(
        label="Complete is measured",
        choices=Project.ProgressMethod.choices,
        help_text="Milestones are 0 or 100 %, completed tasks 100 %, whatever is chosen.",
    )
    etc_method = forms.ChoiceField(label="Estimate to complete", choices=Project.EtcMethod.choices)


class SetBaseline(forms.Form):
    number = forms.IntegerField(label="Number", min_value=0, max_value=10)
    name = forms.CharField(
        label="Name", max_length=80, required=False, help_text="Such as “Contract signed”."
    )
    overwrite = forms.BooleanField(
        label="Write over the baseline of this number, if there is one", required=False
    )


class NewBudget(forms.Form):
    source = forms.ChoiceField(label="Made", choices=Budget.Source.choices)
    note = forms.CharField(label="Note", max_length=200, required=False)
    keeps_contingency = forms.BooleanField(
        label="Keep a contingency",
        required=False,
        help_text="A line of its own: what the open risks of the register weigh.",
    )


class NewBudgetLine(forms.Form):
    transaction_class = forms.ChoiceField(
        label="Class", choices=[(c.value, c.value.capitalize()) for c in TransactionClass]
    )
    category = ReferenceField(label="Category", required=False)
    role = ReferenceField(label="Role", required=False)
    task = ReferenceField(label="Task", required=False)
    month_on = DateField(label="Month", required=False, help_text="Any day of it.")
    description = forms.CharField(label="Description", max_length=160, required=False)
    minutes = MinutesField(label="Hours", required=False)
    cost_amount = AmountField(label="Cost", min_value=0)
    revenue_amount = AmountField(label="Revenue", min_value=0, required=False)

    def __init__(self, *args: Any, project: Project, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "category", [*_NONE, *selectors.categories()])
        offer(self, "role", [*_NONE, *selectors.roles()])
        offer(self, "task", [*_NONE, *selectors.tasks_of_plan(project.pk)])
        for name in ("cost_amount", "revenue_amount"):
            field = self.fields[name]
            assert isinstance(field, AmountField)
            field.currency = currency

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        found = dict(self.cleaned_data)
        for name in ("category", "role", "task"):
            found[f"{name}_id"] = found.pop(name)
        found["revenue_amount"] = found["revenue_amount"] or 0
        return found


class BudgetControl(forms.Form):
    control = forms.ChoiceField(
        label="When the budget is used up",
        choices=[("", "What the firm’s parameters say"), *Project.BudgetControl.choices],
        required=False,
    )


class OverrideBudget(forms.Form):
    extra_amount = AmountField(label="May pass the budget by", min_value=0)
    reason = forms.CharField(label="Reason", max_length=300)

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["extra_amount"]
        assert isinstance(field, AmountField)
        field.currency = currency
