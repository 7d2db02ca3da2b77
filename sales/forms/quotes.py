"""Forms of quotes: header, line terms, estimate rows, milestones."""

from decimal import Decimal
from typing import Any

from django import forms

from psa.core.ledger.rules.types import TransactionClass
from psa.core.web.forms import (
    AmountField,
    DateField,
    FieldTable,
    MinutesField,
    field_table,
)
from sales.models import Quote, QuoteLine
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.services.estimates import DetailInput

from .fields import category_choices, optional_id, role_choices, unit_choices

CLASSES = [(c.value, c.value.capitalize()) for c in TransactionClass]
OVERAGE = [
    ("bill", "Bill what is over"),
    ("carry_forward", "Take it from next month"),
    ("write_off", "Write it off"),
]
UNDERUSE = [
    ("expire", "Unused hours expire"),
    ("roll_over", "Roll unused hours over"),
    ("refund", "Refund unused hours"),
]
RECOGNITION = [
    ("", "As the method suggests"),
    ("as_invoiced", "As invoiced"),
    ("cost_to_cost", "Cost to cost"),
    ("effort", "Effort"),
    ("percent", "Manager's % complete"),
    ("milestone", "Milestones reached"),
    ("straight_line", "Straight line"),
    ("completed", "Completed contract"),
]
FREQUENCIES = [("weekly", "Weekly"), ("monthly", "Monthly"), ("quarterly", "Quarterly")]
EXPENSES = [("at_cost", "At cost"), ("markup", "Cost plus markup")]
MILESTONE_ROWS = 6


class QuoteForm(forms.Form):
    """A draft's validity and texts."""

    valid_until = DateField(label="Valid until", required=False)
    scope = forms.CharField(label="Scope", required=False, max_length=20000, widget=forms.Textarea)
    terms = forms.CharField(label="Terms", required=False, max_length=20000, widget=forms.Textarea)
    lock_version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def initial_of(quote: Quote) -> dict[str, Any]:
        names = ("valid_until", "scope", "terms", "lock_version")
        return {name: getattr(quote, name) for name in names}


# What one billing method alone asks for.
_OF_METHOD = {
    QuoteLine.Method.TIME_AND_MATERIAL: ("not_to_exceed_amount", "not_to_exceed_warning_percent"),
    QuoteLine.Method.FIXED_PRICE: ("value_amount",),
    QuoteLine.Method.RETAINER: (
        "retainer_amount", "retainer_minutes", "retainer_overage_policy", "retainer_underuse_policy",
    ),
}  # fmt: skip


