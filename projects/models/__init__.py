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
from .templates import ProjectTemplate, TemplateLink, TemplateRole, TemplateTask

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
    "ProjectTemplate",
    "RegisterEntry",
    "Task",
    "TeamMember",
    "TemplateLink",
    "TemplateRole",
    "TemplateTask",
]
