"""Endpoints of the room: projects, their plan, their team and their money."""

from . import (
    discussion,
    finance,
    levelling,
    money,
    plan,
    plan_files,
    projects,
    register,
    reports,
    schedule,
    team,
    templates,
)
from .area import endpoints

__all__ = [
    "discussion",
    "endpoints",
    "finance",
    "levelling",
    "money",
    "plan",
    "plan_files",
    "projects",
    "register",
    "reports",
    "schedule",
    "team",
    "templates",
]
