"""Forms of customers and contacts: they check shape, services refuse for business reasons."""

from typing import Any

from django import forms

from psa.core.actor import Actor
from psa.core.documents.language import LANGUAGES
from psa.core.web.forms import AmountField
from sales.models import CHOSEN_KINDS, Account
from sales.selectors import visibility
from sales.services.accounts import AccountFacts

from .fields import currency_choices, member_choices, optional_id


class AccountForm(forms.Form):
    """A new or changed customer, prospect or vendor."""

    name = forms.CharField(label="Name", max_length=120)
    kind = forms.ChoiceField(label="Kind", choices=CHOSEN_KINDS)
    legal_name = forms.CharField(label="Legal name", max_length=160, required=False)
    country = forms.RegexField(
        label="Country",
        regex=r"^[A-Za-z]{2}$",
        help_text="Two letters, such as GB or DE",
        error_messages={"invalid": "Enter the two letters of the country, such as GB."},
    )
    address = forms.CharField(
        label="Address", required=False, max_length=1000, widget=forms.Textarea
    )
    tax_id = forms.CharField(label="Tax number", max_length=40, required=False)
    is_consumer = forms.BooleanField(
        label="Consumer",
        required=False,
        help_text="A private person, not a business: decides which tax is charged.",
    )
    industry = forms.CharField(label="Industry", max_length=60, required=False)
    currency = forms.ChoiceField(label="Currency")
    payment_terms_days = forms.IntegerField(
        label="Payment terms", min_value=0, max_value=365, initial=30, help_text="Days"
    )
    credit_limit_amount = AmountField(label="Credit limit", required=False, min_value=0)
    email = forms.EmailField(label="E-mail", required=False)
    language = forms.ChoiceField(
        label="Language",
        required=False,
        choices=[("", "As the entity that writes"), *LANGUAGES],
        help_text="Of its quotes, invoices, reminders and status reports.",
    )
    owner = forms.ChoiceField(label="Owner", required=False)
    parent = forms.ChoiceField(label="Parent", required=False)

    def __init__(self, *args: Any, actor: Actor, account: Account | None = None, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = currency_choices()  # type: ignore[attr-defined]
        self.fields["owner"].choices = member_choices(blank="Me")  # type: ignore[attr-defined]
        parents = visibility.accounts_visible_to(actor).order_by("name")
        if account is not None:
            parents = parents.exclude(pk=account.pk)
        self.fields["parent"].choices = [  # type: ignore[attr-defined]
            ("", "None"),
            *parents.values_list("pk", "name")[:500],
        ]
        if account is not None:
            self.fields["lock_version"] = forms.IntegerField(widget=forms.HiddenInput)
        elif self.is_bound:
            # Offered once a name was refused as a possible duplicate.
            self.fields["is_no_duplicate"] = forms.BooleanField(
                label="This is another customer",
                required=False,
                help_text="Tick if none of the customers named above is this one",
            )

    def facts(self) -> AccountFacts:
        data = self.cleaned_data
        return AccountFacts(
            name=data["name"],
            country=data["country"],
            currency=data["currency"],
            kind=data["kind"],
            legal_name=data["legal_name"],
            address=data["address"],
            tax_id=data["tax_id"],
            is_consumer=data["is_consumer"],
            industry=data["industry"],
            payment_terms_days=data["payment_terms_days"],
            credit_limit_amount=data["credit_limit_amount"],
            email=data["email"],
            language=data["language"],
            owner_id=optional_id(data["owner"]),
            parent_id=optional_id(data["parent"]),
        )

    @staticmethod
    def initial_of(account: Account) -> dict[str, Any]:
        names = (
            "name", "kind", "legal_name", "country", "address", "tax_id", "is_consumer",
            "industry", "currency",
            "payment_terms_days", "credit_limit_amount", "email", "language", "lock_version",
        )  # fmt: skip
        return {
            **{name: getattr(account, name) for name in names},
            "owner": account.owner_id or "",
            "parent": account.parent_id or "",
        }


class ContactForm(forms.Form):
    """A person at the customer."""

    name = forms.CharField(label="Name", max_length=120)
    job_title = forms.CharField(label="Position", max_length=80, required=False)
    email = forms.EmailField(label="E-mail", required=False)
    phone = forms.CharField(label="Phone", max_length=40, required=False)
    is_billing = forms.BooleanField(label="Receives invoices", required=False)
