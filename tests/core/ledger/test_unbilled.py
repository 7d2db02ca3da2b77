"""Unbilled work by contract: what stands now is what the whole history comes to."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.ledger import unbilled
from psa.core.ledger.jobs import COUNT_UNBILLED
from psa.core.ledger.models import ActualBatch, UnbilledContract, UnbilledDay, UnbilledMove
from psa.core.ledger.rules.types import ActualDraft, ActualType
from psa.core.ledger.services import posting, unbilled_days
from tests.core.ledger.books import JUNE, cost, posted
from tests.factories import AT, Firm

LATER = date(2026, 12, 31)


def sale(firm: Firm, source_id: int, **changes: object) -> ActualDraft:
    return cost(firm, source_id, type=ActualType.UNBILLED_SALES, posting_event="", **changes)


def count(firm: Firm, limit: int | None = None) -> int:
    return unbilled_days.count_batches(
        tenant_id=firm.tenant.pk, batch_ids=unbilled_days.uncounted_batches(limit=limit), at=AT
    )


@pytest.mark.parametrize("seed", range(4))
def test_is_the_sum_of_the_history_whatever_is_counted_already(acme: Firm, seed: int) -> None:
    chance = Random(seed)
    open_ids: list[int] = []
    with acme.scope():
        for number in range(12):
            drafts = [
                sale(
                    acme,
                    number * 100 + index,
                    work_on=JUNE + timedelta(days=chance.randrange(5)),
                    amount=Decimal(chance.choice(["100.00", "0.01", "-40.00"])),
                    minutes=chance.choice([60, None]),
                )
                for index in range(chance.randrange(1, 4))
            ]
            open_ids += posted(acme, *drafts, cost(acme, number * 100 + 50)).actual_ids[:-1]
            if chance.random() < 0.5 and open_ids:
                gone = [open_ids.pop(chance.randrange(len(open_ids)))]
                posting.reverse_actuals(actual_ids=gone, actor=acme.actors["fay"], at=AT)
            if chance.random() < 0.5:
                count(acme, limit=chance.choice([1, None]))
            assert unbilled.standing_sums() == unbilled.sums_as_of(as_of=LATER)
            assert unbilled_days.wrong_sums(tenant_id=acme.tenant.pk) == []
        assert unbilled.latest_posted_on() <= LATER


@pytest.mark.parametrize("seed", range(3))
def test_tells_what_moved_as_the_ledger_does_whatever_is_counted_already(
    acme: Firm, seed: int
) -> None:
    chance = Random(seed)
    with acme.scope():
        for number in range(12):
            kind = chance.choice(["approval", "invoice", "credit_note"])
            drafts = [
                sale(
                    acme,
                    number * 10 + index,
                    work_on=JUNE + timedelta(days=chance.randrange(4)),
                    amount=Decimal(chance.choice(["100.00", "0.01", "-40.00"])),
                    source_kind=chance.choice(["time_entry", "fee", "reversal", "backlog"]),
                )
                for index in range(chance.randrange(1, 4))
            ]
            posting.post(drafts=drafts, actor=acme.actors["fay"], at=AT, kind=kind)
            if chance.random() < 0.5:
                count(acme, limit=chance.choice([1, None]))
            days = {
                "from_on": JUNE + timedelta(days=chance.randrange(3)),
                "until_on": JUNE + timedelta(days=chance.randrange(2, 5)),
            }
            told = unbilled.standing_moves(**days)
            assert told == unbilled.moves_as_known(**days, known_on=LATER)
        assert unbilled_days.wrong_sums(tenant_id=acme.tenant.pk) == []


def test_counts_moves_of_batches_whose_days_were_counted_before(acme: Firm) -> None:
    with acme.scope():
        posted(acme, sale(acme, 1))
        count(acme)
        UnbilledMove.objects.all().delete()
        UnbilledContract.objects.all().delete()
        ActualBatch.objects.update(totals_counted_at=None)
        assert unbilled.standing_sums()[0].amount == Decimal(100)
        assert count(acme) == 1
        assert unbilled.standing_sums()[0].amount == Decimal(100)
        assert [row.amount for row in UnbilledContract.objects.all()] == [Decimal(100)]
        assert [row.total_amount for row in UnbilledMove.objects.all()] == [Decimal(100)]


def test_the_nightly_job_names_a_sum_that_is_not_the_ledgers(acme: Firm) -> None:
    with acme.scope():
        posted(acme, sale(acme, 1))
        count(acme)
        UnbilledMove.objects.update(total_amount=Decimal(90))
        UnbilledDay.objects.update(minutes=0)
        run = jobs.start(
            kind=COUNT_UNBILLED, key="one", title="Sums", arguments={},
            actor=acme.actors["fay"], at=AT,
        )  # fmt: skip
        jobs.run_now(run.pk)
        reasons = [f["reason"] for chunk in JobChunk.objects.all() for f in chunk.failures]
        assert reasons == [
            "The sum is 100.0000, and the ledger comes to 100.0000.",
            "The sum is 90.0000, and the ledger comes to 100.0000.",
            "The sum is 100.0000, and the ledger comes to 100.0000.",
        ]


def test_counts_a_batch_once_however_often_it_is_asked(acme: Firm) -> None:
    with acme.scope():
        batch = posted(acme, sale(acme, 1)).batch_id
        for _ in range(3):
            unbilled_days.count_batches(tenant_id=acme.tenant.pk, batch_ids=[batch], at=AT)
        assert [row.amount for row in UnbilledDay.objects.all()] == [Decimal(100)]


def test_drops_a_day_that_comes_to_nothing(acme: Firm) -> None:
    with acme.scope():
        ids = posted(acme, sale(acme, 1)).actual_ids
        count(acme)
        posting.reverse_actuals(actual_ids=ids, actor=acme.actors["fay"], at=AT)
        count(acme)
        assert not UnbilledDay.objects.exists()
        assert not UnbilledContract.objects.exists()
        assert unbilled.standing_sums() == []


def test_takes_a_batch_that_is_committed_after_a_younger_one(acme: Firm) -> None:
    with acme.scope():
        older = posted(acme, sale(acme, 1)).batch_id
        younger = posted(acme, sale(acme, 2)).batch_id
        unbilled_days.count_batches(tenant_id=acme.tenant.pk, batch_ids=[younger], at=AT)
        assert unbilled.standing_sums()[0].amount == Decimal(200)
        assert unbilled_days.uncounted_batches() == [older]
        count(acme)
        assert unbilled.standing_sums()[0].amount == Decimal(200)


def test_reads_no_more_rows_when_the_history_grows(acme: Firm) -> None:
    with acme.scope():
        posted(acme, sale(acme, 1))
        count(acme)
        for number in range(2, 8):
            ids = posted(acme, sale(acme, number)).actual_ids
            posting.reverse_actuals(actual_ids=ids, actor=acme.actors["fay"], at=AT)
        count(acme)
        with CaptureQueriesContext(connection) as seen:
            assert len(unbilled.standing_sums()) == 1
        assert len(seen) == 1
        assert UnbilledDay.objects.count() == 1


def test_the_nightly_job_counts_what_waits(acme: Firm) -> None:
    with acme.scope():
        posted(acme, sale(acme, 1))
        run = jobs.start(
            kind=COUNT_UNBILLED, key="one", title="Sums", arguments={},
            actor=acme.actors["fay"], at=AT,
        )  # fmt: skip
        done = jobs.run_now(run.pk)
        assert (done.state, done.result) == (JobRun.State.DONE, {"batches": 1})
        assert not ActualBatch.objects.filter(counted_at__isnull=True).exists()
