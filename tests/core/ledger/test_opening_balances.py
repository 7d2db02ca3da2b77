"""Opening balances of an entity's accounts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, PermissionDenied
from psa.core.ledger.models import FiscalPeriod, JournalEntry, JournalLine, LedgerAccount
from psa.core.ledger.rules.journals import EntryHeader, ProfileLine, profile_entry
from psa.core.ledger.rules.opening_balances import OpeningLine, read_lines
from psa.core.ledger.rules.periods import PeriodClosed
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.rules.types import PeriodState
from psa.core.ledger.selectors import profile_book
from psa.core.ledger.services import journals, periods
from psa.core.ledger.services.opening_balances import (
    post_opening_balances,
    reverse_opening_balances,
)
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


def take_back(firm: Firm, entry: JournalEntry, who: str = "fay", reason: str = "wrong year") -> Any:
    return reverse_opening_balances(entry_id=entry.pk, reason=reason, actor=firm.actors[who], at=AT)


def pay_out(firm: Firm, code: str, debit: int) -> JournalEntry:
    """A payment that debits the account (or credits it, less than 0) against write-offs."""
    other = LedgerAccount.objects.get(code="6000").pk
    account = LedgerAccount.objects.get(code=code).pk
    draft = profile_entry(
        EntryHeader(
            JournalEvent.PAYMENT_MADE, firm.entities["UK"].pk, "GBP", date(2026, 6, 3), "payment",
            f"{code}/{debit}",
        ),
        profile_book(),
        [
            ProfileLine(Slot.OPENING_EQUITY, Decimal(debit), gl_account_id=account),
            ProfileLine(Slot.OPENING_EQUITY, Decimal(-debit), gl_account_id=other),
        ],
    )  # fmt: skip
    return journals.post_entries(drafts=[draft], actor=firm.actors["fay"], at=AT)[0]


@pytest.mark.django_db
def test_is_taken_back_whole_and_posted_anew(acme: Firm) -> None:
    with acme.scope():
        entry = post(acme, "1000 12500\n2300 -480")
        mirror = take_back(acme, entry)
        assert (mirror.reverses_id, mirror.entry_on) == (entry.pk, date(2026, 1, 1))
        lines = JournalLine.objects.filter(entry__in=(entry, mirror))
        assert {
            account: sum(row.debit - row.credit for row in lines if row.account.code == account)
            for account in ("1000", "2300", "3000")
        } == {"1000": 0, "2300": 0, "3000": 0}
        told = AuditEntry.objects.filter(event="ledger.opening_balances.reversed").get()
        assert "wrong year" in told.sentence
        with pytest.raises(Conflict):
            take_back(acme, entry)
        with pytest.raises(DomainError, match="no entry of opening balances"):
            take_back(acme, mirror)
        assert post(acme, "1000 12000").source_ref == "UK/2026-01-01/2"
        with pytest.raises(Conflict, match="in the books already"):
            post(acme, "1000 1")


@pytest.mark.django_db
@pytest.mark.parametrize(("code", "debit"), [("2300", 100), ("1000", -100)])
def test_stays_once_something_settled_against_it(acme: Firm, code: str, debit: int) -> None:
    """A payable that was paid, and money paid out of the bank; the other side does not matter."""
    with acme.scope():
        entry = post(acme, "1000 12500\n2300 -480")
        pay_out(acme, code, -debit * 2)
        payment = pay_out(acme, code, debit)
        with pytest.raises(Conflict, match=f"{payment.number} of 3 Jun 2026 settled against"):
            take_back(acme, entry)
        journals.reverse_entry(
            entry_id=payment.pk, posting_on=date(2026, 6, 4), actor=acme.actors["fay"], at=AT
        )
        assert take_back(acme, entry).reverses_id == entry.pk


@pytest.mark.django_db
def test_stays_once_the_period_is_closed_and_for_who_may_not(acme: Firm) -> None:
    with acme.scope():
        entry = post(acme, "1000 12500")
        with pytest.raises(PermissionDenied):
            take_back(acme, entry, who="priya")
        with pytest.raises(DomainError, match="Say why"):
            take_back(acme, entry, reason=" ")
        until_january = FiscalPeriod.objects.filter(
            legal_entity=acme.entities["UK"], starts_on__lte=date(2026, 1, 1)
        )
        for period in until_january.order_by("starts_on"):
            for state in (PeriodState.SOFT_CLOSED, PeriodState.CLOSED):
                periods.change_state(
                    period_id=period.pk, state=state, reason="", actor=acme.actors["fay"], at=AT
                )
        with pytest.raises(PeriodClosed):
            take_back(acme, entry)


@pytest.mark.django_db
def test_its_door_is_on_the_entry(acme: Firm) -> None:
    with acme.scope():
        entry = post(acme, "1000 12500")
    client = acme.client("fay")
    url = acme.url(f"ledger/entries/{entry.pk}/")
    assert b"/reverse/" in client.get(url).content
    assert client.get(f"{url}reverse/").status_code == 200
    assert client.post(f"{url}reverse/", {"reason": ""}).status_code == 422
    assert client.post(f"{url}reverse/", {"reason": "typed twice"}).status_code == 302
    assert b"/reverse/" not in client.get(url).content
    assert acme.client("paul").post(f"{url}reverse/", {"reason": "x"}).status_code == 404
