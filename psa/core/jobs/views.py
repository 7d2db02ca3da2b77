"""Pages of jobs: the list, one job with its live progress, the schedules."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import asks_by_itself, for_every_member, requires
from psa.core.access.permissions import AccessPermission
from psa.core.web import lists
from psa.core.web.pages import (
    errors_on,
    go_to,
    refresh,
    render_form,
    render_page_or_part,
    render_part,
    wants_part,
)
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_jobs, selectors, services


@require_GET
@for_every_member
def run_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_jobs.RUNS, selectors.runs(actor=request.actor))


@require_GET
@for_every_member
def run(request: TenantRequest, run_id: int) -> HttpResponse:
    page = selectors.run_page(actor=request.actor, run_id=run_id)
    return render_page_or_part(request, "jobs/run.html", "jobs/_run.html", {"page": page})


@asks_by_itself
@require_GET
@for_every_member
def progress(request: TenantRequest, run_id: int) -> HttpResponse:
    """The progress bar alone; it asks for itself each second until the job has ended."""
    job = selectors.progress_of(actor=request.actor, run_id=run_id)
    response = render_part(request, "jobs/_progress.html", {"job": job})
    # The page around the bar shows log and failures: it reloads them when the job has ended.
    return response if job.is_live else refresh(response, f"psa:job-{run_id}-ended")


@require_POST
@for_every_member
def cancel(request: TenantRequest, run_id: int) -> HttpResponse:
    services.cancel(run_id=run_id, actor=request.actor, at=clock.now())
    if wants_part(request):
        job = selectors.progress_of(actor=request.actor, run_id=run_id)
        return render_part(request, "jobs/_progress.html", {"job": job})
    return go_to(request, "jobs:run", run_id, toast="The job stops after the part it is at.")


@require_POST
@for_every_member
def retry(request: TenantRequest, run_id: int) -> HttpResponse:
    services.retry(run_id=run_id, actor=request.actor, at=clock.now())
    return go_to(request, "jobs:run", run_id, toast="The job is queued again.")


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def schedule_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.schedules(actor=request.actor)
    return lists.list_page(request, lists_of_jobs.SCHEDULES, rows)


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def schedule(request: TenantRequest, schedule_id: int) -> HttpResponse:
    found = selectors.get_schedule(actor=request.actor, schedule_id=schedule_id)
    form = forms.ChangeSchedule(request.POST or None, initial=forms.initial_of(found))
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            services.change_schedule(
                schedule_id=schedule_id, actor=request.actor, at=clock.now(), **form.timing()
            )
            return go_to(request, "jobs:schedule_list", toast="Schedule saved")
    context = {
        "title": found.title,
        "submit": "Save schedule",
        "cancel_url": reverse("jobs:schedule_list"),
    }
    return render_form(
        request,
        form,
        page="jobs/schedule_form.html",
        part="_components/form_part.html",
        context=context,
    )
