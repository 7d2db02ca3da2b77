"""Opening balances of an entity's accounts."""

from datetime import date
from decimal import Decimal

import pytest

from psa.core.errors import Conflict, DomainError, PermissionDenied
from psa.core.ledger.models import JournalEntry, JournalLine
from psa.core.ledger.rules.opening_balances import OpeningLine, read_lines
from psa.core.ledger.services.opening_balances import post_opening_balances
from tests.factories import AT, Firm


def test_reads_codes_and_balances() -> None:
    assert read_lines("1000 12,500.00\n\n2300;-480\n1500\t0", "GBP") == [
        OpeningLine("1000", Decimal(12500)), OpeningLine("2300", Decimal(-480)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("1000", "Line 1 has no balance"),
        ("1000 ten", "Line 1"),
        ("1000 1\n1000 2", "1000 stands twice, again in line 2"),
        ("1000 1.005", "Line 1"),
        (" \n", "at least one"),
    ],
)
def test_names_the_line_that_cannot_be_read(text: str, named: str) -> None:
    with pytest.raises(DomainError, match=named):
        read_lines(text, "GBP")


def post(firm: Firm, lines: str, who: str = "fay") -> JournalEntry:
    return post_opening_balances(
        legal_entity_id=firm.entities["UK"].pk, opened_on=date(2026, 1, 1), lines=lines,
        actor=firm.actors[who], at=AT,
    )  # fmt: skip


@pytest.mark.django_db
def test_posts_once_with_the_difference_as_equity(acme: Firm) -> None:
    with acme.scope():
        entry = post(acme, "1000 12500\n2300 -480")
        lines = JournalLine.objects.filter(entry=entry).order_by("position")
        assert [(row.account.code, row.debit - row.credit) for row in lines] == [
            ("1000", 12500), ("2300", -480), ("3000", -12020),
        ]  # fmt: skip
        with pytest.raises(Conflict):
            post(acme, "1000 1")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "named"), [("9999 5", "no account 9999"), ("1100 5", "kept by records")]
)
def test_refuses_what_is_unknown_or_kept_by_records(acme: Firm, lines: str, named: str) -> None:
    with acme.scope(), pytest.raises(DomainError, match=named):
        post(acme, lines)


@pytest.mark.django_db
def test_is_for_finance_and_has_a_page(acme: Firm) -> None:
    with acme.scope(), pytest.raises(PermissionDenied):
        post(acme, "1000 1", who="priya")
    url = acme.url("ledger/entries/opening/")
    with acme.scope():
        entity_id = acme.entities["UK"].pk
    answer = acme.client("fay").post(
        url, {"legal_entity": entity_id, "opened_on": "2026-01-01", "lines": "1000 5"}
    )
    assert answer.status_code == 302
    assert acme.client("priya").get(url).status_code == 404
