"""Plans as files: imported, looked at before, and written out."""

import csv
import io
from typing import IO, Annotated, Any, Final

from django.http import HttpResponse
from ninja import File, Form
from ninja.files import UploadedFile

from projects.mspdi.writing import write_document
from projects.permissions import ProjectsPermission
from projects.selectors.plan_document import plan_document
from projects.selectors.plan_imports import ReportRow, plan_import_page
from projects.selectors.plan_table import plan_table
from projects.services import plan_files, plan_uploads
from projects.services.plan_files import PlanPreview, PreviewTask
from projects.services.plan_imports import ImportedPlan
from psa.core import clock
from psa.core.errors import DomainError
from psa.core.web.api import ApiRequest, Nothing, Out, shape
from psa.core.web.api.fields import Day, Id, Text
from psa.core.web.lists.export import harmless

from .area import SEE, endpoints
from .clocks import clocked

ImportedOut = clocked(ImportedPlan, "ImportedPlan")
PreviewTaskOut = clocked(PreviewTask, "PreviewTask")
PreviewOut = shape(
    PlanPreview,
    "PlanPreview",
    plan=ImportedOut,
    tasks=list[PreviewTaskOut],  # type: ignore[valid-type]
)
ReportRowOut = shape(ReportRow, "PlanFileRow")
AT_ONCE_BYTES: Final = 20 * 1024 * 1024


class PlanFileOut(Out):
    """A file on its way: `state` is checking, stopped, refused, checked, importing or imported.

    `report` names each row that was refused, or what is to be looked at; `job_run_id` is the job to
    follow, cancel or retry.
    """

    id: int
    filename: str
    state: str
    reason: str
    preview: PreviewOut | None  # type: ignore[valid-type]
    report: list[ReportRowOut]  # type: ignore[valid-type]
    job_run_id: int | None
    project_id: int | None


_CREATE = (ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL)
_Name = Annotated[str, Text(160)]


@endpoints.write("POST", "/project-imports", ImportedOut, *_CREATE, status=201)
def import_plan(
    request: ApiRequest,
    file: UploadedFile = File(...),
    manager_id: Id = Form(...),
    name: _Name = Form(""),
    starts_on: Day | None = Form(None),
    is_matching_people: bool = Form(False),
) -> Any:
    """Make a project of Project XML, CSV or XLSX, whole or not at all, and schedule it.

    Up to 20 MB; a larger file goes to `/plan-files`.
    """
    return plan_files.import_plan_file(
        content=_content(file), filename=file.name or "plan", manager_id=manager_id, name=name,
        starts_on=starts_on, is_matching_people=is_matching_people, actor=request.actor,
        at=clock.now(),
    )  # fmt: skip


@endpoints.write("POST", "/project-imports/preview", PreviewOut, *_CREATE)
def preview_plan(
    request: ApiRequest,
    file: UploadedFile = File(...),
    manager_id: Id = Form(...),
    name: _Name = Form(""),
    starts_on: Day | None = Form(None),
    is_matching_people: bool = Form(False),
) -> Any:
    """What importing the file would make, with its warnings; nothing is written. Up to 20 MB."""
    return plan_files.preview_plan_file(
        content=_content(file), filename=file.name or "plan", manager_id=manager_id, name=name,
        starts_on=starts_on, is_matching_people=is_matching_people, actor=request.actor,
        at=clock.now(),
    )  # fmt: skip


@endpoints.file("/projects/{project_id}/plan.xml", "application/xml", *SEE)
def get_plan_xml(request: ApiRequest, project_id: Id) -> Any:
    """The plan in Microsoft Project's XML (MSPDI)."""
    document = plan_document(actor=request.actor, project_id=project_id)
    return HttpResponse(write_document(document), content_type="application/xml")


@endpoints.file("/projects/{project_id}/plan.csv", "text/csv", *SEE)
def get_plan_csv(request: ApiRequest, project_id: Id) -> Any:
    """The plan as a table with a row a task, in the columns that come in again."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in plan_table(actor=request.actor, project_id=project_id):
        writer.writerow(map(harmless, row))
    return HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")


@endpoints.write("POST", "/plan-files", PlanFileOut, *_CREATE, status=201)
def receive_plan_file(
    request: ApiRequest,
    file: UploadedFile = File(...),
    manager_id: Id = Form(...),
    name: _Name = Form(""),
    starts_on: Day | None = Form(None),
    is_matching_people: bool = Form(False),
) -> Any:
    """Send a file of up to 50 MB; a job finds out what it would become. Nothing is written yet."""
    kept = plan_uploads.receive_plan_file(
        content=_opened(file), filename=file.name or "plan", manager_id=manager_id, name=name,
        starts_on=starts_on, is_matching_people=is_matching_people, actor=request.actor,
        at=clock.now(),
    )  # fmt: skip
    return plan_import_page(actor=request.actor, plan_import_id=kept.pk)


@endpoints.read("/plan-files/{plan_import_id}", PlanFileOut, *_CREATE)
def get_plan_file(request: ApiRequest, plan_import_id: Id) -> Any:
    """How far a file of yours is, what it would become, and what is wrong with its rows."""
    return plan_import_page(actor=request.actor, plan_import_id=plan_import_id)


@endpoints.write("POST", "/plan-files/{plan_import_id}/import", PlanFileOut, *_CREATE)
def import_plan_file(request: ApiRequest, plan_import_id: Id, body: Nothing) -> Any:
    """Make the project, whole or not at all: at once when it is small, else by a job."""
    plan_uploads.start_import(plan_import_id=plan_import_id, actor=request.actor, at=clock.now())
    return plan_import_page(actor=request.actor, plan_import_id=plan_import_id)


def _content(file: UploadedFile) -> IO[bytes]:
    """A file that is small enough to be waited for."""
    if file.size is None or file.size > AT_ONCE_BYTES:
        raise DomainError(
            f"At once a plan may have {AT_ONCE_BYTES // 1024**2} MB. Send this file to /plan-files.",
            "file",
        )
    return _opened(file)


def _opened(file: UploadedFile) -> IO[bytes]:
    opened: IO[bytes] | None = file.file
    if opened is None:
        raise DomainError("The file did not arrive. Send it again.", "file")
    return opened
