from enum import StrEnum


class ProjectEvent(StrEnum):
    """What happens to projects, as the audit trail and notifications name it."""

    CREATED = "projects.project.created"
    WITHDRAWN = "projects.project.withdrawn"
    EDITED = "projects.project.edited"
    STATUS_CHANGED = "projects.project.status_changed"
    PLAN_CHANGED = "projects.plan.changed"
    FINISH_MOVED = "projects.plan.finish_moved"
    TEMPLATE_SAVED = "projects.template.saved"
    TEMPLATE_DELETED = "projects.template.deleted"
    TASK_EDITED = "projects.task.edited"
    TEAM_CHANGED = "projects.team.changed"
    LINE_LINKED = "projects.contract_line.linked"
    LINE_UNLINKED = "projects.contract_line.unlinked"
    REGISTER_ADDED = "projects.register.added"
    REGISTER_EDITED = "projects.register.edited"
    REGISTER_ESCALATED = "projects.register.escalated"
    REPORT_PUBLISHED = "projects.report.published"
    REPORT_SENDING = "projects.report.sending"
    REPORT_SENT = "projects.report.sent"
    REPORT_FAILED = "projects.report.failed"
    ACCEPTANCE = "projects.task.acceptance"
    REPORTING_CHANGED = "projects.reporting.changed"
    BASELINE_CHANGED = "projects.baseline.changed"
    BUDGET_CHANGED = "projects.budget.changed"
    BUDGET_OVERRIDDEN = "projects.budget.overridden"
    EXPENSES_PLANNED = "projects.expenses.planned"
    FORECAST_DUE = "projects.forecast.due"
    COMMENTED = "projects.comment.added"
    COMMENT_EDITED = "projects.comment.edited"
    COMMENT_REMOVED = "projects.comment.removed"
    MENTIONED = "projects.comment.mentioned"


# What people are told of: the event, its words on the preferences page, and whether it is mailed.
NOTIFIED: tuple[tuple[str, str, bool], ...] = (
    (ProjectEvent.FINISH_MOVED, "Leave or holidays move the finish of my project", False),
    (ProjectEvent.TEAM_CHANGED, "I am put on the team of a project", False),
    (ProjectEvent.REGISTER_ADDED, "A risk, issue, action or decision is mine to look after", False),
    (ProjectEvent.REGISTER_EDITED, "A change request of my contract is approved", False),
    (ProjectEvent.REGISTER_ESCALATED, "An issue is escalated to me", True),
    (ProjectEvent.FORECAST_DUE, "The weekly forecast is due", False),
    (ProjectEvent.MENTIONED, "Somebody mentions me in a comment", True),
    (ProjectEvent.REPORT_FAILED, "A status report that I sent did not go out", True),
)
# Of these, what concerns its reader alone.
PERSONAL = frozenset({ProjectEvent.TEAM_CHANGED, ProjectEvent.MENTIONED})
