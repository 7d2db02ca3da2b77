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
from .reports import Cadence, ReportDelivery, ReportDraft, ReportPlan, StatusReport
from .templates import ProjectTemplate, TemplateLink, TemplateRole, TemplateTask

__all__ = [
    "Assignment",
    "Baseline",
    "BaselineTask",
    "Cadence",
    "ContractLineLink",
    "Dependency",
    "PlanCalendar",
    "PlanResource",
    "Project",
    "ProjectApprover",
    "ProjectCounter",
    "ProjectTemplate",
    "RegisterEntry",
    "ReportDelivery",
    "ReportDraft",
    "ReportPlan",
    "StatusReport",
    "Task",
    "TeamMember",
    "TemplateLink",
    "TemplateRole",
    "TemplateTask",
]
