"""Endpoints of the room: projects, their plan and their team."""

from . import plan, plan_files, projects, register, reports, schedule, team, templates
from .area import endpoints

__all__ = [
    "endpoints",
    "plan",
    "plan_files",
    "projects",
    "register",
    "reports",
    "schedule",
    "team",
    "templates",
]
