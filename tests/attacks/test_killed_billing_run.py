"""A billing run whose worker is killed at random moments, then taken up by another worker."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import redis
from django.db.models import Count, Sum

from billing.models import Proposal, ProposalLine, SkippedContract
from billing.services import billing_runs
from psa.core.actor import Actor
from psa.core.jobs.models import JobRun, JobTicket
from psa.core.ledger.models import Actual, ActualClaim
from psa.core.ledger.rules.types import ActualDraft
from psa.core.ledger.services import posting
from sales.models import Contract, ContractLine
from tests.billing.scenario import AT, CUTOFF, Case, make_case, time_draft

_PROJECT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 120
CONTRACTS, DAYS = 12, 10
KILLS = 4
# Ten firms of ten kills each in the long form.
PROOF_FIRMS, PROOF_KILLS = 10, 10


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield
        client.flushdb()


@dataclass(frozen=True, slots=True)
class Firmwide:
    """What the run must find again, whoever was killed."""

    case: Case
    actual_ids: list[int]
    total: Decimal

    @property
    def bill(self) -> Actor:
        return self.case.bill


def test_a_billing_run_killed_and_resumed_drafts_everything_once(
    committed_database: str, tmp_path: Path
) -> None:
    unbilled = _unbilled_work()
    _kill_and_resume(unbilled, rounds=KILLS, seed=1, log=tmp_path / "worker.log")


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(PROOF_FIRMS))
def test_a_hundred_killed_workers_double_and_lose_nothing(
    committed_database: str, tmp_path: Path, seed: int
) -> None:
    unbilled = _unbilled_work()
    _kill_and_resume(unbilled, rounds=PROOF_KILLS, seed=1000 + seed, log=tmp_path / "worker.log")


def _unbilled_work() -> Firmwide:
    """Twelve contracts with ten days of unbilled work each, of uneven amounts."""
    case = make_case()
    drafts: list[ActualDraft] = []
    with case.scope():
        for number in range(2, CONTRACTS + 1):
            _another_contract(case, number)
        for position, line in enumerate(ContractLine.objects.filter(name="Build").order_by("pk")):
            for day in range(DAYS):
                draft = time_draft(
                    case,
                    on=date(2026, 6, 1) + timedelta(days=day),
                    minutes=60 + 7 * day,
                    price=Decimal("101.37") + position,
                )
                drafts.append(_moved(draft, line))
        posted = posting.post(drafts=drafts, actor=case.fay, at=AT, kind="approval")
        total = sum((draft.amount for draft in drafts), Decimal(0))
    return Firmwide(case, posted.actual_ids, total)


def _another_contract(case: Case, number: int) -> None:
    contract = Contract.objects.get(pk=case.work.contract.pk)
    contract.pk, contract.number = None, f"C-{number}"
    contract.save(force_insert=True)
    line = ContractLine.objects.get(pk=case.work.time_line.pk)
    line.pk, line.contract = None, contract
    line.save(force_insert=True)


def _moved(draft: ActualDraft, line: ContractLine) -> ActualDraft:
    return replace(draft, contract_id=line.contract_id, contract_line_id=line.pk)


def _kill_and_resume(unbilled: Firmwide, *, rounds: int, seed: int, log: Path) -> None:
    """Start one run; kill its worker `rounds` times at random moments; let the last one finish."""
    chance = random.Random(seed)
    with unbilled.case.scope():
        run = billing_runs.start_billing_run(
            arguments={"cutoff_on": CUTOFF.isoformat()}, actor=unbilled.bill, at=AT
        )
    for _ in range(rounds):
        with _worker(log) as worker:
            done = _run(unbilled, run.pk).done
            wanted = min(CONTRACTS - 1, done + chance.randrange(0, 3))
            _wait(lambda wanted=wanted: _run(unbilled, run.pk).done >= wanted, worker, log)
            time.sleep(chance.random() * 0.1)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        _check_nothing_half_done(unbilled)
        # What a lease does in half a minute, at once.
        JobTicket.objects.update(lease_until=AT)
    with _worker(log) as worker:
        _wait(lambda: _run(unbilled, run.pk).state == JobRun.State.DONE, worker, log)
    _check_everything_once(unbilled, run.pk)


def _check_nothing_half_done(unbilled: Firmwide) -> None:
    """After each kill: whole contracts only, and no work claimed twice."""
    with unbilled.case.scope():
        counts = Proposal.objects.annotate(lines_count=Count("lines")).values_list(
            "lines_count", flat=True
        )
        assert set(counts) <= {DAYS}
        live = ActualClaim.objects.filter(released_at__isnull=True)
        assert live.count() == ProposalLine.objects.filter(actual__isnull=False).count()


def _check_everything_once(unbilled: Firmwide, run_id: int) -> None:
    with unbilled.case.scope():
        run = JobRun.objects.get(pk=run_id)
        assert (run.done, run.total) == (CONTRACTS, CONTRACTS)
        assert run.result["proposals"] == CONTRACTS
        assert Proposal.objects.count() == CONTRACTS
        assert Proposal.objects.values("contract_id").distinct().count() == CONTRACTS
        assert Proposal.objects.values("number").distinct().count() == CONTRACTS
        assert not SkippedContract.objects.exists()
        lines = ProposalLine.objects.order_by("actual_id")
        assert list(lines.values_list("actual_id", flat=True)) == sorted(unbilled.actual_ids)
        assert lines.aggregate(total=Sum("amount"))["total"] == unbilled.total
        assert Actual.objects.count() == len(unbilled.actual_ids)
        claimed = ActualClaim.objects.filter(released_at__isnull=True)
        assert sorted(claimed.values_list("actual_id", flat=True)) == sorted(unbilled.actual_ids)
    assert not JobTicket.objects.filter(run_id=run_id).exists()


def _run(unbilled: Firmwide, run_id: int) -> JobRun:
    with unbilled.case.scope():
        found: JobRun = JobRun.objects.get(pk=run_id)
        return found


@contextmanager
def _worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One worker process on the test's database and broker; killed at the end, come what may."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "psa.celery", "worker"),
                *("--pool", "solo", "--queues", "jobs", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            cwd=_PROJECT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "psa.settings"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait(what: Callable[[], bool], worker: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not what():
        assert worker.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.03)
