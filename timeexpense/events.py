"""What happened, as the audit trail, notifications and hooks name it."""

from enum import StrEnum

from psa.core.notifications.events import Event


class TimeExpenseEvent(StrEnum):
    SUBMITTED = "timeexpense.submitted"
    APPROVED = "timeexpense.approved"
    PASSED_ON = "timeexpense.passed_on"
    RETURNED = "timeexpense.returned"
    TAKEN_BACK = "timeexpense.taken_back"
    RECALL_REQUESTED = "timeexpense.recall_requested"
    RECALL_GRANTED = "timeexpense.recall_granted"
    RECALL_DECLINED = "timeexpense.recall_declined"
    WEEK_DUE = "timeexpense.week_due"
    WEEKS_MISSING = "timeexpense.weeks_missing"
    PAST_CUTOFF = "timeexpense.past_cutoff"
    HANDED_IN = "timeexpense.handed_in"
    NUDGED = "timeexpense.nudged"
    DEPUTY_NAMED = "timeexpense.deputy.named"
    DEPUTY_ENDED = "timeexpense.deputy.ended"
    ROUTE_SAVED = "timeexpense.route.saved"
    WEEK_UNLOCKED = "timeexpense.week_unlocked"
    TRAVEL_SUBMITTED = "timeexpense.travel_submitted"
    TRAVEL_DECIDED = "timeexpense.travel_decided"
    RECEIPT_CONFIRMED = "timeexpense.receipt.confirmed"
    RECEIPT_DISCARDED = "timeexpense.receipt.discarded"
    EXPENSE_REPORT_CREATED = "timeexpense.expense_report.created"


# What members are told of, and how unless they choose otherwise.
TOLD = (
    Event(
        TimeExpenseEvent.RETURNED,
        "Time or expenses returned to me",
        email=True,
        is_personal=True,
    ),
    Event(TimeExpenseEvent.WEEK_DUE, "My week is due", email=True, push=True, is_personal=True),
    Event(TimeExpenseEvent.WEEKS_MISSING, "Weeks of my people are missing", email=True),
    Event(
        TimeExpenseEvent.PAST_CUTOFF,
        "Entries past the cut-off wait for me",
        email=True,
        push=True,
    ),
    Event(
        TimeExpenseEvent.HANDED_IN,
        "A week is handed in for me to decide on",
        push=True,
        in_app=False,
    ),
    Event(
        TimeExpenseEvent.DEPUTY_NAMED,
        "Somebody names me as deputy",
        email=True,
        is_personal=True,
    ),
    Event(TimeExpenseEvent.RECALL_REQUESTED, "Somebody asks for a recall", push=True),
    Event(
        TimeExpenseEvent.RECALL_GRANTED,
        "My entry may be changed again",
        push=True,
        is_personal=True,
    ),
    Event(
        TimeExpenseEvent.RECALL_DECLINED,
        "My recall was declined",
        push=True,
        is_personal=True,
    ),
    Event(TimeExpenseEvent.TRAVEL_SUBMITTED, "Somebody asks for a journey", push=True),
    Event(
        TimeExpenseEvent.TRAVEL_DECIDED,
        "My travel request was decided on",
        push=True,
        is_personal=True,
    ),
)
