"""The first page of everybody: what needs me today, then my numbers."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.jobs.selectors import progress_without_log
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest

from . import selectors
from .checklist import checklist
from .panels import panel_of


@require_GET
@for_every_member
def home(request: TenantRequest) -> HttpResponse:
    page = selectors.home_page(actor=request.actor, today=clock.today())
    jobs = [progress_without_log(run, request.actor) for run in page.jobs]
    context = {
        "page": page,
        "jobs": jobs,
        "greeting": _greeting(len(page.needs)),
        "steps": checklist(actor=request.actor, is_hidden=request.personal.hides_checklist),
    }
    return render_page_or_part(request, "home/home.html", "home/_home.html", context)


@require_GET
@for_every_member
def panel(request: TenantRequest, key: str) -> HttpResponse:
    """A part of the home page that reads a lot, fetched when the page stands."""
    found = panel_of(key, actor=request.actor, today=clock.today())
    return render_page_or_part(request, "home/panel.html", "home/_panel.html", {"panel": found})


_GREETINGS = (
    "Nothing needs you right now.",
    "One thing needs you.",
    "Two things need you.",
    "Three things need you.",
    "Four things need you.",
    "Five things need you.",
)


def _greeting(count: int) -> str:
    return _GREETINGS[count] if count < len(_GREETINGS) else f"{count} things need you."
