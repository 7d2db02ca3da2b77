"""psa.core.ledger.services.journals: post_entries, reverse_entry"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection

from psa.core.errors import NotFound
from psa.core.ledger.models import JournalEntry, JournalLine, NumberSequence
from psa.core.ledger.rules.journals import Unbalanced
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.services import journals
from tests.core.ledger.books import entry
from tests.factories import AT, Firm


def test_numbers_each_entity_and_year_from_one(acme: Firm) -> None:
    with acme.scope():
        made = journals.post_entries(
            drafts=[
                entry(acme, "1"),
                entry(acme, "2", on=date(2025, 6, 3)),
                entry(acme, "3"),
                entry(acme, "4", entity="DE"),
            ],
            actor=acme.actors["fay"],
            at=AT,
        )
    assert [e.number for e in made] == [
        "UK-J2026-000001",
        "UK-J2025-000001",
        "UK-J2026-000002",
        "DE-J2026-000001",
    ]


def test_names_a_split_fiscal_year_for_the_year_in_which_it_ends(acme: Firm) -> None:
    entity = acme.entities["UK"]
    entity.fiscal_year_start_month = 4
    assert journals.fiscal_year_of(entity, date(2026, 3, 31)) == 2026
    assert journals.fiscal_year_of(entity, date(2026, 4, 1)) == 2027


def test_declares_lines_and_total_and_keeps_the_order(acme: Firm) -> None:
    with acme.scope():
        (made,) = journals.post_entries(
            drafts=[entry(acme, "1", "12.34")], actor=acme.actors["fay"], at=AT
        )
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        lines = JournalLine.objects.filter(entry=made).order_by("position")
        sides = list(lines.values_list("position", "debit", "credit"))
    assert (made.line_count, made.total) == (2, Decimal("12.34"))
    assert sides == [(1, Decimal("12.34"), 0), (2, 0, Decimal("12.34"))]


def test_posts_nothing_of_a_batch_with_one_unbalanced_entry(acme: Firm) -> None:
    with acme.scope():
        good, bad = entry(acme, "1"), entry(acme, "2")
        first, second = bad.lines
        bad = replace(bad, lines=(replace(first, debit=Decimal("50.01")), second))
        with pytest.raises(Unbalanced):
            journals.post_entries(drafts=[good, bad], actor=acme.actors["fay"], at=AT)
        assert not JournalEntry.objects.exists()
        assert not NumberSequence.objects.exists()


def test_refuses_the_same_source_twice(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        journals.post_entries(drafts=[entry(acme, "1")], actor=fay, at=AT)
        with pytest.raises(journals.AlreadyJournalled):
            journals.post_entries(drafts=[entry(acme, "2"), entry(acme, "1")], actor=fay, at=AT)
        assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("state", "is_closing", "is_taken"),
    [
        ("open", False, True),
        ("soft_closed", False, False),
        ("soft_closed", True, True),
        ("closed", False, False),
        ("closed", True, False),
    ],
)
def test_takes_closing_entries_alone_into_a_soft_closed_period(
    acme: Firm, state: str, is_closing: bool, is_taken: bool
) -> None:
    with acme.scope():
        acme.entities["UK"].periods.filter(name="2026-06").update(state=state)
        call = {"actor": acme.actors["fay"], "at": AT, "is_closing": is_closing}
        if is_taken:
            (made,) = journals.post_entries(drafts=[entry(acme, "1")], **call)
            assert made.period.name == "2026-06"
        else:
            with pytest.raises(PeriodClosed, match="2026-06"):
                journals.post_entries(drafts=[entry(acme, "1")], **call)


def test_reverses_an_entry_by_its_mirror_and_once(acme: Firm) -> None:
    fay = acme.actors["fay"]
    with acme.scope():
        (made,) = journals.post_entries(drafts=[entry(acme, "1")], actor=fay, at=AT)
        mirror = journals.reverse_entry(
            entry_id=made.pk, posting_on=date(2026, 7, 1), actor=fay, at=AT
        )
        sides = {
            e: list(
                JournalLine.objects.filter(entry=e)
                .order_by("position")
                .values_list("account_id", "debit", "credit", "currency_amount")
            )
            for e in (made, mirror)
        }
        assert (mirror.reverses_id, mirror.entry_on) == (made.pk, date(2026, 7, 1))
        assert sides[mirror] == [(a, c, d, -amount) for a, d, c, amount in sides[made]]
        with pytest.raises(journals.AlreadyJournalled):
            journals.reverse_entry(entry_id=made.pk, posting_on=date(2026, 7, 1), actor=fay, at=AT)
        assert JournalEntry.objects.count() == 2


def test_reverses_nothing_of_another_tenant(acme: Firm, globex: Firm) -> None:
    with globex.scope():
        (made,) = journals.post_entries(
            drafts=[entry(globex, "1")], actor=globex.actors["otto"], at=AT
        )
    with acme.scope(), pytest.raises(NotFound):
        journals.reverse_entry(
            entry_id=made.pk, posting_on=date(2026, 7, 1), actor=acme.actors["fay"], at=AT
        )
