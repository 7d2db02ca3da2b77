"""Pages of projects: the list, one project's overview, time and cost, billing and milestones."""

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.custom_fields import forms as custom_forms
from psa.core.custom_fields import selectors as custom_fields
from psa.core.web import lists
from psa.core.web.activity import ActivityEntry
from psa.core.web.lists import build_list
from psa.core.web.pages import (
    errors_on,
    go_to,
    render_form,
    render_page_or_part,
    wants_part,
)
from psa.core.web.requests import TenantRequest

from . import forms
from . import lists as room_lists
from .models import Project
from .permissions import ProjectsPermission
from .selectors import choices, get_project, pages
from .selectors import projects as selectors
from .selectors.actuals import named_actuals_of
from .selectors.milestones import milestones
from .services import links, projects

SEE = (ProjectsPermission.VIEW, ProjectsPermission.VIEW_OWN, ProjectsPermission.MANAGE_ALL)
CHANGE = (ProjectsPermission.MANAGE_OWN, ProjectsPermission.MANAGE_ALL)


@require_GET
@requires(*SEE)
def project_list(request: TenantRequest) -> HttpResponse:
    as_of = clock.today()
    spec = room_lists.projects_list(request.actor, as_of=as_of)
    own_rows = selectors.project_rows(actor=request.actor, as_of=as_of)
    spec, rows = custom_fields.with_row_columns(spec, own_rows, "projects.Project")
    return lists.list_page(request, spec, rows)


@require_GET
@requires(*SEE)
def milestone_list(request: TenantRequest) -> HttpResponse:
    rows = milestones(actor=request.actor, as_of=clock.today())
    return lists.list_page(request, room_lists.MILESTONES, rows)


@require_http_methods(["GET", "POST"])
@requires(ProjectsPermission.CREATE, ProjectsPermission.MANAGE_ALL)
def project_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewProject(request.POST or None, actor=request.actor)
    custom_forms.add_fields(form, record_type=projects.RECORD)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = projects.create_project(
                actor=request.actor, at=clock.now(), custom=custom_forms.values_in(form),
                **form.values(),
            )  # fmt: skip
            return go_to(request, "projects:plan", made.pk, toast=f"{made.code} created")
    return form_page(
        request, form, "New project", "Create project", reverse("projects:project_list")
    )


@require_GET
@requires(*SEE)
def project(request: TenantRequest, project_id: int) -> HttpResponse:
    page = pages.project_page(actor=request.actor, project_id=project_id, as_of=clock.today())
    context = {
        "page": page,
        "state": room_lists.STATUS_STATES[page.head.status],
        "tab": "overview",
        "activity": [ActivityEntry(row.actor_name, row.sentence, row.at) for row in page.activity],
    }
    return render_page_or_part(request, "projects/project.html", "projects/_project.html", context)


@require_GET
@requires(*SEE)
def of_contract(request: TenantRequest, contract_id: int) -> HttpResponse:
    rows = selectors.project_rows_of_contract(
        actor=request.actor, contract_id=contract_id, as_of=clock.today()
    )
    context = {"rows": [(row, room_lists.STATUS_STATES[row.status]) for row in rows]}
    return render_page_or_part(
        request, "projects/of_contract.html", "projects/_of_contract.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def project_edit(request: TenantRequest, project_id: int) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    form = forms.EditProject(
        request.POST or None,
        project=found,
        currency=selectors.currency_of(request.actor),
        with_budget=selectors.sight(request.actor, found).cost,
    )
    custom_forms.add_fields(form, record_type=projects.RECORD, record_id=project_id)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            projects.edit_project(
                project_id=project_id, actor=request.actor, at=clock.now(),
                custom=custom_forms.values_in(form), **form.values(),
            )  # fmt: skip
            return go_to(request, "projects:project", project_id, toast="Project saved")
    back = reverse("projects:project", args=[project_id])
    return form_page(request, form, f"Edit {found.code}", "Save project", back)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def project_cell(request: TenantRequest, project_id: int) -> HttpResponse:
    """One cell of the list, changed where it stands."""
    as_of = clock.today()
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    return lists.edit_cell(
        request,
        room_lists.projects_list(request.actor, as_of=as_of),
        lambda: selectors.project_rows(actor=request.actor, as_of=as_of),
        row_id=project_id,
        record=f"projects.project:{project_id}",
        values={
            "name": found.name, "manager_id": found.manager_id, "ends_on": found.ends_on,
        },
        save=lambda name, value: projects.edit_project(
            project_id=project_id, lock_version=None, actor=request.actor, at=clock.now(),
            **{name: value},
        ),
        back=reverse("projects:project_list"),
    )  # fmt: skip


