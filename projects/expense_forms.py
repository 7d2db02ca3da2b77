"""The form of a planned expense; the price is there for who may see prices."""

from decimal import Decimal
from typing import Any

from django import forms

from psa.core.web.forms import AmountField, DateField

from .forms import ReferenceField, offer
from .models import PlannedExpense, Project
from .selectors import budgets, planned_expenses
from .services.planned_expenses import ExpenseFacts

_NONE: list[tuple[Any, Any]] = [("", "–")]


class Expense(forms.Form):
    """A purchase to come. Who may not see prices leaves the price as it is."""

    task = ReferenceField(label="Task")
    category = ReferenceField(label="Category")
    description = forms.CharField(label="Description", max_length=160, required=False)
    planned_on = DateField(label="Day", help_text="When it is bought or used.")
    currency = forms.ChoiceField(label="Currency")
    cost_amount = AmountField(label="Cost", min_value=0)
    price_amount = AmountField(
        label="Price to the client", min_value=0, required=False, help_text="In the same currency."
    )
    is_spent = forms.BooleanField(
        label="Bought",
        required=False,
        help_text="The posted cost counts from then on, and nothing of this is still to come.",
    )

    def __init__(
        self,
        *args: Any,
        project: Project,
        bill: bool,
        row: PlannedExpense | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.row = row
        offer(self, "task", [*_NONE, *budgets.tasks_of_plan(project.pk)])
        offer(self, "category", [*_NONE, *planned_expenses.bought_categories()])
        offer(self, "currency", [(code, code) for code in planned_expenses.known_currencies()])
        if not bill:
            del self.fields["price_amount"]

    def facts(self) -> ExpenseFacts:
        """The service's argument."""
        data = dict(self.cleaned_data)
        kept = self.row.price_amount if self.row else Decimal(0)
        price = data.pop("price_amount", kept)
        return ExpenseFacts(
            task_id=data.pop("task"),
            category_id=data.pop("category"),
            price_amount=price if price is not None else Decimal(0),
            **data,
        )

    @staticmethod
    def initial_of(row: PlannedExpense) -> dict[str, Any]:
        names = (
            "description", "planned_on", "currency", "cost_amount", "price_amount", "is_spent",
        )  # fmt: skip
        return {
            **{name: getattr(row, name) for name in names},
            "task": row.task_id,
            "category": row.category_id,
        }
