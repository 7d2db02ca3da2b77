"""What other rooms ask about work: its contract line, its team role, where it may be booked.

All of it is set-based: the number of queries does not grow with the number of entries.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.core.exceptions import EmptyResultSet
from django.db.models import BigIntegerField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.tenancy import compiled, reading
from sales.selectors import visibility as sales

from .. import policies
from ..models import ContractLineLink, Project, ProjectApprover, Task, TeamMember
from ..rules.contract_lines import line_of

Pair = tuple[int, int | None, str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Whether the reader may open a project's customer and contract, and how large its team is."""

    sees_account: bool
    sees_contract: bool
    team_count: int


@dataclass(frozen=True, slots=True)
class TeamRole:
    """A person's place in a team: role, dates (`valid_until` exclusive) and an agreed bill rate."""

    member_id: int
    role_id: int
    valid_from: date
    valid_until: date | None
    bill_rate_override: Decimal | None
    bill_rate_unit: str

    def covers(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


@dataclass(frozen=True, slots=True)
class WorkKey:
    """A piece of work to place: who did what class of it, on which project and task, and when."""

    project_id: int
    task_id: int | None
    transaction_class: str
    resource_id: int
    work_on: date


@dataclass(frozen=True, slots=True)
class WorkContext:
    """What a piece of work hangs on; `team_roles` are those valid on its day, oldest first."""

    contract_line_id: int | None
    team_roles: tuple[TeamRole, ...]
    contract_id: int | None
    account_id: int | None
    contracting_unit_id: int
    legal_entity_id: int
    manager_id: int
    status: str
    is_internal: bool
    is_bookable: bool
    task_role_id: int | None
    task_billing_type: str


@dataclass(frozen=True, slots=True)
class BookableTask:
    id: int
    outline: str
    name: str
    depth: int
    is_summary: bool


@dataclass(frozen=True, slots=True)
class BookableProject:
    """A project a person may book time on, with its tasks in outline order."""

    id: int
    code: str
    name: str
    account_name: str
    role_ids: tuple[int, ...]
    tasks: tuple[BookableTask, ...]


def contract_line_for(
    pairs: Iterable[Pair], *, outlines: Mapping[int, str] | None = None
) -> dict[Pair, int | None]:
    """The contract line of each (project, task or None, class); None where no link covers it.

    The nearest link above the task wins. Two queries; one with the tasks' outlines at hand.
    Source  docs/rules/projects.md, P-2.
    """
    wanted = set(pairs)
    project_ids = {project_id for project_id, _, _ in wanted}
    task_ids = {task_id for _, task_id, _ in wanted if task_id is not None}
    if outlines is None:
        outlines = dict(
            Task.objects.filter(id__in=task_ids, project_id__in=project_ids).values_list(
                "id", "outline"
            )
        )
    links = {
        (project_id, outline or "", transaction_class): line_id
        for project_id, outline, transaction_class, line_id in ContractLineLink.objects.filter(
            project_id__in=project_ids
        ).values_list("project_id", "task__outline", "transaction_class", "contract_line_id")
    }
    return {
        (project_id, task_id, transaction_class): line_of(
            links,
            project_id=project_id,
            outline=outlines.get(task_id, "") if task_id is not None else "",
            transaction_class=transaction_class,
        )
        for project_id, task_id, transaction_class in wanted
    }


def team_roles(
    project_ids: Collection[int], resource_ids: Collection[int]
) -> dict[tuple[int, int], tuple[TeamRole, ...]]:
    """Per (project, resource): the places in the team, whatever their dates. One query."""
    found: dict[tuple[int, int], list[TeamRole]] = {}
    rows = (
        TeamMember.objects.filter(project_id__in=project_ids, resource_id__in=resource_ids)
        .order_by("valid_from", "id")
        .values_list(
            "project_id", "resource_id", "id", "role_id", "valid_from", "valid_until",
            "bill_rate_override", "bill_rate_unit",
        )
    )  # fmt: skip
    for project_id, resource_id, *rest in rows:
        found.setdefault((project_id, resource_id), []).append(TeamRole(*rest))
    return {key: tuple(roles) for key, roles in found.items()}


def work_context(keys: Iterable[WorkKey]) -> dict[WorkKey, WorkContext]:
    """Contract line, team roles of the day, and the project's and task's facts, per piece of work.

    Five queries, whatever the number of entries. Work on a project that does not exist (or is
    another tenant's) is missing from the answer; so is work on a task of another project.
    """
    wanted = set(keys)
    project_ids = {key.project_id for key in wanted}
    task_ids = {key.task_id for key in wanted if key.task_id is not None}
    lines = contract_line_for((k.project_id, k.task_id, k.transaction_class) for k in wanted)
    roles = team_roles(project_ids, {key.resource_id for key in wanted})
    projects = {
        row["id"]: row
        for row in Project.objects.filter(id__in=project_ids).values(
            "id", "contract_id", "account_id", "contracting_unit_id",
            "contracting_unit__legal_entity_id", "manager_id", "status", "is_internal",
        )
    }  # fmt: skip
    tasks = {
        task_id: (project_id, role_id, billing_type)
        for task_id, project_id, role_id, billing_type in Task.objects.filter(
            id__in=task_ids
        ).values_list("id", "project_id", "role_id", "billing_type")
    }
    found = {}
    # Most work of a task has the same surroundings whoever did it and when.
    alike: dict[tuple[int, int | None, str, tuple[TeamRole, ...]], WorkContext] = {}
    for key in wanted:
        project = projects.get(key.project_id)
        task = (key.project_id, None, "") if key.task_id is None else tasks.get(key.task_id)
        if project is None or task is None or task[0] != key.project_id:
            continue
        held = roles.get((key.project_id, key.resource_id), ())
        of_the_day = tuple([role for role in held if role.covers(key.work_on)]) if held else ()
        same = (key.project_id, key.task_id, key.transaction_class, of_the_day)
        known = alike.get(same)
        if known is not None:
            found[key] = known
            continue
        found[key] = alike[same] = WorkContext(
            contract_line_id=lines[(key.project_id, key.task_id, key.transaction_class)],
            team_roles=of_the_day,
            contract_id=project["contract_id"],
            account_id=project["account_id"],
            contracting_unit_id=project["contracting_unit_id"],
            legal_entity_id=project["contracting_unit__legal_entity_id"],
            manager_id=project["manager_id"],
            status=project["status"],
            is_internal=project["is_internal"],
            is_bookable=project["status"] in policies.BOOKABLE,
            task_role_id=task[1],
            task_billing_type=task[2],
        )
    return found


def approvable_projects(actor: Actor) -> QuerySet[Project]:
    """The projects whose time and expenses the actor approves: as manager or named approver."""
    return projects_approved_by(actor.membership_id)


def projects_approved_by(membership_id: int) -> QuerySet[Project]:
    """As `approvable_projects`, for any member."""
    named = ProjectApprover.objects.filter(resource__membership_id=membership_id)
    return Project.objects.filter(
        Q(manager__membership_id=membership_id) | Q(id__in=named.values("project_id"))
    )


def names_approver_besides(path: str) -> Exists:
    """Of a row with a project: whether that names an approver who may sign in, besides the resource
    that `path` leads to from the row."""
    named = ProjectApprover.objects.filter(
        project_id=OuterRef("project_id"), resource__membership__is_active=True
    )
    return Exists(named.exclude(resource_id=OuterRef(path)))


def approvers_of(project_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Per project, the resources who approve for it: its manager and the named approvers."""
    found = {
        project_id: {manager_id}
        for project_id, manager_id in Project.objects.filter(id__in=project_ids).values_list(
            "id", "manager_id"
        )
    }
    for project_id, resource_id in ProjectApprover.objects.filter(
        project_id__in=project_ids
    ).values_list("project_id", "resource_id"):
        found[project_id].add(resource_id)
    return {project_id: frozenset(ids) for project_id, ids in found.items()}


def manager_members(project_ids: Collection[int]) -> dict[int, int]:
    """Per project, the member who manages it; without those whose manager cannot sign in."""
    rows = Project.objects.filter(
        id__in=project_ids, manager__membership__isnull=False
    ).values_list("id", "manager__membership_id")
    return dict(rows)


def bookable_projects(resource_id: int, on: date) -> list[BookableProject]:
    """Projects in planning or delivery whose team has the person that day. Two queries."""
    members = (
        TeamMember.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=on),
            resource_id=resource_id,
            valid_from__lte=on,
            project__status__in=policies.BOOKABLE,
        )
        .order_by("project__code", "valid_from", "id")
        .values_list(
            "project_id", "project__code", "project__name", "project__account__name", "role_id"
        )
    )
    projects: dict[int, tuple[str, str, str]] = {}
    roles: dict[int, list[int]] = {}
    for project_id, code, name, account_name, role_id in members:
        projects[project_id] = (code, name, account_name or "")
        roles.setdefault(project_id, []).append(role_id)
    tasks: dict[int, list[BookableTask]] = {}
    for project_id, *task in (
        Task.objects.filter(project_id__in=projects, is_completed=False)
        .order_by("project_id", "position")
        .values_list("project_id", "id", "outline", "name", "depth", "is_summary")
    ):
        tasks.setdefault(project_id, []).append(BookableTask(*task))
    return [
        BookableProject(
            project_id, *facts, tuple(roles[project_id]), tuple(tasks.get(project_id, ()))
        )
        for project_id, facts in projects.items()
    ]


def get_project(*, actor: Actor, project_id: int) -> Project:
    """The project with manager, customer, contract, unit, entity and `surroundings_of` loaded.

    One query, and one for a whole page.

    Raises  NotFound alike if absent, another tenant's, or not the actor's to see.
    """
    return reading.once(
        ("projects.project", actor.membership_id, project_id),
        lambda: _found("projects.visible", policies.visible_to, actor, project_id),
    )


def get_planned(*, actor: Actor, project_id: int) -> Project:
    """As `get_project`; the draft of a template, too, if the actor may edit that."""
    return _found("projects.planned", policies.plans_visible_to, actor, project_id)


def _found(
    name: str, visible: Callable[[Actor], QuerySet[Project]], actor: Actor, project_id: int
) -> Project:
    def with_surroundings(member_id: int, number: int) -> QuerySet[Project]:
        anybody = replace(actor, user_id=0, tenant_id=0, membership_id=member_id)
        return _with_surroundings(visible, anybody, number)

    try:
        if actor.membership_id is None:
            found = list(_with_surroundings(visible, actor, project_id))
        else:
            # What one sees follows from one's permissions: all of them are in the name.
            found = compiled.records(
                (name, actor.permissions), with_surroundings, actor.membership_id, project_id
            )
    except EmptyResultSet:
        found = []
    if not found:
        raise NotFound("There is no such project, or it is not yours to see.")
    project: Project = found[0]
    return project


def _with_surroundings(
    visible: Callable[[Actor], QuerySet[Project]], actor: Actor, project_id: int
) -> QuerySet[Project]:
    team = (
        TeamMember.objects.filter(project_id=OuterRef("pk"))
        .order_by()
        .values("project_id")
        .annotate(members=Count("pk"))
        .values("members")
    )
    return (
        visible(actor)
        .select_related(
            "manager", "account", "contract", "calendar", "contracting_unit__legal_entity"
        )
        .annotate(
            sees_account=Exists(sales.accounts_visible_to(actor).filter(pk=OuterRef("account_id"))),
            sees_contract=Exists(
                sales.contracts_visible_to(actor).filter(pk=OuterRef("contract_id"))
            ),
            members=Coalesce(Subquery(team), Value(0)),
            # Whoever sees all is named too, as the statement is kept for everybody who does.
            asked_by=Value(actor.membership_id, output_field=BigIntegerField()),
        )
        .filter(id=project_id)[:1]
    )


def surroundings_of(project: Project) -> Surroundings:
    """What `get_project` or `get_planned` read beside a project."""
    known = vars(project)
    return Surroundings(known["sees_account"], known["sees_contract"], known["members"])


def sole_project_id(contract_id: int) -> int | None:
    """The one project that a contract pays for; None where there are several, or none. One query."""
    found = list(Project.objects.filter(contract_id=contract_id).values_list("id", flat=True)[:2])
    return found[0] if len(found) == 1 else None
