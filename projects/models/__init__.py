"""Projects, their plans, teams, and links to contract lines."""

from .plans import Baseline, BaselineTask, Dependency, PlanCalendar, PlanResource
from .projects import (
    Assignment,
    ContractLineLink,
    Project,
    ProjectApprover,
    ProjectCounter,
    Task,
    TeamMember,
)
from .register import RegisterEntry

__all__ = [
    "Assignment",
    "Baseline",
    "BaselineTask",
    "ContractLineLink",
    "Dependency",
    "PlanCalendar",
    "PlanResource",
    "Project",
    "ProjectApprover",
    "ProjectCounter",
    "RegisterEntry",
    "Task",
    "TeamMember",
]
