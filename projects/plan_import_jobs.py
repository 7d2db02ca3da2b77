"""Large files with plans: looked at in two parts, and written whole (docs/adr/0061)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from psa.core.actor import Actor
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Chunk, ChunkResult, JobKind, register
from psa.core.jobs.telling import Tell, told_from_within

from .selectors.plan_imports import get_plan_import
from .services import plan_uploads

_READ, _TRY = "read", "try"


def _plan_check(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    return [
        Chunk({**arguments, "part": _READ}, weight=20),
        Chunk({**arguments, "part": _TRY}, weight=80),
    ]


def _check(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    number = arguments["plan_import_id"]
    if arguments["part"] == _READ:
        size = plan_uploads.trim_file(plan_import_id=number, actor=actor)
        return ChunkResult(f"Read; {size / 1024:,.0f} KB of it are the plan, packed.")
    with told_from_within(run) as tell:
        row = plan_uploads.try_file(
            plan_import_id=number, actor=actor, at=at, tell=_until_cancelled(tell)
        )
    if row.preview is not None:
        return ChunkResult(f"{row.preview['plan']['task_count']:,} tasks can be imported.")
    return ChunkResult(
        "The file cannot be imported.",
        failures=[
            {"record": record or row.filename, "reason": reason} for record, reason in row.report
        ],
    )


def _plan_import(*, arguments: dict[str, Any], actor: Actor, at: datetime) -> Sequence[Chunk]:
    row = get_plan_import(actor=actor, plan_import_id=arguments["plan_import_id"])
    tasks = row.preview["plan"]["task_count"] if row.preview else 1
    return [Chunk({**arguments, "label": row.filename}, weight=tasks)]


def _import(*, arguments: dict[str, Any], actor: Actor, at: datetime, run: JobRun) -> ChunkResult:
    with told_from_within(run) as tell:
        project = plan_uploads.import_waiting(
            plan_import_id=arguments["plan_import_id"], actor=actor, at=at, job_run_id=run.pk,
            tell=_until_cancelled(tell),
        )  # fmt: skip
    return ChunkResult(f"{project.code} was made.", result={"project_id": project.pk})


def _until_cancelled(tell: Tell) -> Callable[[int, str], None]:
    def told(percent: int, words: str) -> None:
        if tell(percent, words):
            raise plan_uploads.Cancelled(plan_uploads.CANCELLED)

    return told


def _page(run: JobRun) -> str:
    return reverse("projects:plan_import_check", args=[run.arguments["plan_import_id"]])


# Who may do it is asked by the services: either of two permissions will do.
register(
    JobKind(plan_uploads.CHECK_JOB, "Look at a plan", "", _plan_check, _check, None, _page,
            in_order=True)
)  # fmt: skip
register(
    JobKind(plan_uploads.IMPORT_JOB, "Import a plan", "", _plan_import, _import, None, _page,
            in_order=True)
)  # fmt: skip
