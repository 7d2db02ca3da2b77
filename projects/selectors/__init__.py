"""Reads of projects. The names listed here are what other rooms use."""

from .figures import used_up_budgets
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
    "used_up_budgets",
    "work_context",
]
