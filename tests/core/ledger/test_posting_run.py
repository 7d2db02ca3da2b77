"""The posting run: cost actuals become journals, and the links between them."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from psa.core.errors import PermissionDenied
from psa.core.jobs import registry
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.ledger.jobs import POSTING_RUN
from psa.core.ledger.models import (
    ActualBatch,
    ActualJournalLine,
    JournalEntry,
    JournalLine,
    PostingProfile,
)
from psa.core.ledger.services import posting, posting_run
from tests.core.ledger.books import JUNE, cost, journalled, posted
from tests.factories import AT, Firm


def start(firm: Firm, key: str = "one", by: str = "fay") -> JobRun:
    return jobs.start(
        kind=POSTING_RUN, key=key, title="Posting run", arguments={}, actor=firm.actors[by], at=AT
    )


def test_makes_one_entry_for_each_batch_entity_and_date(acme: Firm) -> None:
    german = acme.entities["DE"].pk
    with acme.scope():
        first = posted(
            acme,
            cost(acme, 1),
            cost(acme, 2),
            cost(acme, 3, work_on=date(2026, 6, 4)),
            cost(acme, 4, legal_entity_id=german, currency="EUR"),
        )
        second = posted(acme, cost(acme, 5))
        results = journalled(acme)
        entries = JournalEntry.objects.order_by("id").values_list(
            "source_kind", "source_ref", "legal_entity__code", "entry_on", "total"
        )
        assert sorted(entries) == sorted(
            [
                ("batch", f"{first.batch_id}/2026-06-03", "UK", JUNE, Decimal(200)),
                ("batch", f"{first.batch_id}/2026-06-04", "UK", date(2026, 6, 4), Decimal(100)),
                ("batch", f"{first.batch_id}/2026-06-03", "DE", JUNE, Decimal(100)),
                ("batch", f"{second.batch_id}/2026-06-03", "UK", JUNE, Decimal(100)),
            ]
        )
    assert [(r.batch_id, r.entry_count, r.actual_count) for r in results] == [
        (first.batch_id, 3, 4),
        (second.batch_id, 1, 1),
    ]


def test_sums_lines_by_account_and_dimensions_and_links_every_actual(acme: Firm) -> None:
    unit = acme.units["DE"].pk
    with acme.scope():
        batch = posted(acme, cost(acme, 1), cost(acme, 2), cost(acme, 3, resourcing_unit_id=unit))
        journalled(acme)
        lines = JournalLine.objects.filter(debit__gt=0)
        assert sorted(lines.values_list("org_unit_id", "debit")) == sorted(
            [(acme.units["UK"].pk, Decimal(200)), (unit, Decimal(100))]
        )
        links = ActualJournalLine.objects.all()
        assert set(links.values_list("actual_id", flat=True)) == set(batch.actual_ids)
        for line in lines:
            behind = links.filter(journal_line=line).aggregate(total=Sum("actual__entity_amount"))[
                "total"
            ]
            assert behind == line.debit


def test_the_payroll_allocation_belongs_to_no_unit_so_that_the_units_result_shows_the_cost(
    acme: Firm,
) -> None:
    with acme.scope():
        posted(acme, cost(acme, 1), cost(acme, 2, resourcing_unit_id=acme.units["DE"].pk))
        journalled(acme)
        credits = JournalLine.objects.filter(credit__gt=0)
        found = list(credits.values_list("account__code", "org_unit_id", "credit"))
    assert found == [("5100", None, Decimal(200))]


def test_books_a_reversal_as_the_mirror_of_its_cost(acme: Firm) -> None:
    with acme.scope():
        batch = posted(acme, cost(acme))
        journalled(acme)
        posting.reverse_actuals(actual_ids=batch.actual_ids, actor=acme.actors["fay"], at=AT)
        journalled(acme)
        balances = (
            JournalLine.objects.values_list("account_id")
            .annotate(balance=Sum("debit") - Sum("credit"))
            .values_list("balance", flat=True)
        )
        assert list(balances) == [0, 0]


def test_twice_equals_once(acme: Firm) -> None:
    with acme.scope():
        batch = posted(acme, cost(acme))
        assert len(journalled(acme)) == 1
        again = posting_run.journal_batches(
            batch_ids=[batch.batch_id], actor=acme.actors["fay"], at=AT
        )
        assert again == []
        assert JournalEntry.objects.count() == 1
        assert posting_run.waiting_batches() == []


def test_journals_sales_and_free_work_by_no_entry(acme: Firm) -> None:
    with acme.scope():
        posted(acme, cost(acme, 1, amount=Decimal(0)), cost(acme, 2, posting_event=""))
        (result,) = journalled(acme)
        assert (result.entry_count, JournalEntry.objects.count()) == (0, 0)
        assert posting_run.waiting_batches() == []


def test_takes_no_more_queries_for_a_larger_batch(acme: Firm) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            journalled(acme)
        return len(captured)

    with acme.scope():
        posted(acme, cost(acme, 1))
        journalled(acme)  # opens the year's series of numbers
        posted(acme, cost(acme, 2), cost(acme, 3))
        few = queries()
        posted(acme, *(cost(acme, n) for n in range(100, 400)))
        assert queries() == few


def test_as_a_job_journals_what_waits_and_the_next_finds_nothing(acme: Firm) -> None:
    with acme.scope():
        posted(acme, cost(acme, 1))
        posted(acme, cost(acme, 2))
        needed = registry.get(POSTING_RUN).is_needed
        assert needed is not None
        assert needed()
        run = jobs.run_now(start(acme).pk)
        assert run.state == JobRun.State.DONE
        assert run.result == {"entries": 2, "actuals": 2}
        assert not needed()
        again = jobs.run_now(start(acme, "two").pk)
        assert again.state == JobRun.State.DONE
        assert JournalEntry.objects.count() == 2


def test_as_a_job_names_the_batch_that_has_no_account_and_books_the_others(acme: Firm) -> None:
    with acme.scope():
        PostingProfile.objects.filter(slot="project_expense").delete()
        good = posted(acme, cost(acme, 1))
        bad = posted(acme, cost(acme, 2, posting_event="expense_own_paid"))
        run = jobs.run_now(start(acme).pk)
        assert run.state == JobRun.State.DONE
        (failure,) = JobChunk.objects.get(run=run).failures
        assert failure["record"] == f"Batch {bad.batch_id}"
        assert failure["reason"].endswith(".")
        done = ActualBatch.objects.filter(journalled_at__isnull=False)
        assert list(done.values_list("id", flat=True)) == [good.batch_id]
        assert JournalEntry.objects.count() == 1


@pytest.mark.parametrize("name", ["ben", "priya", "paul", "bill"])
def test_is_started_by_finance_alone(acme: Firm, name: str) -> None:
    with acme.scope(), pytest.raises(PermissionDenied):
        start(acme, by=name)


def test_runs_each_night_unless_told_otherwise() -> None:
    schedule = registry.get(POSTING_RUN).schedule
    assert schedule is not None
    assert schedule.is_active
    assert schedule.daily_at_minute is not None
