"""Once is once: a write under a key is done by the first who brings it, and answered to all.

The key's row is written in the transaction of the write. Who comes at the same time waits on it,
then finds the answer; a write that was refused or rolled back leaves no row, so it can be tried
again under the same key. An answer lies sealed: it may hold a price, or a secret.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from psa.core.access import seals
from psa.core.errors import Conflict

from ..models import IdempotencyKey

KEPT_FOR = timedelta(hours=24)
ANSWERS: Final = "api-answer"
_TAKE = """
INSERT INTO api_idempotencykey
    (tenant_id, token_id, key, fingerprint, created_at, content_type, etag, body)
VALUES (%s, %s, %s, %s, %s, '', '', '')
ON CONFLICT ON CONSTRAINT idempotency_key_once DO NOTHING
RETURNING id
"""


class KeyUsedElsewhere(Conflict):
    """The key stands for another request."""


class AnswerUnreadable(Conflict):
    """The write was done, but a change of the installation's key has closed its answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered the first time."""

    status: int
    content_type: str
    etag: str
    body: str


def take_key(
    *, tenant_id: int, token_id: int, key: str, fingerprint: str, at: datetime
) -> int | Answer:
    """The id of the key's new row, for whoever is first; else the answer given then.

    Waits for whoever holds the key at this moment. Raises  KeyUsedElsewhere, AnswerUnreadable.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [tenant_id, token_id, key, fingerprint, at])
        made = cursor.fetchone()
    if made:
        return int(made[0])
    held = IdempotencyKey.objects.get(token_id=token_id, key=key)
    if held.fingerprint != fingerprint:
        raise KeyUsedElsewhere(
            "This Idempotency-Key was used for another request in the last 24 hours. Use a new one "
            "for each thing you want done."
        )
    return Answer(held.status or 200, held.content_type, held.etag, _opened(held.body))


def keep_answer(*, key_id: int, answer: Answer) -> None:
    """Keep what was answered, for whoever brings the key again."""
    IdempotencyKey.objects.filter(pk=key_id).update(
        status=answer.status,
        content_type=answer.content_type,
        etag=answer.etag,
        body=seals.seal(answer.body, purpose=ANSWERS),
    )


def _opened(body: str) -> str:
    # Answers of the former version lie as they were given, for a day.
    if not body or body[0] in "{[":
        return body
    try:
        return seals.unseal(body, purpose=ANSWERS)
    except seals.Unreadable:
        raise AnswerUnreadable(
            "What was asked under this Idempotency-Key was done; its answer can no longer be read. "
            "Read the record instead."
        ) from None


def let_go(*, key_id: int) -> None:
    """Free the key: nothing was done under it, or nothing of its answer may be kept."""
    IdempotencyKey.objects.filter(pk=key_id).delete()


def expire_keys(*, at: datetime) -> int:
    """Remove the tenant's keys of more than a day ago; how many there were."""
    removed, _ = IdempotencyKey.objects.filter(created_at__lt=at - KEPT_FOR).delete()
    return removed


def has_expired_keys(*, at: datetime) -> bool:
    """Whether there is anything to remove."""
    return IdempotencyKey.objects.filter(created_at__lt=at - KEPT_FOR).exists()
