from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from psa.core.errors import DomainError
from psa.core.ledger.rules.conversion import spread
from psa.core.ledger.rules.journals import (
    CostFact,
    Dimensions,
    EntryHeader,
    JournalDraft,
    NothingToPost,
    ProfileLine,
    Unbalanced,
    aggregate_costs,
    check_balanced,
    mirror,
    profile_entry,
)
from psa.core.ledger.rules.positions import ContractPosition
from psa.core.ledger.rules.posting_profiles import JournalEvent, PostingProfile, ProfileBook, Slot
from psa.core.ledger.rules.postings import (
    AccrualFact,
    InvoiceFact,
    InvoiceLineFact,
    InvoiceTaxFact,
    MonetaryBalance,
    SettledItem,
    accrual_entry,
    booked_share,
    invoice_entry,
    payment_entry,
    revaluation_entry,
    revenue_entry,
)

ACCOUNT = {slot: number for number, slot in enumerate(Slot, start=100)}
BOOK = ProfileBook([PostingProfile(slot, account) for slot, account in ACCOUNT.items()])
P1 = Dimensions(project_id=1, contract_id=17)
CENTS = st.decimals(min_value=-9999999, max_value=9999999, places=2)


def header(event=JournalEvent.ADJUSTMENT, currency="EUR"):
    return EntryHeader(event, 1, currency, date(2026, 1, 31), "batch", "1", "Batch 1")


def by_slot(draft):
    totals = {}
    for line in draft.lines:
        totals[line.slot] = totals.get(line.slot, Decimal(0)) + line.amount
    return totals


def position(asset="0.00", liability="0.00"):
    """A contract's position in the entity's own currency."""
    return ContractPosition(*[Decimal(asset), Decimal(liability)] * 2)


def eur(amount):
    return Money(amount, "EUR")


def usd(amount):
    return Money(amount, "USD")


def cost(actual_id, amount, event=JournalEvent.TIME_COST, **kwargs):
    amount = Decimal(amount)
    defaults = {
        "entity_amount": amount,
        "currency": "EUR",
        "amount": amount,
        "dimensions": P1,
    }
    return CostFact(actual_id=actual_id, event=event, **{**defaults, **kwargs})


def test_time_cost_debits_project_cost_and_credits_payroll_allocation():
    result = aggregate_costs(header(), BOOK, [cost(1, "400.00"), cost(2, "100.00")])
    assert by_slot(result.draft) == {
        Slot.PROJECT_COST: Decimal("500.00"),
        Slot.PAYROLL_ALLOCATION: Decimal("-500.00"),
    }
    assert len(result.draft.lines) == 2
    assert result.line_of_actual == {1: 0, 2: 0}


def test_an_expense_posts_recoverable_tax_and_owes_the_gross():
    fact = cost(
        1,
        "100.00",
        JournalEvent.EXPENSE_OWN_PAID,
        entity_recoverable_tax=Decimal("19.00"),
        recoverable_tax=Decimal("19.00"),
    )
    card = cost(2, "50.00", JournalEvent.EXPENSE_CARD)
    result = aggregate_costs(header(), BOOK, [fact, card])
    assert by_slot(result.draft) == {
        Slot.PROJECT_EXPENSE: Decimal("150.00"),
        Slot.RECOVERABLE_TAX: Decimal("19.00"),
        Slot.EMPLOYEE_PAYABLE: Decimal("-119.00"),
        Slot.CARD_CLEARING: Decimal("-50.00"),
    }


def test_a_reversal_keeps_its_line_when_it_cancels_its_original():
    result = aggregate_costs(header(), BOOK, [cost(1, "80.00"), cost(2, "-80.00")])
    lines = result.draft.lines
    assert lines[result.line_of_actual[1]].debit == Decimal("80.00")
    assert lines[result.line_of_actual[2]].credit == Decimal("80.00")


def test_a_run_of_nothing_is_refused():
    with pytest.raises(NothingToPost):
        aggregate_costs(header(), BOOK, [cost(1, "0.00")])


