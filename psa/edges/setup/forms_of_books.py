"""Forms of what the books need: categories, posting profiles, tax codes. Shape only."""

from collections.abc import Sequence
from typing import Any

from django import forms

from billing.models import TaxCode
from psa.core.ledger.models import LedgerAccount
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.types import TransactionClass
from psa.core.org import selectors as org
from psa.core.org.models import LegalEntity, TransactionCategory
from psa.core.web.forms import AmountField, DateField

from .selectors_of_books import CategoryTaxPage

CLASSES = [(one.value, one.value.capitalize()) for one in TransactionClass]


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


def _ids(choices: Any, empty: str) -> list[tuple[Any, str]]:
    return [("", empty), *choices]


class Category(forms.Form):
    code = forms.CharField(label="Code", max_length=20)
    name = forms.CharField(label="Name", max_length=80)
    transaction_class = forms.ChoiceField(label="Class", choices=CLASSES)
    revenue_account_code = forms.ChoiceField(
        label="Revenue account", help_text="Where its income is shown."
    )
    cost_account_code = forms.ChoiceField(
        label="Cost account", help_text="Where its cost is shown."
    )
    receipt_required_over = AmountField(
        label="Receipt needed above",
        required=False,
        min_value=0,
        help_text="Expenses: 0 always needs one, empty never does. In the firm's currency.",
    )
    is_active = forms.BooleanField(label="May be chosen", required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = [
            (row.code, f"{row.code} {row.name}") for row in LedgerAccount.objects.order_by("code")
        ]
        for name in ("revenue_account_code", "cost_account_code"):
            self.fields[name].choices = [("", "Choose"), *accounts]  # type: ignore[attr-defined]


class Account(forms.Form):
    code = forms.CharField(label="Number", max_length=12)
    name = forms.CharField(label="Name", max_length=80)
    kind = forms.ChoiceField(label="Kind", choices=LedgerAccount.Kind.choices)
    is_monetary = forms.BooleanField(
        label="Revalued at period end",
        required=False,
        help_text="For assets and liabilities in a foreign currency, such as receivables and banks.",
    )


class Profile(forms.Form):
    slot = forms.ChoiceField(
        label="Line", choices=[(slot.value, _words(slot.value)) for slot in Slot]
    )
    account = forms.TypedChoiceField(label="Account", coerce=int)
    event = forms.ChoiceField(
        label="Event",
        required=False,
        choices=[("", "Any"), *((one.value, _words(one.value)) for one in JournalEvent)],
        help_text="The most specific profile wins: event, then category, unit, entity.",
    )
    category = forms.TypedChoiceField(
        label="Category", required=False, coerce=int, empty_value=None
    )
    org_unit = forms.TypedChoiceField(label="Unit", required=False, coerce=int, empty_value=None)
    legal_entity = forms.TypedChoiceField(
        label="Legal entity", required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = LedgerAccount.objects.order_by("code")
        categories = TransactionCategory.objects.order_by("name").values_list("id", "name")
        entities = LegalEntity.objects.order_by("name").values_list("id", "name")
        units = [(node.id, f"{'– ' * node.depth}{node.name}") for node in org.unit_tree()]
        for name, choices in (
            ("account", [(row.pk, str(row)) for row in accounts]),
            ("category", _ids(categories, "Any")),
            ("org_unit", _ids(units, "Any")),
            ("legal_entity", _ids(entities, "Any")),
        ):
            self.fields[name].choices = choices  # type: ignore[attr-defined]

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return {
            "slot": given["slot"],
            "event": given["event"],
            "account_id": given["account"],
            "category_id": given["category"],
            "org_unit_id": given["org_unit"],
            "legal_entity_id": given["legal_entity"],
        }


class TaxCodeForm(forms.Form):
    legal_entity = forms.TypedChoiceField(label="Legal entity", coerce=int)
    code = forms.CharField(label="Code", max_length=20)
    name = forms.CharField(label="Name", max_length=80, help_text="As invoices show it.")
    treatment = forms.ChoiceField(label="Treatment", choices=TaxCode.Treatment.choices)
    note = forms.CharField(
        label="Note on the invoice", required=False, max_length=200,
        help_text="The reason that the law wants where no tax is charged.",
    )  # fmt: skip
    is_default = forms.BooleanField(
        label="The entity's default",
        required=False,
        help_text="For contract lines that name no code.",
    )
    supply = forms.ChoiceField(
        label="Taken by itself", required=False, choices=TaxCode.Supply.choices,
        help_text="For customers elsewhere, in place of the rate at home.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["legal_entity"].choices = list(  # type: ignore[attr-defined]
            LegalEntity.objects.order_by("name").values_list("id", "name")
        )

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = dict(self.cleaned_data)
        entity_id = given.pop("legal_entity")
        return {**given, "legal_entity_id": entity_id}


class DatedRate(forms.Form):
    tax_percent = forms.DecimalField(label="Rate, %", max_digits=7, decimal_places=4, min_value=0)
    valid_from = DateField(label="From")


class CategoryTaxes(forms.Form):
    """The code of each class and category at one legal entity; empty leaves it to what is wider."""

    def __init__(self, *args: Any, page: CategoryTaxPage, **kwargs: Any) -> None:
        initial = {f"class_{name}": code for name, code in page.by_class.items()}
        initial |= {f"category_{pk}": code for pk, code in page.by_category.items()}
        super().__init__(*args, **{**kwargs, "initial": initial})
        codes = [(pk, f"{code} {name}") for pk, code, name in page.codes]
        for name in page.by_class:
            self.fields[f"class_{name}"] = _code_field(
                f"All of class {name}", "As the entity’s default", codes
            )
        for pk, label, transaction_class in page.categories:
            self.fields[f"category_{pk}"] = _code_field(
                label, f"As its class, {transaction_class}", codes
            )

    def arguments(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        given = self.cleaned_data
        return {
            "by_class": {
                name.removeprefix("class_"): code
                for name, code in given.items()
                if name.startswith("class_")
            },
            "by_category": {
                int(name.removeprefix("category_")): code
                for name, code in given.items()
                if name.startswith("category_")
            },
        }


def _code_field(label: str, empty: str, codes: Sequence[tuple[int, str]]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, required=False, coerce=int, empty_value=None, choices=[("", empty), *codes]
    )
