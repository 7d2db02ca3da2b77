"""A new line asks for what its billing method uses, and nothing else."""

import pytest

from sales.forms.quotes import LineForm

GIVEN = {
    "name": "Delivery", "transaction_classes": ["time"], "expense_policy": "at_cost",
    "invoice_frequency": "monthly", "recognition_method": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "asks", "leaves_out"),
    [
        ("time_and_material", "not_to_exceed_amount", "retainer_minutes"),
        ("fixed_price", "value_amount", "not_to_exceed_amount"),
        ("retainer", "retainer_overage_policy", "value_amount"),
    ],
)
def test_asks_for_what_the_method_uses(method: str, asks: str, leaves_out: str) -> None:
    form = LineForm({**GIVEN, "billing_method": method}, currency="GBP", method=method)
    assert asks in form.fields and leaves_out not in form.fields
    assert form.is_valid(), form.errors
    terms = form.terms()
    assert terms.billing_method == method and terms.retainer_minutes is None
    assert terms.retainer_overage_policy == "" and terms.value_amount == 0


def test_asks_for_everything_where_the_method_may_change() -> None:
    assert {"value_amount", "retainer_minutes"} <= set(LineForm(currency="GBP").fields)
