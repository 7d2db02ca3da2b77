"""Invoices, their backup, their mails and reminders in the language of who gets them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from django.core import mail
from django.utils import translation
from pypdf import PdfReader

from billing import invoice_backup
from billing.invoice_pdf import Detail, render
from billing.models import Invoice
from billing.selectors import dunning as reminders
from billing.selectors.deliveries import subject_of, usual_message
from billing.selectors.invoice_backups import backup_report
from billing.services import documents, dunning
from billing.services.dunning import LevelInput
from psa.core.documents import selectors as stored
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.org.models import LegalEntity
from sales.models import Account, Contract
from tests.billing.scenario import AT, Case, confirm, post_days, propose
from tests.billing.test_invoice_pdf import DOCUMENT

CLIENT = "ap@kessler.example"


def text_of(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(page.extract_text() for page in pages).replace("\n", " ")


def invoice_of(case: Case, language: str = "de") -> Invoice:
    Account.objects.filter(pk=case.work.contract.account_id).update(language=language)
    Contract.objects.update(bill_to_email=CLIENT)
    post_days(case, 2)
    [draft] = propose(case)
    return confirm(case, draft)


def test_says_labels_dates_and_amounts_in_german_and_leaves_what_people_wrote() -> None:
    german = replace(DOCUMENT, language="de", seller=replace(DOCUMENT.seller, name="Invoice Ltd"))
    text = text_of(render(german, Detail.FULL))
    for said in (
        "Rechnung UK-2026-00001", "31.07.2026, netto 30 Tage", "Leistungszeitraum 15.06.2026",
        "Ihre Steuernummer", "8:00 Std.", "125,00/Std.", "1.000,00", "VAT 20 % auf",
        "Gesamtbetrag EUR", "Steuer in GBP", "Kurs vom 01.07.2026", "0,85", "Verwendungszweck",
        "Seite 1 von",
    ):  # fmt: skip
        assert said in text, said
    assert "Invoice Ltd" in text and "Interfaces" in text
    for english in ("Supplied", "Net ", "Quantity", "Page", "Payment", "1,000.00"):
        assert english not in text, english


def test_the_reader_s_language_plays_no_part() -> None:
    english = render(DOCUMENT, Detail.BY_ROLE)
    with translation.override("de"):
        assert render(DOCUMENT, Detail.BY_ROLE) == english
    assert render(replace(DOCUMENT, language="de"), Detail.BY_ROLE) != english


@pytest.mark.django_db
def test_an_issued_one_stays_as_it_was_when_the_customer_s_language_changes(case: Case) -> None:
    invoice = invoice_of(case)
    kept = documents.archived(invoice=invoice, detail=Detail.BY_ROLE, at=AT)
    Account.objects.update(language="en")
    invoice.refresh_from_db()
    assert documents.archived(invoice=invoice, detail=Detail.BY_ROLE, at=AT).sha256 == kept.sha256
    with stored.open_content(kept) as content:
        assert f"Rechnung {invoice.number}" in text_of(content.read())
    summary = documents.archived(invoice=invoice, detail=Detail.SUMMARY, at=AT)
    with stored.open_content(summary) as content:
        assert "Leistungen" in text_of(content.read())
    assert "Zeitnachweis" in text_of(invoice_backup.render(backup_report(invoice)))


@pytest.mark.django_db
def test_the_entity_s_language_holds_where_the_customer_has_none(case: Case) -> None:
    LegalEntity.objects.update(language="de")
    invoice = invoice_of(case, language="")
    assert invoice.snapshot["language"] == "de"
    assert subject_of(invoice).startswith("Rechnung ")
    message = usual_message(invoice)
    assert message.startswith(
        "Sehr geehrte Damen und Herren,\n\nanbei erhalten Sie unsere Rechnung"
    )
    assert "Mit freundlichen Grüßen" in message


@pytest.mark.django_db
def test_invoices_from_before_there_were_languages_are_english(case: Case) -> None:
    invoice = invoice_of(case)
    del invoice.snapshot["language"]
    assert subject_of(invoice).startswith("Invoice ")


@pytest.mark.django_db
def test_reminds_in_german_with_the_german_text_or_else_the_only_one(case: Case) -> None:
    assert reminders.levels()[0].text_in_german.startswith("Nach unseren Unterlagen")
    level = LevelInput(7, "Please pay.", Decimal(0), " Bitte zahlen Sie. ")
    dunning.set_levels(levels=[level], actor=case.firm.actors["ada"], at=AT)
    invoice = invoice_of(case)
    dunning.raise_dunning(invoice_id=invoice.pk, today_on=date(2026, 9, 10), actor=case.fay, at=AT)
    for pk in JobRun.objects.filter(state="queued").values_list("id", flat=True):
        jobs.run_now(pk)
    [message] = mail.outbox
    assert (message.subject, message.body) == (subject_of(invoice), "Bitte zahlen Sie.")
    [known] = reminders.levels()
    known.text_in_german = ""
    assert known.text_in("de") == known.text_in("en") == "Please pay."
