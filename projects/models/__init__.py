"""Projects, their plans, teams, links to contract lines, budgets and history."""

from .baselines import Baseline, BaselineTask
from .budgets import Budget, BudgetLine, BudgetOverride, PlannedExpense
from .plans import Dependency, PlanCalendar, PlanResource
from .progress import HealthSnapshot, TaskProgress
from .projects import (
    Assignment,
    ContractLineLink,
    Project,
    ProjectApprover,
    ProjectCounter,
    Task,
    TeamMember,
)

__all__ = [
    "Assignment",
    "Baseline",
    "BaselineTask",
    "Budget",
    "BudgetLine",
    "BudgetOverride",
    "ContractLineLink",
    "Dependency",
    "HealthSnapshot",
    "PlanCalendar",
    "PlanResource",
    "PlannedExpense",
    "Project",
    "ProjectApprover",
    "ProjectCounter",
    "Task",
    "TaskProgress",
    "TeamMember",
]
