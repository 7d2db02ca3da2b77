"""Pages of plans as files: upload, look, import; download for Microsoft Project and as CSV."""

import csv
import io

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.documents.naming import safe_filename
from psa.core.web.lists.export import harmless
from psa.core.web.pages import errors_on, go_to, render_form
from psa.core.web.requests import TenantRequest
from psa.core.web.states import State

from . import plan_file_forms as forms
from .mspdi.writing import write_document
from .permissions import ProjectsPermission
from .selectors import get_project
from .selectors.plan_document import plan_document
from .selectors.plan_imports import plan_import_page
from .selectors.plan_table import plan_table
from .services import plan_uploads
from .views import SEE

_STATES = {
    "checking": State("Being looked at", "go", icon="progress"),
    "stopped": State("Not looked at", "warn", icon="player-stop"),
    "refused": State("Cannot be imported", "bad", icon="circle-x"),
    "checked": State("Nothing is written yet", "", icon="circle-dashed"),
    "importing": State("Being imported", "go", icon="progress"),
    "imported": State("Imported", "ok", icon="circle-check"),
}
CREATE = (ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL)


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def plan_import(request: TenantRequest) -> HttpResponse:
    """A file is read and shown; nothing is written yet."""
    form = forms.PlanFile(request.POST or None, request.FILES or None, actor=request.actor)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            kept = plan_uploads.receive_plan_file(
                actor=request.actor, at=clock.now(), **form.values()
            )
            return go_to(request, "projects:plan_import_check", kept.pk)
    context = {
        "title": "Import a plan",
        "submit": "Look at the file",
        "cancel_url": reverse("projects:project_list"),
        "intro": "Nothing is written yet: next you see tasks, dates and people as they would be.",
        "crumbs": [("Projects", reverse("projects:project_list"))],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def plan_import_check(request: TenantRequest, plan_import_id: int) -> HttpResponse:
    """What the file would become; posting makes it so, whole or not at all."""
    form = forms.ImportIt(request.POST or None)
    with errors_on(form):
        if request.method == "POST":
            row = plan_uploads.start_import(
                plan_import_id=plan_import_id, actor=request.actor, at=clock.now()
            )
            if row.project is not None:
                toast = f"{row.project.code} created"
                return go_to(request, "projects:plan", row.project.pk, toast=toast)
            return go_to(request, "projects:plan_import_check", row.pk)
    page = plan_import_page(actor=request.actor, plan_import_id=plan_import_id)
    shown = len(page.preview["tasks"]) if page.preview else 0
    context = {
        "page": page,
        "badge": _STATES[page.state],
        "preview": page.preview,
        "plan": page.preview["plan"] if page.preview else None,
        "not_shown": (page.preview["plan"]["task_count"] if page.preview else 0) - shown,
    }
    return render_form(
        request,
        form,
        page="projects/plan_import_check.html",
        part="projects/_plan_import_check.html",
        context=context,
    )


@require_POST
@requires(*CREATE)
def plan_import_retry(request: TenantRequest, plan_import_id: int) -> HttpResponse:
    """Look at a file again whose check was cancelled or failed."""
    plan_uploads.start_check(plan_import_id=plan_import_id, actor=request.actor, at=clock.now())
    return go_to(request, "projects:plan_import_check", plan_import_id)


@require_POST
@requires(*CREATE)
def plan_import_discard(request: TenantRequest, plan_import_id: int) -> HttpResponse:
    name = plan_uploads.discard_file(plan_import_id=plan_import_id, actor=request.actor)
    return go_to(request, "projects:project_list", toast=f"{name} was discarded.")


@require_GET
@requires(*SEE)
def plan_xml(request: TenantRequest, project_id: int) -> HttpResponse:
    project = get_project(actor=request.actor, project_id=project_id)
    content = write_document(plan_document(actor=request.actor, project_id=project_id))
    return _file(content, "application/xml", f"{project.code} {project.name}", "xml")


@require_GET
@requires(*SEE)
def plan_csv(request: TenantRequest, project_id: int) -> HttpResponse:
    project = get_project(actor=request.actor, project_id=project_id)
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in plan_table(actor=request.actor, project_id=project_id):
        writer.writerow(map(harmless, row))
    content = out.getvalue().encode("utf-8-sig")
    return _file(content, "text/csv; charset=utf-8", f"{project.code} {project.name}", "csv")


def _file(content: bytes, content_type: str, name: str, extension: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    filename = safe_filename(name, extension)
    response["Content-Disposition"] = content_disposition_header(True, filename) or "attachment"
    response["Cache-Control"] = "no-store"
    return response
