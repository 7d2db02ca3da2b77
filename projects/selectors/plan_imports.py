"""Files with plans that wait, as their sender sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from psa.core.actor import Actor
from psa.core.errors import NotFound
from psa.core.jobs.models import JobRun

from ..models import PlanImport

_LIVE = (JobRun.State.QUEUED, JobRun.State.RUNNING)
_MOMENTS = ("start_at", "finish_at")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row that was refused or is to be looked at; `record` is empty for the whole file."""

    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlanImportPage:
    """How far a file is: `state` is checking, stopped, refused, checked, importing or imported."""

    id: int
    filename: str
    state: str
    reason: str
    preview: Mapping[str, Any] | None
    report: tuple[ReportRow, ...]
    job_run_id: int | None
    is_live: bool
    project_id: int | None
    created_at: datetime


def rows_of(actor: Actor) -> QuerySet[PlanImport]:
    """The files of one sender: a file is nobody else's."""
    rows: QuerySet[PlanImport] = PlanImport.objects.filter(created_by_id=actor.membership_id)
    return rows


def get_plan_import(*, actor: Actor, plan_import_id: int) -> PlanImport:
    """Raises  NotFound when it is somebody else's, was discarded, or waited for over a week."""
    row = rows_of(actor).filter(id=plan_import_id).first()
    if row is None:
        raise NotFound("There is no such file, or it was forgotten after a week.")
    return row


def plan_import_page(*, actor: Actor, plan_import_id: int) -> PlanImportPage:
    """What one file would become or became, and what is to be said of its rows. Raises  NotFound."""
    row = get_plan_import(actor=actor, plan_import_id=plan_import_id)
    runs = JobRun.objects.filter(id=row.job_run_id) if row.job_run_id else JobRun.objects.none()
    run = runs.only("state").first()
    is_live = run is not None and run.state in _LIVE
    return PlanImportPage(
        row.pk, row.filename, _state(row, is_live), row.reason, _told(row.preview),
        tuple(ReportRow(record, reason) for record, reason in row.report),
        row.job_run_id, is_live, row.project_id, row.created_at,
    )  # fmt: skip


def _state(row: PlanImport, is_live: bool) -> str:
    if row.imported_at is not None:
        return "imported"
    if row.reason:
        return "refused"
    if row.preview is None:
        return "checking" if is_live else "stopped"
    return "importing" if is_live else "checked"


def _told(preview: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The preview with its moments read back from JSON."""
    if preview is None:
        return None
    return {
        **preview,
        "plan": _with_moments(preview["plan"]),
        "tasks": [_with_moments(task) for task in preview["tasks"]],
    }


def _with_moments(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        name: datetime.fromisoformat(values[name]) if values[name] else None for name in _MOMENTS
    }
    return {**values, **found}
