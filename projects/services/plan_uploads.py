"""Files with plans that wait: received, read, tried, and made a project; each step once."""

import csv
import io
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import IO, Any, Final

from django.db import transaction

from psa.core.actor import Actor
from psa.core.documents import antivirus
from psa.core.documents.tables import read_table_file
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.jobs.registry import Stopped

from ..models import PlanImport, Project
from ..mspdi import conversion
from ..mspdi.parsing import MAX_BYTES, too_large, without_ballast
from ..permissions import ProjectsPermission
from ..rules.refusals import refused_rows
from ..selectors.plan_imports import get_plan_import, rows_of
from . import plan_files
from .plan_imports import Tell, tell_nobody
from .plan_tables import MAX_ROWS

CHECK_JOB: Final = "projects.plan_check"
IMPORT_JOB: Final = "projects.plan_import"
# What is no longer is looked at and imported while one waits; more is a job.
SMALL_BYTES: Final = 256 * 1024
SMALL_TASKS: Final = 300
# A file that nobody imported is forgotten.
KEPT: Final = timedelta(days=7)
_REPORTED: Final = 1_000
_PIECE: Final = 256 * 1024


CANCELLED: Final = "The import was cancelled. Nothing of it was written."


class Cancelled(Stopped):
    """The job was cancelled while it wrote: all of it is taken back."""


@transaction.atomic
def receive_plan_file(
    *,
    content: IO[bytes],
    filename: str,
    manager_id: int,
    actor: Actor,
    at: datetime,
    name: str = "",
    starts_on: date | None = None,
    is_matching_people: bool = False,
) -> PlanImport:
    """Keep a file for the one who sent it, and find out what it would become; write no project.

    A small file is looked at now, and refused here when it is no plan; a larger one, or one of
    Microsoft Project's own, by a job, which can be followed and cancelled.
    Raises  PermissionDenied; DomainError on "file"; of a small file as `preview_plan_file`.
    """
    check_may_import(actor)
    size = content.seek(0, io.SEEK_END)
    if size > MAX_BYTES:
        raise DomainError(too_large(size), field="file")
    antivirus.check(content, filename)
    PlanImport.objects.filter(imported_at__isnull=True, created_at__lt=at - KEPT).delete()
    made: PlanImport = PlanImport.objects.create(
        tenant_id=actor.tenant_id,
        filename=filename[:160],
        name=name,
        manager_id=manager_id,
        starts_on=starts_on,
        is_matching_people=is_matching_people,
        content=_packed(content),
        created_by_id=actor.membership_id,
        created_at=at,
    )
    if size > SMALL_BYTES or conversion.is_own_format(made.filename):
        return _start(made, CHECK_JOB, f"Look at the plan in {made.filename}", actor, at)
    _trim(made)
    _try(made, actor, at)
    return made


@transaction.atomic
def trim_file(*, plan_import_id: int, actor: Actor) -> int:
    """Keep of the file only what a plan is made of; how many bytes that is.

    A file that is no plan, or has rows that cannot be taken, is told as refused, with its rows.
    """
    row = _locked(plan_import_id, actor)
    if not row.is_trimmed and not row.reason:
        try:
            with transaction.atomic():
                _trim(row)
        except DomainError as error:
            _refuse(row, error)
    return len(row.content)


@transaction.atomic
def try_file(
    *, plan_import_id: int, actor: Actor, at: datetime, tell: Tell = tell_nobody
) -> PlanImport:
    """Find out what the file would become, by importing it and taking that back (ADR 29)."""
    row = _locked(plan_import_id, actor)
    if row.preview is None and not row.reason:
        try:
            _try(row, actor, at, tell)
        except Cancelled:
            raise
        except DomainError as error:
            _refuse(row, error)
    return row


@transaction.atomic
def start_import(*, plan_import_id: int, actor: Actor, at: datetime) -> PlanImport:
    """Import what was looked at: at once when it is small, else by a job; whole or not at all.

    Twice is once. A job that failed or was cancelled goes on.
    Raises  NotFound; Conflict while it is not known what the file would become.
    """
    row = _locked(plan_import_id, actor)
    if row.imported_at is not None:
        return row
    if row.preview is None:
        raise Conflict(f"“{row.filename}” was not looked at yet. Wait until its check has ended.")
    if row.preview["plan"]["task_count"] <= SMALL_TASKS:
        import_waiting(plan_import_id=row.pk, actor=actor, at=at)
        return get_plan_import(actor=actor, plan_import_id=row.pk)
    return _start(row, IMPORT_JOB, f"Import the plan in {row.filename}", actor, at)


@transaction.atomic
def start_check(*, plan_import_id: int, actor: Actor, at: datetime) -> PlanImport:
    """Go on with looking at a file whose job failed or was cancelled. Raises  NotFound."""
    row = _locked(plan_import_id, actor)
    if row.preview is not None or row.reason:
        return row
    return _start(row, CHECK_JOB, f"Look at the plan in {row.filename}", actor, at)


