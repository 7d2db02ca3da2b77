"""One try of an e-mail that waits: what came of it, written on its delivery, and how pages tell it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any, Protocol, TypeVar

from django.db.models import QuerySet

from psa.core.access.models import Membership
from psa.core.errors import DomainError
from psa.core.web import states
from psa.core.web.states import State

MAX_ATTEMPTS = 12
TIMEOUT_SECONDS = 10
WAITING, SENT, FAILED = "waiting", "sent", "failed"
WAITS = "Waits for the mail server"

Row = TypeVar("Row")


class Delivery(Protocol):
    """A row of one e-mail to one address, in whichever room."""

    pk: int
    recipient: str
    state: str
    attempts: int
    outcome: str
    sent_at: datetime | None
    sent_by: Membership | None
    document_sha256: str

    @property
    def requested_at(self) -> datetime | None: ...
    def save(self, *, update_fields: Iterable[str]) -> None: ...


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One e-mail: `at` is when it went out, else when it was asked for."""

    id: int
    recipient: str
    state: str
    outcome: str
    at: datetime | None
    by: str

    @property
    def badge(self) -> State:
        return states.SENDING[self.state]

    @property
    def can_retry(self) -> bool:
        return self.state != SENT


def asked_once(
    asked_before: "QuerySet[Any]", recipients: Sequence[str], make: Callable[[str], Row]
) -> tuple[list[Row], bool]:
    """One row for each address, those of `asked_before` among them; and whether `make` made any."""
    known: dict[str, Row] = {
        row.recipient: row for row in asked_before.filter(recipient__in=recipients)
    }
    asked = [known.get(recipient) or make(recipient) for recipient in recipients]
    return asked, len(known) < len(asked)


def views_of(rows: Iterable[Delivery]) -> tuple[DeliveryView, ...]:
    """Deliveries, loaded with their senders, as the pages show them."""
    return tuple(
        DeliveryView(
            id=row.pk,
            recipient=row.recipient,
            state=row.state,
            outcome=row.outcome,
            at=row.sent_at or row.requested_at,
            by=row.sent_by.name if row.sent_by else "System",
        )
        for row in rows
    )


def attempt(delivery: Delivery, mail: Callable[[], str], *, at: datetime) -> None:
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
        delivery.state = SENT
        delivery.sent_at = at
        delivery.document_sha256 = digest
        delivery.outcome = "The mail server took it"
    delivery.save(update_fields=["state", "attempts", "outcome", "sent_at", "document_sha256"])


def wait_again(delivery: Delivery) -> None:
    """Let a delivery that did not go out wait anew, with all its tries before it."""
    delivery.state = WAITING
    delivery.attempts = 0
    delivery.outcome = WAITS
    delivery.save(update_fields=["state", "attempts", "outcome"])


def _fail(delivery: Delivery, reason: str) -> None:
    delivery.state = FAILED
    delivery.outcome = reason[:200]


def _named(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"answer {error.smtp_code}"
    return type(error).__name__
