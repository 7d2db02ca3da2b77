"""Forms of the bank accounts of a legal entity. Shape only."""

from typing import Any

from django import forms


class MainAccount(forms.Form):
    """Where customers pay to unless their currency has an account of its own."""

    bank_name = forms.CharField(label="Bank", required=False, max_length=80)
    bank_iban = forms.CharField(label="IBAN or account", required=False, max_length=40)
    bank_bic = forms.CharField(label="BIC or sort code", required=False, max_length=20)


class FurtherAccount(forms.Form):
    """An account beside the main one; its number is typed whole, and stays when left empty."""

    name = forms.CharField(label="Name", max_length=80, help_text="Such as “Euro account”.")
    currency = forms.CharField(label="Currency", min_length=3, max_length=3)
    bank_name = forms.CharField(label="Bank", required=False, max_length=80)
    number = forms.CharField(
        label="IBAN or account", max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    bic = forms.CharField(label="BIC or sort code", required=False, max_length=20)
    is_default = forms.BooleanField(
        label="Invoices in this currency name it",
        required=False,
        help_text="Payment files in this currency are paid from it, too.",
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, number_end: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if number_end:
            self.fields["number"].required = False
            self.fields["number"].help_text = f"Ends in {number_end}; empty leaves it."
