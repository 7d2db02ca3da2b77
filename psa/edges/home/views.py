"""The first page of everybody: what needs me today, then my numbers."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from psa.core import clock
from psa.core.access.decorators import for_every_member
from psa.core.jobs.selectors import progress_of
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest

from . import selectors
from .checklist import checklist


@require_GET
@for_every_member
def home(request: TenantRequest) -> HttpResponse:
    page = selectors.home_page(actor=request.actor, today=clock.today())
    jobs = [progress_of(actor=request.actor, run_id=run.pk) for run in page.jobs]
    context = {
        "page": page,
        "jobs": jobs,
        "greeting": _greeting(len(page.needs)),
        "steps": checklist(actor=request.actor, is_hidden=request.personal.hides_checklist),
    }
    return render_page_or_part(request, "home/home.html", "home/_home.html", context)


_NUMBERS = ("Nothing", "One thing", "Two things", "Three things", "Four things", "Five things")


def _greeting(count: int) -> str:
    if count == 0:
        return "Nothing needs you right now."
    words = _NUMBERS[count] if count < len(_NUMBERS) else f"{count} things"
    return f"{words} need{'s' if count == 1 else ''} you."
