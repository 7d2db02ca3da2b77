"""What happened, as the audit trail, notifications and hooks name it."""

from enum import StrEnum


class TimeExpenseEvent(StrEnum):
    SUBMITTED = "timeexpense.submitted"
    APPROVED = "timeexpense.approved"
    RETURNED = "timeexpense.returned"
    TAKEN_BACK = "timeexpense.taken_back"
    RECALL_REQUESTED = "timeexpense.recall_requested"
    RECALL_GRANTED = "timeexpense.recall_granted"
    RECALL_DECLINED = "timeexpense.recall_declined"
    WEEK_UNLOCKED = "timeexpense.week_unlocked"
    EXPENSE_REPORT_CREATED = "timeexpense.expense_report.created"
