"""One try of an e-mail that waits: what came of it, written on its delivery."""

from collections.abc import Callable
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from billing.models import InvoiceDelivery, StatementDelivery
from psa.core.errors import DomainError

MAX_ATTEMPTS = 12
TIMEOUT_SECONDS = 10
State = InvoiceDelivery.State


def attempt(
    delivery: InvoiceDelivery | StatementDelivery, mail: Callable[[], str], *, at: datetime
) -> None:
    """Send it by `mail`, which gives the hash of the document; the delivery is saved as sent,
    failed, or still waiting.

    A mail server that is away leaves it waiting for the next round, MAX_ATTEMPTS times; an address
    that is refused fails at once.
    """
    delivery.attempts += 1
    try:
        digest = mail()
    except SMTPRecipientsRefused:
        _fail(delivery, f"The mail server refused the address {delivery.recipient}")
    except (OSError, SMTPException) as error:
        if delivery.attempts >= MAX_ATTEMPTS:
            _fail(delivery, f"The mail server did not answer {MAX_ATTEMPTS} times")
        else:
            delivery.outcome = (
                f"The mail server did not take it ({_named(error)}); it is tried again in a few "
                f"minutes, {delivery.attempts} of {MAX_ATTEMPTS} tries so far"
            )[:200]
    except DomainError as refusal:
        _fail(delivery, refusal.message)
    else:
        delivery.state = State.SENT
        delivery.sent_at = at
        delivery.document_sha256 = digest
        delivery.outcome = "The mail server took it"
    delivery.save(update_fields=["state", "attempts", "outcome", "sent_at", "document_sha256"])


def _fail(delivery: InvoiceDelivery | StatementDelivery, reason: str) -> None:
    delivery.state = State.FAILED
    delivery.outcome = reason[:200]


def _named(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"answer {error.smtp_code}"
    return type(error).__name__
