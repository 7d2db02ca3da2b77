"""Many connections at once: numbers stay gapless, a close and a posting never pass each other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, Event

import psycopg
import pytest
from django.db import connections

from psa.core.ledger.models import Actual, FiscalPeriod, JournalEntry
from psa.core.ledger.rules.periods import PeriodClosed, PeriodTransitionRefused
from psa.core.ledger.rules.types import PeriodState
from psa.core.ledger.services import journals, periods, posting_run
from tests.core.ledger.books import cost, entry, posted
from tests.database import database_url
from tests.factories import AT, Firm, make_firm

CONNECTIONS = 20


class TurnedBack(Exception):
    """A caller's own failure after its posting."""


def at_once(firm: Firm, calls: list[Callable[[], object]]) -> list[object]:
    """Each call on a connection and in a transaction of its own; a refusal is its result."""
    barrier = Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        try:
            barrier.wait(30)
            with firm.scope():
                return call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


@contextmanager
def in_progress(firm: Firm, call: Callable[[], object]) -> Iterator[Callable[[], object]]:
    """The call made on another connection and not yet committed; the value commits it."""
    done, commit = Event(), Event()

    def work() -> object:
        try:
            with firm.scope():
                result = call()
                done.set()
                assert commit.wait(30)
            return result
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)
        assert done.wait(30)

        def finish() -> object:
            commit.set()
            return future.result(30)

        try:
            yield finish
        finally:
            commit.set()


def is_waiting_for_a_lock(future: Future[object]) -> bool:
    """Whether some connection comes to wait for another's lock, before the future is done."""
    with psycopg.connect(database_url("owner"), autocommit=True) as connection:
        until = time.monotonic() + 20
        while time.monotonic() < until and not future.done():
            row = connection.execute(
                "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                "WHERE NOT l.granted AND a.datname = current_database()"
            ).fetchone()
            if row and row[0]:
                return True
    return False


@pytest.fixture
def firm(committed_database: str) -> Firm:
    return make_firm("acme")


def june(firm: Firm) -> FiscalPeriod:
    return FiscalPeriod.objects.get(legal_entity=firm.entities["UK"], name="2026-06")


def soft_close(firm: Firm) -> Callable[[], object]:
    def call() -> object:
        return periods.change_state(
            period_id=june(firm).pk, state=PeriodState.SOFT_CLOSED, reason="",
            actor=firm.actors["fay"], at=AT,
        )  # fmt: skip

    return call


def test_numbers_have_no_gap_when_twenty_post_and_some_are_turned_back(firm: Firm) -> None:
    def post(number: int) -> Callable[[], object]:
        def call() -> object:
            (made,) = journals.post_entries(
                drafts=[entry(firm, str(number))], actor=firm.actors["fay"], at=AT
            )
            if number % 4 == 0:
                raise TurnedBack
            return made.number

        return call

    results = at_once(firm, [post(number) for number in range(CONNECTIONS)])
    turned_back = [r for r in results if isinstance(r, TurnedBack)]
    numbers = sorted(r for r in results if isinstance(r, str))
    assert len(turned_back) == 5
    assert numbers == [f"UK-J2026-{n:06d}" for n in range(1, 16)]
    with firm.scope():
        assert sorted(JournalEntry.objects.values_list("number", flat=True)) == numbers


def test_one_of_twenty_reversals_of_an_entry_stands(firm: Firm) -> None:
    with firm.scope():
        (made,) = journals.post_entries(drafts=[entry(firm, "1")], actor=firm.actors["fay"], at=AT)

    def reverse() -> object:
        return journals.reverse_entry(
            entry_id=made.pk, posting_on=made.entry_on, actor=firm.actors["fay"], at=AT
        ).number

    results = at_once(firm, [reverse] * CONNECTIONS)
    assert [r for r in results if isinstance(r, str)] == ["UK-J2026-000002"]
    refused = [r for r in results if isinstance(r, journals.AlreadyJournalled)]
    assert len(refused) == CONNECTIONS - 1


def test_two_posting_runs_journal_a_batch_once(firm: Firm) -> None:
    with firm.scope():
        batch = posted(firm, cost(firm))

    def run() -> object:
        return posting_run.journal_batches(
            batch_ids=[batch.batch_id], actor=firm.actors["fay"], at=AT
        )

    results = at_once(firm, [run] * 6)
    assert sorted(map(len, results)) == [0, 0, 0, 0, 0, 1]  # type: ignore[arg-type]
    with firm.scope():
        assert JournalEntry.objects.count() == 1


def test_a_close_waits_for_a_posting_in_progress(firm: Firm) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        in_progress(firm, lambda: posted(firm, cost(firm))) as commit,
    ):
        closing = pool.submit(lambda: at_once(firm, [soft_close(firm)])[0])
        assert is_waiting_for_a_lock(closing)
        commit()
        assert isinstance(closing.result(30), FiscalPeriod)
    with firm.scope():
        assert Actual.objects.get().period_id == june(firm).pk
        assert june(firm).state == "soft_closed"


def test_a_close_counts_what_was_posted_while_it_waited(firm: Firm) -> None:
    with firm.scope():
        calendar = FiscalPeriod.objects.filter(legal_entity=firm.entities["UK"])
        calendar.filter(name__lt="2026-06").update(state="closed")
        calendar.filter(name="2026-06").update(state="open")

    def close() -> object:
        soft_close(firm)()
        return periods.change_state(
            period_id=june(firm).pk, state=PeriodState.CLOSED, reason="",
            actor=firm.actors["fay"], at=AT,
        )  # fmt: skip

    with (
        ThreadPoolExecutor(1) as pool,
        in_progress(firm, lambda: posted(firm, cost(firm))) as commit,
    ):
        closing = pool.submit(lambda: at_once(firm, [close])[0])
        assert is_waiting_for_a_lock(closing)
        commit()
        assert isinstance(closing.result(30), PeriodTransitionRefused)
    with firm.scope():
        assert june(firm).state == "open"


def test_a_posting_that_meets_a_close_in_progress_is_refused_in_words(firm: Firm) -> None:
    with ThreadPoolExecutor(1) as pool, in_progress(firm, soft_close(firm)) as commit:
        posting = pool.submit(lambda: at_once(firm, [lambda: posted(firm, cost(firm))])[0])
        assert is_waiting_for_a_lock(posting)
        commit()
        refusal = posting.result(30)
    assert isinstance(refusal, PeriodClosed)
    assert "closed while this was being posted" in refusal.message
    with firm.scope():
        assert not Actual.objects.exists()
        posted(firm, cost(firm))
        assert Actual.objects.get().period.name == "2026-07"
