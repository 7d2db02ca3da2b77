"""Projects, their plans, teams, links to contract lines, budgets and history."""

from .acceptance import TaskAcceptance
from .baselines import Baseline, BaselineTask
from .budgets import Budget, BudgetLine, BudgetOverride, PlannedExpense
from .discussion import Comment, DeletedTask, Mention
from .imports import PlanImport
from .plans import Dependency, PlanCalendar, PlanResource
from .progress import HealthSnapshot, TaskProgress
from .projects import (
    WAIT_FIELDS,
    Assignment,
    ContractLineLink,
    Project,
    ProjectApprover,
    ProjectCounter,
    Task,
    TeamMember,
)
from .register import RegisterEntry
from .reports import Cadence, ReportDelivery, ReportDraft, ReportPlan, StatusReport
from .templates import (
    ProjectTemplate,
    TemplateLink,
    TemplateRole,
    TemplateTask,
    TemplateUse,
    TemplateVersion,
)

__all__ = [
    "WAIT_FIELDS",
    "Assignment",
    "Baseline",
    "BaselineTask",
    "Budget",
    "BudgetLine",
    "BudgetOverride",
    "Cadence",
    "Comment",
    "ContractLineLink",
    "DeletedTask",
    "Dependency",
    "HealthSnapshot",
    "Mention",
    "PlanCalendar",
    "PlanImport",
    "PlanResource",
    "PlannedExpense",
    "Project",
    "ProjectApprover",
    "ProjectCounter",
    "ProjectTemplate",
    "RegisterEntry",
    "ReportDelivery",
    "ReportDraft",
    "ReportPlan",
    "StatusReport",
    "Task",
    "TaskAcceptance",
    "TaskProgress",
    "TeamMember",
    "TemplateLink",
    "TemplateRole",
    "TemplateTask",
    "TemplateUse",
    "TemplateVersion",
]
