"""Signing in as a browser does, and authenticator apps."""

import time
from datetime import UTC, datetime
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from psa.core.access import account_mails
from psa.core.tenancy.models import Tenant
from tests.factories import PASSWORD


def sign_in(email: str, password: str = PASSWORD, *, client: Client | None = None) -> Client:
    """A browser after the sign-in form, whatever came of it."""
    client = client or Client()
    client.post("/accounts/login/", {"login": email, "password": password})
    return client


def is_in(client: Client) -> bool:
    """Whether the sign-in was completed, every step of it."""
    return SESSION_KEY in client.session


def code_of(secret: str) -> str:
    """What an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def confirm(client: Client, path: str = "/accounts/2fa/") -> HttpResponse:
    """Write the password once more."""
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": path})


def turn_on_app(client: Client) -> str:
    """Turn the authenticator app on; its secret."""
    confirm(client)
    form = client.get("/accounts/2fa/totp/activate/").context["form"]
    secret = str(form.secret)
    answer = client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert answer.status_code == 302, answer.content.decode()
    return secret


def delivered() -> list[Any]:
    """The account mails so far, after those that wait were sent."""
    account_mails.send_waiting(at=datetime.now(tz=UTC))
    return list(mail.outbox)


def last_used(client: Client, firm: str, seconds: int) -> None:
    """Let this browser have last asked something of a firm so long ago."""
    tenant_id = Tenant.objects.get(slug=firm).pk
    session = client.session
    session["seen_at"] = {**session.get("seen_at", {}), str(tenant_id): time.time() - seconds}
    session.save()


def age_records(client: Client, seconds: int, *, in_use: bool = True) -> None:
    """Let it be so long ago that this browser signed in; it was used since, if `in_use`."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        record | {"at": time.time() - seconds}
        for record in session[AUTHENTICATION_METHODS_SESSION_KEY]
    ]
    if in_use:
        tenants = Tenant.objects.values_list("pk", flat=True)
        session["seen_at"] = {str(pk): time.time() for pk in tenants}
    session.save()
