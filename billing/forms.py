"""Forms of the room: they check shape; services refuse what the business refuses."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms

from billing.invoice_pdf import DETAILS
from billing.models import ProposalLine
from billing.rules.types import Remainder
from billing.selectors import receivables
from billing.services.credits import CreditLine
from billing.services.payments import Chosen
from billing.services.review import ADDED_KINDS, LineChange
from psa.core.notifications.addresses import typed_addresses
from psa.core.org.models import OrgUnit
from psa.core.web.forms import AmountField, DateField, MinutesField
from sales.models import Account, Contract


class StartRun(forms.Form):
    """A billing run: up to when, and for whom."""

    cutoff_on = DateField(label="Cut-off date", help_text="Work up to and including this day")
    account: Any = forms.ModelChoiceField(
        None, label="Customer", required=False, empty_label="All customers"
    )
    contract: Any = forms.ModelChoiceField(
        None, label="Contract", required=False, empty_label="All contracts"
    )
    unit: Any = forms.ModelChoiceField(
        None, label="Unit", required=False, empty_label="All units",
        help_text="With the units below it",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        billable = Contract.objects.filter(status__in=("confirmed", "completed"))
        fields["contract"].queryset = billable.order_by("number")
        fields["account"].queryset = Account.objects.filter(
            pk__in=billable.values("account_id")
        ).order_by("name")
        fields["unit"].queryset = OrgUnit.objects.order_by("name")

    def arguments(self) -> dict[str, Any]:
        """The run's arguments as JSON."""
        found = {"cutoff_on": self.cleaned_data["cutoff_on"].isoformat()}
        for name in ("account", "contract", "unit"):
            if self.cleaned_data[name]:
                found[f"{name}_id"] = self.cleaned_data[name].pk
        return found


