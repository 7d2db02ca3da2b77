"""What is said about a project and its tasks, by those who may read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from psa.core.access.models import Membership
from psa.core.actor import Actor
from psa.core.audit import selectors as audit
from psa.core.errors import NotFound
from psa.core.web.activity import ActivityEntry

from .. import policies
from ..models import Comment, Mention, Project, Task
from ..rules.mentions import Piece, pieces
from .work import get_project

PAGE = 100


@dataclass(frozen=True, slots=True)
class CommentRow:
    """A comment; without text when it was taken back. `task_id` is None for one of the project, or
    of a task that is gone."""

    id: int
    author_name: str
    written_at: datetime
    was_edited: bool
    was_removed: bool
    task_id: int | None
    task_name: str
    text: str
    pieces: tuple[Piece, ...]
    is_mine: bool
    can_remove: bool


@dataclass(frozen=True, slots=True)
class Discussion:
    """The comments of a project or task, newest first, and whom a new one may mention."""

    project_id: int
    project_name: str
    task_id: int | None
    task_name: str
    outline: str
    starts_on: date | None
    finishes_on: date | None
    can_write: bool
    may_open_project: bool
    comments: tuple[CommentRow, ...]
    has_older: bool
    readers: tuple[str, ...]
    activity: tuple[ActivityEntry, ...]


def readers(project: Project, task_id: int | None) -> dict[int, str]:
    """Who may read a comment there, by membership. One query."""
    rows = policies.readers_of(project, task_id).order_by("name").values_list("id", "name")
    return dict(rows)


def non_readers(among: Mapping[int, str]) -> dict[int, str]:
    """The other active members, who cannot be mentioned. One query."""
    rows = Membership.objects.filter(is_active=True).exclude(id__in=among.keys())
    return dict(rows.values_list("id", "name"))


def project_discussion(
    *, actor: Actor, project_id: int, before_id: int | None = None
) -> Discussion:
    """All comments of a project, those on its tasks too, a hundred at a time.

    Raises  NotFound.
    """
    project = get_project(actor=actor, project_id=project_id)
    rows = Comment.objects.filter(project=project)
    return _discussion(actor, project, None, rows, before_id, may_open=True)


def task_discussion(
    *, actor: Actor, project_id: int, task_id: int, before_id: int | None = None
) -> Discussion:
    """The comments of one task, for who may open its project or is to do it. Raises  NotFound."""
    project, task = readable_task(actor=actor, project_id=project_id, task_id=task_id)
    may_open = policies.visible_to(actor).filter(id=project_id).exists()
    rows = Comment.objects.filter(project=project, task=task)
    return _discussion(actor, project, task, rows, before_id, may_open=may_open)


def readable_task(*, actor: Actor, project_id: int, task_id: int) -> tuple[Project, Task]:
    """A task whose comments the actor may read, with its project. Raises  NotFound."""
    task: Task | None = (
        Task.objects.select_related("project__manager", "project__contract")
        .filter(id=task_id, project_id=project_id)
        .first()
    )
    if task is None or not policies.reads_task(actor, task_id):
        raise NotFound("There is no such task, or it is not yours to see.")
    return task.project, task


def readable_comment(*, actor: Actor, comment_id: int) -> Comment:
    """A comment that the actor may read, with its project. Raises  NotFound."""
    found: Comment | None = (
        Comment.objects.select_related("project__manager", "project__contract", "task")
        .filter(id=comment_id)
        .first()
    )
    if found is not None:
        if found.task_id is not None and policies.reads_task(actor, found.task_id):
            return found
        if policies.visible_to(actor).filter(id=found.project_id).exists():
            return found
    raise NotFound("There is no such comment, or it is not yours to read.")


def sees_task(actor: Actor, record_id: int) -> bool:
    """Whether the actor reads what is kept beside a task, for its documents."""
    return policies.reads_task(actor, record_id)


def _discussion(
    actor: Actor,
    project: Project,
    task: Task | None,
    rows: QuerySet[Comment],
    before_id: int | None,
    *,
    may_open: bool,
) -> Discussion:
    if before_id is not None:
        rows = rows.filter(id__lt=before_id)
    found = list(rows.select_related("author", "task").order_by("-id")[: PAGE + 1])
    manages = policies.may_manage(project, actor)
    kind, record_id = ("projects.Task", task.pk) if task else ("projects.Project", project.pk)
    return Discussion(
        project_id=project.pk,
        project_name=project.name,
        task_id=task.pk if task else None,
        task_name=task.name if task else "",
        outline=task.outline if task else "",
        starts_on=task.starts_on if task else None,
        finishes_on=task.finishes_on if task else None,
        can_write=project.status != Project.Status.CLOSED,
        may_open_project=may_open,
        comments=_comments(found[:PAGE], actor, manages=manages),
        has_older=len(found) > PAGE,
        readers=tuple(readers(project, task.pk if task else None).values()),
        activity=tuple(audit.activity_entries(record_type=kind, record_id=record_id, limit=40)),
    )


def _comments(found: Sequence[Comment], actor: Actor, *, manages: bool) -> tuple[CommentRow, ...]:
    """The rows with the names in their texts marked. One query for all the mentions."""
    named: dict[int, list[str]] = {}
    for comment_id, name in Mention.objects.filter(comment__in=found).values_list(
        "comment_id", "membership__name"
    ):
        named.setdefault(comment_id, []).append(name)
    return tuple(
        CommentRow(
            id=one.pk,
            author_name=one.author.name if one.author else "System",
            written_at=one.written_at,
            was_edited=one.edited_at is not None,
            was_removed=one.removed_at is not None,
            task_id=one.task_id,
            task_name=f"{one.task.outline} {one.task.name}" if one.task else one.task_name,
            text=one.text,
            pieces=pieces(one.text, named.get(one.pk, ())),
            is_mine=one.author_id == actor.membership_id and one.removed_at is None,
            can_remove=one.removed_at is None and (manages or one.author_id == actor.membership_id),
        )
        for one in found
    )
