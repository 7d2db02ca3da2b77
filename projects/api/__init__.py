"""Endpoints of the room: projects, their plan, their team and their money."""

from . import finance, plan, plan_files, projects, register, reports, schedule, team, templates
from .area import endpoints

__all__ = [
    "endpoints",
    "finance",
    "plan",
    "plan_files",
    "projects",
    "register",
    "reports",
    "schedule",
    "team",
    "templates",
]
