"""From waiting tickets to messages for the workers; without a broker they simply wait on."""

import logging
from functools import cache
from importlib import import_module

from celery import Celery
from django.db import connection, transaction
from kombu.exceptions import KombuError

from . import tickets

RUN_TASK = "psa.jobs.run"
QUEUE = "jobs"
_QUICK = {
    "socket_timeout": 1,
    "socket_connect_timeout": 1,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
logger = logging.getLogger(__name__)


@cache
def _app() -> Celery:
    """The application's Celery, which the wiring above this layer configures."""
    return import_module("psa.celery").app


def dispatch() -> int:
    """Send the tickets that are due, tenants in turn; how many were sent.

    Within a second or so, and without an error when the broker is away: the tickets are given back
    and the dispatcher tries again.
    """
    leased = tickets.lease_next()
    if not leased:
        return 0
    app = _app()
    broker = app.connection_for_write(transport_options=_QUICK)
    sent = 0
    try:
        with broker, app.amqp.Producer(broker) as producer:
            for ticket in leased:
                app.send_task(
                    RUN_TASK,
                    kwargs={"tenant_id": ticket.tenant_id, "run_id": ticket.run_id},
                    queue=QUEUE,
                    producer=producer,
                    retry=False,
                )
                sent += 1
    except (OSError, KombuError, *broker.connection_errors) as error:
        logger.warning("The job broker is away (%s); %d runs wait.", error, len(leased) - sent)
        for ticket in leased[sent:]:
            tickets.give_back(ticket)
    return sent


def _dispatch_quietly() -> None:
    dispatch()


def dispatch_on_commit() -> None:
    """Dispatch once after the transaction that is open; several calls count as one."""
    open_savepoints = set(connection.savepoint_ids)
    waits_already = any(
        # A hook of a savepoint that may yet be rolled back is lost with it: it does not count.
        hook == _dispatch_quietly and set(savepoints) <= open_savepoints
        for savepoints, hook, *_ in connection.run_on_commit
    )
    if not waits_already:
        transaction.on_commit(_dispatch_quietly, robust=True)
