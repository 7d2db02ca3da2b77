"""Pages of invitations: the administrator's, and the one that the link opens."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core import clock
from psa.core.access.decorators import requires
from psa.core.access.models import Invitation, User
from psa.core.access.permissions import AccessPermission
from psa.core.tenancy.models import Tenant
from psa.core.tenancy.scope import tenant_scope
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, links, lists_of_identity, selectors
from .clocks import real_now
from .reading import as_the_firm_reads, as_the_invited_reads
from .services import invitations


@require_GET
@requires(AccessPermission.MANAGE_USERS)
def invitation_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.invitations(on=real_now())
    return lists.list_page(request, lists_of_identity.INVITATIONS, rows)


@require_GET
@requires(AccessPermission.MANAGE_USERS)
def invitation(request: TenantRequest, invitation_id: int) -> HttpResponse:
    return _page(request, invitation_id, django_forms.Form())


@require_POST
@requires(AccessPermission.MANAGE_USERS)
def invitation_resend(request: TenantRequest, invitation_id: int) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        invitations.resend(
            invitation_id=invitation_id,
            actor=request.actor,
            at=clock.now(),
            sent_at=real_now(),
        )
    if form.is_valid():
        return go_to(request, "identity:invitation", invitation_id, toast="Invitation sent again")
    return _page(request, invitation_id, form)


@require_POST
@requires(AccessPermission.MANAGE_USERS)
def invitation_withdraw(request: TenantRequest, invitation_id: int) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        invitations.withdraw(invitation_id=invitation_id, actor=request.actor, at=clock.now())
    if form.is_valid():
        return go_to(request, "identity:invitation_list", toast="Invitation withdrawn")
    return _page(request, invitation_id, form)


def _page(request: TenantRequest, invitation_id: int, form: django_forms.Form) -> HttpResponse:
    row = selectors.invitation(invitation_id=invitation_id, on=real_now())
    context = {
        "invitation": row,
        "form": form,
        "state": lists_of_identity.INVITATION_STATES[row["state"]],
        "is_live": row["state"] in ("open", "expired"),
    }
    return render_page_or_part(
        request,
        "identity/invitation.html",
        "identity/_invitation.html",
        context,
        status=422 if form.errors else 200,
    )


@never_cache
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, link: str) -> HttpResponse:
    """What the link in the mail opens, signed in or not; outside any tenant's address."""
    key = links.read(link)
    tenant = Tenant.objects.filter(pk=key.tenant_id, status="active").first() if key else None
    if key is None or tenant is None:
        return _used_up(request)
    with tenant_scope(tenant.pk):
        try:
            row = invitations.usable(key=key, on=real_now())
        except invitations.LinkUsedUp:
            with as_the_firm_reads(tenant):
                return _used_up(request)
        with as_the_invited_reads(row.email, tenant):
            if request.user.is_authenticated:
                return _join_signed_in(request, key, row)
            return _join_with_password(request, key, row)


def _join_signed_in(
    request: HttpRequest, key: links.InvitationKey, row: Invitation
) -> HttpResponse:
    form = django_forms.Form(request.POST if request.method == "POST" else None)
    with errors_on(form):
        if form.is_bound:
            assert isinstance(request.user, User)
            invitations.accept_signed_in(key=key, user=request.user, at=clock.now(), on=real_now())
    if form.is_bound and form.is_valid():
        return redirect(f"/{row.tenant.slug}/")
    return _offer(request, row, form)


def _join_with_password(
    request: HttpRequest, key: links.InvitationKey, row: Invitation
) -> HttpResponse:
    form = forms.SetPassword(request.POST if request.method == "POST" else None)
    member = None
    with errors_on(form):
        if form.is_bound and form.is_valid():
            member = invitations.accept_with_password(
                key=key,
                password=form.cleaned_data["password"],
                at=clock.now(),
                on=real_now(),
            )
    if member is not None and form.is_valid():
        login = Login(user=member.user, redirect_url=f"/{row.tenant.slug}/")
        return perform_password_login(request, {"email": row.email}, login)
    return _offer(request, row, form)


def _offer(request: HttpRequest, row: Invitation, form: django_forms.Form) -> HttpResponse:
    context = {
        "invitation": row,
        "form": form,
        "has_account": User.objects.filter(email=row.email).exists(),
        "is_other": request.user.is_authenticated and request.user.email != row.email,
        "providers": selectors.providers_for(row.email),
        "next_url": request.path,
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "identity/accept.html", context, status=status)


def _used_up(request: HttpRequest) -> HttpResponse:
    return render(request, "identity/link_used_up.html", status=410)
