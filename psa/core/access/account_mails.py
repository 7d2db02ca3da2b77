"""Mails of the account itself (reset, warnings): queued with what they are about, sent by a task.

They belong to a person and to no firm, so the jobs of firms can't carry them. A row lies sealed,
as a reset mail holds a key, and goes when its mail is sent.
"""

import json
import logging
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused

from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from . import seals
from .models import AccountMail

logger = logging.getLogger("psa.access")
GIVEN_UP_AFTER = timedelta(hours=24)
LONGEST_WAIT = timedelta(minutes=30)
PURPOSE = "account-mail"
_TIMEOUT_SECONDS = 10
# What a server answers to one mail; any other error of the line would meet the next mail too.
_OF_ONE_MAIL = (SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused)


def queue(message: EmailMessage, *, kind: str, at: datetime) -> None:
    """Keep a text message until the mail server takes it, in the transaction that is open."""
    content = {"subject": message.subject, "body": message.body, "to": message.to}
    AccountMail.objects.create(
        kind=kind[:80],
        sealed=seals.seal(json.dumps(content), purpose=PURPOSE),
        queued_at=at,
        next_attempt_at=at,
    )


def send_waiting(*, at: datetime, limit: int = 100) -> int:
    """Send what is due, each in a transaction of its own; how many were sent.

    What the server refuses waits longer each time, and after a day is given up: its link would be
    dead. A server that can't be reached ends the run, as it would let every other mail wait for it
    too. A worker that is killed between sending and committing sends that one mail twice.
    """
    sent = 0
    due = AccountMail.objects.filter(next_attempt_at__lte=at)
    for mail_id in list(due.order_by("id").values_list("id", flat=True)[:limit]):
        with transaction.atomic():
            # Another run may have tried it meanwhile: what now waits is not due any more.
            row = due.select_for_update(skip_locked=True).filter(pk=mail_id).first()
            if row is None:
                continue
            error = _send(row)
            if error is None:
                row.delete()
                sent += 1
            else:
                _put_off(row, error, at)
        if isinstance(error, OSError) and not isinstance(error, _OF_ONE_MAIL):
            break
    return sent


def _send(row: AccountMail) -> Exception | None:
    """What kept the mail from being sent, whatever it was: one mail must not block the others."""
    try:
        content = json.loads(seals.unseal(row.sealed, purpose=PURPOSE))
        EmailMessage(**content, connection=get_connection(timeout=_TIMEOUT_SECONDS)).send()
    except Exception as error:
        return error
    return None


def _put_off(row: AccountMail, error: Exception, at: datetime) -> None:
    if isinstance(error, seals.Unreadable):
        logger.error("mail %s cannot be read under the present key; it is dropped", row.kind)
        row.delete()
        return
    logger.error("mail %s was not sent: %s", row.kind, type(error).__name__)
    if at - row.queued_at >= GIVEN_UP_AFTER:
        row.delete()
        return
    row.attempts += 1
    row.next_attempt_at = at + min(timedelta(minutes=2 ** min(row.attempts, 10)), LONGEST_WAIT)
    row.save(update_fields=["attempts", "next_attempt_at"])
