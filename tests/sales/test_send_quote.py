"""Sending a quote: its frozen PDF is mailed to the customer's contact, and a failure can be retried."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.smtp import EmailBackend

from psa.core.audit.models import AuditEntry
from psa.core.documents import selectors as stored
from psa.core.documents.models import Document
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.notifications import document_mails, mailing
from psa.core.notifications.models import DocumentMail, Notification
from sales.models import Contact, Quote
from sales.selectors import quote_mails
from sales.selectors import quotes as selectors
from sales.services import quotes, sending
from sales.services.sending import QuoteMail
from tests.edges.api.callers import caller
from tests.factories import AT
from tests.sales.scenario import make_deal

TO = "cleo@kessler.example"


class RefusingBackend(EmailBackend):
    """A mail server that knows no such address."""

    def send_messages(self, messages: Any) -> int:
        raise SMTPRecipientsRefused({TO: (550, b"unknown")})


@pytest.fixture
def deal(acme, settings):
    settings.PSA_NOW = AT
    with acme.scope():
        made = make_deal(acme)
        Contact.objects.create(
            tenant=acme.tenant, account=made.account, name="Ada Books", email="ap@kessler.example",
            is_billing=True,
        )  # fmt: skip
        Contact.objects.create(tenant=acme.tenant, account=made.account, name="Cleo", email=TO)
        return made


def letter(*recipients: str, key: str = "k") -> QuoteMail:
    return QuoteMail(recipients or (TO,), "Dear Cleo", key)


def run_all() -> None:
    for pk in JobRun.objects.filter(state="queued").values_list("id", flat=True):
        jobs.run_now(pk)


def test_proposes_the_contact_who_is_not_for_bills_and_names_the_others(acme, deal):
    with acme.scope():
        found = quote_mails.addressees(deal.quote)
    assert found.first == TO
    assert found.others[0] == "Ada Books <ap@kessler.example>"


@pytest.mark.urls("psa.tenant_urls")
def test_the_frozen_pdf_goes_out_once_and_is_told(acme, deal):
    amara = acme.actors["amara"]
    with acme.scope():
        quote = sending.send_quote(quote_id=deal.quote.pk, mail=letter(), actor=amara, at=AT)
        assert quote.status == Quote.Status.SENT
        run_all()
        [message] = [one for one in mail.outbox if one.to == [TO]]
        frozen = Document.objects.get(record_type="sales.Quote", record_id=quote.pk)
        with stored.open_content(frozen) as content:
            assert message.attachments[0][1] == content.read()
        assert message.reply_to == [deal.opportunity.owner.email]
        assert message.subject.startswith(f"Quote {quote.number} version 1 from ")
        [row] = selectors.quote_page(actor=amara, quote_id=quote.pk).mails
        assert (row.recipient, row.state, row.by) == (TO, "sent", deal.opportunity.owner.name)
        assert DocumentMail.objects.get().document_sha256 == frozen.sha256
        events = AuditEntry.objects.filter(record_type="sales.Quote").values_list(
            "event", flat=True
        )
        assert {"sales.quote.sent", "sales.quote.mailing", "sales.quote.mailed"} <= set(events)
        assert sending.mail_quote(quote_id=quote.pk, mail=letter(), actor=amara, at=AT)
        run_all()
        assert len([one for one in mail.outbox if one.to == [TO]]) == 1


def test_says_the_price_and_the_day_in_the_customers_language(acme, deal):
    with acme.scope():
        quote = deal.quote
        quote.valid_until = AT.date()
        text = quote_mails.usual_message(quote)
        assert quote.number in text
        assert "without tax" in text
        quote.opportunity.account.language = "de"
        assert "Angebot" in quote_mails.usual_message(quote)
        assert quote_mails.subject_of(quote).startswith("Angebot ")


@pytest.mark.urls("psa.tenant_urls")
def test_a_refused_address_is_told_and_can_be_tried_again(acme, deal, settings):
    amara = acme.actors["amara"]
    settings.EMAIL_BACKEND = f"{__name__}.RefusingBackend"
    with acme.scope():
        sending.send_quote(quote_id=deal.quote.pk, mail=letter(), actor=amara, at=AT)
        run_all()
        row = DocumentMail.objects.get()
        assert (row.state, row.outcome) == ("failed", f"The mail server refused the address {TO}")
        [told] = Notification.objects.filter(event="sales.quote.not_mailed")
        assert (told.membership_id, TO in told.title) == (amara.membership_id, True)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        sending.retry_mail(mail_id=row.pk, actor=amara, at=AT)
        run_all()
        row.refresh_from_db()
        assert (row.state, row.attempts) == ("sent", 1)
        with pytest.raises(Conflict):
            sending.retry_mail(mail_id=row.pk, actor=amara, at=AT)


@pytest.mark.urls("psa.tenant_urls")
def test_waits_for_a_mail_server_that_is_away(acme, deal, settings):
    amara = acme.actors["amara"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with acme.scope():
        sending.send_quote(quote_id=deal.quote.pk, mail=letter(), actor=amara, at=AT)
        run_all()
        row = DocumentMail.objects.get()
        assert (row.state, document_mails.waiting_ids()) == ("waiting", [row.pk])
        for _ in range(mailing.MAX_ATTEMPTS):
            document_mails.deliver(delivery_id=row.pk, actor=amara, at=AT)
        row.refresh_from_db()
        assert row.outcome == "The mail server did not answer 12 times"


def test_a_wrong_address_refuses_and_freezes_nothing(acme, deal):
    with acme.scope():
        for wrong in ((), ("nobody",)):
            with pytest.raises(DomainError) as refused:
                sending.send_quote(
                    quote_id=deal.quote.pk, mail=QuoteMail(wrong, "Dear", "k"),
                    actor=acme.actors["amara"], at=AT,
                )  # fmt: skip
            assert refused.value.field == "recipients"
        deal.quote.refresh_from_db()
        assert deal.quote.status == Quote.Status.DRAFT


def test_is_for_who_manages_sales_and_sees_its_prices(acme, globex, deal):
    with acme.scope():
        sending.send_quote(quote_id=deal.quote.pk, mail=letter(), actor=acme.actors["amara"], at=AT)
        row = DocumentMail.objects.get()
        for who in ("ben", "bill"):
            with pytest.raises((PermissionDenied, NotFound)):
                sending.retry_mail(mail_id=row.pk, actor=acme.actors[who], at=AT)
    with globex.scope(), pytest.raises((PermissionDenied, NotFound)):
        sending.retry_mail(mail_id=row.pk, actor=globex.actors["otto"], at=AT)


def test_only_a_quote_that_waits_for_its_answer_is_mailed(acme, deal):
    amara = acme.actors["amara"]
    with acme.scope():
        with pytest.raises(Conflict):
            sending.mail_quote(quote_id=deal.quote.pk, mail=letter(), actor=amara, at=AT)
        sending.send_quote(quote_id=deal.quote.pk, actor=amara, at=AT)
        assert not DocumentMail.objects.exists()
        quotes.revise_quote(quote_id=deal.quote.pk, actor=amara, at=AT)
        with pytest.raises(Conflict):
            sending.mail_quote(quote_id=deal.quote.pk, mail=letter(), actor=amara, at=AT)


def test_the_address_is_shown_and_changeable_on_its_page(acme, deal, settings):
    client, url = acme.client("amara"), acme.url(f"sales/quotes/{deal.quote.pk}/send/")
    page = client.get(url).content.decode()
    assert f'value="{TO}"' in page
    assert "ap@kessler.example" in page
    data = {"request_key": "k", "recipients": "nobody", "message": "Dear"}
    assert client.post(url, data).status_code == 422
    assert client.post(url, data | {"recipients": ""}).status_code == 422
    asked = data | {"recipients": "else@kessler.example; two@kessler.example"}
    assert client.post(url, asked).status_code == 302
    # The same form once more, by a second press or after Back, asks for nothing more.
    assert client.post(url, asked).status_code == 302
    shown = client.get(acme.url(f"sales/quotes/{deal.quote.pk}/")).content.decode()
    assert "else@kessler.example" in shown
    assert "Try again now" in shown
    with acme.scope():
        assert DocumentMail.objects.count() == 2
        first = DocumentMail.objects.order_by("id")[0]
    again = acme.url(f"sales/quotes/mails/{first.pk}/retry/")
    assert client.post(again).status_code == 302


def test_may_be_handed_over_without_an_e_mail(acme, deal):
    client, url = acme.client("amara"), acme.url(f"sales/quotes/{deal.quote.pk}/send/")
    assert client.post(url, {"request_key": "k", "without_mail": "on"}).status_code == 302
    with acme.scope():
        deal.quote.refresh_from_db()
        assert deal.quote.status == Quote.Status.SENT
        assert not DocumentMail.objects.exists()
    page = client.get(acme.url(f"sales/quotes/{deal.quote.pk}/")).content.decode()
    assert "Send by e-mail" in page


def test_what_is_not_ready_is_named_before_anything_is_typed(acme, deal):
    with acme.scope():
        deal.blueprint.milestones.all().delete()
    answer = acme.client("amara").get(acme.url(f"sales/quotes/{deal.quote.pk}/send/"))
    assert answer.status_code == 422
    assert "Blueprint" in answer.content.decode()


def test_is_not_sent_after_its_last_day(acme, deal):
    with acme.scope():
        Quote.objects.filter(pk=deal.quote.pk).update(valid_until=AT.date() - timedelta(days=1))
        with pytest.raises(DomainError, match="which is past"):
            sending.send_quote(quote_id=deal.quote.pk, actor=acme.actors["amara"], at=AT)


def test_by_the_api_it_is_mailed_to_who_is_named(acme, deal):
    api = caller(acme, "amara")
    answer = api.post(f"/quotes/{deal.quote.pk}/send", {"recipients": [TO]}, idempotency_key="once")
    assert [(one["recipient"], one["state"]) for one in answer["mails"]] == [(TO, "waiting")]