def test_an_event_that_a_posting_run_does_not_post_is_refused():
    with pytest.raises(DomainError, match="not posted by a posting run"):
        aggregate_costs(header(), BOOK, [cost(1, "1.00", JournalEvent.INVOICE)])


@given(
    st.lists(
        st.tuples(CENTS, CENTS, st.sampled_from([1, 2, 3]), st.sampled_from(["EUR", "USD"])),
        min_size=1,
        max_size=40,
    )
)
def test_any_batch_balances_and_each_line_is_the_sum_of_its_actuals(rows):
    facts = [
        cost(
            index,
            amount,
            JournalEvent.EXPENSE_CARD,
            dimensions=Dimensions(project_id=project),
            currency=currency,
            entity_recoverable_tax=tax,
            recoverable_tax=tax,
        )
        for index, (amount, tax, project, currency) in enumerate(rows)
    ]
    try:
        result = aggregate_costs(header(), BOOK, facts)
    except NothingToPost:
        assert all(fact.entity_amount == fact.entity_recoverable_tax == 0 for fact in facts)
        return
    check_balanced(result.draft)
    sums = {}
    for fact in facts:
        if fact.entity_amount:
            index = result.line_of_actual[fact.actual_id]
            sums[index] = sums.get(index, Decimal(0)) + fact.entity_amount
    for index, total in sums.items():
        assert result.draft.lines[index].amount == total


def test_the_mirror_swaps_sides_and_keeps_the_rest():
    entry = profile_entry(
        header(JournalEvent.WRITE_OFF),
        BOOK,
        [
            ProfileLine(Slot.WRITE_OFF, Decimal("9.10"), P1, usd("10.00"), Decimal("0.91")),
            ProfileLine(Slot.RECEIVABLE, Decimal("-9.10"), P1, usd("-10.00"), Decimal("0.91")),
        ],
    )
    back = mirror(entry, posting_on=date(2026, 2, 1), reverses_id=5)
    assert back.reverses_id == 5
    assert back.header.posting_on == date(2026, 2, 1)
    assert [line.amount for line in back.lines] == [-line.amount for line in entry.lines]
    assert [line.transaction_amount for line in back.lines] == [usd("-10").amount, usd("10").amount]
    again = mirror(back, posting_on=date(2026, 2, 1))
    assert again.lines == entry.lines


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        (("10.00", "-9.99"), "differ by 0.01 EUR"),
        (("10.001", "-10.001"), "more decimals"),
    ],
)
def test_an_unbalanced_entry_is_refused(amounts, reason):
    lines = [ProfileLine(Slot.BANK, Decimal(amount)) for amount in amounts]
    with pytest.raises(Unbalanced, match=reason):
        profile_entry(header(), BOOK, lines)


def test_a_single_line_and_a_two_sided_line_are_refused():
    with pytest.raises(Unbalanced, match="two lines"):
        profile_entry(header(), BOOK, [ProfileLine(Slot.BANK, Decimal(1))])
    entry = profile_entry(
        header(),
        BOOK,
        [ProfileLine(Slot.BANK, Decimal(1)), ProfileLine(Slot.REVENUE, Decimal(-1))],
    )
    both = replace(entry.lines[0], credit=Decimal(1))
    with pytest.raises(Unbalanced, match="one positive side"):
        check_balanced(JournalDraft(entry.header, (both, entry.lines[1])))


def test_the_closing_accrual_is_returned_by_its_mirror():
    entry = accrual_entry(
        header(JournalEvent.SALES_ACCRUAL),
        BOOK,
        [AccrualFact(eur("300.00"), Decimal("300.00"), P1)],
    )
    assert by_slot(entry) == {
        Slot.CONTRACT_ASSET: Decimal("300.00"),
        Slot.ACCRUED_REVENUE: Decimal("-300.00"),
    }
    back = mirror(entry, posting_on=date(2026, 2, 1))
    assert by_slot(back)[Slot.CONTRACT_ASSET] == Decimal("-300.00")


