"""Who signed in, who failed to and who left, in the log: people by number, never by what they typed."""

from typing import Any

import structlog
from django.contrib.auth import signals
from django.dispatch import receiver
from django.http import HttpRequest

logger = structlog.get_logger("psa.sign_ins")


@receiver(signals.user_logged_in)
def signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    logger.info("signed in", user=user.pk)


@receiver(signals.user_logged_out)
def signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    logger.info("signed out", user=getattr(user, "pk", None))


@receiver(signals.user_login_failed)
def failed(request: HttpRequest | None = None, **_: Any) -> None:
    # The address that was typed may be a password in the wrong field.
    logger.warning("sign-in failed", path=request.path if request else "")
