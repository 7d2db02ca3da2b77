"""Plans as files: imported, looked at before, and written out."""

import csv
import io
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import File, Form
from ninja.files import UploadedFile

from projects.mspdi.reading import MAX_BYTES
from projects.mspdi.writing import write_document
from projects.permissions import ProjectsPermission
from projects.selectors.plan_document import plan_document
from projects.selectors.plan_table import plan_table
from projects.services import plan_files
from projects.services.plan_files import PlanPreview, PreviewTask
from projects.services.plan_imports import ImportedPlan
from psa.core import clock
from psa.core.errors import DomainError
from psa.core.web.api import ApiRequest, shape
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
    """Make a project of Project XML, CSV or XLSX, whole or not at all, and schedule it."""
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
    """What importing the file would make, with its warnings; nothing is written."""
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


def _content(file: UploadedFile) -> bytes:
    if file.size is None or file.size > MAX_BYTES:
        raise DomainError(f"A plan may have {MAX_BYTES // 1024**2} MB. This file has more.", "file")
    return file.read()
