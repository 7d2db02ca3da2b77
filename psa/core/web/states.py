"""States as pages show them: a word, a tone and a shape, never a colour alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, pgettext


@dataclass(frozen=True, slots=True)
class State:
    """`tone` is "", go, ok, warn or bad; `icon` is the shape before the word."""

    label: str
    tone: str = ""
    icon: str = "circle-dashed"


def state_word(label: str) -> str:
    """A state in the reader's language: “Open” is Offen here, and Öffnen on a button."""
    if not label:
        return ""
    known = pgettext("state", label)
    return gettext(label) if known == label else known


DRAFT = State("Draft", icon="circle-dashed")
PLANNED = State("Planned", icon="circle-dashed")
QUEUED = State("Queued", icon="clock-pause")
RUNNING = State("Running", "go", icon="progress")
ACTIVE = State("Active", "go", icon="progress")
SUBMITTED = State("Submitted", "go", icon="send")
IN_REVIEW = State("In review", "go", icon="eye-check")
APPROVED = State("Approved", "ok", icon="circle-check")
CONFIRMED = State("Confirmed", "ok", icon="circle-check")
SENT = State("Sent", "ok", icon="send")
PAID = State("Paid", "ok", icon="circle-check-filled")
DONE = State("Done", "ok", icon="circle-check-filled")
WON = State("Won", "ok", icon="circle-check")
OVERDUE = State("Overdue", "warn", icon="clock-exclamation")
ON_HOLD = State("On hold", "warn", icon="clock-pause")
RETURNED = State("Returned", "bad", icon="arrow-back-up")
FAILED = State("Failed", "bad", icon="alert-square")
LOST = State("Lost", icon="circle-minus")
CANCELLED = State("Cancelled", icon="circle-minus")
CLOSED = State("Closed", icon="lock")

ON_OFF = {
    True: State("On", "ok", icon="circle-check"),
    False: State("Off", icon="circle-minus"),
}
# Of a message to somebody or something outside, by what its row says.
SENDING = {
    "waiting": State("Waiting", "go", icon="clock-pause"),
    "sent": SENT,
    "failed": State("Not sent", "bad", icon="alert-square"),
}

HEALTH_LABELS: Mapping[str, str] = {
    "ok": "On track",
    "warn": "At risk",
    "bad": "Off track",
    "none": "Not started",
}
