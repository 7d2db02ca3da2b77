"""Guessing: lock-out, what pages tell about accounts, and what makes a password good enough."""

import re

import pytest
import redis
from django.core.cache import cache
from django.db import connection
from django.test import Client

from psa.core.access.models import User
from psa.core.web.models import PersonalSettings
from tests.core.access.signing_in import code_of, delivered, is_in, sign_in, turn_on_app
from tests.factories import PASSWORD, Firm

BEN = "ben@acme.example"


def guess(password: str, *, email: str = BEN, ip: str = "203.0.113.5") -> str:
    answer = Client(REMOTE_ADDR=ip).post("/accounts/login/", {"login": email, "password": password})
    return answer.content.decode() if answer.status_code == 200 else ""


def test_locks_an_account_out_after_five_failures_from_anywhere(acme: Firm) -> None:
    for number in range(5):
        assert "Too many" not in guess(f"wrong-{number}", ip=f"203.0.113.{number}")
    assert "Too many failed" in guess(PASSWORD, ip="198.51.100.7")
    assert is_in(sign_in("ada@acme.example"))  # others are not locked out with Ben


def test_slows_down_an_address_that_tries_many_accounts(acme: Firm) -> None:
    for number in range(10):
        guess("wrong", email=f"p{number}@acme.example")
    assert "Too many failed" in guess(PASSWORD)


def test_locks_out_guesses_of_the_second_factor(acme: Firm) -> None:
    secret = turn_on_app(sign_in(BEN))
    client = Client()
    client.post("/accounts/login/", {"login": BEN, "password": PASSWORD})
    for number in range(6):
        client.post("/accounts/2fa/authenticate/", {"code": f"{number:06d}"})
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert not is_in(client)


def test_limits_lie_in_the_database_and_outlive_redis(acme: Firm, settings: object) -> None:
    for number in range(5):
        guess(f"wrong-{number}", ip=f"203.0.113.{number}")
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:  # type: ignore[attr-defined]
        broker.flushdb()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM web_cache")
        assert cursor.fetchone()[0] > 0
    assert "Too many failed" in guess(PASSWORD)


def test_says_the_same_for_a_wrong_password_and_an_unknown_address(acme: Firm) -> None:
    known, unknown = guess("wrong-password"), guess("wrong-password", email="no@acme.example")
    assert "not correct" in known
    assert _without_what_was_typed(known) == _without_what_was_typed(unknown)


def test_reset_says_the_same_for_an_unknown_address_and_writes_to_nobody(acme: Firm) -> None:
    answers = []
    for email in (BEN, "no@acme.example"):
        answer = Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        answers.append(_without_what_was_typed(answer.content.decode()))
    assert answers[0] == answers[1]
    assert [message.to for message in delivered()] == [[BEN]]


def test_limits_reset_mails_and_says_when_to_try_again(acme: Firm) -> None:
    for _ in range(8):
        answer = Client().post("/accounts/password/reset/", {"email": BEN})
    assert len(delivered()) == 5
    assert answer.status_code == 429
    assert 3500 < int(answer["Retry-After"]) <= 3600
    page = answer.content.decode()
    assert "Nothing is lost. Try again in 60 minutes." in page
    assert 'href="/accounts/login/"' in page and "password/reset" not in page  # closed itself


def test_who_is_signed_in_is_told_in_their_language_and_led_back(acme: Firm) -> None:
    with acme.scope():
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["ben"].membership_id, language="de"
        )
    ben = sign_in(BEN)
    assert "Passwort" in ben.get("/accounts/password/change/").content.decode()
    wrong = {"oldpassword": "wrong", "password1": "x", "password2": "x"}
    for _ in range(6):
        answer = ben.post("/accounts/password/change/", wrong)
    assert answer.status_code == 429
    page = answer.content.decode()
    assert re.search(r"Versuchen Sie es in (5\d|60) Sekunden erneut\.", page)
    assert "data-back" in page and "/accounts/login/" not in page
    said = ben.post("/accounts/password/change/", wrong, headers={"HX-Request": "true"})
    assert said["Content-Type"].startswith("text/plain")  # a toast
    assert (
        said.content.decode().startswith("Zum Schutz der Konten")
        and "<" not in said.content.decode()
    )


def test_resets_by_a_link_that_works_once(acme: Firm) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": BEN})
    path = next(w for w in str(delivered()[0].body).split() if "/password/reset/key/" in w)
    path = "/" + path.split("/", 3)[3]
    form = client.get(path)["Location"]
    new = "another-long-password-1"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302
    assert is_in(sign_in(BEN, new))
    assert "no longer works" in Client().get(path, follow=True).content.decode()


def test_gives_a_password_to_who_only_had_single_sign_on(acme: Firm) -> None:
    User.objects.filter(email=BEN).update(password="!none")
    Client().post("/accounts/password/reset/", {"email": BEN})
    assert len(delivered()) == 1


@pytest.mark.parametrize(
    "password", ["elevenchars", "password123456", "ben@acme.example", "123456789012"]
)
def test_refuses_a_weak_password(acme: Firm, password: str) -> None:
    ben = sign_in(BEN)
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert ben.post("/accounts/password/change/", data).status_code == 200
    assert is_in(sign_in(BEN))


def test_takes_a_long_password_of_any_signs_with_its_spaces(acme: Firm) -> None:
    ben = sign_in(BEN)
    password = " Ein längerer Satz, 漢字 & 🎉 und noch mehr " * 2
    data = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    assert ben.post("/accounts/password/change/", data).status_code == 302
    assert is_in(sign_in(BEN, password))
    assert not is_in(sign_in(BEN, password.strip()))


def test_nobody_signs_up_or_takes_another_address(acme: Firm) -> None:
    data = {"email": "new@acme.example", "password1": PASSWORD, "password2": PASSWORD}
    Client().post("/accounts/signup/", data)
    assert not User.objects.filter(email="new@acme.example").exists()
    assert sign_in(BEN).get("/accounts/email/").status_code == 404


def test_a_mail_server_that_is_down_shows_the_same_page(acme: Firm, settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_PORT = 1  # type: ignore[attr-defined]
    answer = Client().post("/accounts/password/reset/", {"email": BEN}, follow=True)
    assert answer.status_code == 200
    assert "Look at your mail" in answer.content.decode()


def _without_what_was_typed(page: str) -> str:
    page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
    return page.replace(BEN, "").replace("no@acme.example", "")


@pytest.fixture(autouse=True)
def no_limits_from_before(db: None) -> None:
    cache.clear()
