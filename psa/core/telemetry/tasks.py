"""What Celery tells: whose task runs, bound to its log lines; how tasks end, counted."""

from typing import Any

from celery import signals
from django.conf import settings

from . import logs, metrics, requests

_REQUEST = "psa_request_id"


@signals.setup_logging.connect
def set_up_logging(**_: Any) -> None:
    """Keep Celery from setting up its own: worker and beat write as the web does."""
    logs.set_up(settings.LOGGING)


@signals.before_task_publish.connect
def send_request_number(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """A job's log lines name the request that asked for it."""
    number = requests.current("request")
    if headers is not None and number:
        headers[_REQUEST] = number


@signals.task_prerun.connect
def begin(task: Any = None, task_id: str = "", kwargs: Any = None, **_: Any) -> None:
    requests.bind(
        task=task.name,
        request=task.request.get(_REQUEST) or task_id,
        tenant=(kwargs or {}).get("tenant_id"),
        run=(kwargs or {}).get("run_id"),
    )


@signals.task_postrun.connect
def end(task: Any = None, state: str = "", **_: Any) -> None:
    metrics.TASKS.labels(task.name, (state or "unknown").lower()).inc()
    requests.forget()


@signals.worker_init.connect
def begin_anew(**_: Any) -> None:
    metrics.begin_anew()
