"""Who works on a project, and who approves."""

from typing import Annotated, Any

from ninja import Field

from projects.selectors import pages
from projects.selectors.page_rows import TeamPage
from projects.services import projects, team
from psa.core import clock
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Day, Id, Minutes, OneOf, Rate

from .area import CHANGE, SEE, endpoints

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


class ApproversIn(In):
    resource_ids: list[Id] = Field(max_length=100)


@endpoints.read("/projects/{project_id}/team", TeamOut, *SEE)
def get_team(request: ApiRequest, project_id: Id) -> Any:
    """The team and the approvers."""
    return pages.team_page(actor=request.actor, project_id=project_id, as_of=clock.today())


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
