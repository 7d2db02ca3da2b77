"""The palette's answers, and the same search as a page for those without JavaScript."""

from django.http import HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_GET

from psa.core.access.decorators import for_every_member
from psa.core.web import help
from psa.core.web.navigation import destinations
from psa.core.web.pages import render_page_or_part, render_part
from psa.core.web.requests import TenantRequest

from . import selectors
from .kinds import BY_KEY

IN_PALETTE = 5
ON_PAGE = 20
ON_PAGE_OF_ONE = 100


@require_GET
@for_every_member
def palette(request: TenantRequest) -> HttpResponse:
    """What is typed, as records, places and commands; what was opened lately when nothing is."""
    query = request.GET.get("q", "").strip()[:100]
    places, commands = destinations(request, query)
    context = {
        "query": query,
        "groups": selectors.found(actor=request.actor, query=query, each=IN_PALETTE),
        "topics": help.matching(query)[:3],
        "recent": []
        if query
        else selectors.opened(actor=request.actor, paths=request.GET.getlist("opened")),
        "places": places[: 8 if query else 12],
        "commands": commands[: 8 if query else 12],
    }
    return render_part(request, "search/_palette.html", context)


@require_GET
@for_every_member
def search(request: TenantRequest) -> HttpResponse:
    """The whole answer on a page; `kind` narrows it to one sort of record."""
    query = request.GET.get("q", "").strip()[:100]
    only = request.GET.get("kind", "")
    only = only if only in BY_KEY else ""
    each = ON_PAGE_OF_ONE if only else ON_PAGE
    places, commands = destinations(request, query) if query and not only else ([], [])
    context = {
        "query": query,
        "only": gettext(BY_KEY[only].label) if only else "",
        "groups": selectors.found(actor=request.actor, query=query, each=each, only=only),
        "topics": help.matching(query) if not only else [],
        "places": places,
        "commands": commands,
        "is_short": len(query) < selectors.SHORTEST,
    }
    return render_page_or_part(request, "search/search.html", "search/_search.html", context)
