"""The Celery application; start workers with ``-A psa.celery``."""

import os

from celery import Celery

from psa.core.telemetry import tasks  # noqa: F401  before Celery sets up a log of its own

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "psa.settings")

app = Celery("psa")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
