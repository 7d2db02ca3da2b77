"""A contract's one net position, in its own currency and in the entity's."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from psa.core.ledger.rules.positions import ContractPosition, bill, recognise
from psa.core.money.rounding import round_to_minor

CENTS = st.integers(-9_999_999, 9_999_999).map(lambda cents: Decimal(cents) / 100)
RATES = st.integers(200, 5000).map(lambda rate: Decimal(rate) / 1000)


def worth(amount: Decimal, rate: Decimal) -> Decimal:
    return round_to_minor(amount * rate, "GBP")


def test_revenue_set_against_an_advance_is_worth_what_the_advance_was():
    """USD 100.00 invoiced at 0.92, earned at 0.90: 92.00, and nothing is left over."""
    billed = bill(ContractPosition(), Decimal("100.00"), Decimal("92.00"), currency="GBP")
    assert (billed.liability, billed.liability_booked) == (Decimal("100.00"), Decimal("92.00"))
    earned = recognise(billed.after, Decimal("100.00"), Decimal("90.00"), currency="GBP")
    assert earned.booked == Decimal("92.00")
    assert earned.exchange == 0
    assert earned.after == ContractPosition()


def test_an_advance_first_and_the_rest_at_the_estimates_rate():
    """Of USD 150.00 earned at 0.90, 100.00 are an advance of 92.00: revenue 92.00 + 45.00."""
    start = ContractPosition(liability=Decimal("100.00"), liability_booked=Decimal("92.00"))
    earned = recognise(start, Decimal("150.00"), Decimal("135.00"), currency="GBP")
    assert earned.booked == Decimal("137.00")
    assert earned.after == ContractPosition(
        asset=Decimal("50.00"), asset_booked=Decimal("45.00"),
        liability=Decimal(0), liability_booked=Decimal(0),
    )  # fmt: skip


def test_invoicing_relieves_the_asset_at_its_own_rate_and_books_the_difference():
    """USD 100.00 earned at 0.90, 150.00 invoiced at 0.92: asset 90.00, gain 2.00, advance 46.00."""
    earned = recognise(ContractPosition(), Decimal("100.00"), Decimal("90.00"), currency="GBP")
    billed = bill(earned.after, Decimal("150.00"), Decimal("138.00"), currency="GBP")
    assert (billed.asset_booked, billed.liability_booked) == (Decimal("-90.00"), Decimal("46.00"))
    assert billed.exchange == Decimal("2.00")


def test_negative_revenue_uses_up_the_asset_first():
    start = ContractPosition(asset=Decimal("60.00"), asset_booked=Decimal("54.00"))
    earned = recognise(start, Decimal("-100.00"), Decimal("-92.00"), currency="GBP")
    assert earned.asset_booked == Decimal("-54.00")
    assert earned.liability_booked == Decimal("36.80")
    assert earned.booked == Decimal("-90.80")


MOVES = st.lists(st.tuples(st.booleans(), CENTS, RATES), min_size=1, max_size=8)


@given(MOVES)
def test_is_never_negative_on_one_side_alone_and_both_currencies_end_together(moves):
    position = ContractPosition()
    entity_net = Decimal(0)
    for is_invoice, amount, rate in moves:
        value = worth(amount, rate)
        before = position
        act = bill if is_invoice else recognise
        move = act(position, amount, value, currency="GBP")
        position = move.after
        assert position.net == before.net + (-amount if is_invoice else amount)
        assert min(position.asset, position.liability) == 0
        assert min(position.asset, position.liability, position.asset_booked,
                   position.liability_booked) >= 0  # fmt: skip
        if not position.asset:
            assert position.asset_booked == 0
        if not position.liability:
            assert position.liability_booked == 0
        # What the entry posts balances: the receivable, the position, and the difference.
        if is_invoice:
            assert value + move.booked - move.exchange == 0
        else:
            assert move.exchange == 0
        entity_net += move.booked
    assert position.asset_booked - position.liability_booked == entity_net


@given(st.lists(st.tuples(st.booleans(), CENTS), min_size=1, max_size=8))
def test_in_the_entitys_own_currency_nothing_is_left_and_each_move_is_undone(moves):
    position = ContractPosition()
    for is_invoice, amount in moves:
        act = bill if is_invoice else recognise
        move = act(position, amount, amount, currency="GBP")
        assert move.exchange == 0
        assert (move.after.asset, move.after.liability) == (
            move.after.asset_booked, move.after.liability_booked,
        )  # fmt: skip
        assert act(move.after, -amount, -amount, currency="GBP").after == position
        position = move.after
