"""The page on which several plans are levelled at once."""

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import undo
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms_levelling as forms
from .selectors.levelling_choices import projects_to_level
from .services import levelling_together
from .views import CHANGE


@require_http_methods(["GET", "POST"])
@requires(*CHANGE)
def level_together(request: TenantRequest) -> HttpResponse:
    """Choose projects, their priorities and people, and look; POST puts the tasks off."""
    asked = request.POST if request.method == "POST" else request.GET
    rows = projects_to_level(actor=request.actor)
    form = forms.LevelTogether(asked if asked.get("look") else None, rows=rows, chosen=asked)
    proposal = None
    with errors_on(form):
        if form.is_bound and form.is_valid():
            if request.method == "POST":
                done = levelling_together.level_plans(
                    actor=request.actor, at=clock.now(), revisions=forms.revisions(request.POST),
                    **form.values(),
                )  # fmt: skip
                undo_url = None
                if done.undo is not None:
                    undo_url = undo.undo_url(
                        actor=request.actor, kind="projects.levelling_together", payload=done.undo
                    )
                tasks = "1 task" if done.task_count == 1 else f"{done.task_count} tasks"
                return go_to(
                    request, "projects:project_list", toast=f"{tasks} put off", undo_url=undo_url
                )
            proposal = levelling_together.propose_levelling_together(
                actor=request.actor, **form.values()
            )
    context = {"form": form, "rows": form.rows(), "page": proposal, "asked": form.hidden()}
    return render_page_or_part(
        request,
        "projects/level_together.html",
        "projects/_level_together.html",
        context,
        status=422 if form.errors and request.method == "POST" else 200,
    )