def test_a_right_to_invoice_invoice_posts_revenue_at_stored_rates_and_the_rest_as_fx():
    fact = InvoiceFact(
        lines=(InvoiceLineFact(usd("1000.00"), P1, stored_entity_amount=Decimal("905.00")),),
        taxes=(InvoiceTaxFact(usd("190.00")),),
        rate=Decimal("0.92"),
    )
    result = invoice_entry(header(JournalEvent.INVOICE), BOOK, fact)
    assert by_slot(result.draft) == {
        Slot.RECEIVABLE: Decimal("1094.80"),
        Slot.REVENUE: Decimal("-905.00"),
        Slot.TAX_PAYABLE: Decimal("-174.80"),
        Slot.REALISED_FX: Decimal("-15.00"),
    }
    assert result.realised_fx == Decimal("15.00")


def test_an_invoice_in_the_entitys_currency_may_not_differ_from_its_actuals():
    fact = InvoiceFact(
        (InvoiceLineFact(eur("100.00"), P1, stored_entity_amount=Decimal("99.99")),),
        (),
        Decimal(1),
    )
    with pytest.raises(DomainError, match=r"differ from their actuals by 0\.01 EUR"):
        invoice_entry(header(JournalEvent.INVOICE), BOOK, fact)


def test_any_other_invoice_uses_up_the_contract_asset_then_raises_the_liability():
    fact = InvoiceFact(
        (InvoiceLineFact(eur("600000.00"), P1, contract_id=17),),
        (InvoiceTaxFact(eur("114000.00")),),
        Decimal(1),
    )
    result = invoice_entry(
        header(JournalEvent.INVOICE),
        BOOK,
        fact,
        positions={17: position(asset="60000.00")},
    )
    assert by_slot(result.draft) == {
        Slot.RECEIVABLE: Decimal("714000.00"),
        Slot.CONTRACT_ASSET: Decimal("-60000.00"),
        Slot.CONTRACT_LIABILITY: Decimal("-540000.00"),
        Slot.TAX_PAYABLE: Decimal("-114000.00"),
    }
    assert result.positions[17] == position(liability="540000.00")


def test_three_years_of_the_fixed_price_example_end_at_nothing():
    now = ContractPosition()
    nets = []
    for billed, revenue in (("300000", "360000"), ("600000", "440000"), ("300000", "400000")):
        fact = InvoiceFact((InvoiceLineFact(eur(billed), P1, contract_id=17),), (), Decimal(1))
        invoiced = invoice_entry(header(JournalEvent.INVOICE), BOOK, fact, positions={17: now})
        earned = revenue_entry(
            header(JournalEvent.REVENUE_ESTIMATE),
            BOOK,
            amount=eur(revenue),
            worth=Decimal(revenue),
            position=invoiced.positions[17],
            dimensions=P1,
        )
        now = earned.position
        nets.append(now.net)
    assert nets == [Decimal("60000"), Decimal("-100000"), Decimal("0")]


def test_a_credit_note_mirrors_its_invoice_at_the_originals_rate():
    lines = (
        InvoiceLineFact(usd("33.33"), P1, contract_id=17),
        InvoiceLineFact(usd("66.67"), P1, stored_entity_amount=Decimal("60.01")),
        InvoiceLineFact(usd("-10.00"), P1, stored_entity_amount=Decimal("-9.00")),
    )
    fact = InvoiceFact(lines, (InvoiceTaxFact(usd("17.10")),), Decimal("0.9137"))
    credit = InvoiceFact(
        tuple(
            replace(
                line,
                net=-line.net,
                stored_entity_amount=(
                    None if line.stored_entity_amount is None else -line.stored_entity_amount
                ),
            )
            for line in lines
        ),
        (InvoiceTaxFact(usd("-17.10")),),
        Decimal("0.9137"),
    )
    invoiced = invoice_entry(header(JournalEvent.INVOICE), BOOK, fact)
    credited = invoice_entry(
        header(JournalEvent.CREDIT_NOTE), BOOK, credit, positions=invoiced.positions
    )
    assert [line.amount for line in credited.draft.lines] == [
        -line.amount for line in invoiced.draft.lines
    ]
    assert credited.positions[17] == position()


