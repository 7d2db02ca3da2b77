"""Pages of the library of templates, of what is made from it, and of copies."""

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import lists_of_templates
from . import template_forms as forms
from .permissions import ProjectsPermission
from .selectors import get_project
from .selectors import templates as selectors
from .services import template_drafts, template_projects, templates
from .views import CHANGE, form_page

CREATE = (ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL)


@require_GET
@requires(*CREATE)
def template_list(request: TenantRequest) -> HttpResponse:
    spec = lists_of_templates.templates_list(as_of=clock.today())
    return lists.list_page(request, spec, selectors.template_rows(actor=request.actor))


@require_http_methods(["GET", "POST"])
@requires(ProjectsPermission.MANAGE_ALL)
def template_ship(request: TenantRequest) -> HttpResponse:
    """Those that come with the system and are not here, added."""
    form = django_forms.Form(request.POST or None)
    if request.method == "POST":
        added = templates.add_shipped_templates(actor=request.actor, at=clock.now())
        return go_to(request, "projects:template_list", toast=f"{added} templates added")
    back = reverse("projects:template_list")
    return form_page(
        request, form, "Add the templates that come with the system", "Add those missing", back
    )


@require_GET
@requires(*CREATE)
def template(request: TenantRequest, template_id: int) -> HttpResponse:
    asked = request.GET.get("version", "")
    number = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 6 else None
    page = selectors.template_page(
        actor=request.actor, template_id=template_id, as_of=clock.today(), number=number
    )
    return render_page_or_part(
        request, "projects/template.html", "projects/_template.html", {"page": page}
    )


@require_POST
@requires(*CREATE)
def template_version(request: TenantRequest, template_id: int, number: int) -> HttpResponse:
    """A former version taken up again, as the next one."""
    made = templates.take_up_version(
        template_id=template_id, number=number, actor=request.actor, at=clock.now()
    )
    toast = f"Version {number} is taken up again as version {made.version}"
    return go_to(request, "projects:template", template_id, toast=toast)


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def template_copy(request: TenantRequest, template_id: int) -> HttpResponse:
    """A template of the firm's own, to be edited."""
    found = selectors.get_template(template_id=template_id)
    form = forms.CopyTemplate(request.POST or None, initial={"name": f"{found.name} (copy)"[:120]})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = template_drafts.copy_template(
                template_id=template_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:template", made.pk, toast="Template copied")
    back = reverse("projects:template", args=[template_id])
    return form_page(request, form, f"Copy {found.name}", "Create the copy", back)


@require_POST
@requires(*CHANGE)
def template_draft(request: TenantRequest, template_id: int) -> HttpResponse:
    """The draft of the next version, begun or gone on with."""
    draft = template_drafts.open_draft(template_id=template_id, actor=request.actor, at=clock.now())
    return go_to(request, "projects:plan", draft.pk)


@require_POST
@requires(*CHANGE)
def template_publish(request: TenantRequest, template_id: int) -> HttpResponse:
    made = template_drafts.publish_draft(
        template_id=template_id, actor=request.actor, at=clock.now()
    )
    toast = f"Version {made.version} published"
    return go_to(request, "projects:template", template_id, toast=toast)


@require_POST
@requires(*CHANGE)
def template_discard(request: TenantRequest, template_id: int) -> HttpResponse:
    template_drafts.discard_draft(template_id=template_id, actor=request.actor, at=clock.now())
    return go_to(request, "projects:template", template_id, toast="Draft discarded")


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def template_use(request: TenantRequest, template_id: int) -> HttpResponse:
    found = selectors.get_template(template_id=template_id)
    form = forms.UseTemplate(
        request.POST or None, actor=request.actor, needs=selectors.needs_of(found)
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = template_projects.create_from_template(
                template_id=template_id, actor=request.actor, at=clock.now(), **form.values()
            )
            return go_to(request, "projects:plan", made.pk, toast=f"{made.code} created")
    back = reverse("projects:template", args=[template_id])
    return form_page(request, form, f"New project from {found.name}", "Create project", back)


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def template_edit(request: TenantRequest, template_id: int) -> HttpResponse:
    found = selectors.get_template(template_id=template_id)
    form = forms.EditTemplate(request.POST or None, template=found)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            templates.edit_template(
                template_id=template_id, actor=request.actor, at=clock.now(), **form.values()
            )
            return go_to(request, "projects:template", template_id, toast="Template saved")
    back = reverse("projects:template", args=[template_id])
    return form_page(request, form, f"Edit {found.name}", "Save template", back)


@require_POST
@requires(*CREATE)
def template_delete(request: TenantRequest, template_id: int) -> HttpResponse:
    name = templates.delete_template(template_id=template_id, actor=request.actor, at=clock.now())
    return go_to(request, "projects:template_list", toast=f"{name} deleted")


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def template_save(request: TenantRequest, project_id: int) -> HttpResponse:
    found = get_project(actor=request.actor, project_id=project_id)
    mine = selectors.editable_templates(actor=request.actor)
    form = forms.SaveTemplate(request.POST or None, project=found, mine=mine)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = templates.save_as_template(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.values()
            )
            return go_to(
                request, "projects:template", made.pk, toast=f"Version {made.version} saved"
            )
    back = reverse("projects:plan", args=[project_id])
    return form_page(request, form, f"Save the plan of {found.code}", "Save as template", back)


@require_http_methods(["GET", "POST"])
@requires(*CREATE)
def project_copy(request: TenantRequest, project_id: int) -> HttpResponse:
    found = get_project(actor=request.actor, project_id=project_id)
    form = forms.CopyProject(
        request.POST or None, initial={"name": f"{found.name} (copy)"[:160], "scale": 1}
    )
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = template_projects.copy_project(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "projects:plan", made.pk, toast=f"{made.code} created")
    back = reverse("projects:plan", args=[project_id])
    return form_page(request, form, f"Copy {found.code} {found.name}", "Create the copy", back)
