"""psa.core.jobs.sending.dispatch and psa.core.jobs.tickets.lease_next"""

import base64
import json
import os
import socket
import time
from collections.abc import Iterator

import pytest
import redis
from django.db import connection, transaction

from psa.celery import app
from psa.core.jobs import running, sending, services, tasks, tickets
from psa.core.jobs.models import JobRun, JobTicket
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations.services import tenants
from tests.core.firms import NOW, Firms, Member
from tests.core.jobs import kinds


@pytest.fixture
def broker() -> Iterator[redis.Redis]:
    """The tests' own Redis database, empty before and after."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def broker_away() -> Iterator[None]:
    """A broker address at which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    before = app.conf.broker_url
    app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    yield
    app.conf.broker_url = before


def _start(member: Member, key: str, chunks: int = 1) -> JobRun:
    with tenant_scope(member.tenant_id):
        return services.start(
            kind="tests.trail",
            key=key,
            title="A trail",
            arguments={"chunks": chunks},
            actor=member.actor,
            at=NOW,
        )


def _sent(broker: redis.Redis) -> list[tuple[int, int]]:
    """(tenant, run) of the messages that wait, oldest first."""
    found = []
    for message in reversed(broker.lrange("jobs", 0, -1)):
        _, kwargs, _ = json.loads(base64.b64decode(json.loads(message)["body"]))
        found.append((kwargs["tenant_id"], kwargs["run_id"]))
    return found


def test_sends_on_commit_once(committed_database: str, firms: Firms, broker: redis.Redis) -> None:
    run = _start(firms.ben, "a")
    assert _sent(broker) == [(firms.ben.tenant_id, run.pk)]
    assert sending.dispatch() == 0  # leased for half a minute


def test_sends_nothing_for_a_change_that_was_rolled_back(
    committed_database: str, firms: Firms, broker: redis.Redis
) -> None:
    def change_and_give_up() -> None:
        with transaction.atomic():
            _start(firms.ben, "a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_give_up()
    assert _sent(broker) == []
    assert not JobTicket.objects.exists()


def test_sends_again_when_the_lease_has_run_out(
    committed_database: str, firms: Firms, broker: redis.Redis
) -> None:
    run = _start(firms.ben, "a")
    JobTicket.objects.update(lease_until=NOW)
    assert sending.dispatch() == 1
    assert _sent(broker) == [(firms.ben.tenant_id, run.pk)] * 2


def test_keeps_the_ticket_while_the_broker_is_away(
    committed_database: str, firms: Firms, broker: redis.Redis, broker_away: None
) -> None:
    began = time.monotonic()
    run = _start(firms.ben, "a")  # the page that starts it sees no error
    assert time.monotonic() - began < 3
    ticket = JobTicket.objects.get(run_id=run.pk)
    assert ticket.lease_until is None


def test_sends_what_waited_when_the_broker_is_back(
    committed_database: str,
    firms: Firms,
    broker: redis.Redis,
    request: pytest.FixtureRequest,
) -> None:
    address = app.conf.broker_url
    request.getfixturevalue("broker_away")
    run = _start(firms.ben, "a")
    app.conf.broker_url = address
    assert sending.dispatch() == 1
    assert _sent(broker) == [(firms.ben.tenant_id, run.pk)]


def test_lets_firms_take_turns(
    committed_database: str, firms: Firms, broker: redis.Redis, broker_away: None
) -> None:
    busy = [_start(firms.ben, f"month end {number}") for number in range(20)]
    one = _start(firms.otto, "a small one")
    leased = tickets.lease_next()
    assert len(leased) == tickets.IN_FLIGHT
    assert tickets.Ticket(firms.otto.tenant_id, one.pk) in leased[:8]
    acme = [ticket.run_id for ticket in leased if ticket.tenant_id == firms.ben.tenant_id]
    assert sorted(acme) == [run.pk for run in busy[: tickets.IN_FLIGHT - 1]]
    assert tickets.lease_next() == []  # no more than that at once


def test_gives_a_free_place_to_the_firm_with_the_least(
    committed_database: str, firms: Firms, broker: redis.Redis, broker_away: None
) -> None:
    for number in range(20):
        _start(firms.ben, f"month end {number}")
    leased = tickets.lease_next()
    late = _start(firms.otto, "asked for later")
    tickets.close(leased[0])
    assert tickets.lease_next() == [tickets.Ticket(firms.otto.tenant_id, late.pk)]


def test_leaves_a_suspended_firm_at_the_next_chunk_and_goes_on_once_it_is_opened(
    committed_database: str, firms: Firms, broker_away: None
) -> None:
    run = _start(firms.ben, "a", chunks=4)
    ticket = tickets.Ticket(firms.ben.tenant_id, run.pk)

    def done() -> int:
        with tenant_scope(ticket.tenant_id):
            return int(JobRun.objects.get(pk=run.pk).done)

    assert tickets.lease_next() == [ticket]
    for _ in range(3):  # planned, and two of the four chunks
        assert running.step(ticket, at=NOW) is running.Step.WORKED
    tenants.suspend_tenant(slug="acme", reason="", at=NOW)
    tasks.run(tenant_id=ticket.tenant_id, run_id=run.pk)
    assert done() == 4
    # Nobody takes it up, and no worker holds it: it is there at once when the firm is back.
    assert tickets.lease_next() == []
    tenants.resume_tenant(slug="acme", at=NOW)
    assert tickets.lease_next() == [ticket]
    tasks.run(tenant_id=ticket.tenant_id, run_id=run.pk)
    assert done() == 8
    with tenant_scope(ticket.tenant_id):
        assert JobRun.objects.get(pk=run.pk).state == JobRun.State.DONE
        assert kinds.entries_of(run.pk) == kinds.expected(4)


def test_reads_tickets_without_a_scope_and_runs_only_within_one(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        services.start(
            kind="tests.trail", key="a", title="A", arguments={}, actor=firms.ben.actor, at=NOW
        )
    assert JobTicket.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM jobs_jobrun")
        assert cursor.fetchone() == (0,)
