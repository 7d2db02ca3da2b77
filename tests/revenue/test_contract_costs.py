"""Capitalised contract costs: written down evenly, impaired by what the contract bears, reconciled."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from moneyed import Money

from projects.models import ContractLineLink, Task
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import FiscalPeriod, JournalLine, LedgerAccount
from revenue import cost_selectors
from revenue.models import ContractCost, ContractCostCharge, Obligation
from revenue.rules.contract_costs import (
    Base,
    Outlook,
    amortisation_for,
    impairments_for,
    recoverable_of,
)
from revenue.services import close, contract_costs
from revenue.services.contract_costs import NewCost
from revenue.services.cost_charges import charge_contract_costs
from revenue.services.estimates import draft_estimates
from revenue.services.position_proofs import contract_cost_proof
from tests.billing.scenario import make_case
from tests.factories import AT
from tests.revenue.test_pages import press

YEAR = date(2026, 1, 1)


def gbp(amount: str) -> Money:
    return Money(Decimal(amount), "GBP")


def base(taken: str = "0", amount: str = "12000", starts_on: date = YEAR) -> Base:
    return Base(gbp(amount), starts_on, date(2027, 1, 1), gbp(taken))


# docs/rules/revenue.md, R-12
@pytest.mark.parametrize(
    ("taken", "until_on", "due"),
    [
        ("0", date(2026, 2, 1), "1019.18"),
        ("1019.18", date(2026, 3, 1), "920.55"),
        ("0", date(2026, 3, 1), "1939.73"),  # January was left out: it is caught up
        ("11000", date(2027, 1, 1), "1000"),
        ("11000", date(2028, 1, 1), "1000"),
        ("0", date(2025, 12, 31), "0"),
    ],
)
def test_a_period_takes_its_days(taken, until_on, due):
    assert amortisation_for(base(taken), until_on=until_on) == gbp(due)


@given(
    st.integers(1, 10_000_000),
    st.integers(1, 900),
    st.lists(st.integers(1, 60), min_size=1, max_size=30),
)
def test_the_periods_sum_to_the_cost(pence, days, steps):
    whole = Money(Decimal(pence) / 100, "GBP")
    until_on = YEAR + timedelta(days=days)
    taken, on = Money(0, "GBP"), YEAR
    for step in [*steps, 900]:
        on += timedelta(days=step)
        part = amortisation_for(Base(whole, YEAR, until_on, taken), until_on=on)
        assert part.amount >= 0
        taken += part
    assert taken == whole


# docs/rules/revenue.md, R-13
def test_what_the_contract_cannot_bear_is_impaired_in_proportion():
    bears = recoverable_of([Outlook(gbp("9000"), gbp("4000")), Outlook(gbp("1000"), gbp("2000"))])
    assert bears == gbp("4000")
    assert impairments_for([gbp("7500"), gbp("2500")], bears) == [gbp("4500"), gbp("1500")]
    assert impairments_for([gbp("3000"), gbp("1000")], bears) == [gbp("0"), gbp("0")]
    assert recoverable_of([Outlook(gbp("1"), gbp("9"))]) == gbp("0")


def test_without_an_outlook_nothing_is_tested():
    assert recoverable_of([]) is None
    assert impairments_for([gbp("7500")], None) == [gbp("0")]


# --- services --------------------------------------------------------------------------------


@pytest.fixture
def case(db):
    return make_case(currency="GBP")


def capitalise(case, **changes):
    values = {
        "kind": "obtain",
        "description": "Sales commission",
        "amount": Decimal(12000),
        "booked_account_id": LedgerAccount.objects.get(code="5200").pk,
        "capitalised_on": date(2026, 5, 4),
        "starts_on": YEAR,
        "ends_on": date(2026, 12, 31),
        **changes,
    }
    return contract_costs.capitalise_cost(
        contract_id=case.work.contract.pk, cost=NewCost(**values), actor=case.fay, at=AT
    )


def period(case, name) -> FiscalPeriod:
    return case.firm.entities["UK"].periods.get(name=name)


def charge(case, name) -> int:
    return charge_contract_costs(period_id=period(case, name).pk, actor=case.fay, at=AT)


def balance(code: str) -> Decimal:
    return sum(
        (row.debit - row.credit for row in JournalLine.objects.filter(account__code=code)),
        Decimal(0),
    )


def proof(case, as_of):
    return contract_cost_proof(case.firm.entities["UK"], as_of)


def test_are_moved_charged_once_a_period_and_reconcile(case):
    with case.scope():
        cost = capitalise(case)
        assert (balance("1310"), balance("5200")) == (12000, -12000)
        step = next(
            s
            for s in close.steps(period_id=period(case, "2026-05").pk, actor=case.fay)
            if s.code == "contract_costs"
        )
        assert (step.is_done, step.note) == (False, "1 capitalised cost to charge")
        # May catches up from January: 151 of 365 days.
        assert charge(case, "2026-05") == 1
        assert charge(case, "2026-05") == 0
        assert balance("1310") == Decimal("7035.62")
        assert charge(case, "2026-06") == 1
        assert cost_selectors.standing_of(cost).carrying == gbp("6049.32")
        for as_of, left in (
            (date(2026, 5, 30), "12000"),
            (date(2026, 5, 31), "7035.62"),
            (date(2026, 6, 30), "6049.32"),
        ):
            found = proof(case, as_of)
            assert found.holds
            assert found.left == Decimal(left)


def test_are_impaired_down_to_what_the_contract_bears(case):
    with case.scope():
        work = case.work
        # One line with a price of 20,000, of which 15,000 more cost is planned than is to come.
        Obligation.objects.exclude(contract_line=work.fixed_line).delete()
        ContractLineLink.objects.exclude(contract_line=work.fixed_line).delete()
        work.time_line.delete()
        work.retainer_line.delete()
        Obligation.objects.update(planned_cost_amount=Decimal(16000))
        Task.objects.update(effort_minutes=0, remaining_minutes=0)
        cost = capitalise(case)
        june = period(case, "2026-06")
        draft_estimates(period_id=june.pk, run_key="r", actor=case.fay, at=AT)
        charge(case, "2026-06")
        row = ContractCostCharge.objects.get()
        # 20,000 to come less 16,000 to spend: 4,000. Left after June's days: 6,049.32.
        assert row.recoverable_amount == 4000
        assert row.impaired_amount == Decimal("2049.32")
        assert row.carrying_amount == 4000
        # From July on the 4,000 are written down over what is left of the term: 184 days.
        standing = cost_selectors.standing_of(cost)
        july = amortisation_for(standing.base, until_on=date(2026, 8, 1))
        assert july == gbp("673.91")
        assert proof(case, date(2026, 6, 30)).left == 4000
        assert proof(case, date(2026, 6, 30)).holds


def test_are_not_tested_where_a_line_says_nothing_of_what_is_left(case):
    with case.scope():
        capitalise(case)
        june = period(case, "2026-06")
        draft_estimates(period_id=june.pk, run_key="r", actor=case.fay, at=AT)
        charge(case, "2026-06")
        row = ContractCostCharge.objects.get()
    assert (row.recoverable_amount, row.impaired_amount) == (None, 0)


def test_charges_are_reversed_latest_first_and_charged_anew(case):
    with case.scope():
        cost = capitalise(case)
        charge(case, "2026-05")
        charge(case, "2026-06")
        may, june = ContractCostCharge.objects.order_by("period__starts_on")
        with pytest.raises(Conflict, match="later charge"):
            contract_costs.reverse_charge(charge_id=may.pk, reason="Term", actor=case.fay, at=AT)
        contract_costs.reverse_charge(charge_id=june.pk, reason="Term", actor=case.fay, at=AT)
        with pytest.raises(Conflict, match="reversed already"):
            contract_costs.reverse_charge(charge_id=june.pk, reason="Term", actor=case.fay, at=AT)
        assert balance("1310") == Decimal("7035.62")
        assert charge(case, "2026-06") == 1
        assert cost_selectors.standing_of(cost).carrying == gbp("6049.32")
        assert proof(case, date(2026, 6, 30)).holds


def test_are_taken_back_before_a_charge_and_written_off_after_one(case):
    with case.scope():
        mistake, kept = capitalise(case), capitalise(case, kind="fulfil", description="Set-up")
        contract_costs.take_back_cost(cost_id=mistake.pk, reason="Twice", actor=case.fay, at=AT)
        assert balance("1310") == 12000
        charge(case, "2026-05")
        with pytest.raises(contract_costs.ChargedAlready, match="write off"):
            contract_costs.take_back_cost(cost_id=kept.pk, reason="Twice", actor=case.fay, at=AT)
        with pytest.raises(Conflict, match="charged already"):
            write_off(case, kept, date(2026, 5, 20))
        write_off(case, kept, date(2026, 6, 20))
        assert balance("1310") == 0
        with pytest.raises(DomainError, match="Nothing is left"):
            write_off(case, kept, date(2026, 7, 1))
        assert charge(case, "2026-06") == 0
        assert proof(case, date(2026, 6, 30)).holds


def write_off(case, cost, on):
    return contract_costs.write_off_cost(
        cost_id=cost.pk, written_off_on=on, reason="Terminated", actor=case.fay, at=AT
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"amount": Decimal("0")}, "more than 0"),
        ({"amount": Decimal("NaN")}, "more than 0"),
        ({"amount": Decimal("1.001")}, "more decimals"),
        ({"ends_on": date(2025, 12, 31)}, "at least one day"),
        ({"description": " "}, "what the cost was for"),
        ({"kind": "other"}, "obtain or to fulfil"),
        ({"booked_account_id": 0}, "Choose an account"),
    ],
)
def test_refuse_what_makes_no_sense(case, changes, words):
    with case.scope():
        with pytest.raises(DomainError, match=words):
            capitalise(case, **changes)
        assert not ContractCost.objects.exists()


def test_leave_accounts_alone_that_a_sub_ledger_keeps(case):
    with case.scope():
        for code in ("5000", "1100", "4000"):
            with pytest.raises(DomainError, match="no sub-ledger keeps"):
                capitalise(case, booked_account_id=LedgerAccount.objects.get(code=code).pk)


def test_are_finances_alone(case):
    with case.scope():
        cost = capitalise(case)
        with pytest.raises(PermissionDenied):
            contract_costs.write_off_cost(
                cost_id=cost.pk, written_off_on=date(2026, 6, 1), reason="x", actor=case.bill, at=AT
            )
        with pytest.raises(NotFound):
            cost_selectors.get_cost(actor=case.firm.actors["ben"], cost_id=cost.pk)
        assert (
            cost_selectors.costs_of_contract(
                actor=case.firm.actors["ben"], contract_id=case.work.contract.pk
            )
            == []
        )


def test_pages_capitalise_charge_and_show_each_period(case, django_assert_max_num_queries):
    fay, number = case.firm.client("fay"), case.work.contract.pk
    with case.scope():
        account = LedgerAccount.objects.get(code="5200").pk
    values = {
        "kind": "obtain", "description": "Sales commission", "amount": "12,000.00",
        "booked_account_id": account, "capitalised_on": "2026-05-04", "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }  # fmt: skip
    new = case.firm.url(f"revenue/contracts/{number}/costs/new/")
    assert "5200 Contract cost amortisation" in fay.get(new).content.decode()
    assert fay.post(new, {**values, "amount": "0"}).status_code == 422
    page = fay.post(new, values, follow=True).content.decode()
    assert "12,000.00" in page
    with case.scope():
        may = period(case, "2026-05").pk
        cost = ContractCost.objects.get()
    assert press(case, f"revenue/close/{may}/contract_costs/").status_code == 302
    with django_assert_max_num_queries(20):
        page = fay.get(case.firm.url(f"revenue/contract-costs/{cost.pk}/")).content.decode()
    assert "4,964.38" in page and "7,035.62" in page and "not tested" in page
    with django_assert_max_num_queries(20):
        assert (
            "Sales commission" in fay.get(case.firm.url("revenue/contract-costs/")).content.decode()
        )
    part = fay.get(case.firm.url(f"revenue/contracts/{number}/costs/")).content.decode()
    assert "7,035.62" in part and "Capitalise a cost" in part
    assert case.firm.client("ben").get(case.firm.url("revenue/contract-costs/")).status_code == 404


def test_a_form_sent_twice_capitalises_once(case):
    with case.scope():
        first = capitalise(case)
        with pytest.raises(contract_costs.CapitalisedAlready, match="already"):
            capitalise(case)
        capitalise(case, description="Another commission")
        contract_costs.take_back_cost(cost_id=first.pk, reason="Wrong", actor=case.fay, at=AT)
        capitalise(case)
        assert balance("1310") == 24000


def test_is_not_written_off_before_it_was_capitalised(case):
    with case.scope():
        cost = capitalise(case)
        with pytest.raises(DomainError, match="capitalised on 4 May 2026"):
            write_off(case, cost, date(2026, 5, 3))


def at_once(case, *calls):
    """Each call on a connection of its own; a refusal is a result."""
    gate = Barrier(len(calls))

    def one(call):
        try:
            gate.wait()
            with case.scope():
                return call()
        except Conflict as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_charging_and_taking_back_at_once_leave_nothing_half(committed_database):
    case = make_case(currency="GBP")
    with case.scope():
        ids = [capitalise(case, description=f"Commission {n}").pk for n in range(4)]

    def take_back():
        for pk in ids:
            contract_costs.take_back_cost(cost_id=pk, reason="Twice", actor=case.fay, at=AT)

    at_once(case, take_back, lambda: charge(case, "2026-05"))
    with case.scope():
        taken = ContractCost.objects.filter(taken_back_at__isnull=False)
        assert not ContractCostCharge.objects.filter(cost__in=taken).exists()
        assert proof(case, date(2026, 5, 31)).holds


def test_reversing_a_charge_and_charging_the_next_period_at_once_keep_their_order(
    committed_database,
):
    case = make_case(currency="GBP")
    with case.scope():
        cost = capitalise(case)
        charge(case, "2026-05")
        may = ContractCostCharge.objects.get()

    def reverse():
        contract_costs.reverse_charge(charge_id=may.pk, reason="Term", actor=case.fay, at=AT)

    at_once(case, reverse, lambda: charge(case, "2026-06"))
    with case.scope():
        # Whichever came first, June is charged to its end and nothing is left out.
        live = ContractCostCharge.objects.filter(reversed_at__isnull=True)
        taken = sum(row.amortised_amount for row in live)
        assert cost.amount - taken == cost_selectors.standing_of(cost).carrying.amount
        assert taken == Decimal("5950.68")
        assert proof(case, date(2026, 6, 30)).holds
