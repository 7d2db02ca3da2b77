"""What forms of this room offer to choose from, as (id, label) pairs."""

from psa.core.actor import Actor
from psa.core.org.models import JobRole, Resource, WorkCalendar
from sales.models import Contract, ContractLine

from .. import policies
from ..models import Task

Choices = list[tuple[int, str]]


def people() -> Choices:
    """People who can be put on a project, by name; generic capacity comes last."""
    rows = Resource.objects.filter(employed_until__isnull=True).order_by("kind", "name")
    return [(r.pk, r.name) for r in rows.only("id", "name", "kind")]


def named_people() -> Choices:
    """People who can take the place of a role, by name."""
    rows = Resource.objects.filter(employed_until__isnull=True).exclude(kind=Resource.Kind.GENERIC)
    return list(rows.order_by("name").values_list("id", "name"))


def roles_on_team(project_id: int) -> Choices:
    """Roles on the team for which nobody is named yet, by name."""
    rows = Resource.objects.filter(
        memberships_of_teams__project_id=project_id, kind=Resource.Kind.GENERIC
    )
    return list(rows.order_by("name").distinct().values_list("id", "name"))


def tasks_of_roles(project_id: int) -> Choices:
    """Tasks with work left that are given to a role, in the plan's order."""
    rows = (
        Task.objects.filter(
            project_id=project_id,
            is_completed=False,
            remaining_minutes__gt=0,
            assignments__resource__kind=Resource.Kind.GENERIC,
        )
        .order_by("position")
        .distinct()
    )
    return [(pk, f"{o} {name}") for pk, o, name in rows.values_list("id", "outline", "name")]


def managers() -> Choices:
    """People with a login, who can manage or approve."""
    rows = Resource.objects.filter(membership__isnull=False).order_by("name")
    return [(r.pk, r.name) for r in rows.only("id", "name")]


def roles() -> Choices:
    return list(JobRole.objects.filter(is_active=True).order_by("name").values_list("id", "name"))


def calendars() -> Choices:
    return list(WorkCalendar.objects.order_by("name").values_list("id", "name"))


def contracts(actor: Actor) -> Choices:
    """Confirmed contracts for a new project: the actor's own, or all for who sees all projects."""
    rows = Contract.objects.filter(status=Contract.Status.CONFIRMED).order_by("number")
    if not actor.has("sales.view"):
        mine = policies.visible_to(actor).values("contract_id")
        rows = rows.filter(owner_id=actor.membership_id) | rows.filter(id__in=mine)
    return [(c.pk, f"{c.number} {c.name}") for c in rows.only("id", "number", "name")]


def contract_lines(contract_id: int | None) -> Choices:
    if contract_id is None:
        return []
    rows = ContractLine.objects.filter(contract_id=contract_id).order_by("position")
    return list(rows.values_list("id", "name"))


def tasks(project_id: int) -> Choices:
    rows = Task.objects.filter(project_id=project_id).order_by("position")
    return [(pk, f"{o} {name}") for pk, o, name in rows.values_list("id", "outline", "name")]


def phases(project_id: int) -> list[tuple[str, str]]:
    """The topmost tasks by outline number."""
    rows = Task.objects.filter(project_id=project_id, depth=1).order_by("position")
    return [(outline, f"{outline} {name}") for outline, name in rows.values_list("outline", "name")]


def manager_of(actor: Actor) -> int | None:
    """The actor as a resource, to preselect them as manager."""
    found: int | None = (
        Resource.objects.filter(membership_id=actor.membership_id)
        .values_list("id", flat=True)
        .first()
    )
    return found