@given(
    st.decimals(min_value=-999999, max_value=999999, places=2),
    st.lists(CENTS, min_size=1, max_size=8),
)
def test_a_spread_sums_to_the_whole_and_mirrors(total, weights):
    if sum(weights) == 0:
        return
    parts = spread(total, weights, "EUR")
    assert sum(parts) == total
    assert spread(-total, weights, "EUR") == [-part for part in parts]


def test_a_payment_books_the_rate_difference_as_realised_fx():
    entry = payment_entry(
        header(JournalEvent.PAYMENT_RECEIVED),
        BOOK,
        received=usd("1300.00"),
        rate=Decimal("0.93"),
        items=[SettledItem(usd("1300.00"), Decimal("1190.00"), usd("1300.00"), P1)],
    )
    assert by_slot(entry) == {
        Slot.BANK: Decimal("1209.00"),
        Slot.RECEIVABLE: Decimal("-1190.00"),
        Slot.REALISED_FX: Decimal("-19.00"),
    }


def test_what_is_paid_too_much_is_an_advance_at_the_payments_rate():
    entry = payment_entry(
        header(JournalEvent.PAYMENT_RECEIVED),
        BOOK,
        received=usd("150.00"),
        rate=Decimal("0.90"),
        items=[SettledItem(usd("100.00"), Decimal("92.00"), usd("100.00"), P1)],
    )
    assert by_slot(entry) == {
        Slot.BANK: Decimal("135.00"),
        Slot.RECEIVABLE: Decimal("-92.00"),
        Slot.CUSTOMER_ADVANCE: Decimal("-45.00"),
        Slot.REALISED_FX: Decimal("2.00"),
    }


@given(st.lists(st.integers(1, 100000), min_size=1, max_size=8), st.integers(0, 10**7))
def test_partial_payments_clear_the_booked_receivable_exactly(cents, entity_cents):
    open_amount = usd(Decimal(sum(cents)) / 100)
    booked = Decimal(entity_cents) / 100
    for part in cents:
        paid = usd(Decimal(part) / 100)
        booked -= booked_share(SettledItem(open_amount, booked, paid, P1), "EUR")
        open_amount -= paid
        assert booked >= 0
    assert open_amount.amount == 0
    assert booked == 0


def test_a_payment_never_settles_more_than_is_open_or_received():
    item = SettledItem(eur("10.00"), Decimal("10.00"), eur("11.00"), P1)
    with pytest.raises(DomainError, match="cannot settle"):
        booked_share(item, "EUR")
    with pytest.raises(DomainError, match="more than the"):
        payment_entry(header(), BOOK, received=eur("5.00"), rate=Decimal(1), items=[item])


def test_revaluation_moves_a_foreign_balance_to_the_closing_rate_and_back():
    balance = MonetaryBalance(
        Slot.RECEIVABLE, 77, usd("1300.00"), Decimal("1190.00"), Decimal("0.90"), P1
    )
    entry = revaluation_entry(header(JournalEvent.REVALUATION), BOOK, [balance])
    assert by_slot(entry) == {
        Slot.RECEIVABLE: Decimal("-20.00"),
        Slot.UNREALISED_FX: Decimal("20.00"),
    }
    assert entry.lines[0].gl_account_id == 77
    assert (entry.lines[0].transaction_currency, entry.lines[0].transaction_amount) == ("USD", 0)
    back = mirror(entry, posting_on=date(2026, 2, 1))
    assert by_slot(back)[Slot.RECEIVABLE] == Decimal("20.00")


def test_a_contract_liability_is_never_revalued():
    balance = MonetaryBalance(
        Slot.CONTRACT_LIABILITY, 77, usd("-10.00"), Decimal("-9.00"), Decimal("0.95"), P1
    )
    with pytest.raises(DomainError, match="never revalued"):
        revaluation_entry(header(JournalEvent.REVALUATION), BOOK, [balance])
