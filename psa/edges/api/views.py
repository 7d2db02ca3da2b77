"""Pages of tokens, the API's description, and its reference page."""

from datetime import UTC, datetime
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from psa.core.access.decorators import for_every_member, requires
from psa.core.access.permissions import AccessPermission
from psa.core.web import lists
from psa.core.web.pages import errors_on, go_to, render_form, render_outcome, render_page_or_part
from psa.core.web.requests import TenantRequest

from . import forms, lists_of_tokens, reference, selectors
from .openapi import description, published
from .problems import TITLES
from .services import tokens
from .services.tokens import NewToken


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of the API; public, as it says nothing of any tenant."""
    return HttpResponse(published(), content_type="application/json")


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """The reference for people, made from the same description."""
    context = {
        "areas": reference.areas_of(description()),
        "problems": [(status, word, title) for status, (word, title) in TITLES.items()],
    }
    return render(request, "api/docs.html", context)


@require_GET
@for_every_member
def own_token_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.own_tokens(actor=request.actor, at=_real_now())
    return lists.list_page(request, lists_of_tokens.OWN_TOKENS, rows)


@require_GET
@requires(AccessPermission.MANAGE_USERS)
def token_list(request: TenantRequest) -> HttpResponse:
    rows = selectors.tokens(actor=request.actor, at=_real_now())
    return lists.list_page(request, lists_of_tokens.TOKENS, rows)


@require_http_methods(["GET", "POST"])
@for_every_member
def token_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewToken(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            made = tokens.create_personal_token(
                actor=request.actor, at=_real_now(), **form.cleaned_data
            )
            return _shown_once(request, made)
    return _form(request, form, "New token", "api:own_token_list")


@require_http_methods(["GET", "POST"])
@requires(AccessPermission.MANAGE_USERS)
def service_token_create(request: TenantRequest) -> HttpResponse:
    form = forms.NewServiceToken(request.POST or None)
    with errors_on(form):
        if request.method == "POST" and form.is_valid():
            typed = dict(form.cleaned_data)
            made = tokens.create_service_token(
                role_codes=typed.pop("roles"), actor=request.actor, at=_real_now(), **typed
            )
            return _shown_once(request, made)
    return _form(request, form, "New service token", "api:token_list")


@require_GET
@for_every_member
def token(request: TenantRequest, token_id: int) -> HttpResponse:
    return _token(request, token_id)


@require_POST
@for_every_member
def token_revoke(request: TenantRequest, token_id: int) -> HttpResponse:
    form = django_forms.Form(request.POST)
    with errors_on(form):
        if form.is_valid():
            tokens.revoke_token(token_id=token_id, actor=request.actor, at=_real_now())
            return go_to(request, "api:token", token_id, toast="Token revoked")
    return _token(request, token_id, status=422)


def _token(request: TenantRequest, token_id: int, *, status: int = 200) -> HttpResponse:
    found = selectors.get_token(actor=request.actor, token_id=token_id)
    now = _real_now()
    word = "revoked" if found.revoked_at else "expired" if found.expires_at <= now else "active"
    context = {
        "token": found,
        "state": lists_of_tokens.STATES[word],
        "is_active": word == "active",
        "is_own": found.membership_id == request.membership.pk,
    }
    return render_page_or_part(request, "api/token.html", "api/_token.html", context, status=status)


def _shown_once(request: TenantRequest, made: NewToken) -> HttpResponse:
    """The one page that shows the token; it is never stored, so not even Back brings it again."""
    context = {"token": made.token, "text": made.text}
    response = render_outcome(request, "api/new_token.html", "api/_new_token.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _form(
    request: TenantRequest, form: django_forms.Form, title: str, list_url_name: str
) -> HttpResponse:
    context: dict[str, Any] = {
        "title": title,
        "submit": "Make the token",
        "cancel_url": reverse(list_url_name),
    }
    return render_form(
        request, form, page="_form.html", part="_components/form_part.html", context=context
    )


def _real_now() -> datetime:
    """Tokens keep the real clock, whatever business date is played."""
    return datetime.now(tz=UTC)
