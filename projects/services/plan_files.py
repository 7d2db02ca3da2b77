"""A file with a plan, whatever its kind: looked at first, then made a project."""

import zlib
from dataclasses import dataclass
from datetime import date, datetime
from secrets import token_urlsafe
from typing import Any, Final

from django.core.cache import cache
from django.db import transaction

from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound

from ..models import PlanResource, Task, TeamMember
from ..mspdi.reading import MAX_BYTES
from .plan_imports import ImportedPlan, import_plan
from .plan_tables import import_plan_table

# A preview is looked at, then imported or forgotten.
KEPT_SECONDS: Final = 3600
SHOWN_TASKS: Final = 200


@dataclass(frozen=True, slots=True)
class PreviewTask:
    """A task as it would be scheduled."""

    outline: str
    depth: int
    name: str
    is_summary: bool
    is_milestone: bool
    start_at: datetime | None
    finish_at: datetime | None
    is_critical: bool


@dataclass(frozen=True, slots=True)
class PlanPreview:
    """What a file would become: the first of its tasks, and who is the firm's and who is not."""

    filename: str
    plan: ImportedPlan
    tasks: tuple[PreviewTask, ...]
    matched: tuple[str, ...]
    unmatched: tuple[str, ...]


class _Rollback(Exception):
    """Ends a preview: nothing of it is kept."""


@transaction.atomic
def import_plan_file(
    *,
    content: bytes,
    filename: str,
    manager_id: int,
    actor: Actor,
    at: datetime,
    name: str = "",
    starts_on: date | None = None,
    is_matching_people: bool = False,
) -> ImportedPlan:
    """Make a project of a plan of Microsoft Project (XML), a CSV file or a workbook, by content.

    `starts_on` is that of a table; a plan of Microsoft Project says its own.
    Raises  as `import_plan` and `import_plan_table`.
    """
    if len(content) > MAX_BYTES:
        raise DomainError(
            f"The file has {len(content) // 1024**2} MB; a plan may have {MAX_BYTES // 1024**2} MB. "
            "Take finished phases or old baselines out of it.",
            field="file",
        )
    common: dict[str, Any] = {
        "content": content, "manager_id": manager_id, "actor": actor, "at": at, "name": name,
        "is_matching_people": is_matching_people,
    }  # fmt: skip
    if _is_xml(content):
        return import_plan(**common)
    return import_plan_table(filename=filename, starts_on=starts_on, **common)


def preview_plan_file(*, filename: str, **arguments: Any) -> PlanPreview:
    """What an import would make: the import itself, taken back again.

    Raises  as `import_plan_file`.
    """
    try:
        with transaction.atomic():
            found = _preview(filename, import_plan_file(filename=filename, **arguments))
            raise _Rollback
    except _Rollback:
        return found


def keep_file(*, preview: PlanPreview, actor: Actor, **arguments: Any) -> str:
    """The previewed file kept for an hour, for the one who sent it; returns what to ask for it by."""
    token = token_urlsafe(16)
    content = zlib.compress(arguments.pop("content"), 1)
    cache.set(_key(actor, token), (content, preview, arguments), KEPT_SECONDS)
    return token


def kept_preview(*, token: str, actor: Actor) -> PlanPreview:
    """Raises  NotFound when it was imported, is too old, or somebody else's."""
    preview: PlanPreview = _kept(token, actor)[1]
    return preview


def import_kept_file(*, token: str, actor: Actor, at: datetime) -> ImportedPlan:
    """Import the file that was previewed, once. Raises  NotFound; as `import_plan_file`."""
    content, preview, arguments = _kept(token, actor)
    made = import_plan_file(
        content=zlib.decompress(content), filename=preview.filename, actor=actor, at=at, **arguments
    )
    transaction.on_commit(lambda: cache.delete(_key(actor, token)))
    return made


def _kept(token: str, actor: Actor) -> tuple[bytes, PlanPreview, dict[str, Any]]:
    found: tuple[bytes, PlanPreview, dict[str, Any]] | None = cache.get(_key(actor, token[:40]))
    if found is None:
        raise NotFound("This file is no longer here: it was imported, or an hour has passed.")
    return found


def _key(actor: Actor, token: str) -> str:
    return f"plan-file:{actor.tenant_id}:{actor.membership_id}:{token}"


def _is_xml(content: bytes) -> bool:
    head = content[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    return head.startswith(b"<")


def _preview(filename: str, plan: ImportedPlan) -> PlanPreview:
    tasks = Task.objects.filter(project_id=plan.project_id).order_by("position")
    rows = tasks.values_list(
        "outline", "depth", "name", "is_summary", "is_milestone", "scheduled_start_at",
        "scheduled_finish_at", "is_critical",
    )  # fmt: skip
    team = TeamMember.objects.filter(project_id=plan.project_id).order_by("resource__name")
    others = PlanResource.objects.filter(project_id=plan.project_id).order_by("name")
    return PlanPreview(
        filename,
        plan,
        tuple(PreviewTask(*row) for row in rows[:SHOWN_TASKS]),
        tuple(team.values_list("resource__name", flat=True)),
        tuple(others.values_list("name", flat=True)),
    )
