"""Writing about a project and its tasks. A mention tells somebody; it gives no rights."""

from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.subjects import path_of
from psa.core.errors import DomainError, PermissionDenied
from psa.core.notifications import services as notifications

from .. import policies
from ..events import ProjectEvent
from ..models import Comment, Mention, Project, Task
from ..rules import mentions
from ..selectors import discussion as selectors
from ..selectors.work import get_project

RECORD = "projects.Project"
TASK = "projects.Task"
MAX_TEXT = 10_000


@transaction.atomic
def add_comment(
    *, project_id: int, text: str, actor: Actor, at: datetime, task_id: int | None = None
) -> Comment:
    """Write about a project, or about one of its tasks, and tell those it mentions.

    Raises  NotFound; DomainError for no text, somebody mentioned who may not read it, or a
            project that is closed.
    """
    task: Task | None = None
    if task_id is None:
        project = get_project(actor=actor, project_id=project_id)
    else:
        project, task = selectors.readable_task(actor=actor, project_id=project_id, task_id=task_id)
    text = _checked(project, text)
    named = _named(project, task, text)
    comment: Comment = Comment.objects.create(
        tenant_id=actor.tenant_id, project=project, task=task,
        task_name=task.name if task else "", text=text, author_id=actor.membership_id,
        written_at=at,
    )  # fmt: skip
    _mention(comment, named, actor, at)
    about = f"commented on task {task}" if task else "commented"
    _record(comment, actor, at, ProjectEvent.COMMENTED, about)
    return comment


@transaction.atomic
def edit_comment(*, comment_id: int, text: str, actor: Actor, at: datetime) -> Comment:
    """Write one's own comment anew; whom it mentions for the first time is told.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    comment = _locked(comment_id, actor)
    if comment.author_id != actor.membership_id:
        raise PermissionDenied("Only who wrote a comment changes it.")
    text = _checked(comment.project, text)
    named = _named(comment.project, comment.task, text)
    comment.text, comment.edited_at = text, at
    comment.save(update_fields=["text", "edited_at"])
    known = set(Mention.objects.filter(comment=comment).values_list("membership_id", flat=True))
    Mention.objects.filter(comment=comment, membership_id__in=known - named).delete()
    _mention(comment, frozenset(named - known), actor, at)
    _record(comment, actor, at, ProjectEvent.COMMENT_EDITED, f"changed a comment{_on(comment)}")
    return comment


@transaction.atomic
def remove_comment(*, comment_id: int, actor: Actor, at: datetime) -> Comment:
    """Take a comment back: its text goes, that there was one stays. Its author, and who manages
    the project, may.

    Raises  NotFound, PermissionDenied, DomainError.
    """
    comment = _locked(comment_id, actor)
    is_own = comment.author_id == actor.membership_id
    if not is_own and not policies.may_manage(comment.project, actor):
        raise PermissionDenied("Only who wrote a comment, and the project's manager, removes it.")
    comment.text, comment.removed_at = "", at
    comment.save(update_fields=["text", "removed_at"])
    Mention.objects.filter(comment=comment).delete()
    whose = "their comment" if is_own else f"a comment of {comment.author or 'somebody'}"
    _record(comment, actor, at, ProjectEvent.COMMENT_REMOVED, f"removed {whose}{_on(comment)}")
    return comment


def _locked(comment_id: int, actor: Actor) -> Comment:
    comment = selectors.readable_comment(actor=actor, comment_id=comment_id)
    _check_open(comment.project)
    locked = Comment.objects.select_for_update().get(pk=comment.pk)
    if locked.removed_at is not None:
        raise DomainError("This comment was removed meanwhile.")
    comment.text = locked.text
    return comment


def _checked(project: Project, text: str) -> str:
    _check_open(project)
    text = text.strip()
    if not text:
        raise DomainError("Write something first.", field="text")
    if len(text) > MAX_TEXT:
        raise DomainError(f"A comment has at most {MAX_TEXT:,} characters.", field="text")
    return text


def _check_open(project: Project) -> None:
    if project.status == Project.Status.CLOSED:
        raise DomainError(f"Project {project.code} is closed: it is no longer discussed.")


def _named(project: Project, task: Task | None, text: str) -> frozenset[int]:
    """Whom a text names of those who may read it; refuses others. No query without an @."""
    if "@" not in text:
        return frozenset()
    among = selectors.readers(project, task.pk if task else None)
    return mentions.mentioned(text, among, selectors.non_readers(among))


def _mention(comment: Comment, named: frozenset[int], actor: Actor, at: datetime) -> None:
    Mention.objects.bulk_create(
        [
            Mention(tenant_id=comment.tenant_id, comment=comment, membership_id=pk)
            for pk in sorted(named)
        ]
    )
    told = named - {actor.membership_id}
    if not told:
        return
    project, task = comment.project, comment.task
    if task is not None:
        path = path_of("projects:task_discussion", project.pk, task.pk)
    else:
        path = path_of("projects:discussion", project.pk)
    notifications.notify(
        membership_ids=told,
        event=ProjectEvent.MENTIONED,
        title=f"You are mentioned: {task or project}"[:160],
        body=comment.text[:400],
        path=path,
        at=at,
        email=True,
    )


def _on(comment: Comment) -> str:
    return f" on task {comment.task or comment.task_name}" if comment.task_name else ""


def _record(
    comment: Comment, actor: Actor, at: datetime, event: ProjectEvent, sentence: str
) -> None:
    """The project's trail tells of it, and the task's own; neither quotes the text."""
    audit.record(
        actor=actor, at=at, event=event, record_type=RECORD, record_id=comment.project_id,
        sentence=sentence,
    )  # fmt: skip
    if comment.task_id is not None:
        audit.record(
            actor=actor, at=at, event=event, record_type=TASK, record_id=comment.task_id,
            sentence=sentence,
        )  # fmt: skip
