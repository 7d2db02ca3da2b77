"""The form of who pays a contract."""

from typing import Any

from django import forms

from psa.core.actor import Actor
from psa.core.money.rounding import round_to_minor
from psa.core.org.models import OrgUnit
from psa.core.web.forms import AmountField, DateField, FieldTable, field_table
from sales.models import Account, Contract
from sales.selectors import visibility
from sales.selectors.funding import PayerView, SplitView
from sales.services.funding import PayerShare

from .fields import optional_id

SHARE_ROWS = 6
# Before a unit's id among the choices of payers: the payer is a department.
UNIT = "unit-"


class FundingForm(forms.Form):
    """A split: steps that are used up in order, and who pays which share of each."""

    valid_from = DateField(label="For work from")
    line = forms.ChoiceField(label="Of", required=False)

    def __init__(self, *args: Any, contract: Contract, actor: Actor, **kwargs: Any):
        super().__init__(*args, **kwargs)
        lines = contract.lines.order_by("position").values_list("pk", "name")
        self.fields["line"].choices = [("", "The whole contract"), *lines]  # type: ignore[attr-defined]
        accounts = visibility.accounts_visible_to(actor).exclude(kind="vendor").order_by("name")
        units = OrgUnit.objects.filter(legal_entity=contract.legal_entity_id).order_by("name")
        choices = [
            ("", "–"),
            ("Customers", list(accounts.values_list("pk", "name")[:2000])),
            (
                "Departments",
                [(f"{UNIT}{pk}", name) for pk, name in units.values_list("pk", "name")],
            ),
        ]
        for row in range(1, SHARE_ROWS + 1):
            self.fields[f"priority_{row}"] = forms.IntegerField(
                label=f"Step {row}", required=False, min_value=1, max_value=99
            )
            self.fields[f"account_{row}"] = forms.ChoiceField(
                label=f"Payer {row}", required=False, choices=choices
            )
            self.fields[f"percent_{row}"] = forms.DecimalField(
                label=f"Share {row}, %", required=False, min_value=0, max_value=100,
                max_digits=7, decimal_places=4,
            )  # fmt: skip
            self.fields[f"limit_amount_{row}"] = AmountField(
                label=f"Up to {row}", required=False, min_value=0, currency=contract.currency
            )

    @property
    def repeated(self) -> FieldTable:
        """The rows, one a payer's share of a step."""
        columns = {
            "priority": "Step",
            "account": "Payer",
            "percent": "Share, %",
            "limit_amount": "Up to",
        }
        return field_table(self, "Payers", columns, rows=SHARE_ROWS)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for row in range(1, SHARE_ROWS + 1):
            parts = [data.get(f"{part}_{row}") for part in ("priority", "account", "percent")]
            is_filled = [part not in (None, "") for part in parts]
            if any(is_filled) and not all(is_filled):
                self.add_error(f"account_{row}", "A row needs a step, a payer and a share.")
        return data

    def shares(self) -> list[PayerShare]:
        """The rows that are filled in."""
        data = self.cleaned_data
        found = []
        for row in range(1, SHARE_ROWS + 1):
            payer: str = data[f"account_{row}"]
            if not payer:
                continue
            is_unit = payer.startswith(UNIT)
            found.append(
                PayerShare(
                    data[f"priority_{row}"],
                    None if is_unit else int(payer),
                    data[f"percent_{row}"],
                    data[f"limit_amount_{row}"],
                    int(payer.removeprefix(UNIT)) if is_unit else None,
                )
            )
        return found

    def line_id(self) -> int | None:
        return optional_id(self.cleaned_data["line"])

    @staticmethod
    def initial_of(
        contract: Contract, splits: list[SplitView], payers: list[PayerView]
    ) -> dict[str, Any]:
        """The contract's latest split, or its customer with all of it."""
        limits = {
            payer.account.pk: round_to_minor(payer.limit_amount, contract.currency)
            for payer in payers
            if payer.limit_amount is not None
        }
        latest = next((one for one in splits if one.line is None), None)
        if latest is None:
            return {
                "valid_from": contract.starts_on,
                "priority_1": 1, "account_1": contract.account_id, "percent_1": 100,
            }  # fmt: skip
        initial: dict[str, Any] = {"valid_from": latest.valid_from}
        for row, share in enumerate(latest.shares[:SHARE_ROWS], start=1):
            initial |= {
                f"priority_{row}": share.priority,
                f"account_{row}": _choice_of(share.account),
                f"percent_{row}": f"{share.percent.normalize():f}",
                f"limit_amount_{row}": limits.get(share.account.pk),
            }
        return initial


def _choice_of(account: Account) -> str:
    """The payer as the form's choices name it."""
    return f"{UNIT}{account.org_unit_id}" if account.is_department else str(account.pk)
