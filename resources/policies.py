"""Who may book whom on which project."""

from projects import policies as projects
from projects.models import Project
from psa.core.actor import Actor
from psa.core.errors import DomainError, PermissionDenied

from .permissions import ResourcesPermission


def may_book(project: Project, actor: Actor) -> bool:
    """Whether the actor may book people on the project; `project.manager` must be loaded."""
    if project.status not in projects.PLANNED:
        return False
    return actor.has(ResourcesPermission.MANAGE) or projects.may_manage(project, actor)


def check_can_book(project: Project, actor: Actor) -> None:
    """Refuse who may only look, and projects that are over.

    Raises  PermissionDenied; DomainError.
    """
    if not (actor.has(ResourcesPermission.MANAGE) or projects.may_manage(project, actor)):
        raise PermissionDenied(
            f"People are booked on {project.code} by {project.manager.name} "
            "and by the resource manager."
        )
    if project.status not in projects.PLANNED:
        raise DomainError(
            f"Project {project.code} is {project.get_status_display().lower()}: "
            "nobody is booked on it any more."
        )
