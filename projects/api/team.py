"""Who works on a project, and who approves."""

from typing import Annotated, Any

from ninja import Field

from projects.selectors import team as team_grid
from projects.selectors.page_rows import TeamPage
from projects.services import projects, role_replacements, team
from psa.core import clock
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Day, Id, Minutes, OneOf, Rate

from .area import CHANGE, SEE, endpoints
from .schedule import ChangeOut

TeamOut = shape(TeamPage, "TeamOut")
_UNTIL = "The day after the last one."


class MemberIn(In):
    resource_id: Id
    role_id: Id | None = Field(None, description="Their own role when left out.")
    valid_from: Day
    valid_until: Day | None = Field(None, description=_UNTIL)
    planned_minutes: Minutes = 0
    bill_rate_override: Rate | None = Field(
        None, description="Only for who may see the project's bill rates."
    )
    bill_rate_unit: Annotated[str, OneOf("hour", "day")] = "hour"


class EditMember(In):
    """What is left out stays as it is."""

    valid_from: Day | None = None
    valid_until: Day | None = Field(None, description=_UNTIL)
    planned_minutes: Minutes = 0
    bill_rate_override: Rate | None = None
    bill_rate_unit: Annotated[str, OneOf("hour", "day")] = "hour"


class ReplaceIn(In):
    """A role on the team and who takes its place; without tasks on all that have work left."""

    role_resource_id: Id
    person_id: Id
    task_ids: list[Id] = Field(default_factory=list, max_length=1000)
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Of the plan that was looked at."
    )


TakenOut = shape(role_replacements.TakenTask, "TaskTakenOver")
ReplacedOut = shape(
    role_replacements.Replaced,
    "RoleReplaced",
    without=("undo",),
    tasks=list[TakenOut],  # type: ignore[valid-type]
    change=ChangeOut,
)
PreviewOut = shape(role_replacements.ReplacementPreview, "RoleReplacementPreview", done=ReplacedOut)


class ApproversIn(In):
    resource_ids: list[Id] = Field(max_length=100)


@endpoints.read("/projects/{project_id}/team", TeamOut, *SEE)
def get_team(request: ApiRequest, project_id: Id) -> Any:
    """The team and the approvers."""
    return team_grid.team_page(actor=request.actor, project_id=project_id, as_of=clock.today())


@endpoints.write("POST", "/projects/{project_id}/team", TeamOut, *CHANGE, status=201, of=get_team)
def add_team_member(request: ApiRequest, project_id: Id, body: MemberIn) -> Any:
    """Add a person to the team; from then on they can book time."""
    team.add_team_member(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_team(request, project_id=project_id)


@endpoints.write("PATCH", "/projects/{project_id}/team/{member_id}", TeamOut, *CHANGE, of=get_team)
def edit_team_member(request: ApiRequest, project_id: Id, member_id: Id, body: EditMember) -> Any:
    """Change what is given."""
    given = {k: v for k, v in body.given().items() if k != "valid_from" or v is not None}
    team.change_team_member(
        project_id=project_id, member_id=member_id, actor=request.actor, at=clock.now(), **given
    )
    return get_team(request, project_id=project_id)


@endpoints.write("DELETE", "/projects/{project_id}/team/{member_id}", TeamOut, *CHANGE, of=get_team)
def remove_team_member(request: ApiRequest, project_id: Id, member_id: Id) -> Any:
    """Take a person off the team, unless work of theirs was posted."""
    team.remove_team_member(
        project_id=project_id, member_id=member_id, actor=request.actor, at=clock.now()
    )
    return get_team(request, project_id=project_id)


@endpoints.write("POST", "/projects/{project_id}/team/replacement", ReplacedOut, *CHANGE)
def replace_role(request: ApiRequest, project_id: Id, body: ReplaceIn) -> Any:
    """Give a person what is left of a role's tasks; what was taken over, and what it moved."""
    return role_replacements.replace_role(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )


@endpoints.write("POST", "/projects/{project_id}/team/replacement/preview", PreviewOut, *CHANGE)
def preview_replacement(request: ApiRequest, project_id: Id, body: ReplaceIn) -> Any:
    """What it would do to effort, cost (for who may see it) and dates; nothing is kept."""
    wanted = body.values()
    del wanted["revision"]
    return role_replacements.preview_replacement(
        project_id=project_id, actor=request.actor, at=clock.now(), as_of=clock.today(), **wanted
    )


@endpoints.write("PUT", "/projects/{project_id}/approvers", TeamOut, *CHANGE, of=get_team)
def set_approvers(request: ApiRequest, project_id: Id, body: ApproversIn) -> Any:
    """Name exactly these people as approvers beside the manager."""
    projects.set_approvers(
        project_id=project_id,
        resource_ids=body.resource_ids,
        actor=request.actor,
        at=clock.now(),
    )
    return get_team(request, project_id=project_id)
