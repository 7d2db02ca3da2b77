"""Levelling of a plan: what it would do, and doing it."""

from typing import Any

from ninja import Field

from projects.services import levelling, levelling_together
from psa.core import clock
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Id

from .area import CHANGE, endpoints
from .clocks import clocked
from .schedule import ChangeOut

DelayOut = clocked(levelling.DelayRow, "TaskPutOff")
OverloadOut = clocked(levelling.OverloadRow, "Overload")
ProposalOut = clocked(
    levelling.LevellingProposal,
    "LevellingProposal",
    delays=list[DelayOut],  # type: ignore[valid-type]
    was=list[OverloadOut],  # type: ignore[valid-type]
    left=list[OverloadOut],  # type: ignore[valid-type]
)


class LevelIn(In):
    within_slack: bool = Field(False, description="Only as far as the finish stays.")
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Of the plan that was looked at."
    )


@endpoints.read("/projects/{project_id}/levelling", ProposalOut, *CHANGE)
def get_levelling(request: ApiRequest, project_id: Id, within_slack: bool = False) -> Any:
    """Which tasks levelling would put off, and who would still have too much at once."""
    return levelling.propose_levelling(
        project_id=project_id, within_slack=within_slack, actor=request.actor
    )


@endpoints.write("POST", "/projects/{project_id}/levelling", ChangeOut, *CHANGE)
def level_plan(request: ApiRequest, project_id: Id, body: LevelIn) -> Any:
    """Put the tasks off; what that moved."""
    done = levelling.level_plan(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return done.done.change


class ProjectToLevel(In):
    """A project and how important it is: 1000 is counted and not moved."""

    project_id: Id
    priority: int = Field(500, ge=0, le=1000)
    revision: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Of the plan that was looked at; needed to apply."
    )


class LevelTogetherIn(In):
    projects: list[ProjectToLevel] = Field(max_length=levelling_together.MOST_PROJECTS)
    resource_ids: list[Id] = Field(default_factory=list, max_length=500)
    within_slack: bool = False

    def asked(self) -> dict[str, Any]:
        """The services' arguments."""
        rows = [(one.project_id, one.priority) for one in self.projects]
        return {
            "priorities": levelling_together.chosen(rows),
            "resource_ids": self.resource_ids,
            "within_slack": self.within_slack,
        }


ProjectDelayOut = clocked(levelling_together.ProjectDelay, "ProjectTaskPutOff")
ProjectFinishOut = clocked(levelling_together.ProjectFinish, "LevelledProject")
TogetherOut = shape(
    levelling_together.TogetherProposal,
    "LevellingTogether",
    projects=list[ProjectFinishOut],  # type: ignore[valid-type]
    delays=list[ProjectDelayOut],  # type: ignore[valid-type]
    was=list[OverloadOut],  # type: ignore[valid-type]
    left=list[OverloadOut],  # type: ignore[valid-type]
)
LevelledOut = shape(levelling_together.LevelledTogether, "LevelledTogether", without=("undo",))


@endpoints.write("POST", "/project-levelling/preview", TogetherOut, *CHANGE)
def preview_levelling_together(request: ApiRequest, body: LevelTogetherIn) -> Any:
    """What levelling several projects at once would put off; nothing is kept."""
    return levelling_together.propose_levelling_together(actor=request.actor, **body.asked())


@endpoints.write("POST", "/project-levelling", LevelledOut, *CHANGE)
def level_together(request: ApiRequest, body: LevelTogetherIn) -> Any:
    """Put the tasks off, all or none."""
    revisions = {one.project_id: one.revision for one in body.projects if one.revision is not None}
    return levelling_together.level_plans(
        actor=request.actor, at=clock.now(), revisions=revisions, **body.asked()
    )
