"""Card statements: read, previewed, imported once, matched to expenses."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from tests.timeexpense.conftest import NOW, Scene
from tests.timeexpense.test_expenses import add, draft
from timeexpense.models import CardLine
from timeexpense.rules import card_statement as rules
from timeexpense.rules.card_statement import Reading, Transaction
from timeexpense.selectors import cards as selectors
from timeexpense.services import cards, expenses

TABLE = b"""Datum;Betrag;Waehrung;Beschreibung;Kartennummer
08.07.2026;119,00;EUR;Deutsche Bahn;**** **** **** 1234
08.07.2026;4,50;EUR;Coffee;**** 1234
08.07.2026;4,50;EUR;Coffee;**** 1234
"""
OFX = b"""OFXHEADER:100
DATA:OFXSGML

<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>EUR
<CCACCTFROM><ACCTID>4000123412341234</CCACCTFROM><BANKTRANLIST>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20260708[+1:CET]
<TRNAMT>-119.00<FITID>A1<NAME>Deutsche Bahn &amp; Co</STMTTRN>
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20260709<TRNAMT>20.00<FITID>A2<NAME>Refund</STMTTRN>
</BANKTRANLIST></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>
"""
DAY_FIRST = Reading("day_first")


def card(scene: Scene, name: str = "ben", ending: str = "1234") -> None:
    cards.save_card(
        resource_id=scene.firm.resources[name].pk, ending=ending, name="Visa", currency="EUR",
        actor=scene.actor("fay"), at=NOW,
    )  # fmt: skip


def take_in(scene: Scene, content: bytes = TABLE, **changes: Any) -> Any:
    values: dict[str, Any] = {
        "filename": "july.csv", "reading": DAY_FIRST, "mapping": {}, "actor": scene.actor("fay"),
        "at": NOW,
    }  # fmt: skip
    return cards.import_statement(content=content, **(values | changes))


def test_takes_the_same_line_in_once_and_two_equal_ones_twice(scene: Scene) -> None:
    card(scene)
    assert (take_in(scene).line_count, CardLine.objects.count()) == (3, 3)
    again = take_in(scene, TABLE + b"09.07.2026;7,00;EUR;Cab;1234\n", filename="again.csv")
    assert (again.line_count, again.known_count) == (1, 3)
    assert CardLine.objects.count() == 4


def test_shows_what_it_would_do_and_writes_nothing(scene: Scene) -> None:
    card(scene)
    take_in(scene)
    found = cards.preview(
        content=TABLE + b"09.07.2026;7,00;EUR;Cab;9999\n08.07.2026;x;EUR;Cab;1234\n",
        filename="a.csv", reading=DAY_FIRST, mapping={}, actor=scene.actor("fay"),
    )  # fmt: skip
    assert (found.count("known"), found.count("no_card"), len(found.bad)) == (3, 1, 1)
    assert found.columns["merchant"] == "Beschreibung"
    assert CardLine.objects.count() == 3


def test_reads_ofx_with_purchases_above_zero(scene: Scene) -> None:
    card(scene)
    take_in(scene, OFX, filename="july.ofx")
    rows = CardLine.objects.order_by("spent_on").values_list("spent_on", "amount", "merchant")
    assert list(rows) == [
        (date(2026, 7, 8), Decimal(119), "Deutsche Bahn & Co"),
        (date(2026, 7, 9), Decimal(-20), "Refund"),
    ]
    assert take_in(scene, OFX).line_count == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"a;b\n1;2\n", "Say which columns"),
        (TABLE.replace(b"119,00", b"1e400"), "Row 2"),
        (TABLE.replace(b"08.07.2026", b"31.02.2026"), "no date"),
        (TABLE.replace(b"1234", b"9999"), "No card ending in 9999"),
        (b"OFXHEADER:100\n<OFX></OFX>", "names no card"),
    ],
)
def test_takes_in_all_or_nothing(scene: Scene, content: bytes, says: str) -> None:
    card(scene)
    with pytest.raises(DomainError, match=says):
        take_in(scene, content)
    assert not CardLine.objects.exists()


def test_asks_for_the_order_of_a_day_that_reads_two_ways() -> None:
    assert rules.day_of("07/09/26", "month_first") == date(2026, 7, 9)
    assert rules.day_of("07.09.2026", "day_first") == date(2026, 9, 7)
    with pytest.raises(DomainError, match="two ways"):
        rules.day_of("07/09/2026", "iso")


@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["Cab", "cab", "Café"])), max_size=12),
    st.integers(0, 12),
)
def test_knows_every_line_of_an_overlapping_file(rows: list[tuple[int, str]], cut: int) -> None:
    lines = [
        Transaction(n, "1234", date(2026, 7, 8), "EUR", Decimal(amount), merchant)
        for n, (amount, merchant) in enumerate(rows)
    ]
    whole = rules.fingerprints(lines)
    assert len(set(whole)) == len(lines)
    assert set(rules.fingerprints(lines[:cut])) <= set(whole)


def test_matches_the_one_expense_that_fits_and_leaves_the_rest_open(scene: Scene) -> None:
    card(scene)
    entry_id = add(scene, payment_method="card").entry_id
    take_in(scene)
    rows = selectors.line_rows(actor=scene.actor("ben"))
    assert sorted((row.state, row.merchant) for row in rows) == [
        ("matched", "Deutsche Bahn"), ("open", "Coffee"), ("open", "Coffee"),
    ]  # fmt: skip
    line = CardLine.objects.get(entry_id=entry_id)
    other = CardLine.objects.filter(entry=None).first()
    ben = {"actor": scene.actor("ben"), "at": NOW}
    with pytest.raises(Conflict):
        cards.match_line(line_id=other.pk, entry_id=entry_id, **ben)
    cards.unmatch_line(line_id=line.pk, **ben)
    cards.match_line(line_id=line.pk, entry_id=entry_id, **ben)
    cards.dismiss_line(line_id=other.pk, reason="Private, paid back", **ben)
    assert selectors.line_page(actor=scene.actor("ben"), line_id=other.pk).row.state == "dismissed"


def test_matches_an_expense_that_comes_after_its_statement(scene: Scene) -> None:
    """Also when it is changed, deleted and brought back; a line of two that are alike stays open."""
    card(scene)
    take_in(scene)
    ben = {"actor": scene.actor("ben"), "at": NOW}
    line = CardLine.objects.get(amount=119)

    def change(**changes: Any) -> None:
        expenses.change_expense(entry_id=entry_id, draft=draft(scene, **changes), **ben)
        line.refresh_from_db()

    entry_id = add(scene, payment_method="card").entry_id
    line.refresh_from_db()
    assert (line.entry_id, line.matched_by_id) == (entry_id, scene.actor("ben").membership_id)
    change()  # Ben paid it himself after all.
    assert line.entry_id is None
    change(payment_method="card")
    assert line.entry_id == entry_id
    payload = expenses.delete_expense(entry_id=entry_id, **ben)
    line.refresh_from_db()
    assert line.entry_id is None
    expenses.restore_expense(payload=payload, **ben)
    line.refresh_from_db()
    assert line.entry_id == entry_id
    add(scene, payment_method="card", amount="4.50", tax_amount="", merchant="Coffee")
    assert CardLine.objects.filter(amount="4.50", entry=None).count() == 2


def test_matches_no_expense_that_the_person_paid(scene: Scene) -> None:
    card(scene)
    entry_id = add(scene).entry_id
    take_in(scene)
    line = CardLine.objects.get(amount=119)
    with pytest.raises(DomainError, match="paid by the person"):
        cards.match_line(line_id=line.pk, entry_id=entry_id, actor=scene.actor("ben"), at=NOW)


def test_shows_a_line_to_its_person_and_who_manages_cards(scene: Scene) -> None:
    card(scene)
    take_in(scene)
    line = CardLine.objects.earliest("id")
    assert len(selectors.line_rows(actor=scene.actor("fay"))) == 3
    assert selectors.line_rows(actor=scene.actor("bea")) == []
    with pytest.raises(NotFound):
        cards.dismiss_line(line_id=line.pk, reason="x", actor=scene.actor("bea"), at=NOW)
    with pytest.raises(PermissionDenied):
        take_in(scene, actor=scene.actor("ben"))
    with pytest.raises(Conflict):
        card(scene, "bea")
