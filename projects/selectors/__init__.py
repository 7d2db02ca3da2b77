"""Reads of projects. The names listed here are what other rooms use."""

from .figures import used_up_budgets
from .lines_left import LineLeft, time_left_of_lines
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
    team_roles,
    work_context,
)

__all__ = [
    "BookableProject",
    "BookableTask",
    "LineLeft",
    "TeamRole",
    "WorkContext",
    "WorkKey",
    "approvable_projects",
    "approvers_of",
    "bookable_projects",
    "contract_line_for",
    "get_project",
    "manager_members",
    "team_roles",
    "time_left_of_lines",
    "used_up_budgets",
    "work_context",
]
