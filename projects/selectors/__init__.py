"""Reads of projects. The names listed here are what other rooms use."""

from .budget_control import BudgetRoom, budget_rooms
from .lines_left import LineLeft, time_left_of_lines
from .readiness import TaskReadiness, task_readiness
from .work import (
    BookableProject,
    BookableTask,
    TeamRole,
    WorkContext,
    WorkKey,
    approvable_projects,
    approvers_of,
    bookable_projects,
    contract_line_for,
    get_project,
    manager_members,
    names_approver_besides,
    projects_approved_by,
    sole_project_id,
    team_roles,
    work_context,
)

__all__ = [
    "BookableProject",
    "BookableTask",
    "BudgetRoom",
    "LineLeft",
    "TaskReadiness",
    "TeamRole",
    "WorkContext",
    "WorkKey",
    "approvable_projects",
    "approvers_of",
    "bookable_projects",
    "budget_rooms",
    "contract_line_for",
    "get_project",
    "manager_members",
    "names_approver_besides",
    "projects_approved_by",
    "sole_project_id",
    "task_readiness",
    "team_roles",
    "time_left_of_lines",
    "work_context",
]
