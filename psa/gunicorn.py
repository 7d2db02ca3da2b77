"""How gunicorn serves, wherever it does: threads, patience, one log, figures of all its workers.

Used as ``gunicorn --config python:psa.gunicorn psa.wsgi:application``; ``--bind`` and ``--workers``
are the caller's.
"""

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


def on_starting(server: Any) -> None:
    metrics.begin_anew()