@transaction.atomic
def import_waiting(
    *,
    plan_import_id: int,
    actor: Actor,
    at: datetime,
    job_run_id: int | None = None,
    tell: Tell = tell_nobody,
) -> Project:
    """Make the project, once, and forget the file. `tell` hears how far it is.

    Raises  Cancelled when `job_run_id` was cancelled meanwhile; as `import_plan_file`.
    """
    row = _locked(plan_import_id, actor)
    if row.project is not None:
        return row.project
    with _unpacked(row) as content:
        made = plan_files.import_plan_file(
            content=content, actor=actor, at=at, tell=tell, **_asked(row)
        )
    if job_run_id is not None and _is_cancelled(job_run_id):
        raise Cancelled(CANCELLED)
    row.project_id, row.imported_at, row.content = made.project_id, at, b""
    row.save(update_fields=["project_id", "imported_at", "content"])
    project: Project = Project.objects.get(id=made.project_id)
    return project


@transaction.atomic
def discard_file(*, plan_import_id: int, actor: Actor) -> str:
    """Forget a file that was not imported; its name. Raises  NotFound; Conflict."""
    row = _locked(plan_import_id, actor)
    if row.imported_at is not None:
        raise Conflict(f"“{row.filename}” was imported; the project stays.")
    row.delete()
    return str(row.filename)


def check_may_import(actor: Actor) -> None:
    """Who may make a project may make one of a file. Raises  PermissionDenied."""
    if not actor.has(ProjectsPermission.MANAGE_ALL):
        actor.require(ProjectsPermission.CREATE)


def _locked(plan_import_id: int, actor: Actor) -> PlanImport:
    """The sender's file under its row lock."""
    row = rows_of(actor).select_for_update(of=("self",)).filter(id=plan_import_id).first()
    if row is None:
        raise NotFound("There is no such file, or it was forgotten after a week.")
    return row


def _start(row: PlanImport, kind: str, title: str, actor: Actor, at: datetime) -> PlanImport:
    run = jobs.start(
        kind=kind, key=str(row.pk), title=title, arguments={"plan_import_id": row.pk}, actor=actor,
        at=at,
    )  # fmt: skip
    if run.state in (JobRun.State.FAILED, JobRun.State.CANCELLED):
        jobs.retry(run_id=run.pk, actor=actor, at=at)
    row.job_run_id = run.pk
    row.save(update_fields=["job_run_id"])
    return row


def _trim(row: PlanImport) -> None:
    notes: Sequence[str] = ()
    with _unpacked(row) as content:
        if plan_files.is_xml(content):
            kept = without_ballast(content)
        elif conversion.is_own_format(row.filename):
            kept = without_ballast(conversion.as_xml(content, row.filename))
        else:
            kept, notes = _first_sheet(content, row.filename)
    row.content, row.is_trimmed = zlib.compress(kept, 6), True
    row.report = [["", note] for note in notes]
    row.save(update_fields=["content", "is_trimmed", "report"])


def _first_sheet(content: IO[bytes], filename: str) -> tuple[bytes, Sequence[str]]:
    """The table as CSV, with remarks; empty rows stay, so that rows keep their file's numbers."""
    table = read_table_file(content, filename=filename, max_rows=MAX_ROWS, max_bytes=MAX_BYTES)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(table.header)
    written = 1
    for line in table.rows:
        while written < line.number - 1:
            out.write("\r\n")
            written += 1
        writer.writerow(line.cells)
        written += 1
    return out.getvalue().encode(), table.notes


def _try(row: PlanImport, actor: Actor, at: datetime, tell: Tell = tell_nobody) -> None:
    with _unpacked(row) as content:
        found = plan_files.preview_plan_file(
            content=content, actor=actor, at=at, tell=tell, **_asked(row)
        )
    row.preview = asdict(found)
    row.report = [*row.report, *(["", told] for told in found.plan.warnings[:_REPORTED])]
    row.save(update_fields=["preview", "report"])


def _refuse(row: PlanImport, error: DomainError) -> None:
    row.reason = error.message
    row.report = [[one.record, one.reason] for one in refused_rows(error)[:_REPORTED]]
    row.content = b""
    row.save(update_fields=["reason", "report", "content"])


def _asked(row: PlanImport) -> dict[str, Any]:
    return {
        "filename": row.filename, "manager_id": row.manager_id, "name": row.name,
        "starts_on": row.starts_on, "is_matching_people": row.is_matching_people,
    }  # fmt: skip


def _is_cancelled(job_run_id: int) -> bool:
    """As the run stands now: whoever cancels commits while the import is being written."""
    return JobRun.objects.filter(id=job_run_id, cancel_requested=True).exists()


def _packed(content: IO[bytes]) -> bytes:
    content.seek(0)
    packer = zlib.compressobj(1)
    pieces: list[bytes] = []
    while piece := content.read(_PIECE):
        pieces.append(packer.compress(piece))
    return b"".join([*pieces, packer.flush()])


@contextmanager
def _unpacked(row: PlanImport) -> Iterator[IO[bytes]]:
    packed: Sequence[bytes] = _pieces(bytes(row.content))
    unpacker = zlib.decompressobj()
    with tempfile.TemporaryFile() as copy:
        for piece in packed:
            copy.write(unpacker.decompress(piece))
        copy.write(unpacker.flush())
        copy.seek(0)
        yield copy


def _pieces(content: bytes) -> list[bytes]:
    return [content[start : start + _PIECE] for start in range(0, len(content), _PIECE)]
