"""The three tasks behind all long work, and the base of any other task."""

import logging
import time
from typing import Any

from celery import Task, shared_task
from celery.signals import worker_ready

from psa.core import clock
from psa.core.telemetry import metrics
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope

from . import running, sending, services, tickets
from .tickets import Ticket

logger = logging.getLogger(__name__)

# After this long a run makes room, if another waits; a chunk is never cut short.
_TURN_SECONDS = 2.0
_RENEW_SECONDS = 5.0


class TenantTask(Task):
    """A task of one tenant: called with ``tenant_id``, it runs inside that tenant's scope.

    The scope is one transaction, so the task is one service call. Longer work is a kind of job.
    """

    abstract = True

    def __call__(self, *args: Any, tenant_id: int, **kwargs: Any) -> Any:
        with tenant_scope(tenant_id):
            return super().__call__(*args, tenant_id=tenant_id, **kwargs)


@shared_task(name="psa.jobs.dispatch")
def dispatch(**_: Any) -> None:
    """Send what waits: each five seconds by beat, when a worker starts, when a turn ends."""
    sending.dispatch()


@shared_task(name="psa.jobs.tick")
def tick(**_: Any) -> None:
    """Queue what the tenants' schedules make due; one tenant's trouble is not another's."""
    at = clock.now()
    active = Tenant.objects.filter(status=Tenant.Status.ACTIVE)
    for tenant_id in active.order_by("id").values_list("id", flat=True):
        try:
            with tenant_scope(tenant_id):
                services.queue_due_schedules(tenant_id=tenant_id, at=at)
        except Exception:
            logger.exception("the schedules of tenant %s could not be read", tenant_id)


@shared_task(name="psa.jobs.run")
def run(*, tenant_id: int, run_id: int, **_: Any) -> None:
    """Work on one run for a turn. Holds no transaction itself; each step is one of its own."""
    ticket = Ticket(tenant_id, run_id)
    if not tickets.renew(ticket):
        return
    began = renewed = time.monotonic()
    while _timed_step(ticket) is running.Step.WORKED:
        now = time.monotonic()
        if now - began > _TURN_SECONDS and tickets.others_wait(ticket):
            tickets.release(ticket)
            break
        if now - renewed > _RENEW_SECONDS:
            tickets.renew(ticket)
            renewed = now
    sending.dispatch()


def _timed_step(ticket: Ticket) -> running.Step:
    began = time.monotonic()
    outcome = "broke"
    try:
        step = running.step(ticket, at=clock.now())
        outcome = step.name.lower()
        return step
    finally:
        metrics.JOB_STEPS.labels(outcome).observe(time.monotonic() - began)


@worker_ready.connect
def dispatch_at_start(**_: Any) -> None:
    """A new worker looks for work left waiting, without the beat's help."""
    sending.dispatch()