class LineForm(forms.Form):
    """The terms of a quote line; what the method does not use is left out."""

    name = forms.CharField(label="Description", max_length=160)
    billing_method = forms.ChoiceField(label="Billing method", choices=QuoteLine.Method.choices)
    transaction_classes = forms.MultipleChoiceField(
        label="Covers",
        choices=CLASSES,
        initial=[TransactionClass.TIME.value],
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = DateField(label="Starts", required=False)
    ends_on = DateField(label="Ends", required=False, help_text="The last day")
    value_amount = AmountField(label="Fixed price", required=False, min_value=0)
    not_to_exceed_amount = AmountField(
        label="Not to exceed",
        required=False,
        help_text="Time and material: work beyond it is parked, not lost",
    )
    not_to_exceed_warning_percent = forms.DecimalField(
        label="Warn at", required=False, min_value=1, max_value=100, help_text="% of the limit"
    )
    retainer_amount = AmountField(label="Amount per month", required=False, min_value=0)
    retainer_minutes = MinutesField(label="Hours included per month", required=False)
    retainer_overage_policy = forms.ChoiceField(
        label="Hours over", required=False, choices=[("", "Choose"), *OVERAGE]
    )
    retainer_underuse_policy = forms.ChoiceField(
        label="Hours left", required=False, choices=[("", "Choose"), *UNDERUSE]
    )
    expense_policy = forms.ChoiceField(label="Expenses", choices=EXPENSES, initial="at_cost")
    expense_markup_percent = forms.DecimalField(
        label="Markup", required=False, min_value=0, max_value=500, decimal_places=4, help_text="%"
    )
    invoice_frequency = forms.ChoiceField(label="Invoices", choices=FREQUENCIES, initial="monthly")
    tax_code = forms.CharField(
        label="Tax code", max_length=20, required=False, help_text="Blank: the entity's default"
    )
    recognition_method = forms.ChoiceField(label="Revenue", required=False, choices=RECOGNITION)

    def __init__(self, *args: Any, currency: str, method: str = "", **kwargs: Any):
        """With a `method` that is chosen already, only what that method uses is asked for."""
        super().__init__(*args, **kwargs)
        for name in ("value_amount", "not_to_exceed_amount", "retainer_amount"):
            self.fields[name].currency = currency  # type: ignore[attr-defined]
        if method:
            self.fields["billing_method"].widget = forms.HiddenInput()
            for other, names in _OF_METHOD.items():
                for name in names if other != method else ():
                    del self.fields[name]

    def terms(self) -> LineTermsInput:
        data: dict[str, Any] = {
            name: "" if name.endswith("_policy") else None
            for names in _OF_METHOD.values()
            for name in names
        } | self.cleaned_data
        data["transaction_classes"] = tuple(data["transaction_classes"])
        data["value_amount"] = data["value_amount"] or Decimal(0)
        data["expense_markup_percent"] = data["expense_markup_percent"] or Decimal(0)
        return LineTermsInput(**data)

    @staticmethod
    def initial_of(line: QuoteLine) -> dict[str, Any]:
        return {name: getattr(line, name) for name in LineForm.base_fields}


class DetailForm(forms.Form):
    """A row of the estimate, as the grid types it. Rates left blank come from the price lists."""

    role = forms.ChoiceField(label="Role", required=False)
    category = forms.ChoiceField(label="Category", required=False)
    resourcing_unit = forms.ChoiceField(label="Unit", required=False)
    description = forms.CharField(label="Note", max_length=160, required=False)
    starts_on = DateField(label="From")
    minutes = MinutesField(label="Hours", required=False, max_minutes=6_000_000)
    quantity = forms.DecimalField(
        label="Pieces", required=False, min_value=0, max_digits=19, decimal_places=4
    )
    cost_rate = AmountField(label="Cost rate", required=False, decimal_places=6, max_digits=20)
    bill_rate = AmountField(label="Bill rate", required=False, decimal_places=6, max_digits=20)
    override_reason = forms.CharField(label="Why", max_length=200, required=False)

    def __init__(self, *args: Any, is_time: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.is_time = is_time
        for name in ("minutes", "description"):
            # In the grid the label is for screen readers alone.
            self.fields[name].widget.attrs["placeholder"] = self.fields[name].label
        self.fields["resourcing_unit"].choices = unit_choices(  # type: ignore[attr-defined]
            blank="Contracting unit"
        )
        if is_time:
            self.fields["role"].choices = role_choices(blank="Choose")  # type: ignore[attr-defined]
            del self.fields["category"], self.fields["quantity"]
        else:
            self.fields["category"].choices = category_choices(  # type: ignore[attr-defined]
                blank="Choose"
            )
            self.fields["cost_rate"].label = "Cost per piece"
            del self.fields["role"], self.fields["minutes"], self.fields["resourcing_unit"]

    def detail(
        self,
        *,
        transaction_class: str,
        unseen_cost_rate: Decimal | None = None,
        unseen_bill_rate: Decimal | None = None,
    ) -> DetailInput:
        """What was typed. A rate that the form does not show stays as it is."""
        data = self.cleaned_data
        return DetailInput(
            starts_on=data["starts_on"],
            transaction_class=transaction_class,
            role_id=optional_id(data.get("role")),
            resourcing_unit_id=optional_id(data.get("resourcing_unit")),
            category_id=optional_id(data.get("category")),
            description=data["description"],
            minutes=data.get("minutes"),
            quantity=data.get("quantity"),
            cost_rate=data.get("cost_rate", unseen_cost_rate),
            bill_rate=data.get("bill_rate", unseen_bill_rate),
            override_reason=data["override_reason"],
        )


class MilestonesForm(forms.Form):
    """The milestones of a fixed price: as many rows as are filled in."""

    def __init__(self, *args: Any, currency: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        add_milestone_fields(self, currency)

    @property
    def repeated(self) -> FieldTable:
        return milestone_table(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        check_milestone_rows(self, data)
        return data

    def milestones(self) -> list[MilestoneInput]:
        return milestones_in(self.cleaned_data)

    @staticmethod
    def initial_of(line: QuoteLine) -> dict[str, Any]:
        initial: dict[str, Any] = {}
        for row, milestone in enumerate(line.milestones.order_by("position"), start=1):
            initial |= {
                f"name_{row}": milestone.name,
                f"due_on_{row}": milestone.due_on,
                f"amount_{row}": milestone.amount,
            }
        return initial


def add_milestone_fields(form: forms.Form, currency: str) -> None:
    """Give a form the rows of a schedule; rows left blank are none."""
    for row in range(1, MILESTONE_ROWS + 1):
        form.fields[f"name_{row}"] = forms.CharField(
            label=f"Milestone {row}", max_length=120, required=False
        )
        form.fields[f"due_on_{row}"] = DateField(label=f"Due {row}", required=False)
        form.fields[f"amount_{row}"] = AmountField(
            label=f"Amount {row}", required=False, currency=currency
        )


def milestone_table(form: forms.Form) -> FieldTable:
    """The rows of a schedule, one a milestone."""
    columns = {"name": "Milestone", "due_on": "Due", "amount": "Amount"}
    return field_table(form, "Milestones", columns, rows=MILESTONE_ROWS)


def check_milestone_rows(form: forms.Form, data: dict[str, Any]) -> None:
    """A row is filled in whole or not at all; what lacks is said at its name."""
    for row in range(1, MILESTONE_ROWS + 1):
        parts = [data.get(f"{part}_{row}") for part in ("name", "due_on", "amount")]
        if any(part not in (None, "") for part in parts) and not all(
            part not in (None, "") for part in parts
        ):
            form.add_error(f"name_{row}", "A milestone needs a name, a date and an amount.")


def milestones_in(data: dict[str, Any]) -> list[MilestoneInput]:
    """The rows that are filled in."""
    return [
        MilestoneInput(data[f"name_{row}"], data[f"due_on_{row}"], data[f"amount_{row}"])
        for row in range(1, MILESTONE_ROWS + 1)
        if data[f"name_{row}"]
    ]
