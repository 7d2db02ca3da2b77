"""The Celery application; start workers with ``-A psa.celery``."""

import os

from celery import Celery
from celery.signals import worker_init

from psa import garbage
from psa.core.telemetry import tasks  # noqa: F401  before Celery sets up a log of its own

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")

garbage.look_rarely()
app = Celery("psa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def _settle(**_: object) -> None:
    """Before the processes that work are forked: they share what is loaded."""
    from psa.core.jobs import registry  # models need Django, which Celery has set up by now

    registry.load()
    garbage.settle()
