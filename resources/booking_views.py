"""Pages of bookings: putting people on a project's team, and the bookings of a project."""

from datetime import date

from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from projects.models import Project
from projects.permissions import ProjectsPermission
from projects.selectors import projects
from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.web import undo
from psa.core.web.pages import errors_on, go_to_url, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, policies
from .lists import BOOKING_STATES
from .permissions import ResourcesPermission
from .selectors import bookings as selectors
from .services import bookings

READ = (
    ProjectsPermission.VIEW,
    ProjectsPermission.VIEW_OWN,
    ProjectsPermission.MANAGE_ALL,
    ResourcesPermission.MANAGE,
)
BOOK = (ProjectsPermission.MANAGE_OWN, ProjectsPermission.MANAGE_ALL, ResourcesPermission.MANAGE)


@require_GET
@requires(*READ)
def bookings_of_project(request: TenantRequest, project_id: int) -> HttpResponse:
    """The live bookings of a project: a part of its team page."""
    page = selectors.project_bookings(actor=request.actor, project_id=project_id)
    context = {"page": page, "rows": [(row, BOOKING_STATES[row.status]) for row in page.bookings]}
    return render_page_or_part(
        request,
        "resources/bookings_of_project.html",
        "resources/_bookings_of_project.html",
        context,
    )


def _first_day(project: Project) -> date:
    """From the start of what is still planned, whenever that was; else from today on."""
    if project.status == Project.Status.PLANNING:
        return project.starts_on
    return max(project.starts_on, clock.today())


@require_http_methods(["GET", "POST"])
@requires(*BOOK)
def team_add(request: TenantRequest, project_id: int) -> HttpResponse:
    """Somebody put on the team, and booked; who staffs but does not manage only books."""
    project = selectors.get_project(actor=request.actor, project_id=project_id)
    policies.check_can_book(project, request.actor)
    form = forms.AddToTeam(
        request.POST or None,
        with_rate=projects.sight(request.actor, project).bill,
        initial={
            "valid_from": _first_day(project),
            "last_on": project.ends_on,
            "resource": request.GET.get("person"),
            "role": request.GET.get("role"),
        },
    )
    back = reverse("projects:team", args=[project_id])
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = bookings.add_to_team(
                project_id=project_id, actor=request.actor, at=clock.now(), **form.values()
            )
            said = "Added to the team" if made is None else "Added to the team and booked"
            return go_to_url(request, back, toast=said)
    return _form_page(request, form, f"Add to the team of {project.code}", "Add to the team", back)


@require_http_methods(["GET", "POST"])
@requires(*BOOK)
def booking_edit(request: TenantRequest, booking_id: int) -> HttpResponse:
    booking = selectors.editable_booking(actor=request.actor, booking_id=booking_id)
    form = forms.EditBooking(request.POST or None, booking=booking)
    back = reverse("projects:team", args=[booking.project_id])
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            bookings.change_booking(
                booking_id=booking_id, actor=request.actor, at=clock.now(), **form.values()
            )
            return go_to_url(request, back, toast="Booking saved")
    title = f"{booking.resource.name} on {booking.project.code}"
    return _form_page(request, form, title, "Save booking", back)


@require_POST
@requires(*BOOK)
def booking_harden(request: TenantRequest, booking_id: int) -> HttpResponse:
    booking = bookings.harden_booking(booking_id=booking_id, actor=request.actor, at=clock.now())
    return go_to_url(
        request, reverse("projects:team", args=[booking.project_id]), toast="Booked hard"
    )


@require_POST
@requires(*BOOK)
def booking_cancel(request: TenantRequest, booking_id: int) -> HttpResponse:
    booking = selectors.editable_booking(actor=request.actor, booking_id=booking_id)
    was = bookings.cancel_booking(booking_id=booking_id, actor=request.actor, at=clock.now())
    return go_to_url(
        request,
        reverse("projects:team", args=[booking.project_id]),
        toast="Booking cancelled",
        undo_url=undo.undo_url(actor=request.actor, kind="resources.booking", payload=was),
    )


def _form_page(
    request: TenantRequest, form: Form, title: str, submit: str, back: str
) -> HttpResponse:
    return render_form(
        request,
        form,
        page="_form.html",
        part="_components/form_part.html",
        context={
            "title": title,
            "submit": submit,
            "cancel_url": back,
            "crumbs": [("Projects", reverse("projects:project_list")), ("Team", back)],
        },
    )
