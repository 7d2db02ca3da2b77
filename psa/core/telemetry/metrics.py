"""What is counted and timed, for Prometheus; shared among processes through files where asked.

With PROMETHEUS_MULTIPROC_DIR set (gunicorn, Celery) each process keeps its figures in a file there,
and `exposition` adds them all up, the workers' folders beside its own too. Routes and kinds label
them, never a tenant, a person or an address: those have no end.
"""

import glob
import os
from collections.abc import Iterable
from pathlib import Path

_FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
if _FOLDER:
    Path(_FOLDER).mkdir(parents=True, exist_ok=True)  # before the library looks for it

from prometheus_client import (  # noqa: E402
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

CONTENT_TYPE = CONTENT_TYPE_LATEST

REQUESTS = Histogram(
    "psa_request_seconds",
    "Requests by route, method and class of status.",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.02, 0.04, 0.08, 0.15, 0.3, 0.6, 1.2, 2.5, 5, 10),
)
JOBS = Histogram(
    "psa_job_seconds",
    "Runs by kind and outcome, from their start to their end.",
    ["kind", "outcome"],
    buckets=(0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600),
)
JOB_STEPS = Histogram(
    "psa_job_step_seconds",
    "Steps of runs, each one transaction, by outcome.",
    ["outcome"],
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
TASKS = Counter(
    "psa_tasks_total", "Messages that a worker has done, by outcome.", ["task", "outcome"]
)
SLOW_QUERIES = Counter("psa_slow_queries_total", "Statements above the threshold.", ["via"])


class Figures(Collector):
    """Gauges that were read from the database for this one answer."""

    def __init__(self, figures: Iterable[tuple[str, str, float]]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        for name, words, value in self._figures:
            yield GaugeMetricFamily(name, words, value=value)


class _AllProcesses(Collector):
    """The files of all processes of all folders, added up."""

    def collect(self) -> Iterable[Metric]:
        files = glob.glob(str(Path(_FOLDER).parent / "*" / "*.db"))
        found: Iterable[Metric] = MultiProcessCollector.merge(files, accumulate=True)
        return found


def exposition(figures: Iterable[tuple[str, str, float]]) -> bytes:
    """All figures in Prometheus' text format, those of the database with them."""
    registry = CollectorRegistry()
    registry.register(_AllProcesses() if _FOLDER else REGISTRY)
    registry.register(Figures(figures))
    text: bytes = generate_latest(registry)
    return text


def begin_anew() -> None:
    """Forget the figures of an earlier start, in the process that then forks the others."""
    own = f"_{os.getpid()}.db"
    for path in glob.glob(str(Path(_FOLDER) / "*.db")) if _FOLDER else ():
        if not path.endswith(own):
            Path(path).unlink(missing_ok=True)
