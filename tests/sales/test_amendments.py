"""What an amendment may change, what it does to the value, and how it is stored."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from sales.rules import amendment as rules
from sales.rules.amendment import (
    LineFacts,
    NewLimit,
    NewLine,
    NewRate,
    NewRetainer,
    NewTerm,
    NewValue,
    Wanted,
)
from sales.rules.line_terms import LineTermsInput, MilestoneInput
from sales.selectors import amendments as selectors
from sales.services import amendments
from tests.factories import AT, TODAY, make_engagement

D = Decimal
FIXED = LineFacts(
    2, "Blueprint", "fixed_price", D(20000), None, date(2026, 1, 1), date(2026, 6, 30)
)
BUILD = LineFacts(1, "Build", "time_and_material", D(50000), D(60000))
SUPPORT = LineFacts(
    3, "Support", "retainer", D(60000), None, date(2026, 1, 1), date(2026, 12, 31), D(5000), 2400
)
LINES = {line.id: line for line in (BUILD, FIXED, SUPPORT)}
FROM = date(2026, 7, 1)
PORTAL = LineTermsInput(
    "Portal", "fixed_price", date(2026, 8, 1), date(2026, 10, 31), value_amount=D(30000)
)


def test_the_value_is_that_of_the_lines_after_it():
    # S-31: a line of 30,000, a fixed price from 20,000 to 24,000; and six months at 6,000
    # instead of 5,000, three more months at 6,000.
    changes = [
        Wanted(NewLine(PORTAL)),
        Wanted(NewValue(D(24000)), FIXED.id),
        Wanted(NewRetainer(D(6000), 2400), SUPPORT.id),
        Wanted(NewTerm(None, date(2027, 3, 31)), SUPPORT.id),
        Wanted(NewLimit(D(80000)), BUILD.id),
        Wanted(NewRate(D(150)), BUILD.id, 7),
        Wanted(NewTerm(None, date(2027, 3, 31))),
    ]
    assert rules.value_difference(changes, LINES, effective_on=FROM) == (
        D(30000) + D(4000) + 6 * D(1000) + 3 * D(6000)
    )


def test_a_retainer_shortened_is_worth_less():
    value = rules.retainer_value(SUPPORT, effective_on=FROM, term=NewTerm(None, date(2026, 9, 30)))
    assert value == D(45000)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (NewValue(D(-1)), BUILD, "cannot be negative"),
        (NewValue(D(1)), SUPPORT, "is a retainer"),
        (NewValue(D(1), (MilestoneInput("M", FROM, D(1)),)), BUILD, "no milestones"),
        (NewValue(D(1), (MilestoneInput("M", FROM, D(0)),)), FIXED, "above 0"),
        (NewLimit(D(60000)), BUILD, "present limit"),
        (NewLimit(D(1)), FIXED, "not time and material"),
        (NewRate(D(1)), FIXED, "fixed price"),
        (NewRate(D(1), "week"), BUILD, "hour or by the day"),
        (NewRetainer(D(1), None), BUILD, "not a retainer"),
        (NewRetainer(D(0), None), SUPPORT, "amount per month"),
        (NewTerm(None, None), BUILD, "first or a last day"),
        (NewTerm(date(2026, 7, 1), date(2026, 6, 1)), BUILD, "before it starts"),
        (NewTerm(date(2026, 2, 1), None), SUPPORT, "keeps its first day"),
        (NewTerm(None, date(2026, 9, 10)), SUPPORT, "whole months"),
        (NewLimit(D(1)), None, "Choose the line"),
    ],
)  # fmt: skip
def test_a_change_that_makes_no_sense_is_refused(change, line, words):
    with pytest.raises(DomainError, match=words):
        rules.check_change(change, line)


def test_an_amendment_changes_something_and_nothing_twice():
    with pytest.raises(DomainError, match="changes nothing"):
        rules.check_set([])
    with pytest.raises(DomainError, match="same term"):
        rules.check_set([Wanted(NewLimit(D(1)), 1), Wanted(NewLimit(D(2)), 1)])
    rules.check_set([Wanted(NewRate(D(1)), 1, 7), Wanted(NewRate(D(1)), 1, 8)])


_amounts = st.decimals(0, 10**9, places=4)
_days = st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(
    st.one_of(
        st.builds(NewLimit, st.none() | _amounts),
        st.builds(NewTerm, st.none() | _days, st.none() | _days),
        st.builds(NewRate, st.none() | _amounts, st.sampled_from(rules.UNITS)),
        st.builds(NewRetainer, _amounts, st.none() | st.integers(0, 9000)),
        st.builds(
            NewValue, _amounts,
            st.lists(st.builds(MilestoneInput, st.text(min_size=1), _days, _amounts)).map(tuple),
        ),
        st.builds(
            NewLine,
            st.builds(
                LineTermsInput, st.text(min_size=1), st.just("retainer"), st.none() | _days, _days,
                retainer_amount=_amounts,
            ),
        ),
    )
)  # fmt: skip
def test_a_change_is_read_as_it_was_stored(change):
    assert rules.restored(rules.kind_of(change), rules.stored(change)) == change


@pytest.fixture
def deal(acme):
    with acme.scope():
        yield make_engagement(acme)


def draft(acme, deal, who="amara", **more):
    facts = {"title": "Longer", "reason": "The site opens later.", "effective_on": TODAY}
    return amendments.draft_amendment(
        contract_id=deal.contract.pk, actor=acme.actors[who], at=AT, **(facts | more)
    )


def add(acme, row, change, who="amara", **more):
    return amendments.add_change(
        amendment_id=row.pk, change=change, actor=acme.actors[who], at=AT, **more
    )


def test_are_numbered_in_turn_and_told_on_the_contract(acme, deal):
    first, second = draft(acme, deal), draft(acme, deal, title="Dearer")
    assert (first.number, second.number) == (1, 2)
    assert selectors.code_of(second) == "C-1/2"
    rows = selectors.amendments_of(actor=acme.actors["amara"], contract_id=deal.contract.pk)
    assert [row.title for row in rows] == ["Dearer", "Longer"]


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"title": " "}, "title"), ({"reason": ""}, "reason"),
     ({"effective_on": date(2025, 12, 31)}, "effective_on")],
)  # fmt: skip
def test_a_draft_says_what_why_and_from_when(acme, deal, facts, field):
    with pytest.raises(DomainError) as refused:
        draft(acme, deal, **facts)
    assert refused.value.field == field


def test_are_for_contracts_in_force(acme, deal):
    for status in ("draft", "completed", "closed"):
        type(deal.contract).objects.update(status=status)
        with pytest.raises(Conflict):
            draft(acme, deal)


@pytest.mark.parametrize(
    ("who", "refusal"), [("priya", PermissionDenied), ("bill", PermissionDenied), ("ben", NotFound)]
)
def test_are_drafted_by_who_manages_contracts(acme, deal, who, refusal):
    with pytest.raises(refusal):
        draft(acme, deal, who)


def test_are_frozen_by_the_client_s_acceptance(acme, deal):
    row = draft(acme, deal)
    accept = {"client_name": "Cleo", "accepted_on": TODAY, "actor": acme.actors["amara"], "at": AT}
    with pytest.raises(DomainError, match="changes nothing"):
        amendments.record_acceptance(amendment_id=row.pk, **accept)
    change = add(acme, row, NewTerm(None, date(2027, 3, 31)))
    amendments.record_acceptance(amendment_id=row.pk, **accept)
    with pytest.raises(Conflict, match="accepted by the client"):
        add(acme, row, NewLimit(D(5)), line_id=deal.time_line.pk)
    with pytest.raises(Conflict):
        amendments.remove_change(
            amendment_id=row.pk, change_id=change.pk, actor=acme.actors["amara"], at=AT
        )
    amendments.withdraw_amendment(amendment_id=row.pk, actor=acme.actors["amara"], at=AT)
    with pytest.raises(Conflict, match="withdrawn"):
        amendments.withdraw_amendment(amendment_id=row.pk, actor=acme.actors["amara"], at=AT)


def test_a_new_fixed_price_falls_due_whole_unless_it_is_parted(acme, deal):
    row = draft(acme, deal)
    add(acme, row, NewLine(PORTAL))
    with pytest.raises(DomainError, match="lack"):
        add(acme, row, NewLine(PORTAL, (MilestoneInput("Half", TODAY, D(15000)),)))
    page = selectors.amendment_page(actor=acme.actors["amara"], amendment_id=row.pk)
    assert page.changes[0].becomes.parts[0][1:] == (date(2026, 10, 31), page.value_difference)
    assert page.value_difference.amount == D(30000)


def test_one_term_is_changed_once_and_of_one_s_own_lines(acme, deal):
    row = draft(acme, deal)
    add(acme, row, NewLimit(D(70000)), line_id=deal.time_line.pk)
    with pytest.raises(Conflict, match="that term already"):
        add(acme, row, NewLimit(D(80000)), line_id=deal.time_line.pk)
    with pytest.raises(DomainError, match="line of this contract"):
        add(acme, row, NewLimit(D(80000)), line_id=10**9)
