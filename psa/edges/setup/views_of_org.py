"""Pages of calendars' hours, what differs for one person, and new legal entities."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import OrgPermission
from psa.core.org import selectors as org
from psa.core.org.services import calendars, personal_calendars
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms_of_org as forms
from . import selectors, selectors_of_org
from .services import entities
from .views import form_page

OFFICE = "9:00-13:00, 14:00-18:00"


class PlainForm(django_forms.Form):
    """Carries the refusal of an action that has no input."""


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar_create(request: TenantRequest) -> HttpResponse:
    initial: dict[str, Any] = {"time_zone": org.home_time_zone()}
    initial |= {f"day_{number}": OFFICE for number in range(5)}
    form = forms.CalendarForm(request.POST or None, initial=initial)
    year = clock.today().year
    return _save_calendar(request, None, form, "New calendar", years=(year, year + 1))


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar_edit(request: TenantRequest, calendar_id: int) -> HttpResponse:
    initial = selectors_of_org.calendar_initial(calendar_id)
    form = forms.CalendarForm(request.POST or None, initial=initial)
    return _save_calendar(request, calendar_id, form, f"Hours of {initial['name']}")


def _save_calendar(
    request: TenantRequest,
    calendar_id: int | None,
    form: forms.CalendarForm,
    title: str,
    years: tuple[int, ...] = (),
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            saved = calendars.save_calendar(
                calendar_id=calendar_id, years=years, actor=request.actor, at=clock.now(),
                **form.arguments(),
            )  # fmt: skip
            return go_to(request, "setup:calendar", saved.pk, toast="Saved")
    return form_page(request, form, title, "Save", "setup:calendar_list")


@require_POST
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar_day_remove(request: TenantRequest, calendar_id: int) -> HttpResponse:
    # Found before the form is looked at: another firm's calendar answers as one that is none.
    selectors.calendar_page(calendar_id=calendar_id)
    form = forms.OneDay(request.POST)
    with errors_on(form):
        if form.is_valid():
            calendars.remove_day(
                calendar_id=calendar_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "setup:calendar", calendar_id, toast="Day removed")
    return form_page(request, form, "Remove a day", "Remove", "setup:calendar_list")


@require_GET
@requires(OrgPermission.MANAGE_CALENDARS)
def person_calendar(request: TenantRequest, resource_id: int) -> HttpResponse:
    """What differs for one person: dated calendars and days off."""
    page = selectors_of_org.person_calendar(resource_id)
    return render_page_or_part(
        request, "setup/person_calendar.html", "setup/_person_calendar.html", {"page": page}
    )


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE_CALENDARS)
def absence_create(request: TenantRequest, resource_id: int) -> HttpResponse:
    row = selectors.person(resource_id)
    form = forms.Absence(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            personal_calendars.add_exception(
                resource_id=resource_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "setup:person_calendar", resource_id, toast="Saved")
    return form_page(request, form, f"Days off of {row.name}", "Save", "setup:calendar_list")


@require_POST
@requires(OrgPermission.MANAGE_CALENDARS)
def absence_remove(request: TenantRequest, exception_id: int) -> HttpResponse:
    form = PlainForm({})
    with errors_on(form):
        resource_id = personal_calendars.remove_exception(
            exception_id=exception_id, actor=request.actor, at=clock.now()
        )
        return go_to(request, "setup:person_calendar", resource_id, toast="Days given back")
    return form_page(request, form, "Give the days back", "Give back", "setup:calendar_list")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE_CALENDARS)
def dated_calendar_create(request: TenantRequest, resource_id: int) -> HttpResponse:
    row = selectors.person(resource_id)
    form = forms.DatedCalendar(request.POST or None, initial={"valid_from": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            personal_calendars.set_calendar(
                resource_id=resource_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:person_calendar", resource_id, toast="Saved")
    return form_page(request, form, f"Calendar of {row.name}", "Save", "setup:calendar_list")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def entity_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewEntityForm(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = entities.create_entity(
                values=form.cleaned_data, actor=request.actor, at=clock.now()
            )
            return go_to(request, "setup:entity", made.pk, toast="Entity added. Complete it")
    return form_page(request, form, "New legal entity", "Add entity", "setup:entity_list")
