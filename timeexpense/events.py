"""What happened, as the audit trail, notifications and hooks name it."""

from enum import StrEnum


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
