"""Real worker processes: killed at random moments, two on one run, cancelled."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
from django.db import connection

from psa.core.audit.models import AuditEntry
from psa.core.jobs import running, services
from psa.core.jobs.models import JobChunk, JobRun, JobTicket
from psa.core.jobs.tickets import Ticket
from psa.core.tenancy.scope import tenant_scope
from tests.core.firms import NOW, Firms, Member
from tests.core.jobs import kinds

_PROJECT = Path(__file__).resolve().parents[3]
_PATIENCE_SECONDS = 120


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield
        client.flushdb()


@contextmanager
def _worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One worker process on the test's database and broker; killed at the end, come what may."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "celery", "-A", "tests.core.jobs.worker", "worker"),
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


def _start(
    member: Member, chunks: int, seconds: float, key: str = "a", kind: str = "tests.trail"
) -> JobRun:
    with tenant_scope(member.tenant_id):
        return services.start(
            kind=kind,
            key=key,
            title="A trail",
            arguments={"chunks": chunks, "seconds": seconds},
            actor=member.actor,
            at=NOW,
        )


def _read(member: Member, run: JobRun) -> JobRun:
    with tenant_scope(member.tenant_id):
        found: JobRun = JobRun.objects.get(pk=run.pk)
        return found


def _wait(what: Callable[[], bool], worker: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not what():
        assert worker.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text() if log.exists() else "no log"
        time.sleep(0.05)


def _killed_at_random(member: Member, log: Path, seed: int, kills: int = 1) -> None:
    """One run whose worker is killed at random moments, then finished by another worker."""
    chance = random.Random(seed)
    chunks = 20 * kills
    run = _start(member, chunks=chunks, seconds=0.02, key=f"round {seed}")
    for _ in range(kills):
        wanted = min(_read(member, run).done + chance.randrange(1, 38), 2 * chunks - 1)
        with _worker(log) as worker:
            _wait(lambda wanted=wanted: _read(member, run).done >= wanted, worker, log)
            time.sleep(chance.random() * 0.03)
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()
        # What a lease does in half a minute, at once.
        JobTicket.objects.update(lease_until=NOW)
    with _worker(log) as worker:
        _wait(lambda: _read(member, run).state == JobRun.State.DONE, worker, log)
    with tenant_scope(member.tenant_id):
        finished = JobRun.objects.get(pk=run.pk)
        assert (finished.done, finished.total) == (2 * chunks, 2 * chunks)
        assert finished.result["entries"] == 2 * chunks
        assert kinds.entries_of(run.pk) == kinds.expected(chunks)
    assert not JobTicket.objects.filter(run_id=run.pk).exists()


def test_a_killed_worker_loses_and_repeats_nothing(
    committed_database: str, firms: Firms, tmp_path: Path
) -> None:
    _killed_at_random(firms.ben, tmp_path / "worker.log", seed=0)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(100, 105))
def test_fifty_killed_workers_lose_and_repeat_nothing(
    committed_database: str, firms: Firms, tmp_path: Path, seed: int
) -> None:
    """Ten kills each."""
    _killed_at_random(firms.ben, tmp_path / "worker.log", seed, kills=10)


def test_a_worker_stops_between_chunks_when_the_run_is_cancelled(
    committed_database: str, firms: Firms, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    run = _start(firms.ben, chunks=200, seconds=0.05)
    with _worker(log) as worker:
        _wait(lambda: _read(firms.ben, run).done >= 4, worker, log)
        with tenant_scope(firms.ben.tenant_id):
            services.cancel(run_id=run.pk, actor=firms.ben.actor, at=NOW)
        _wait(lambda: _read(firms.ben, run).state == JobRun.State.CANCELLED, worker, log)
    with tenant_scope(firms.ben.tenant_id):
        ended = JobRun.objects.get(pk=run.pk)
        done = JobChunk.objects.filter(run=run, done_at__isnull=False).count()
        assert 2 <= done < 200
        assert ended.done == done * 2
        assert len(kinds.entries_of(run.pk)) == done * 2


def test_a_worker_that_starts_takes_up_what_waited_without_a_broker(
    committed_database: str, firms: Firms, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    run = _start(firms.ben, chunks=2, seconds=0)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()  # the message is lost, as after a crash of the broker
    JobTicket.objects.update(lease_until=NOW)
    with _worker(log) as worker:
        _wait(lambda: _read(firms.ben, run).state == JobRun.State.DONE, worker, log)


def _share(run: JobRun, member: Member, workers: int = 4) -> dict[int, int]:
    """Several workers on one run until it ends; worker → chunks it did."""
    ticket = Ticket(member.tenant_id, run.pk)
    did: dict[int, int] = {}
    gate = threading.Barrier(workers)

    def work(number: int) -> None:
        gate.wait()
        try:
            while (what := running.step(ticket, at=NOW)) is not running.Step.ENDED:
                did[number] = did.get(number, 0) + (what is running.Step.WORKED)
        finally:
            connection.close()

    with ExitStack() as stack:
        for number in range(workers):
            thread = threading.Thread(target=work, args=(number,))
            thread.start()
            stack.callback(thread.join)
    return did


def test_two_workers_on_one_run_share_its_chunks(committed_database: str, firms: Firms) -> None:
    run = _start(firms.ben, chunks=24, seconds=0.01)
    did = _share(run, firms.ben)
    with tenant_scope(firms.ben.tenant_id):
        ended = JobRun.objects.get(pk=run.pk)
        assert (ended.state, ended.done) == (JobRun.State.DONE, 48)
        assert kinds.entries_of(run.pk) == kinds.expected(24)
    assert len([steps for steps in did.values() if steps > 1]) > 1


def test_chunks_that_build_on_each_other_are_never_under_way_together(
    committed_database: str, firms: Firms
) -> None:
    run = _start(firms.ben, chunks=12, seconds=0.02, kind="tests.ordered")
    _share(run, firms.ben)
    with tenant_scope(firms.ben.tenant_id):
        assert JobRun.objects.get(pk=run.pk).state == JobRun.State.DONE
        written = AuditEntry.objects.filter(record_type="tests.Job").order_by("id")
        numbers = [pk % 10_000 for pk in written.values_list("record_id", flat=True)]
    assert numbers[:-1] == sorted(numbers[:-1])
    assert len(numbers) == 25
