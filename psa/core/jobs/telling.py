"""How far a long part of a run has come, told while its transaction is still open.

What a part writes is seen when it is committed, its progress too; a part that must be whole or
nothing would show none until its end. So it tells through a connection of its own, which writes
the run's bar and nothing else: whatever becomes of the part, the bar is set right again at its end.
"""

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import DatabaseError, connection, connections
from django.db.models import Sum

from psa.core.tenancy.scope import tenant_scope

from .models import JobChunk, JobRun

logger = logging.getLogger(__name__)

# Percent of the part, and what is done now; whether somebody asked to cancel the run meanwhile.
Tell = Callable[[int, str], bool]


@contextmanager
def told_from_within(run: JobRun) -> Iterator[Tell]:
    """For a part of a run whose kind is `in_order`: there, one part at a time is under way.

    A bar that cannot be written never stops the work.
    """
    parts = JobChunk.objects.filter(run_id=run.pk).order_by("position")
    before = done_by_parts(run.pk)
    room = parts.filter(done_at__isnull=True).values_list("weight", flat=True).first() or 0
    # A thread has connections of its own.
    with ThreadPoolExecutor(1, thread_name_prefix="job-progress") as beside:

        def tell(percent: int, words: str) -> bool:
            done = before + room * min(max(percent, 0), 100) // 100
            return beside.submit(_write, run.tenant_id, run.pk, done, words).result()

        try:
            yield tell
        finally:
            beside.submit(connections.close_all).result()


def done_by_parts(run_id: int) -> int:
    """What the parts that are done weigh, in this transaction's eyes."""
    done = JobChunk.objects.filter(run_id=run_id, done_at__isnull=False)
    return int(done.aggregate(weight=Sum("weight"))["weight"] or 0)


def _write(tenant_id: int, run_id: int, done: int, words: str) -> bool:
    try:
        with tenant_scope(tenant_id):
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '500ms'")
            JobRun.objects.filter(pk=run_id, state=JobRun.State.RUNNING).update(
                done=done, message=words[:400]
            )
            return JobRun.objects.filter(pk=run_id, cancel_requested=True).exists()
    except DatabaseError:
        logger.warning("the progress of run %s was not told", run_id, exc_info=True)
        return False
