"""The library of templates, projects made from it, and copies."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from projects.lists_of_templates import templates_list
from projects.permissions import ProjectsPermission
from projects.selectors import templates as selectors
from projects.selectors.templates import TemplatePage
from projects.services import template_drafts, template_projects, templates
from psa.core import clock
from psa.core.web.api import ApiRequest, In, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, Text, Within

from .area import CHANGE, endpoints
from .projects import ProjectOut, get_project

_CREATE = (ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL)
_SPEC = templates_list(as_of=date.min)
TemplateOut = shape(TemplatePage, "ProjectTemplateOut")
Scale = Annotated[Decimal, Within(digits=5, places=3, least=Decimal("0.1"), most=10)]
_Name = Annotated[str, Text(120, blank=False)]


class RoleGiven(In):
    """Who takes a role of the template."""

    role_id: Id
    resource_id: Id


class UseTemplateIn(In):
    name: Annotated[str, Text(160, blank=False)]
    manager_id: Id
    starts_on: Day
    scale: Scale = Field(Decimal(1), description="Effort and durations times this.")
    contract_id: Id | None = None
    is_internal: bool = False
    people: list[RoleGiven] = Field([], max_length=200)


class SaveTemplateIn(In):
    name: _Name
    description: Annotated[str, Text(20000)] = ""
    owner_id: Id | None = None
    review_on: Day | None = None
    template_id: Id | None = Field(None, description="The template that takes it as next version.")


class EditTemplateIn(In):
    """What is left out stays as it is."""

    name: _Name = "-"
    description: Annotated[str, Text(20000)] = ""
    owner_id: Id | None = None
    review_on: Day | None = None


class CopyIn(In):
    name: Annotated[str, Text(160, blank=False)]
    starts_on: Day
    scale: Scale = Field(Decimal(1), description="Effort and durations times this.")
    is_keeping_people: bool = False


class CopyTemplateIn(In):
    name: _Name


class TemplateDraftOut(Out):
    """A template's draft. Its plan is read and changed as a project's: `plan_id` in the place of
    the project's number in `/projects/{project_id}/schedule`."""

    template_id: int
    plan_id: int
    revision: int


class AddedOut(Out):
    added: int


@endpoints.list("/project-templates", _SPEC, *_CREATE, name="ProjectTemplate")
def list_project_templates(request: ApiRequest) -> Any:
    """The library."""
    spec = templates_list(as_of=clock.today())
    return spec, selectors.template_rows(actor=request.actor)


@endpoints.read("/project-templates/{template_id}", TemplateOut, *_CREATE)
def get_project_template(request: ApiRequest, template_id: Id) -> Any:
    """One template with its tasks and roles."""
    return selectors.template_page(
        actor=request.actor, template_id=template_id, as_of=clock.today()
    )


@endpoints.report("/project-templates/{template_id}/versions/{number}", TemplateOut, *_CREATE)
def get_project_template_version(request: ApiRequest, template_id: Id, number: Id) -> Any:
    """A former version, with the projects made from it."""
    return selectors.template_page(
        actor=request.actor, template_id=template_id, as_of=clock.today(), number=number
    )


@endpoints.write(
    "POST",
    "/project-templates/{template_id}/versions/{number}/take-up",
    TemplateOut,
    *_CREATE,
    of=get_project_template,
)
def take_up_project_template_version(
    request: ApiRequest, template_id: Id, number: Id, body: Nothing
) -> Any:
    """Make a former version's plan the template's next version."""
    templates.take_up_version(
        template_id=template_id, number=number, actor=request.actor, at=clock.now()
    )
    return get_project_template(request, template_id=template_id)


@endpoints.write(
    "PATCH",
    "/project-templates/{template_id}",
    TemplateOut,
    *_CREATE,
    of=get_project_template,
    versioned=True,
)
def edit_project_template(request: ApiRequest, template_id: Id, body: EditTemplateIn) -> Any:
    """Change what the library says of it."""
    templates.edit_template(
        template_id=template_id,
        lock_version=request.seen_version,
        actor=request.actor,
        at=clock.now(),
        **body.given(),
    )
    return get_project_template(request, template_id=template_id)


@endpoints.write(
    "DELETE", "/project-templates/{template_id}", None, *_CREATE, of=get_project_template,
    status=204,
)  # fmt: skip
def delete_project_template(request: ApiRequest, template_id: Id) -> Any:
    """Take it out of the library; projects made from it stay."""
    templates.delete_template(template_id=template_id, actor=request.actor, at=clock.now())


@endpoints.write("POST", "/project-templates/{template_id}/copy", TemplateOut, *_CREATE, status=201)
def copy_project_template(request: ApiRequest, template_id: Id, body: CopyTemplateIn) -> Any:
    """Make a template of the firm's own from another."""
    made = template_drafts.copy_template(
        template_id=template_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project_template(request, template_id=made.pk)


@endpoints.write("POST", "/project-templates/{template_id}/draft", TemplateDraftOut, *CHANGE)
def open_project_template_draft(request: ApiRequest, template_id: Id, body: Nothing) -> Any:
    """Begin the draft of the next version, or find the one that is there."""
    draft = template_drafts.open_draft(template_id=template_id, actor=request.actor, at=clock.now())
    return {"template_id": template_id, "plan_id": draft.pk, "revision": draft.plan_revision}


@endpoints.write("POST", "/project-templates/{template_id}/draft/publish", TemplateOut, *CHANGE)
def publish_project_template_draft(request: ApiRequest, template_id: Id, body: Nothing) -> Any:
    """Make the draft the next version."""
    template_drafts.publish_draft(template_id=template_id, actor=request.actor, at=clock.now())
    return get_project_template(request, template_id=template_id)


@endpoints.write("DELETE", "/project-templates/{template_id}/draft", None, *CHANGE, status=204)
def discard_project_template_draft(request: ApiRequest, template_id: Id) -> Any:
    """Throw the draft away."""
    template_drafts.discard_draft(template_id=template_id, actor=request.actor, at=clock.now())


@endpoints.write("POST", "/project-templates/shipped", AddedOut, ProjectsPermission.MANAGE_ALL)
def add_shipped_templates(request: ApiRequest, body: Nothing) -> Any:
    """Add the templates that come with the system and are not in the library."""
    return {"added": templates.add_shipped_templates(actor=request.actor, at=clock.now())}


@endpoints.write(
    "POST", "/project-templates/{template_id}/projects", ProjectOut, *_CREATE, status=201
)
def create_project_from_template(request: ApiRequest, template_id: Id, body: UseTemplateIn) -> Any:
    """Make a project with the template's plan from a day on, its roles given to people."""
    values = body.values()
    given = {one.role_id: one.resource_id for one in body.people}
    made = template_projects.create_from_template(
        template_id=template_id, actor=request.actor, at=clock.now(),
        **(values | {"people": given}),
    )  # fmt: skip
    return get_project(request, project_id=made.pk)


@endpoints.write("POST", "/projects/{project_id}/template", TemplateOut, *CHANGE, status=201)
def save_project_as_template(request: ApiRequest, project_id: Id, body: SaveTemplateIn) -> Any:
    """Keep the project's plan as a template: roles, not people; offsets, not dates."""
    made = templates.save_as_template(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return selectors.template_page(actor=request.actor, template_id=made.pk, as_of=clock.today())


@endpoints.write("POST", "/projects/{project_id}/copy", ProjectOut, *_CREATE, status=201)
def copy_project(request: ApiRequest, project_id: Id, body: CopyIn) -> Any:
    """Make a project with the plan of another, scaled."""
    made = template_projects.copy_project(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_project(request, project_id=made.pk)
