"""Who sees which project, who may change it, and which states follow each other."""

from typing import Final

from django.db.models import Q, QuerySet

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError, PermissionDenied

from .models import Project, RegisterEntry
from .permissions import ProjectsPermission

Status = Project.Status

# From each status: which may follow. Closing is final; a completed project may be taken up again.
TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    Status.PLANNING: (Status.IN_DELIVERY, Status.CLOSED),
    Status.IN_DELIVERY: (Status.ON_HOLD, Status.COMPLETED),
    Status.ON_HOLD: (Status.IN_DELIVERY, Status.COMPLETED),
    Status.COMPLETED: (Status.IN_DELIVERY, Status.CLOSED),
    Status.CLOSED: (),
}
# Work can be booked while a project is planned or delivered.
BOOKABLE: Final = (Status.PLANNING, Status.IN_DELIVERY)


# Plans of these follow what changes around them; the others are over.
PLANNED: Final = (Status.PLANNING, Status.IN_DELIVERY, Status.ON_HOLD)


def visible_to(actor: Actor) -> QuerySet[Project]:
    """The projects the actor may open: all of them, or those they manage, approve or sold."""
    if actor.has(ProjectsPermission.VIEW) or actor.has(ProjectsPermission.MANAGE_ALL):
        return Project.objects.all()
    if not actor.has(ProjectsPermission.VIEW_OWN):
        return Project.objects.none()
    mine = actor.membership_id
    approving = Project.objects.filter(approvers__resource__membership_id=mine).values("id")
    return Project.objects.filter(
        Q(manager__membership_id=mine) | Q(contract__owner_id=mine) | Q(id__in=approving)
    )


def is_manager(project: Project, actor: Actor) -> bool:
    """Whether the actor is the project's manager; `project.manager` must be loaded."""
    owner = project.manager.membership_id
    return owner is not None and owner == actor.membership_id


def may_manage(project: Project, actor: Actor) -> bool:
    """Whether the actor may change the project, whatever its status."""
    if actor.has(ProjectsPermission.MANAGE_ALL):
        return True
    return actor.has(ProjectsPermission.MANAGE_OWN) and is_manager(project, actor)


def check_can_manage(project: Project, actor: Actor) -> None:
    """Refuse a change by somebody who may only look, or of a closed project.

    Raises  PermissionDenied; DomainError if the project is closed.
    """
    if not may_manage(project, actor):
        raise PermissionDenied(
            f"Project {project.code} is managed by {project.manager.name}. "
            "Ask them, or an administrator, to change it."
        )
    if project.status == Status.CLOSED:
        raise DomainError(f"Project {project.code} is closed and can no longer be changed.")


def check_can_become(project: Project, status: str) -> None:
    """Refuse a status that does not follow the present one, naming those that do.

    Raises  DomainError.
    """
    following = TRANSITIONS[project.status]
    if status in following:
        return
    words = [str(Status(s).label).lower() for s in following]
    ways = f" It can become: {', '.join(words)}." if words else " That is final."
    raise DomainError(
        f"Project {project.code} is {project.get_status_display().lower()} and cannot become "
        f"{Status(status).label.lower()}.{ways}",
        field="status",
    )


def register_visible_to(actor: Actor) -> QuerySet[RegisterEntry]:
    """The register of projects the actor may open, and what is theirs to do or was escalated to them."""
    mine = actor.membership_id
    if mine is None:
        return RegisterEntry.objects.filter(project__in=visible_to(actor).values("id"))
    return RegisterEntry.objects.filter(
        Q(project__in=visible_to(actor).values("id"))
        | Q(owner__membership_id=mine)
        | Q(escalated_to_id=mine)
    )


def may_see_cost(actor: Actor, *, manager_membership_id: int | None) -> bool:
    """Whether the actor may see cost and margin of a project with this manager."""
    if actor.has(PricingPermission.VIEW_COST_RATES):
        return True
    return _owns(actor, manager_membership_id) and actor.has(PricingPermission.VIEW_COST_RATES_OWN)


def may_see_bill(actor: Actor, *, manager_membership_id: int | None) -> bool:
    """Whether the actor may see contract values, unbilled and billed amounts of a project."""
    if actor.has(PricingPermission.VIEW_BILL_RATES):
        return True
    return _owns(actor, manager_membership_id) and actor.has(PricingPermission.VIEW_BILL_RATES_OWN)


def _owns(actor: Actor, manager_membership_id: int | None) -> bool:
    return manager_membership_id is not None and manager_membership_id == actor.membership_id
