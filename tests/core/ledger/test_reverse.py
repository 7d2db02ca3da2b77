from dataclasses import fields, replace
from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import (
    ActualDraft,
    ActualType,
    BillingType,
    TransactionClass,
    actual_key,
    reverse,
)

POSTED = ActualDraft(
    type=ActualType.UNBILLED_SALES,
    work_on=date(2026, 1, 15),
    legal_entity_id=1,
    transaction_class=TransactionClass.TIME,
    currency="USD",
    amount=Decimal("1200.00"),
    source_kind="time_entry",
    source_id=77,
    revision=2,
    leg=2,
    project_id=5,
    contract_line_id=9,
    billing_type=BillingType.CHARGEABLE,
    minutes=480,
    price=Decimal("150"),
    list_amount=Decimal("1200.00"),
    entity_amount=Decimal("1100.00"),
    entity_currency="EUR",
    entity_rate=Decimal("0.9166666667"),
    tenant_amount=Decimal("1100.00"),
    tenant_currency="EUR",
    description="Workshop",
)

NEGATED = {"amount", "minutes", "list_amount", "entity_amount", "tenant_amount"}
REPLACED = {"source_kind", "source_id", "revision", "leg", "reversal_of_id"}


def test_negates_amounts_and_minutes_and_keeps_everything_else():
    mirrored = reverse(4711, POSTED)
    for field in fields(ActualDraft):
        before, after = getattr(POSTED, field.name), getattr(mirrored, field.name)
        if field.name in NEGATED:
            assert after == -before, field.name
        elif field.name not in REPLACED:
            assert after == before, field.name


def test_takes_the_reversed_row_as_its_key_so_a_second_one_collides():
    mirrored = reverse(4711, POSTED)
    assert actual_key(mirrored) == ("reversal", 4711, 1, ActualType.UNBILLED_SALES, 1)
    assert actual_key(reverse(4711, POSTED)) == actual_key(mirrored)
    assert mirrored.reversal_of_id == 4711


def test_negates_a_quantity():
    expense = replace(POSTED, minutes=None, quantity=Decimal("3"), unit="night")
    assert reverse(1, expense).quantity == Decimal("-3")
    assert reverse(1, expense).minutes is None


def test_refuses_a_reversal():
    with pytest.raises(DomainError, match="itself a reversal"):
        reverse(4712, reverse(4711, POSTED))
