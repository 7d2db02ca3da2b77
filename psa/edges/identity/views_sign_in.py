"""Signing in by a firm's provider, and ending one's own sessions; outside any tenant's address."""

import logging

from allauth.socialaccount.adapter import get_adapter as get_provider_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.usersessions.adapter import get_adapter as get_sessions_adapter
from allauth.usersessions.models import UserSession
from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import get_random_string
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from requests import RequestException

from . import selectors
from .strict_client import StrictOpenIDConnectAdapter

logger = logging.getLogger("psa.access")


class WorkAddress(django_forms.Form):
    """Whose provider is looked for."""

    email = django_forms.EmailField(
        label="Work e-mail",
        max_length=254,
        widget=django_forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


@never_cache
@require_GET
def sso(request: HttpRequest) -> HttpResponse:
    """From an address's domain to the providers of its firms; it tells nothing about accounts."""
    form = WorkAddress(request.GET if "email" in request.GET else None)
    providers = []
    if form.is_bound and form.is_valid():
        providers = selectors.providers_for(form.cleaned_data["email"])
        if not providers:
            form.add_error("email", "No firm has single sign-on for this domain.")
    next_url = _safe_next(request)
    context = {
        "form": form,
        "providers": providers,
        "next_url": next_url,
        "next_query": urlencode({"next": next_url}) if next_url else "",
    }
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "account/sso.html", context, status=status)


@never_cache
@require_GET
def provider_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Off to the firm's provider; with `again`, which is asked to make sure anew who it is."""
    try:
        provider = get_provider_adapter().get_provider(request, provider_id)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    nonce = get_random_string(32)
    asked = {"nonce": nonce} | ({"prompt": "login"} if "again" in request.GET else {})
    try:
        response: HttpResponse = provider.redirect(
            request,
            process=AuthProcess.LOGIN,
            next_url=_safe_next(request),
            auth_params=asked,
            nonce=nonce,
        )
    except (RequestException, OAuth2Error, KeyError) as error:
        logger.warning("provider %s did not answer: %s", provider_id, type(error).__name__)
        failed: HttpResponse = render_authentication_error(request, provider, exception=error)
        return failed
    return response


@never_cache
@require_GET
def provider_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Back from the firm's provider, whose answer is held to the letter."""
    client = StrictOpenIDConnectAdapter(request, provider_id)
    try:
        response: HttpResponse = OAuth2CallbackView.adapter_view(client)(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    return response


@require_POST
@login_required
def session_end(request: HttpRequest, number: int) -> HttpResponse:
    """End one of one's own sessions at once."""
    row = get_object_or_404(UserSession, pk=number, user_id=request.user.pk)
    get_sessions_adapter().end_sessions([row])
    messages.success(request, "The session has ended.")
    return redirect("usersessions_list")


def _safe_next(request: HttpRequest) -> str:
    url = request.GET.get("next", "")
    return url if url_has_allowed_host_and_scheme(url, allowed_hosts=None) else ""
