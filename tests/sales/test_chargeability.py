import pytest

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import BillingType
from sales.rules.chargeability import (
    ChargeabilityQuery,
    ChargeabilityRule,
    billing_type_for,
    check_unambiguous,
)

YES, NO, FREE = BillingType.CHARGEABLE, BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY
RULES = [
    ChargeabilityRule(NO, category_id=5),
    ChargeabilityRule(YES, role_id=2),
    ChargeabilityRule(NO, task_id=10),
    ChargeabilityRule(FREE, task_id=11),
    ChargeabilityRule(FREE, resource_id=7),
    ChargeabilityRule(YES, resource_id=7, category_id=5),
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (ChargeabilityQuery(), YES),
        (ChargeabilityQuery(category_id=5), NO),
        (ChargeabilityQuery(role_id=2, category_id=5), YES),
        (ChargeabilityQuery(task_path=(12, 10), role_id=2), NO),
        (ChargeabilityQuery(task_path=(11, 10)), FREE),
        (ChargeabilityQuery(resource_id=7, task_path=(10,), role_id=2), FREE),
        (ChargeabilityQuery(resource_id=7, task_path=(10,), category_id=5), YES),
    ],
)
def test_the_most_specific_rule_wins(query, expected):
    assert billing_type_for(RULES, query) is expected
    assert billing_type_for(RULES[::-1], query) is expected


def test_without_a_match_the_default_holds():
    assert billing_type_for([], ChargeabilityQuery(), default=NO) is NO


def test_two_rows_with_the_same_dimensions_are_refused():
    with pytest.raises(DomainError, match="Delete one"):
        check_unambiguous([ChargeabilityRule(NO, role_id=1), ChargeabilityRule(YES, role_id=1)])