@require_POST
@requires(*CHANGE)
def projects_start(request: TenantRequest) -> HttpResponse:
    """From the list: those chosen go into delivery."""
    return _status_of_each(request, Project.Status.IN_DELIVERY, "In delivery")


@require_POST
@requires(*CHANGE)
def projects_complete(request: TenantRequest) -> HttpResponse:
    """From the list: those chosen are completed."""
    return _status_of_each(request, Project.Status.COMPLETED, "Completed")


def _status_of_each(request: TenantRequest, status: str, done: str) -> HttpResponse:
    as_of = clock.today()
    spec = room_lists.projects_list(request.actor, as_of=as_of)
    own_rows = selectors.project_rows(actor=request.actor, as_of=as_of)
    spec, rows = custom_fields.with_row_columns(spec, own_rows, "projects.Project")
    found = projects.change_status_of_each(
        project_ids=lists.selected_ids(request, spec, rows), status=status,
        actor=request.actor, at=clock.now(),
    )  # fmt: skip
    return lists.bulk_results(
        request, spec, found, done=done, back=reverse("projects:project_list")
    )


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def project_status(request: TenantRequest, project_id: int, status: str) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    data = request.POST.copy() if request.method == "POST" else None
    if data is not None:
        data["status"] = status
    form = forms.ChangeStatus(data, initial={"status": status})
    form.fields["status"].widget = form.fields["status"].hidden_widget()
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            changed = projects.change_status(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            words = str(changed.get_status_display()).lower()
            return go_to(request, "projects:project", project_id, toast=f"Project is {words}")
    back = reverse("projects:project", args=[project_id])
    label = pages.action_words(status)
    return form_page(request, form, f"{label}: {found.code} {found.name}", label, back)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def link_create(request: TenantRequest, project_id: int) -> HttpResponse:
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    form = forms.LinkContractLine(request.POST or None, project=found)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            links.link_contract_line(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.values()
            )
            return go_to(request, "projects:project", project_id, toast="Contract line linked")
    back = reverse("projects:project", args=[project_id])
    return form_page(request, form, f"Link a contract line to {found.code}", "Link", back)


@require_POST
@requires(*CHANGE)
def link_delete(request: TenantRequest, project_id: int, link_id: int) -> HttpResponse:
    links.unlink_contract_line(
        project_id=project_id, link_id=link_id, actor=request.actor, at=clock.now()
    )
    return go_to(request, "projects:project", project_id, toast="Link removed")


@require_GET
@requires(*SEE)
def actual_list(request: TenantRequest, project_id: int) -> HttpResponse:
    as_of = clock.today()
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=as_of)
    rows = named_actuals_of(actor=request.actor, project_id=project_id)
    spec = room_lists.actuals_list(
        head, choices.phases(project_id), actor=request.actor,
        types=request.GET.getlist("f.actual_type"),
    )  # fmt: skip
    if wants_part(request) or request.GET.get("export"):
        return lists.list_page(request, spec, rows)
    context = {
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "actuals",
        "list": build_list(request, spec, rows),
    }
    return render_page_or_part(request, "projects/actuals.html", "projects/_actuals.html", context)


@require_GET
@requires(*SEE)
def billing(request: TenantRequest, project_id: int) -> HttpResponse:
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=clock.today())
    found = get_project(actor=request.actor, project_id=project_id)
    context = {
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "billing",
        "tiles": _tiles(found.pk, found.contract_id) if head.sight.bill else [],
    }
    return render_page_or_part(request, "projects/billing.html", "projects/_billing.html", context)


def _tiles(project_id: int, contract_id: int | None) -> list[str]:
    """What the rooms downstream show of a project; those not installed are left out."""
    wanted = [("billing:project_tile", project_id), ("revenue:project_wip_tile", project_id)]
    found = []
    for name, record_id in wanted:
        try:
            found.append(reverse(name, args=[record_id]))
        except NoReverseMatch:
            continue
    return found if contract_id else []


def form_page(
    request: TenantRequest, form: object, title: str, submit: str, cancel_url: str
) -> HttpResponse:
    context = {"title": title, "submit": submit, "cancel_url": cancel_url}
    return render_form(
        request,
        form,  # type: ignore[arg-type]
        page="projects/form.html",
        part="_components/form_part.html",
        context=context,
    )
