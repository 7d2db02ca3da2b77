"""The Celery application with the tests' kinds; `celery -A tests.core.jobs.worker` starts it."""

import django

from psa.celery import app

django.setup()

from tests.core.jobs import kinds  # noqa: E402  models exist only after the set-up

kinds.register()
__all__ = ["app"]
