"""The page of a rehearsal, for whichever room tries something."""

from django.http import HttpRequest, HttpResponse

from psa.core.web.pages import render_page_or_part

from .lists import TYPE_STATES
from .rehearsals import Rehearsal, TriedActuals
from .rules.types import ActualType


def rehearsal_page(
    request: HttpRequest, tried: Rehearsal, *, title: str, back_url: str, back: str
) -> HttpResponse:
    """What `title` would do; `back` names the page that it is tried from."""
    context = {
        "tried": tried,
        "actuals": [(TYPE_STATES[ActualType(row.actual_type)], row) for row in _in_order(tried)],
        "title": title,
        "back_url": back_url,
        "back": back,
    }
    return render_page_or_part(request, "ledger/rehearsal.html", "ledger/_rehearsal.html", context)


def _in_order(tried: Rehearsal) -> list[TriedActuals]:
    order = list(TYPE_STATES)
    return sorted(tried.actuals, key=lambda row: order.index(ActualType(row.actual_type)))
