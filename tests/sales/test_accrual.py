from decimal import Decimal

import pytest

from psa.core.errors import DomainError
from psa.core.ledger.rules.types import ActualType, BillingMethod, BillingType, TransactionClass
from sales.rules.accrual import AmountPolicy, ApprovedEntry, legs_for, legs_for_due_amount

TM, FP, RT = BillingMethod.TIME_AND_MATERIAL, BillingMethod.FIXED_PRICE, BillingMethod.RETAINER
YES, NO, FREE = BillingType.CHARGEABLE, BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY
COST, UNBILLED = ActualType.COST, ActualType.UNBILLED_SALES
USED = ActualType.RETAINER_CONSUMPTION
AT_COST, AT_SALES = AmountPolicy.COST_PRICE, AmountPolicy.SALES_PRICE
ZERO, TRANSFER = AmountPolicy.ZERO_KEEPING_LIST, AmountPolicy.TRANSFER_PRICE


def time(method, billing_type=YES, billable=None, **kwargs):
    return ApprovedEntry(
        TransactionClass.TIME,
        billing_type,
        method,
        minutes=480,
        billable_minutes=billable,
        **kwargs,
    )


def rows(entry):
    return [
        (leg.type, leg.leg, leg.billing_type, leg.minutes, leg.amount_policy)
        for leg in legs_for(entry)
    ]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (time(TM), [(COST, 1, YES, 480, AT_COST), (UNBILLED, 1, YES, 480, AT_SALES)]),
        (
            time(TM, billable=360),
            [
                (COST, 1, YES, 480, AT_COST),
                (UNBILLED, 1, YES, 360, AT_SALES),
                (UNBILLED, 2, NO, 120, ZERO),
            ],
        ),
        (
            time(TM, billable=600),
            [(COST, 1, YES, 480, AT_COST), (UNBILLED, 1, YES, 600, AT_SALES)],
        ),
        (time(TM, billable=0), [(COST, 1, YES, 480, AT_COST), (UNBILLED, 1, NO, 480, ZERO)]),
        (time(TM, FREE), [(COST, 1, FREE, 480, AT_COST), (UNBILLED, 1, FREE, 480, ZERO)]),
        (time(TM, NO), [(COST, 1, NO, 480, AT_COST)]),
        (time(FP), [(COST, 1, YES, 480, AT_COST)]),
        (time(RT), [(COST, 1, YES, 480, AT_COST), (USED, 1, YES, 480, AT_SALES)]),
        (time(None, NO), [(COST, 1, NO, 480, AT_COST)]),
        (
            time(TM, is_borrowed=True),
            [
                (COST, 1, YES, 480, TRANSFER),
                (ActualType.RESOURCING_UNIT_COST, 1, YES, 480, AT_COST),
                (ActualType.INTER_ORGANISATION_SALES, 1, YES, 480, TRANSFER),
                (UNBILLED, 1, YES, 480, AT_SALES),
            ],
        ),
    ],
)
def test_rows_of_an_approved_time_entry(entry, expected):
    assert rows(entry) == expected


def test_an_expense_has_a_quantity_and_sales_only_if_chargeable():
    def expense(billing_type):
        return ApprovedEntry(TransactionClass.EXPENSE, billing_type, TM, quantity=Decimal(2))

    assert [(leg.type, leg.quantity, leg.minutes) for leg in legs_for(expense(YES))] == [
        (COST, Decimal(2), None),
        (UNBILLED, Decimal(2), None),
    ]
    assert [leg.type for leg in legs_for(expense(NO))] == [COST]


def test_a_milestone_due_is_one_unbilled_row():
    (leg,) = legs_for_due_amount()
    assert (leg.type, leg.quantity, leg.amount_policy) == (UNBILLED, Decimal(1), AT_SALES)


@pytest.mark.parametrize(
    "entry",
    [
        ApprovedEntry(TransactionClass.TIME, YES, TM),
        ApprovedEntry(TransactionClass.TIME, YES, TM, quantity=Decimal(1)),
        ApprovedEntry(TransactionClass.EXPENSE, YES, TM, minutes=60),
        ApprovedEntry(TransactionClass.TIME, YES, TM, minutes=0),
        ApprovedEntry(TransactionClass.TIME, YES, TM, minutes=60, billable_minutes=-1),
    ],
)
def test_a_malformed_entry_is_refused(entry):
    with pytest.raises(DomainError):
        legs_for(entry)
