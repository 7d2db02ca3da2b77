"""A file with a plan, whatever its kind: what it would become, and made a project at once."""

import io
from dataclasses import dataclass
from datetime import date, datetime
from typing import IO, Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.documents import antivirus
from psa.core.errors import DomainError

from ..models import PlanResource, Task, TeamMember
from ..mspdi import conversion
from ..mspdi.parsing import MAX_BYTES, too_large
from .plan_imports import ImportedPlan, Tell, import_plan, tell_nobody
from .plan_tables import import_plan_table

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
    content: bytes | IO[bytes],
    filename: str,
    manager_id: int,
    actor: Actor,
    at: datetime,
    name: str = "",
    starts_on: date | None = None,
    is_matching_people: bool = False,
    tell: Tell = tell_nobody,
) -> ImportedPlan:
    """Make a project of a plan of Microsoft Project, a CSV file or a workbook.

    What is XML or a table, its content says; .mpp, .mpt and .mpx files are known by name.
    `starts_on` is that of a table; a plan of Microsoft Project says its own.
    Raises  Infected, NotScanned; as `import_plan` and `import_plan_table`.
    """
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    size = source.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise DomainError(too_large(size), field="file")
    common: dict[str, Any] = {
        "content": source, "manager_id": manager_id, "actor": actor, "at": at, "name": name,
        "is_matching_people": is_matching_people, "tell": tell,
    }  # fmt: skip
    if is_xml(source):
        antivirus.check(source, filename)
        return import_plan(**common)
    if conversion.is_own_format(filename):
        antivirus.check(source, filename)
        return import_plan(**common | {"content": conversion.as_xml(source, filename)})
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


def is_xml(content: IO[bytes]) -> bool:
    """Whether a file is markup, by how it begins; wound back."""
    content.seek(0)
    head = content.read(200).replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    content.seek(0)
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
