"""The task that sends account mails; beat asks for it."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from . import account_mails


@shared_task(name="psa.access.send_account_mails")
def send_account_mails(**_: Any) -> None:
    """Send what waits. By the real clock, as its links are."""
    account_mails.send_waiting(at=datetime.now(tz=UTC))
