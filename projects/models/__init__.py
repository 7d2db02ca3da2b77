"""Projects, their plans, teams, and links to contract lines."""

from .plans import Dependency, PlanCalendar, PlanResource
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
    "ContractLineLink",
    "Dependency",
    "PlanCalendar",
    "PlanResource",
    "Project",
    "ProjectApprover",
    "ProjectCounter",
    "Task",
    "TeamMember",
]
