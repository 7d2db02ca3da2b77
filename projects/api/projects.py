"""Projects: the list, one record, its status and its links to contract lines."""

from datetime import date
from types import SimpleNamespace
from typing import Annotated, Any

from ninja import Field

from projects import lists as room_lists
from projects.models import Project
from projects.permissions import ProjectsPermission
from projects.selectors import choices, pages
from projects.selectors import projects as selectors
from projects.selectors.actuals import named_actuals_of
from projects.selectors.milestones import milestones
from projects.selectors.page_rows import ProjectPage
from projects.services import links, projects
from psa.core import clock
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.custom_fields import selectors as custom_fields
from psa.core.custom_fields.api import ValuesIn, ValuesOut, own_values, with_values
from psa.core.ledger.rules.types import TransactionClass
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Day, Id, OneOf, PositiveAmount, Text

from .area import CHANGE, SEE, endpoints

# The lists at their widest: what a person may not see, their own lists leave out.
_ALL_SEEING = Actor(0, 0, 0, frozenset(p.value for p in PricingPermission), "api")
_WIDEST = room_lists.projects_list(_ALL_SEEING, as_of=date.min)
_WIDEST_HEAD: Any = SimpleNamespace(sight=selectors.Sight(cost=True, bill=True))
_WIDEST_ACTUALS = room_lists.actuals_list(_WIDEST_HEAD, [], actor=_ALL_SEEING)

ProjectOut = shape(
    ProjectPage,
    "ProjectOut",
    without=("chart", "activity"),
    lock_version=Annotated[int, Field(alias="head.lock_version")],
    custom_fields=ValuesOut,
)


class NewProject(In):
    name: Annotated[str, Text(160, blank=False)]
    manager_id: Id
    starts_on: Day
    ends_on: Day | None = None
    contract_id: Id | None = None
    is_internal: bool = False
    description: Annotated[str, Text(20000)] = ""
    custom_fields: ValuesIn


class EditProject(In):
    """What is left out stays as it is."""

    name: Annotated[str, Text(160, blank=False)] = ""
    manager_id: Id = 1
    starts_on: Day = date(1990, 1, 1)
    ends_on: Day | None = None
    calendar_id: Id = 1
    health: Annotated[str, OneOf(*Project.Health.values)] = "none"
    health_comment: Annotated[str, Text(300)] = ""
    budget_cost_amount: PositiveAmount | None = None
    description: Annotated[str, Text(20000)] = ""
    custom_fields: ValuesIn


class StatusIn(In):
    status: Annotated[str, OneOf(*Project.Status.values)]
    reason: Annotated[str, Text(200)] = Field("", description="A must for “on_hold”.")


class LinkIn(In):
    contract_line_id: Id
    transaction_class: Annotated[str, OneOf(*TransactionClass)]
    task_id: Id | None = Field(None, description="With all tasks below it; null: all of it.")


@endpoints.list("/projects", _WIDEST, *SEE, name="Project", own=own_values(projects.RECORD))
def list_projects(request: ApiRequest) -> Any:
    """Projects with health, progress, and the amounts you may see."""
    as_of = clock.today()
    spec = room_lists.projects_list(request.actor, as_of=as_of)
    rows = selectors.project_rows(actor=request.actor, as_of=as_of)
    return custom_fields.with_row_columns(spec, rows, projects.RECORD)


@endpoints.list("/project-milestones", room_lists.MILESTONES, *SEE, name="ProjectMilestone")
def list_project_milestones(request: ApiRequest) -> Any:
    """Milestones of the plans."""
    return milestones(actor=request.actor, as_of=clock.today())


@endpoints.read("/projects/{project_id}", ProjectOut, *SEE)
def get_project(request: ApiRequest, project_id: Id) -> Any:
    """One project with its key figures, phases and people."""
    page = pages.project_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    return with_values(page, record_type=projects.RECORD, record_id=project_id)


@endpoints.write(
    "POST",
    "/projects",
    ProjectOut,
    ProjectsPermission.CREATE,
    ProjectsPermission.MANAGE_ALL,
    status=201,
)
def create_project(request: ApiRequest, body: NewProject) -> Any:
    """Make a project, of a contract or internal."""
    facts = body.values()
    made = projects.create_project(
        custom=facts.pop("custom_fields"), actor=request.actor, at=clock.now(), **facts
    )
    return get_project(request, project_id=made.pk)


@endpoints.write(
    "PATCH", "/projects/{project_id}", ProjectOut, *CHANGE, of=get_project, versioned=True
)
def edit_project(request: ApiRequest, project_id: Id, body: EditProject) -> Any:
    """Change what is given."""
    facts = body.given()
    projects.edit_project(
        project_id=project_id,
        lock_version=request.seen_version,
        custom=facts.pop("custom_fields", None),
        actor=request.actor,
        at=clock.now(),
        **facts,
    )
    return get_project(request, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/status", ProjectOut, *CHANGE, of=get_project)
def change_project_status(request: ApiRequest, project_id: Id, body: StatusIn) -> Any:
    """Move to another status; see `head.next_statuses`."""
    projects.change_status(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project(request, project_id=project_id)


@endpoints.write(
    "POST", "/projects/{project_id}/links", ProjectOut, *CHANGE, status=201, of=get_project
)
def link_contract_line(request: ApiRequest, project_id: Id, body: LinkIn) -> Any:
    """Say which contract line pays for a class of work on a task, or on all of the project."""
    links.link_contract_line(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project(request, project_id=project_id)


@endpoints.write(
    "DELETE", "/projects/{project_id}/links/{link_id}", ProjectOut, *CHANGE, of=get_project
)
def unlink_contract_line(request: ApiRequest, project_id: Id, link_id: Id) -> Any:
    """Take a link to a contract line away."""
    links.unlink_contract_line(
        project_id=project_id, link_id=link_id, actor=request.actor, at=clock.now()
    )
    return get_project(request, project_id=project_id)


@endpoints.list(
    "/projects/{project_id}/actuals", _WIDEST_ACTUALS, *SEE, name="ProjectActual", max_limit=1000
)
def list_project_actuals(request: ApiRequest, project_id: Id) -> Any:
    """What was posted on a project; amounts only for who may see them."""
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=clock.today())
    spec = room_lists.actuals_list(head, choices.phases(project_id), actor=request.actor)
    return spec, named_actuals_of(actor=request.actor, project_id=project_id)
