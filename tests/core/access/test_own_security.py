"""What is a person's own: password, authenticator app, recovery codes, sessions."""

from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from psa.core.access.models import User
from tests.core.access.signing_in import (
    age_records,
    code_of,
    confirm,
    delivered,
    is_in,
    sign_in,
    turn_on_app,
)
from tests.factories import PASSWORD, Firm

BEN = "ben@acme.example"


def test_asks_for_the_code_after_the_password_once_the_app_is_on(acme: Firm) -> None:
    secret = turn_on_app(sign_in(BEN))
    client = Client()
    asked = client.post("/accounts/login/", {"login": BEN, "password": PASSWORD})
    assert asked["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(client)
    assert client.get(acme.url("")).status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    assert client.get(acme.url("")).status_code == 200


def test_takes_each_recovery_code_once(acme: Firm) -> None:
    ben = sign_in(BEN)
    turn_on_app(ben)
    codes = ben.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    assert len(codes) == 10
    for expected in (302, 200):
        client = Client()
        client.post("/accounts/login/", {"login": BEN, "password": PASSWORD})
        answer = client.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert answer.status_code == expected


def test_keeps_secrets_sealed_in_the_database(acme: Firm) -> None:
    ben = sign_in(BEN)
    secret = turn_on_app(ben)
    codes = ben.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(data::text, ' ') FROM mfa_authenticator")
        stored = cursor.fetchone()[0]
    assert secret not in stored
    assert not any(code in stored for code in codes)


def test_tells_its_owner_of_every_change(acme: Firm) -> None:
    ben = sign_in(BEN)
    turn_on_app(ben)
    assert ben.post("/accounts/2fa/totp/deactivate/").status_code == 302
    new = "another-long-password-1"
    ben.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    told = [(message.to, message.body) for message in delivered()]
    assert {to[0] for to, _ in told} == {BEN}
    assert len(told) >= 2
    assert all("If it was not you" in str(body) for _, body in told)


def test_asks_again_who_it_is_before_a_factor_changes(acme: Firm) -> None:
    ben = sign_in(BEN)
    age_records(ben, 3600)
    pages = (
        "totp/activate/", "webauthn/add/", "recovery-codes/generate/",
    )  # fmt: skip
    for page in pages:
        answer = ben.get(f"/accounts/2fa/{page}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/reauthenticate/"), page
    assert (
        confirm(ben, "/accounts/2fa/totp/activate/")["Location"] == "/accounts/2fa/totp/activate/"
    )
    assert ben.get("/accounts/2fa/totp/activate/").status_code == 200


def test_changing_the_password_ends_every_other_session(acme: Firm) -> None:
    here, there = sign_in(BEN), sign_in(BEN)
    new = "another-long-password-1"
    data = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/accounts/password/change/", data).status_code == 302
    assert here.get(acme.url("")).status_code == 200
    assert there.get(acme.url("")).status_code == 302
    assert not is_in(sign_in(BEN))
    assert is_in(sign_in(BEN, new))


def test_lists_sessions_and_ends_one_or_all_others(acme: Firm) -> None:
    here, there, third = sign_in(BEN), sign_in(BEN), sign_in(BEN)
    page = here.get("/accounts/sessions/").content.decode()
    assert page.count("This one") == 1
    other = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(f"/accounts/sessions/{other.pk}/end/").status_code == 302
    assert there.get(acme.url("")).status_code == 302
    assert third.get(acme.url("")).status_code == 200
    here.post("/accounts/sessions/")
    assert third.get(acme.url("")).status_code == 302
    assert here.get(acme.url("")).status_code == 200


def test_a_sign_in_lasts_twelve_hours_however_busy_the_session(acme: Firm) -> None:
    ben = sign_in(BEN)
    age_records(ben, 12 * 3600 - 60)
    assert ben.get(acme.url("")).status_code == 200
    age_records(ben, 12 * 3600 + 60)
    refused = ben.get(acme.url(""))
    assert refused.status_code == 403
    assert "12 hours ago" in refused.content.decode()
    confirm(ben, acme.url(""))
    assert ben.get(acme.url("")).status_code == 200


def test_nobody_ends_anothers_session(acme: Firm) -> None:
    ben = sign_in(BEN)
    row = UserSession.objects.get(session_key=ben.session.session_key)
    ada = sign_in("ada@acme.example")
    assert ada.post(f"/accounts/sessions/{row.pk}/end/").status_code == 404
    assert ben.get(acme.url("")).status_code == 200


def test_sessions_lie_in_the_database(acme: Firm) -> None:
    ben = sign_in(BEN)
    Session.objects.all().delete()
    assert ben.get(acme.url("")).status_code == 302
    ben = sign_in(BEN)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert ben.get(acme.url("")).status_code == 302
    UserSession.objects.all().delete()
    sign_in(BEN)
    assert UserSession.objects.filter(user=User.objects.get(email=BEN)).count() == 1


def test_every_page_has_our_look_and_no_inline_script(acme: Firm) -> None:
    ben = sign_in(BEN)
    turn_on_app(ben)
    key = {"name": "Key", "credential": {}}
    Authenticator.objects.create(user=User.objects.get(email=BEN), type="webauthn", data=key)
    row = Authenticator.objects.get(type="webauthn")
    pages = (
        "2fa/", "2fa/totp/deactivate/", "2fa/recovery-codes/", "2fa/recovery-codes/generate/",
        "2fa/webauthn/", f"2fa/webauthn/keys/{row.pk}/edit/", f"2fa/webauthn/keys/{row.pk}/remove/",
        "2fa/reauthenticate/", "reauthenticate/", "password/change/", "sessions/",
    )  # fmt: skip
    for page in pages:
        answer = ben.get(f"/accounts/{page}")
        text = answer.content.decode()
        assert answer.status_code == 200, page
        assert "psa-solo" in text, page
        assert all("src=" in tag.partition(">")[0] for tag in text.split("<script")[1:]), page
    for page in ("login/", "password/reset/", "sso/", "signup/", "sso/error/", "sso/cancelled/"):
        answer = Client().get(f"/accounts/{page}")
        text = answer.content.decode()
        assert "psa-solo" in text, page
        assert all("src=" in tag.partition(">")[0] for tag in text.split("<script")[1:]), page
