"""Pages of people: the list, and a person's record."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import OrgPermission
from psa.core.custom_fields import selectors as custom_fields
from psa.core.org.services import structure
from psa.core.web import lists
from psa.core.web.pages import render_page_or_part
from psa.core.web.requests import TenantRequest

from . import availability, selectors
from .lists import BOOKING_STATES, PEOPLE
from .permissions import ResourcesPermission

SEE = (ResourcesPermission.VIEW, ResourcesPermission.MANAGE)


@require_GET
@requires(*SEE)
def person_list(request: TenantRequest) -> HttpResponse:
    spec, rows = custom_fields.with_columns(
        PEOPLE, selectors.people(today=clock.today()), "org.Resource"
    )
    return lists.list_page(request, spec, rows)


@require_GET
@requires(*SEE)
def availability_list(request: TenantRequest) -> HttpResponse:
    from_on = availability.first_week(clock.today())
    return lists.list_page(
        request, availability.availability_list(from_on), availability.availability(from_on=from_on)
    )


@require_GET
@requires(*SEE)
def person(request: TenantRequest, resource_id: int) -> HttpResponse:
    page = selectors.person_page(actor=request.actor, resource_id=resource_id, today=clock.today())
    context = {
        "page": page,
        "bookings": [(row, BOOKING_STATES[row.status]) for row in page.bookings],
    }
    return render_page_or_part(request, "resources/person.html", "resources/_person.html", context)


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def person_cell(request: TenantRequest, resource_id: int) -> HttpResponse:
    """One cell of the list, changed where it stands."""
    return lists.edit_cell(
        request,
        PEOPLE,
        lambda: selectors.people(today=clock.today()),
        row_id=resource_id,
        record=f"org.resource:{resource_id}",
        values=selectors.values_of(resource_id, ("job_role_id", "org_unit_id", "location")),
        save=lambda name, value: structure.change_person(
            resource_id=resource_id, name=name, value=value, actor=request.actor, at=clock.now()
        ),
        back=reverse("resources:person_list"),
    )