class InvoiceByHand(forms.Form):
    """Which contract is invoiced by hand; the lines come on the draft."""

    contract: Any = forms.ModelChoiceField(None, label="Contract", empty_label="Choose")

    def __init__(self, *args: Any, contracts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["contract"].queryset = contracts.order_by("number")


class TreatLines(forms.Form):
    """What happens to the chosen lines."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    treatment = forms.ChoiceField(choices=ProposalLine.Treatment.choices)
    lines = forms.CharField(max_length=200_000, error_messages={"required": "Choose a line."})
    reason = forms.CharField(max_length=200, required=False)

    def clean_lines(self) -> list[int]:
        try:
            return [int(part) for part in self.cleaned_data["lines"].split(",") if part]
        except ValueError as error:
            raise forms.ValidationError("Choose lines of this proposal.") from error


class ChangeLine(forms.Form):
    """Another quantity, price or text of one line."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    minutes = MinutesField(label="Hours", required=False, max_minutes=1_000_000)
    quantity = AmountField(label="Quantity", required=False)
    price = AmountField(label="Price", required=False, max_digits=20, decimal_places=6)
    description = forms.CharField(
        label="Text on the invoice", max_length=400, required=False, widget=forms.Textarea
    )
    remainder = forms.ChoiceField(
        label="If less is invoiced, the rest",
        choices=[
            (Remainder.WRITE_OFF.value, "is written off"),
            (Remainder.BACKLOG.value, "stays for a later invoice"),
        ],
        initial=Remainder.WRITE_OFF.value,
    )
    reason = forms.CharField(
        label="Reason", max_length=200, help_text="Kept with the line; the customer does not see it"
    )

    def __init__(self, *args: Any, line: ProposalLine, sees_rates: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["quantity" if line.minutes is not None else "minutes"]
        if not sees_rates:
            del self.fields["price"]
        self.line = line

    def change(self) -> LineChange:
        """Only what differs from the line."""
        data = self.cleaned_data
        return LineChange(
            minutes=_other(data.get("minutes"), self.line.minutes),
            quantity=_other(data.get("quantity"), self.line.quantity),
            price=_other(data.get("price"), self.line.price),
            description=_other(data["description"], self.line.description),
            remainder=Remainder(data["remainder"]),
        )


class ChosenLines(forms.Form):
    """Lines ticked in the grid: ids with commas between them."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    lines = forms.CharField(
        max_length=200_000,
        widget=forms.HiddenInput,
        error_messages={"required": "Tick at least one line."},
    )

    def clean_lines(self) -> list[int]:
        try:
            return [int(part) for part in self.cleaned_data["lines"].split(",") if part]
        except ValueError as error:
            raise forms.ValidationError("Choose lines of this proposal.") from error


class ChangeLines(ChosenLines):
    """One price or one text for several lines."""

    price = AmountField(
        label="Price", required=False, max_digits=20, decimal_places=6, help_text="Empty leaves it"
    )
    description = forms.CharField(
        label="Text on the invoice", max_length=400, required=False, help_text="Empty leaves it"
    )
    reason = forms.CharField(
        label="Reason",
        max_length=200,
        help_text="Kept with the lines; the customer does not see it",
    )

    def __init__(self, *args: Any, sees_rates: bool, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not sees_rates:
            del self.fields["price"]
        else:
            field: Any = self.fields["price"]
            field.currency = currency


class MoveLines(ChosenLines):
    """Where ticked lines go."""

    target = forms.ChoiceField(label="To")

    def __init__(self, *args: Any, targets: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["target"].choices = [
            ("0", "A new proposal"),
            *[(str(pk), number) for pk, number in targets],
        ]

    def clean_target(self) -> int | None:
        return int(self.cleaned_data["target"]) or None


class ApproveProposal(forms.Form):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)


class ApprovalRule(forms.Form):
    """Which invoices somebody else approves before they are confirmed."""

    over_amount = AmountField(
        label="Net amount above", required=False, min_value=Decimal(0),
        help_text="Empty: no amount needs approval",
    )  # fmt: skip
    over_percent = AmountField(
        label="Adjustment above, in percent", required=False, min_value=Decimal(0), max_digits=7,
        decimal_places=2, help_text="How far review moved the invoice from what was approved",
    )  # fmt: skip


def _other(new: Any, old: Any) -> Any:
    return None if new is None or new == old else new


class RemoveLine(forms.Form):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)


class AddLine(forms.Form):
    """A discount, credit or fee on the invoice."""

    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label="Kind", choices=[(kind, kind.capitalize()) for kind in ADDED_KINDS]
    )
    contract_line_id = forms.ChoiceField(label="Contract line")
    description = forms.CharField(label="Text on the invoice", max_length=400)
    amount = AmountField(label="Amount", help_text="Without a sign: a discount or credit lowers it")
    reason = forms.CharField(label="Reason", max_length=200, required=False)

    def __init__(
        self, *args: Any, contract_lines: tuple[tuple[int, str], ...], currency: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["contract_line_id"].choices = [(str(pk), name) for pk, name in contract_lines]
        fields["amount"].currency = currency

    def clean_contract_line_id(self) -> int:
        return int(self.cleaned_data["contract_line_id"])


class ConfirmProposal(forms.Form):
    invoiced_on = DateField(label="Invoice date")


class ConfirmMany(forms.Form):
    invoiced_on = DateField(label="Invoice date", help_text="Of all invoices of this run")
    proposals = forms.CharField(widget=forms.HiddenInput)

    def clean_proposals(self) -> list[int]:
        try:
            return [int(part) for part in self.cleaned_data["proposals"].split(",") if part]
        except ValueError as error:
            raise forms.ValidationError("Choose proposals of the list.") from error


class CancelProposal(forms.Form):
    lock_version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Reason", max_length=200)


class MilestoneReady(forms.Form):
    ready_on = DateField(label="Ready on", help_text="The day it was reached")


class MilestoneTask(forms.Form):
    task = forms.TypedChoiceField(
        label="Task of the plan",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Once it is done, and accepted if it is to be, you are asked to invoice.",
    )

    def __init__(self, *args: Any, tasks: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["task"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "–"), *tasks]


class CreditInvoice(forms.Form):
    """What stays of each line; nothing at first, so that it starts as a full credit."""

    credited_on = DateField(label="Date")
    reason = forms.CharField(label="Reason", max_length=200, help_text="The customer reads it")
    remainder = forms.ChoiceField(
        label="What is credited",
        choices=[
            (Remainder.BACKLOG.value, "is invoiced again"),
            (Remainder.WRITE_OFF.value, "is written off"),
        ],
        initial=Remainder.BACKLOG.value,
    )
    gives_room = forms.BooleanField(
        label="What is written off gives its room under a limit back",
        required=False,
        help_text="Parked work then takes it, oldest first",
    )

    def __init__(
        self, *args: Any, lines: list[tuple[int, str, Decimal]], currency: str, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.billed = {pk: amount for pk, _, amount in lines}
        for pk, label, amount in lines:
            self.fields[f"stays_{pk}"] = AmountField(
                label=f"{label}: stays", currency=currency, required=False, min_value=Decimal(0),
                max_value=amount if amount > 0 else None, initial=Decimal(0),
                help_text=f"of {amount:,.2f}",
            )  # fmt: skip

    def credit_lines(self) -> list[CreditLine]:
        """Lines of which less stays than was billed."""
        found = []
        for pk, billed in self.billed.items():
            stays = self.cleaned_data.get(f"stays_{pk}") or Decimal(0)
            if stays != billed:
                found.append(CreditLine(pk, stays, Remainder(self.cleaned_data["remainder"])))
        return found


class SendInvoice(forms.Form):
    """To whom an invoice goes, and with what."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    recipients = forms.CharField(
        label="Send to", max_length=1000, help_text="E-mail addresses, with commas between them"
    )
    message = forms.CharField(label="Text", max_length=4000, widget=forms.Textarea)
    detail = forms.ChoiceField(
        label="Lines on the invoice", choices=[(d.value, label) for d, label in DETAILS]
    )
    with_backup = forms.BooleanField(
        label="With timesheets and receipts", required=False, help_text="As a report of its own"
    )

    def clean_recipients(self) -> list[str]:
        return typed_addresses(self.cleaned_data["recipients"])


class RecordPayment(forms.Form):
    """Money that arrived. Without chosen invoices the oldest due are settled first."""

    request_key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    account: Any = forms.ModelChoiceField(None, label="Customer")
    legal_entity: Any = forms.ModelChoiceField(None, label="Received by")
    received_on = DateField(label="Received on")
    currency = forms.CharField(label="Currency", max_length=3, min_length=3)
    amount = AmountField(label="Amount")
    reference = forms.CharField(label="Reference", max_length=80, required=False)
    invoice = forms.CharField(
        label="Invoice",
        max_length=30,
        required=False,
        help_text="Number of the invoice it pays; empty settles the oldest due first",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["account"].queryset = receivables.customers_with_open_items()
        fields["legal_entity"].queryset = receivables.entities()

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.chosen: list[Chosen] = []
        number = data.get("invoice", "").strip()
        if number and {"account", "legal_entity", "currency", "amount"} <= data.keys():
            open_items = receivables.open_items_of(
                account_id=data["account"].pk,
                legal_entity_id=data["legal_entity"].pk,
                currency=data["currency"],
            )
            match = next((item for item in open_items if item[1] == number), None)
            if match is None:
                self.add_error(
                    "invoice",
                    f"This customer has no open invoice {number} in {data['currency']}.",
                )
            else:
                self.chosen = [Chosen(match[0], min(match[3], data["amount"]))]
        return data


class ReversePayment(forms.Form):
    reversed_on = DateField(label="Date")
    reason = forms.CharField(label="Reason", max_length=80)


def usual_cutoff(policy: str, today: date, week_starts_on: int) -> date:
    """The cut-off that the firm's billing runs usually have, by its parameter."""
    if policy == "week_end":
        return today - timedelta(days=(today.weekday() - week_starts_on) % 7 + 1)
    return today if policy == "today" else month_end_before(today)


def month_end_before(today: date) -> date:
    """The last day of the month before: the cut-off a billing run usually has."""
    return date.fromordinal(today.replace(day=1).toordinal() - 1)
