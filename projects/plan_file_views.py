"""Pages of plans as files: upload, look, import; download for Microsoft Project and as CSV."""

import csv
import io

from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.documents.naming import safe_filename
from psa.core.web.lists.export import harmless
from psa.core.web.pages import errors_on, go_to, go_to_url, render_form
from psa.core.web.requests import TenantRequest

from . import plan_file_forms as forms
from .mspdi.writing import write_document
from .permissions import ProjectsPermission
from .selectors import get_project
from .selectors.plan_document import plan_document
from .selectors.plan_table import plan_table
from .services import plan_files
from .views import SEE

CREATE = (ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL)


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def plan_import(request: TenantRequest) -> HttpResponse:
    """A file is read and shown; nothing is written yet."""
    form = forms.PlanFile(request.POST or None, request.FILES or None, actor=request.actor)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            values = form.values()
            preview = plan_files.preview_plan_file(actor=request.actor, at=clock.now(), **values)
            del values["filename"]
            token = plan_files.keep_file(preview=preview, actor=request.actor, **values)
            return go_to_url(request, f"{reverse('projects:plan_import_check')}?file={token}")
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
def plan_import_check(request: TenantRequest) -> HttpResponse:
    """What the file would become; posting makes it so, whole or not at all."""
    token = request.POST.get("file") or request.GET.get("file", "")
    preview = plan_files.kept_preview(token=token, actor=request.actor)
    form = forms.KeptFile(request.POST or None, initial={"file": token})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = plan_files.import_kept_file(token=token, actor=request.actor, at=clock.now())
            return go_to(request, "projects:plan", made.project_id, toast=f"{made.code} created")
    context = {
        "preview": preview,
        "plan": preview.plan,
        "not_shown": preview.plan.task_count - len(preview.tasks),
        "action_url": reverse("projects:plan_import_check"),
    }
    return render_form(
        request,
        form,
        page="projects/plan_import_check.html",
        part="projects/_plan_import_check.html",
        context=context,
    )


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
