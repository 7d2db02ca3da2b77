"""Pages of people: the list, and a person's record."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import lists
from psa.core.web.pages import render_page_or_part

from . import selectors
from .lists import PEOPLE
from .permissions import ResourcesPermission

SEE = (ResourcesPermission.VIEW, ResourcesPermission.MANAGE)


@require_GET
@requires(*SEE)
def person_list(request: HttpRequest) -> HttpResponse:
    return lists.list_page(request, PEOPLE, selectors.people(today=clock.today()))


@require_GET
@requires(*SEE)
def person(request: HttpRequest, resource_id: int) -> HttpResponse:
    page = selectors.person_page(actor=request.actor, resource_id=resource_id, today=clock.today())
    return render_page_or_part(
        request, "resources/person.html", "resources/_person.html", {"page": page}
    )
