"""Pages of people (what is planned and paid for) and of users (who may come in)."""

from django import forms as django_forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.permissions import AccessPermission, OrgPermission
from psa.core.custom_fields import forms as custom_forms
from psa.core.web import lists, stale
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest
from psa.edges.identity.clocks import real_now
from psa.edges.identity.forms import Invite
from psa.edges.identity.services import invitations

from . import forms, lists_of_setup, selectors
from .services import members, people
from .views import form_page

REFERENCES = ("org_unit", "job_role", "calendar", "manager", "membership")


@require_GET
@requires(OrgPermission.VIEW, OrgPermission.MANAGE)
def person_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.PEOPLE, selectors.people())


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def person_create(request: TenantRequest) -> HttpResponse:
    form = forms.Person(request.POST or None, initial={"employed_from": clock.today()})
    custom_forms.add_fields(form, record_type=people.RECORD)
    return _save_person(request, None, form, "New person")


@require_http_methods(["GET", "POST"])
@requires(OrgPermission.MANAGE)
def person(request: TenantRequest, resource_id: int) -> HttpResponse:
    row = selectors.person(resource_id)
    form = forms.Person(request.POST or None, initial=_of_person(resource_id))
    custom_forms.add_fields(form, record_type=people.RECORD, record_id=resource_id)
    stale.watch(form, record=f"org.resource:{resource_id}", read=lambda: _of_person(resource_id))
    return _save_person(request, resource_id, form, row.name)


def _of_person(resource_id: int) -> dict[str, object]:
    row = selectors.person(resource_id)
    return {
        name: getattr(row, f"{name}_id" if name in REFERENCES else name)
        for name in forms.Person.base_fields
    }


def _save_person(
    request: TenantRequest, resource_id: int | None, form: forms.Person, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            people.save_person(
                resource_id=resource_id, custom=custom_forms.values_in(form),
                actor=request.actor, at=clock.now(), **form.arguments(),
            )  # fmt: skip
            return go_to(request, "setup:person_list", toast="Saved")
    return form_page(request, form, title, "Save", "setup:person_list")


@require_GET
@requires(AccessPermission.MANAGE_USERS)
def user_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_setup.USERS, selectors.users())


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
def user_create(request: TenantRequest) -> HttpResponse:
    form = Invite(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            row = invitations.invite(
                email=form.cleaned_data["email"],
                name=form.cleaned_data["name"],
                role_codes=form.cleaned_data["roles"],
                actor=request.actor,
                at=clock.now(),
                sent_at=real_now(),
            )
            return go_to(request, "identity:invitation_list", toast=f"{row.name} is invited")
    return form_page(request, form, "Invite somebody", "Send invitation", "setup:user_list")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
def user(request: TenantRequest, membership_id: int) -> HttpResponse:
    row = selectors.member(membership_id)
    initial = {"name": row.name, "roles": selectors.role_codes_of(membership_id)}
    form = forms.Member(request.POST or None, initial=initial)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            members.change_member(
                membership_id=membership_id,
                name=form.cleaned_data["name"],
                role_codes=form.cleaned_data["roles"],
                actor=request.actor,
                at=clock.now(),
            )
            return go_to(request, "setup:user_list", toast="Saved")
    return _user_page(request, membership_id, form)


@require_POST
@requires(AccessPermission.MANAGE_USERS)
def user_deactivate(request: TenantRequest, membership_id: int) -> HttpResponse:
    return _set_active(request, membership_id, is_active=False)


@require_POST
@requires(AccessPermission.MANAGE_USERS)
def user_activate(request: TenantRequest, membership_id: int) -> HttpResponse:
    return _set_active(request, membership_id, is_active=True)


def _set_active(request: TenantRequest, membership_id: int, *, is_active: bool) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        members.set_active(
            membership_id=membership_id,
            is_active=is_active,
            actor=request.actor,
            at=clock.now(),
        )
    if form.is_valid():
        words = "Access given back" if is_active else "Access ended"
        return go_to(request, "setup:user", membership_id, toast=words)
    return _user_page(request, membership_id, form)


def _user_page(request: TenantRequest, membership_id: int, form: django_forms.Form) -> HttpResponse:
    row = selectors.member(membership_id)
    if not isinstance(form, forms.Member):
        codes = selectors.role_codes_of(membership_id)
        refused = list(form.non_field_errors())
        form = forms.Member({"name": row.name, "roles": codes})
        form.full_clean()
        for sentence in refused:
            form.add_error(None, sentence)
    context = {
        "form": form,
        "member": row,
        "state": lists_of_setup.ACCESS[row.is_active],
        "may_view_as": request.actor.has(AccessPermission.VIEW_AS)
        and membership_id != request.membership.pk,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render_page_or_part(
        request, "setup/user.html", "setup/_user.html", context, status=status
    )
