"""What automation itself writes into the trail, and tells people of."""

from enum import StrEnum

from psa.core.notifications import events


class AutomationEvent(StrEnum):
    RULE_SAVED = "automation.rule.saved"
    RULE_SWITCHED = "automation.rule.switched"
    # Read by whatever delivers webhooks: the record is the subject's, `topic` is among the changes.
    WEBHOOK_REQUESTED = "automation.webhook_requested"
    APPROVAL_REQUESTED = "automation.approval.requested"
    APPROVAL_DECIDED = "automation.approval.decided"
    NOTIFIED = "automation.notified"


events.register(
    events.Event(AutomationEvent.NOTIFIED, "A rule of the firm tells you something", email=True),
    events.Event(AutomationEvent.APPROVAL_REQUESTED, "Your approval is asked for", email=True),
    events.Event(AutomationEvent.APPROVAL_DECIDED, "An approval you asked for is decided"),
)
