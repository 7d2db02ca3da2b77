"""Mails about an account wait in the database until the mail server takes them."""

from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend as LocmemBackend
from django.test import Client

from psa.core.access import account_mails
from psa.core.access.models import AccountMail
from psa.core.web.models import PersonalSettings
from tests.core.access.signing_in import delivered, sign_in
from tests.factories import PASSWORD, Firm

BEN = "ben@acme.example"
DOWN = "django.core.mail.backends.smtp.EmailBackend"


def reset(email: str = BEN) -> int:
    return Client().post("/accounts/password/reset/", {"email": email}).status_code


def test_a_mail_server_that_is_down_fails_no_page_and_loses_no_mail(
    acme: Firm, settings: pytest.FixtureRequest
) -> None:
    working = settings.EMAIL_BACKEND  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = DOWN, 9  # type: ignore[attr-defined]
    assert reset() == 302
    now = datetime.now(tz=UTC)
    assert account_mails.send_waiting(at=now) == 0
    row = AccountMail.objects.get()
    assert (row.attempts, row.next_attempt_at) == (1, now + timedelta(minutes=2))
    settings.EMAIL_BACKEND = working  # type: ignore[attr-defined]
    assert account_mails.send_waiting(at=now + timedelta(minutes=1)) == 0
    assert account_mails.send_waiting(at=now + timedelta(minutes=2)) == 1
    assert [message.to for message in mail.outbox] == [[BEN]]
    assert not AccountMail.objects.exists()


def test_is_given_up_after_a_day_when_its_link_would_be_dead(
    acme: Firm, settings: pytest.FixtureRequest
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = DOWN, 9  # type: ignore[attr-defined]
    reset()
    account_mails.send_waiting(at=datetime.now(tz=UTC) + timedelta(hours=25))
    assert not AccountMail.objects.exists()


def test_lies_sealed_as_it_holds_a_key(acme: Firm) -> None:
    reset()
    kept = AccountMail.objects.get().sealed
    assert "password/reset" not in kept
    assert BEN not in kept
    assert "/password/reset/key/" in str(delivered()[0].body)


def test_one_that_was_sealed_under_a_lost_key_stops_no_other(acme: Firm) -> None:
    reset()
    AccountMail.objects.update(sealed="gAAAAA")
    reset("fay@acme.example")
    assert [message.to for message in delivered()] == [["fay@acme.example"]]


class RefusingFirst(LocmemBackend):
    """A server, or the library before it, that fails at mails to one address."""

    error: Exception = ValueError("a header that no mail may have")

    def send_messages(self, messages: Any) -> int:
        if BEN in messages[0].to:
            raise self.error
        return super().send_messages(messages)


REFUSING = f"{RefusingFirst.__module__}.{RefusingFirst.__qualname__}"


@pytest.mark.parametrize(
    "error", [ValueError("a broken header"), SMTPRecipientsRefused({BEN: (550, b"unknown")})]
)
def test_one_that_cannot_be_sent_is_put_off_and_stops_no_other(
    acme: Firm, settings: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    reset()
    reset("fay@acme.example")
    settings.EMAIL_BACKEND = REFUSING
    monkeypatch.setattr(RefusingFirst, "error", error)
    assert account_mails.send_waiting(at=datetime.now(tz=UTC)) == 1
    assert AccountMail.objects.get().attempts == 1


def test_a_run_ends_with_the_first_mail_that_finds_no_server(acme: Firm, settings: Any) -> None:
    reset()
    reset("fay@acme.example")
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = DOWN, 9
    account_mails.send_waiting(at=datetime.now(tz=UTC))
    assert list(AccountMail.objects.order_by("id").values_list("attempts", flat=True)) == [1, 0]


def test_one_that_another_run_put_off_meanwhile_waits(acme: Firm, settings: Any) -> None:
    """Fay's mail is found due; before its turn another run tries it without success."""
    reset()
    reset("fay@acme.example")
    now = datetime.now(tz=UTC)

    class PutOff(LocmemBackend):
        def send_messages(self, messages: Any) -> int:
            AccountMail.objects.filter(attempts=0).exclude(pk=first).update(
                attempts=1, next_attempt_at=now + timedelta(minutes=2)
            )
            return super().send_messages(messages)

    first = AccountMail.objects.order_by("id").values_list("id", flat=True)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account_mails, "get_connection", lambda **_: PutOff())
        assert account_mails.send_waiting(at=now) == 1
    assert AccountMail.objects.get().attempts == 1


def test_runs_do_not_pile_up(settings: Any) -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["send-account-mails"]
    assert entry["options"]["expires"] <= entry["schedule"]


def test_speaks_the_language_that_its_reader_chose(acme: Firm) -> None:
    with acme.scope():
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["ben"].membership_id, language="de"
        )
    reset()
    reset("fay@acme.example")
    german, english = delivered()
    assert german.subject == "Passwort zurücksetzen"
    assert "Sie erhalten diese E-Mail, weil" in german.body
    assert english.subject == "Password Reset Email"


def test_tells_of_a_changed_password_in_german_too(acme: Firm) -> None:
    with acme.scope():
        PersonalSettings.objects.create(
            tenant=acme.tenant, membership_id=acme.actors["ben"].membership_id, language="de"
        )
    client = sign_in(BEN)
    new = "quiet harbour lantern 9"
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    [message] = delivered()
    assert message.subject == "Passwort geändert"
    assert "Ihr Passwort wurde geändert." in message.body
    assert "If it was not you" not in message.body
