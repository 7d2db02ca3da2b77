from enum import StrEnum


class ProjectEvent(StrEnum):
    """What happens to projects, as the audit trail and notifications name it."""

    CREATED = "projects.project.created"
    EDITED = "projects.project.edited"
    STATUS_CHANGED = "projects.project.status_changed"
    PLAN_CHANGED = "projects.plan.changed"
    TASK_EDITED = "projects.task.edited"
    TEAM_CHANGED = "projects.team.changed"
    LINE_LINKED = "projects.contract_line.linked"
    LINE_UNLINKED = "projects.contract_line.unlinked"
    BASELINE_CHANGED = "projects.baseline.changed"
    BUDGET_CHANGED = "projects.budget.changed"
    BUDGET_OVERRIDDEN = "projects.budget.overridden"
    FORECAST_DUE = "projects.forecast.due"
