"""One try of a message to another system that waits in a row: what came of it, and when the next is."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final, Protocol

from psa.core.access.seals import Unreadable

from .outgoing import Answer, RefusedTarget, SendingFailed

# After each failed attempt so long; then it is given up, until somebody sends it again.
WAITS: Final = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 480, 1440))
WAITING, SENT, FAILED = "waiting", "sent", "failed"


class Waiting(Protocol):
    """A row of one message to one address, whatever it is about."""

    state: str
    attempts: int
    next_attempt_at: datetime | None
    answered_status: int | None
    outcome: str
    sent_at: datetime | None


def attempt(
    row: Waiting,
    send: Callable[[], Answer],
    *,
    at: datetime,
    unreadable: str,
    in_words: Callable[[int], str] = lambda status: f"Answered {status}",
    final: Collection[int] = (),
) -> None:
    """Send it once; the row, which its owner saves, is then sent, given up, or due again later.

    Accepted is any answer of 200 to 299; one of `final` is never tried again by itself. `in_words`
    says an answer to people; `unreadable` what to do when another installation sealed its secret.
    """
    row.attempts += 1
    row.answered_status, row.outcome = None, ""
    try:
        answer = send()
    except (RefusedTarget, SendingFailed) as error:
        row.outcome = str(error)[:300]
    except Unreadable as error:
        row.outcome = f"{error} {unreadable}"
    else:
        row.answered_status = answer.status
        row.outcome = in_words(answer.status)[:300]
        if answer.is_accepted:
            row.state, row.sent_at, row.next_attempt_at = SENT, at, None
        elif answer.status in final:
            row.state, row.next_attempt_at = FAILED, None
    if row.state == WAITING:
        _try_later(row, at)


def wait_again(row: Waiting, *, at: datetime) -> None:
    """Let it be sent once more, whatever became of it, with all its tries before it."""
    row.state, row.attempts, row.next_attempt_at = WAITING, 0, at


def _try_later(row: Waiting, at: datetime) -> None:
    if row.attempts > len(WAITS):
        row.state, row.next_attempt_at = FAILED, None
    else:
        row.next_attempt_at = at + WAITS[row.attempts - 1]
