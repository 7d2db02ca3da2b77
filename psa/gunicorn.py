"""How gunicorn serves, wherever it does: threads, patience, one log, figures of all its workers.

Used as ``gunicorn --config python:psa.gunicorn psa.wsgi:application``; ``--bind`` and ``--workers``
are the caller's.
"""

import ctypes
from contextlib import suppress
from typing import Any

from psa.core.telemetry import metrics
from psa.settings import LOGGING

worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 25
# Whatever grows in a worker ends with it; not all at once.
max_requests = 20_000
max_requests_jitter = 2_000
logconfig_dict = LOGGING
# Ours names the tenant, the member and the route; gunicorn's would name addresses a second time.
accesslog = None
# A heartbeat must not wait for a disk.
worker_tmp_dir = "/dev/shm"


_M_ARENA_MAX = -8


def post_fork(server: Any, worker: Any) -> None:
    """Two heaps for the four threads: each further one keeps what only one thread ever needed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def on_starting(server: Any) -> None:
    metrics.begin_anew()
