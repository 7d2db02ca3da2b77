"""Pages of setting up: entities, units, roles, calendars, exchange rates."""

from typing import Any

from django import forms as django_forms
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission, OrgPermission
from psa.core.money import selectors as money_selectors
from psa.core.money import services as money
from psa.core.org.services import calendars, structure
from psa.core.web import lists
from psa.core.web.pages import (
    errors_on,
    go_to,
    render_form,
    render_outcome,
    render_page_or_part,
    toast,
)
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_setup, selectors, selectors_of_org

ENTITY_INITIAL = structure.ENTITY_FIELDS


@require_GET
@requires(OrgPermission.VIEW, OrgPermission.MANAGE)
def entity_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.ENTITIES, selectors.entities())


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def entity(request: TenantRequest, entity_id: int) -> HttpResponse:
    row = selectors.entity(entity_id)
    form = forms.Entity(request.POST or None, initial={n: getattr(row, n) for n in ENTITY_INITIAL})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            structure.edit_entity(
                entity_id=entity_id, values=form.cleaned_data, actor=request.actor, at=clock.now()
            )
            return go_to(request, "setup:entity_list", toast="Saved")
    return render_form(
        request,
        form,
        page="setup/entity.html",
        part="setup/_entity.html",
        context={"page": selectors_of_org.entity_facts(entity_id)},
    )


@require_GET
@requires(OrgPermission.VIEW, OrgPermission.MANAGE)
def unit_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.UNITS, selectors.unit_rows())


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def unit_create(request: TenantRequest) -> HttpResponse:
    return _save_unit(request, None, forms.Unit(request.POST or None), "New unit")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def unit(request: TenantRequest, unit_id: int) -> HttpResponse:
    row = selectors.unit(unit_id)
    initial = {
        "code": row.code,
        "name": row.name,
        "parent": row.parent_id,
        "legal_entity": row.legal_entity_id,
    }
    return _save_unit(request, unit_id, forms.Unit(request.POST or None, initial=initial), row.name)


def _save_unit(
    request: TenantRequest, unit_id: int | None, form: forms.Unit, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            structure.save_unit(
                unit_id=unit_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:unit_list", toast="Saved")
    return form_page(request, form, title, "Save", "setup:unit_list")


@require_GET
@requires(OrgPermission.VIEW, OrgPermission.MANAGE)
def role_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.ROLES, selectors.job_roles())


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def role_create(request: TenantRequest) -> HttpResponse:
    form = forms.JobRoleForm(request.POST or None, actor=request.actor)
    return _save_role(request, None, form, "New role")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def role(request: TenantRequest, role_id: int) -> HttpResponse:
    row = selectors.job_role(role_id)
    initial = {name: getattr(row, name) for name in forms.JobRoleForm.base_fields}
    form = forms.JobRoleForm(request.POST or None, initial=initial, actor=request.actor)
    return _save_role(request, role_id, form, row.name)


def _save_role(
    request: TenantRequest, role_id: int | None, form: forms.JobRoleForm, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            structure.save_job_role(
                role_id=role_id, actor=request.actor, at=clock.now(), **form.arguments()
            )
            return go_to(request, "setup:role_list", toast="Saved")
    return form_page(request, form, title, "Save", "setup:role_list")


@require_GET
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.CALENDARS, selectors.calendars())


@require_GET
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar(request: TenantRequest, calendar_id: int) -> HttpResponse:
    page = selectors.calendar_page(calendar_id=calendar_id)
    return render_page_or_part(
        request, "setup/calendar.html", "setup/_calendar.html", {"page": page}
    )


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar_day(request: TenantRequest, calendar_id: int) -> HttpResponse:
    page = selectors.calendar_page(calendar_id=calendar_id)
    form = forms.CalendarDay(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            calendars.set_day(
                calendar_id=calendar_id,
                actor=request.actor,
                at=clock.now(),
                **form.cleaned_data,
            )
            return go_to(request, "setup:calendar", calendar_id, toast="Day set")
    return form_page(request, form, f"A day of {page.name}", "Save", "setup:calendar_list")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE_CALENDARS)
def calendar_holidays(request: TenantRequest, calendar_id: int) -> HttpResponse:
    page = selectors.calendar_page(calendar_id=calendar_id)
    year = clock.today().year
    form = forms.Calendar(request.POST or None, initial={"from_year": year, "until_year": year + 1})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            added = calendars.import_holidays(
                calendar_id=calendar_id,
                years=range(form.cleaned_data["from_year"], form.cleaned_data["until_year"] + 1),
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "setup:calendar", calendar_id, toast=f"{added} holidays added")
    return form_page(
        request, form, f"Public holidays of {page.name}", "Add holidays", "setup:calendar_list"
    )


@require_GET
@requires(AccessPermission.MANAGE_PARAMETERS)
def rate_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.RATES, money_selectors.rates())


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def rate_create(request: TenantRequest) -> HttpResponse:
    form = forms.Rate(request.POST or None, initial={"on": clock.today()})
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            money.set_rate(actor=request.actor, at=clock.now(), **form.arguments())
            return go_to(request, "setup:rate_list", toast="Rate stored")
    return form_page(request, form, "New exchange rate", "Store rate", "setup:rate_list")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_PARAMETERS)
def rate_import(request: TenantRequest) -> HttpResponse:
    form = forms.RatesFile(request.POST or None, request.FILES or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            done = money.import_rates(
                content=form.cleaned_data["content"],
                base=form.cleaned_data["base"].upper(),
                source=form.cleaned_data["file"].name[:40],
                rate_type=form.cleaned_data["own_type"] or form.cleaned_data["rate_type"],
                actor=request.actor,
                at=clock.now(),
            )
            words = f"{done.added} rates added, {done.changed} changed"
            if not done.bad_rows:
                return go_to(request, "setup:rate_list", toast=words)
            return toast(_bad_rows(request, done), words, tone="warn")
    return form_page(request, form, "Import exchange rates", "Import", "setup:rate_list")


def _bad_rows(request: TenantRequest, done: money.RatesImport) -> HttpResponse:
    return render_outcome(
        request, "setup/rates_imported.html", "setup/_rates_imported.html", {"done": done}
    )


def form_page(
    request: TenantRequest,
    form: django_forms.Form,
    title: str,
    submit: str,
    back: str,
    *,
    crumbs: bool = True,
) -> HttpResponse:
    """A page with one form; cancelling goes back to the list it came from."""
    back_url = reverse(back)
    shown: list[tuple[str, str]] = [("Set up", back_url)] if crumbs else []
    context: dict[str, Any] = {
        "title": title,
        "submit": submit,
        "cancel_url": back_url,
        "crumbs": shown,
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )
