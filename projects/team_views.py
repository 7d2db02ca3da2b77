"""The page on which a person takes the place of a role."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import undo
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms_team as forms
from . import lists as room_lists
from .selectors import pages
from .services import role_replacements
from .views import CHANGE


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def team_replace(request: TenantRequest, project_id: int) -> HttpResponse:
    """Choose a role and a person and see what it would do; POST does it, on the plan looked at."""
    as_of, at = clock.today(), clock.now()
    project = pages.editable_project(actor=request.actor, project_id=project_id)
    wanted = request.POST if request.method == "POST" else request.GET
    form = forms.ReplaceRole(forms.asked(wanted), project=project)
    preview = None
    with errors_on(form):
        if form.is_valid() and request.method == "POST":
            done = role_replacements.replace_role(
                project_id=project_id, actor=request.actor, at=at,
                revision=form.cleaned_data["revision"], **form.values(),
            )  # fmt: skip
            undo_url = None
            if done.undo is not None:
                undo_url = undo.undo_url(
                    actor=request.actor, kind="projects.replaced_role", payload=done.undo
                )
            toast = f"{done.person_name} has the tasks of {done.role_name}"
            return go_to(request, "projects:team", project_id, toast=toast, undo_url=undo_url)
        if form.is_bound and form.is_valid():
            preview = role_replacements.preview_replacement(
                project_id=project_id, actor=request.actor, at=at, as_of=as_of, **form.values()
            )
    head = pages.head_of(actor=request.actor, project_id=project_id, as_of=as_of)
    context = {
        "head": head,
        "state": room_lists.STATUS_STATES[head.status],
        "tab": "team",
        "form": form,
        "preview": preview,
        "revision": project.plan_revision,
    }
    return render_page_or_part(
        request,
        "projects/team_replace.html",
        "projects/_team_replace.html",
        context,
        status=422 if form.errors and request.method == "POST" else 200,
    )
