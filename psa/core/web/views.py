"""The page that shows every component in every state."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core.access.decorators import for_every_member
from psa.core.errors import DomainError
from psa.core.web import example
from psa.core.web.lists import build_list, selected_ids
from psa.core.web.pages import errors_on, render_form, render_part, toast
from psa.core.web.requests import TenantRequest


@require_GET
@for_every_member
def style(request: TenantRequest) -> HttpResponse:
    """Every component in every state, on invented data."""
    return render_part(request, "web/style.html", _style_context(request, example.ExampleForm()))


@require_GET
@for_every_member
def style_job(request: TenantRequest) -> HttpResponse:
    """The example job, one step on at each poll."""
    step = request.GET.get("step", "")
    job = example.running_job(int(step) if step.isascii() and step.isdigit() else 0)
    return render_part(request, "web/_job.html", {"job": job})


@require_http_methods(["GET", "POST"])
@for_every_member
def style_form(request: TenantRequest) -> HttpResponse:
    """The example form; it refuses everything, to show how a refusal reads."""
    form = example.ExampleForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            raise DomainError(
                "Contract C-0088 is on hold since 2 July. Choose another project.", field="project"
            )
    context = {"title": "Example form", "submit": "Save entry"}
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_GET
@for_every_member
def style_trace(request: TenantRequest) -> HttpResponse:
    """What stands behind the example figure."""
    return render_part(request, "web/_trace.html", {"trace": example.TRACE})


@require_POST
@for_every_member
def style_bulk(request: TenantRequest) -> HttpResponse:
    """The example bulk action: counts what was selected and changes nothing."""
    ids = selected_ids(request, example.PROJECTS, example.project_rows())
    response = render_part(
        request, "web/style.html", _style_context(request, example.ExampleForm())
    )
    return toast(response, f"{len(ids)} projects selected; the example changes nothing.")


def _style_context(request: TenantRequest, form: example.ExampleForm) -> dict[str, object]:
    return {
        "list": build_list(request, example.PROJECTS, example.project_rows()),
        "form": form,
        "refused": example.refused_form(),
        "states": example.STATES,
        "figures": example.FIGURES,
        "entries": example.ACTIVITY,
        "jobs": example.JOBS,
        "live_job": example.running_job(0),
    }
