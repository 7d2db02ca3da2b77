"""Who sees which project, who may change it, and which states follow each other."""

from typing import Final

from django.db.models import Q, QuerySet

from psa.core.access.models import Membership
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError, PermissionDenied

from .models import Assignment, Project, ProjectApprover, ProjectTemplate, RegisterEntry, Task
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


def plans_visible_to(actor: Actor) -> QuerySet[Project]:
    """What has a plan to open: projects as in `visible_to`, and drafts of templates that are the
    actor's to edit."""
    found = Q(draft_of__isnull=True, id__in=visible_to(actor).values("id"))
    if actor.has(ProjectsPermission.MANAGE_ALL):
        found |= Q(draft_of__isnull=False)
    elif actor.membership_id is not None:
        found |= Q(draft_of__owner__membership_id=actor.membership_id)
    return Project.plans.filter(found)


def may_edit_template(template: ProjectTemplate, actor: Actor) -> bool:
    """Its owner may, and who manages all projects."""
    if actor.has(ProjectsPermission.MANAGE_ALL):
        return True
    owner = template.owner.membership_id if template.owner else None
    return owner is not None and owner == actor.membership_id


def is_manager(project: Project, actor: Actor) -> bool:
    """Whether the actor is the project's manager; `project.manager` must be loaded."""
    owner = project.manager.membership_id
    return owner is not None and owner == actor.membership_id


def may_manage(project: Project, actor: Actor) -> bool:
    """Whether the actor may change the project, whatever its status; or the draft of a template."""
    if project.draft_of is not None:
        return may_edit_template(project.draft_of, actor)
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


def reads_task(actor: Actor, task_id: int) -> bool:
    """Whether the actor may read what is said and kept about a task: of a project that they may
    open, or a task that is theirs to do."""
    projects = visible_to(actor).values("id")
    theirs = Q(project__in=projects)
    if actor.has(ProjectsPermission.VIEW_OWN_TASKS) and actor.membership_id is not None:
        mine = Assignment.objects.filter(resource__membership_id=actor.membership_id)
        theirs |= Q(id__in=mine.values("task_id"))
    return Task.objects.filter(theirs, id=task_id).exists()


def readers_of(project: Project, task_id: int | None) -> QuerySet[Membership]:
    """The active members who may open a project; of a task, those too who are to do it.

    `project.contract` is read for its owner. The counterpart of `visible_to` and `reads_task`.
    """
    owners = [project.manager.membership_id]
    if project.contract is not None:
        owners.append(project.contract.owner_id)
    approving = ProjectApprover.objects.filter(project=project).values("resource__membership_id")
    sees_all = Q(role_links__role__permissions__overlap=_SEES_ALL)
    sees_own = Q(role_links__role__permissions__contains=[ProjectsPermission.VIEW_OWN]) & (
        Q(id__in=[pk for pk in owners if pk is not None]) | Q(id__in=approving)
    )
    found = sees_all | sees_own
    if task_id is not None:
        doing = Assignment.objects.filter(task_id=task_id).values("resource__membership_id")
        found |= Q(
            role_links__role__permissions__contains=[ProjectsPermission.VIEW_OWN_TASKS],
            id__in=doing,
        )
    return Membership.objects.filter(found, is_active=True).distinct()


_SEES_ALL: Final = [ProjectsPermission.VIEW.value, ProjectsPermission.MANAGE_ALL.value]


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
