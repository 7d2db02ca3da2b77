"""Pages of going live: the checklist, and the preflight with its progress and findings."""

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from psa.core import clock
from psa.core.access.decorators import for_every_member, requires
from psa.core.access.permissions import AccessPermission
from psa.core.errors import NotFound
from psa.core.web import navigation
from psa.core.web.navigation import Stage
from psa.core.web.pages import go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import checklist as checks_of_setup
from . import selectors_of_readiness as selectors
from .preflight import people, running


@require_GET
@for_every_member
def overview(request: TenantRequest) -> HttpResponse:
    """The pages of the set-up that this person may open, with what each is for."""
    stages = navigation.navigation(request).stages
    groups = [
        (heading, links)
        for stage in stages
        if stage.stage is Stage.SETUP
        for heading, links in stage.groups
        if heading
    ]
    if not groups:
        raise NotFound("There is nothing that you may set up.")
    return render_page_or_part(
        request,
        "setup/overview.html",
        "setup/_overview.html",
        {
            "groups": groups,
            "may_remove_sample": request.tenant.is_demo
            and request.actor.has(AccessPermission.MANAGE_USERS),
        },
    )


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def checklist(request: TenantRequest) -> HttpResponse:
    found = checks_of_setup.checks(at=clock.now())
    return render_page_or_part(
        request,
        "setup/checklist.html",
        "setup/_checklist.html",
        {
            "groups": selectors.grouped(found),
            "summary": checks_of_setup.summary_of(found),
            "last": selectors.last_preflight(actor=request.actor),
        },
    )


@require_POST
@requires(AccessPermission.MANAGE_PARAMETERS)
def preflight_start(request: TenantRequest) -> HttpResponse:
    running.start_preflight(actor=request.actor, at=clock.now())
    return go_to(request, "setup:preflight", toast="The preflight runs")


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def preflight(request: TenantRequest) -> HttpResponse:
    return render_page_or_part(
        request,
        "setup/preflight.html",
        "setup/_preflight.html",
        {
            "page": selectors.last_preflight(actor=request.actor),
            "inactive": people.inactive_people(as_of=clock.today()),
        },
    )
