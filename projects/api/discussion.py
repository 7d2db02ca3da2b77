"""Comments on projects and tasks."""

from typing import Annotated, Any

from projects.permissions import ProjectsPermission
from projects.selectors import discussion as selectors
from projects.services import discussion as services
from psa.core import clock
from psa.core.web.api import ApiRequest, In, shape
from psa.core.web.api.fields import Id, Text

from .area import SEE, endpoints

READ = (*SEE, ProjectsPermission.VIEW_OWN_TASKS)
DiscussionOut = shape(selectors.Discussion, "DiscussionOut")


class CommentIn(In):
    text: Annotated[str, Text(10_000, blank=False)]


@endpoints.read("/projects/{project_id}/comments", DiscussionOut, *SEE)
def get_comments(request: ApiRequest, project_id: Id, before_id: Id | None = None) -> Any:
    """The comments of a project and of its tasks, newest first, a hundred at a time."""
    return selectors.project_discussion(
        actor=request.actor, project_id=project_id, before_id=before_id
    )


@endpoints.write("POST", "/projects/{project_id}/comments", DiscussionOut, *SEE, status=201)
def add_comment(request: ApiRequest, project_id: Id, body: CommentIn) -> Any:
    """Write about a project; “@Ben Osei” tells Ben, if he may open it."""
    services.add_comment(
        project_id=project_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_comments(request, project_id=project_id)


@endpoints.read("/projects/{project_id}/tasks/{task_id}/comments", DiscussionOut, *READ)
def get_task_comments(
    request: ApiRequest, project_id: Id, task_id: Id, before_id: Id | None = None
) -> Any:
    """The comments of a task, for who may open its project or is to do it."""
    return selectors.task_discussion(
        actor=request.actor, project_id=project_id, task_id=task_id, before_id=before_id
    )


@endpoints.write(
    "POST", "/projects/{project_id}/tasks/{task_id}/comments", DiscussionOut, *READ, status=201
)
def add_task_comment(request: ApiRequest, project_id: Id, task_id: Id, body: CommentIn) -> Any:
    """Write about a task."""
    services.add_comment(
        project_id=project_id, task_id=task_id, actor=request.actor, at=clock.now(),
        **body.values(),
    )  # fmt: skip
    return get_task_comments(request, project_id=project_id, task_id=task_id)


@endpoints.write("PUT", "/comments/{comment_id}", DiscussionOut, *READ)
def edit_comment(request: ApiRequest, comment_id: Id, body: CommentIn) -> Any:
    """Write one's own comment anew."""
    comment = services.edit_comment(
        comment_id=comment_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return _where(request, comment.project_id, comment.task_id)


@endpoints.write("DELETE", "/comments/{comment_id}", DiscussionOut, *READ)
def remove_comment(request: ApiRequest, comment_id: Id) -> Any:
    """Take a comment back; that there was one stays."""
    comment = services.remove_comment(comment_id=comment_id, actor=request.actor, at=clock.now())
    return _where(request, comment.project_id, comment.task_id)


def _where(request: ApiRequest, project_id: int, task_id: int | None) -> Any:
    if task_id is None:
        return get_comments(request, project_id=project_id)
    return get_task_comments(request, project_id=project_id, task_id=task_id)
