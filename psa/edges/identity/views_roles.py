"""Pages of roles and their rights, and of viewing as another member."""

from django import forms as django_forms
from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access import permission_words
from psa.core.access.decorators import for_every_member, requires
from psa.core.access.permissions import AccessPermission
from psa.core.access.step_up import step_up
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_identity, middleware, selectors
from .services import roles, view_as


@require_GET
@requires(AccessPermission.MANAGE_USERS)
def role_list(request: TenantRequest) -> HttpResponse:
    return lists.list_page(request, lists_of_identity.ROLES, selectors.roles())


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
def role_create(request: TenantRequest) -> HttpResponse:
    """A new role; `copy` in the address begins with another's rights."""
    copied = request.GET.get("copy", "")
    rights = selectors.role(int(copied)).permissions if copied.isdigit() else []
    form = forms.RoleRights(
        request.POST or None, initial={"permissions": rights, "lock_version": 0}
    )
    return _save_role(request, None, form, "New role")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
def role(request: TenantRequest, security_role_id: int) -> HttpResponse:
    row = selectors.role(security_role_id)
    initial = {name: getattr(row, name) for name in ("name", "permissions", "lock_version")}
    form = forms.RoleRights(request.POST or None, initial=initial)
    return _save_role(request, security_role_id, form, row.name)


@require_POST
@requires(AccessPermission.MANAGE_USERS)
def role_delete(request: TenantRequest, security_role_id: int) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        roles.delete_role(role_id=security_role_id, actor=request.actor, at=clock.now())
    if form.is_valid():
        return go_to(request, "identity:role_list", toast="Role deleted")
    row = selectors.role(security_role_id)
    shown = forms.RoleRights(
        {"name": row.name, "permissions": row.permissions, "lock_version": row.lock_version}
    )
    shown.full_clean()
    for sentence in form.non_field_errors():
        shown.add_error(None, sentence)
    return _role_page(request, security_role_id, shown, row.name)


def _save_role(
    request: TenantRequest, role_id: int | None, form: forms.RoleRights, title: str
) -> HttpResponse:
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            roles.save_role(
                role_id=role_id, actor=request.actor, at=clock.now(), **form.cleaned_data
            )
            return go_to(request, "identity:role_list", toast="Role saved")
    return _role_page(request, role_id, form, title)


def _role_page(
    request: TenantRequest, role_id: int | None, form: forms.RoleRights, title: str
) -> HttpResponse:
    chosen = set(form["permissions"].value() or [])
    context = {
        "form": form,
        "title": title,
        "role_id": role_id,
        "holders": selectors.holders_of(role_id) if role_id else [],
        "groups": [
            (group.title, [(value, words, value in chosen) for value, words in group.permissions])
            for group in permission_words.groups()
        ],
    }
    status = 422 if form.is_bound and form.errors else 200
    return render_page_or_part(
        request, "identity/role.html", "identity/_role.html", context, status=status
    )


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.VIEW_AS)
@step_up
def view_as_start(request: TenantRequest, membership_id: int) -> HttpResponse:
    """Why, and then the application as that member sees it."""
    member = selectors.active_member(membership_id)
    form = forms.ViewAs(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            row = view_as.start(
                membership_id=membership_id,
                reason=form.cleaned_data["reason"],
                actor=request.actor,
                at=clock.now(),
            )
            middleware.begin_viewing(request, row)
            return go_to(request, "home:home")
    context = {
        "title": f"View as {member.name}",
        "submit": "Begin",
        "cancel_url": "",
        "intro": "For thirty minutes you see what they see, read-only, and of money only what you "
        "may see yourself. Beginning and end stand in the audit trail.",
        "crumbs": [],
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


@require_POST
@for_every_member
def view_as_end(request: TenantRequest) -> HttpResponse:
    middleware.end_viewing(request, request.actor, "by hand")
    return go_to(request, "home:home", toast="You see the application as yourself again")
