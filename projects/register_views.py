"""Pages of the register: of a project by kind, of all projects, and one entry."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.errors import NotFound, PermissionDenied
from psa.core.web import lists
from psa.core.web.activity import ActivityEntry
from psa.core.web.lists import build_list
from psa.core.web.pages import errors_on, go_to, render_page_or_part, render_part, wants_part
from psa.core.web.requests import TenantRequest
from sales.selectors import amendments

from . import forms_register as forms
from . import lists as room_lists
from . import lists_register
from .models import RegisterEntry
from .permissions import ProjectsPermission
from .rules.register import RISK
from .selectors import get_project, pages
from .selectors import projects as project_selectors
from .selectors import register as selectors
from .services import register
from .views import CHANGE, SEE, form_page

# Who owns an action needs no right to the project it belongs to.
SEE_OWN = (*SEE, ProjectsPermission.VIEW_OWN_TASKS)


@require_GET
@requires(*SEE_OWN)
def register_list(request: TenantRequest) -> HttpResponse:
    """The registers of all projects the reader may open, and what is theirs elsewhere."""
    rows = selectors.register_rows(actor=request.actor, as_of=clock.today())
    return lists.list_page(request, lists_register.REGISTERS, rows)


@require_GET
@requires(*SEE)
def project_register(
    request: TenantRequest, project_id: int, kind: str | None = None
) -> HttpResponse:
    if kind is not None and kind not in RegisterEntry.Kind.values:
        raise NotFound("A register has no such kind.")
    as_of = clock.today()
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=as_of)
    rows = selectors.register_rows(
        actor=request.actor, as_of=as_of, project_id=project_id, kind=kind
    )
    spec = lists_register.register_list(kind, head.sight)
    if wants_part(request) or request.GET.get("export"):
        return lists.list_page(request, spec, rows)
    counts = selectors.counts_by_kind(project_id=project_id)
    found = get_project(actor=request.actor, project_id=project_id)
    context = {
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "register",
        "kind": kind or "",
        "kinds": [
            (value, label, counts[value]) for value, label in lists_register.KIND_PLURALS.items()
        ],
        "add_label": RegisterEntry.Kind(kind).label if kind else "",
        "contingency": selectors.contingency_of(actor=request.actor, project=found)
        if kind == RISK
        else None,
        "list": build_list(request, spec, rows),
    }
    return render_page_or_part(
        request, "projects/register.html", "projects/_register.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def register_add(request: TenantRequest, project_id: int, kind: str) -> HttpResponse:
    if kind not in RegisterEntry.Kind.values:
        raise NotFound("A register has no such kind.")
    found = pages.editable_project(actor=request.actor, project_id=project_id)
    form = forms.RegisterForm(
        request.POST or None,
        kind=kind,
        sight=project_selectors.sight(request.actor, found),
        has_contract=found.contract_id is not None,
    )
    label = str(RegisterEntry.Kind(kind).label)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = register.add_entry(
                project_id=project_id, kind=kind, actor=request.actor, at=clock.now(),
                on=clock.today(), **form.values(),
            )  # fmt: skip
            return go_to(
                request, "projects:project_register_of", project_id, kind,
                toast=f"{made.code} added",
            )  # fmt: skip
    back = reverse("projects:project_register_of", args=[project_id, kind])
    return form_page(
        request, form, f"New {label.lower()} of {found.code}", f"Add {label.lower()}", back
    )


@require_GET
@requires(*SEE)
def changes_of_amendment(request: TenantRequest, amendment_id: int) -> HttpResponse:
    """The part of an amendment's page that names the change requests it came from."""
    amendments.get_amendment(actor=request.actor, amendment_id=amendment_id)
    rows = selectors.changes_of_amendment(
        actor=request.actor, amendment_id=amendment_id, as_of=clock.today()
    )
    return render_part(
        request,
        "projects/_changes_of_amendment.html",
        {"rows": [(row, lists_register.STATUS_STATES[row.status]) for row in rows]},
    )


@require_GET
@requires(*SEE_OWN)
def register_entry(request: TenantRequest, entry_id: int) -> HttpResponse:
    page = selectors.entry_page(actor=request.actor, entry_id=entry_id, as_of=clock.today())
    context = {
        "page": page,
        "row": page.row,
        "state": lists_register.STATUS_STATES[page.row.status],
        "level": lists_register.SEVERITY_STATES.get(page.row.severity),
        "activity": [ActivityEntry(one.actor_name, one.sentence, one.at) for one in page.activity],
    }
    return render_page_or_part(
        request, "projects/register_entry.html", "projects/_register_entry.html", context
    )


@require_http_methods(["GET", "POST"])
@requires(*SEE_OWN)
def register_edit(request: TenantRequest, entry_id: int) -> HttpResponse:
    """All of it for who manages the project; status and outcome for its owner."""
    page = selectors.entry_page(actor=request.actor, entry_id=entry_id, as_of=clock.today())
    if not page.can_report:
        raise PermissionDenied(
            f"{page.row.code} is changed by the project's manager and by its owner."
        )
    entry = selectors.get_entry(actor=request.actor, entry_id=entry_id)
    form: forms.RegisterForm | forms.ReportOnEntry
    if page.can_manage:
        form = forms.RegisterForm(
            request.POST or None,
            kind=entry.kind,
            sight=page.sight,
            entry=entry,
            has_contract=entry.project.contract_id is not None,
        )
    else:
        form = forms.ReportOnEntry(request.POST or None, entry=entry)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            register.edit_entry(
                entry_id=entry_id, actor=request.actor, at=clock.now(), on=clock.today(),
                **form.values(),
            )  # fmt: skip
            return go_to(request, "projects:register_entry", entry_id, toast="Saved")
    back = reverse("projects:register_entry", args=[entry_id])
    return form_page(request, form, f"{entry.code} {entry.title}", "Save", back)


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def register_escalate(request: TenantRequest, entry_id: int) -> HttpResponse:
    entry = selectors.get_entry(actor=request.actor, entry_id=entry_id)
    form = forms.EscalateIssue(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            register.escalate_issue(
                entry_id=entry_id, to_resource_id=form.cleaned_data["to"],
                reason=form.cleaned_data["reason"], actor=request.actor, at=clock.now(),
                on=clock.today(),
            )  # fmt: skip
            return go_to(request, "projects:register_entry", entry_id, toast="Escalated")
    back = reverse("projects:register_entry", args=[entry_id])
    return form_page(request, form, f"Escalate {entry.code} {entry.title}", "Escalate", back)
