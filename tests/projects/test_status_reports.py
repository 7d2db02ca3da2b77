"""Status reports: filled in from live data, frozen when published, sent as the client may see them."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

import psycopg
import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from projects.models import Project, ReportDelivery, ReportDraft, StatusReport, Task
from projects.rules import reporting
from projects.selectors import reports as selectors
from projects.services import register, report_mails, reports
from projects.services.report_mails import deliver
from projects.status_report import Edition, as_docx, as_pdf, sheet_of
from psa.core.audit.models import AuditEntry
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.ledger.rules.types import ActualDraft, ActualType, TransactionClass
from psa.core.ledger.services import posting
from psa.core.notifications import mailing
from psa.core.notifications.models import Notification
from sales.models import Account
from tests.edges.api.callers import Caller, token_of
from tests.factories import AT, TODAY

COST, BUDGET = "54321.98", "87654.32"
CLIENT = "jo@kessler.example"


@pytest.fixture
def work(acme, engagement):
    """A project with cost and a budget, a milestone, a finished task and two risks."""
    with acme.scope():
        Project.objects.update(budget_cost_amount=Decimal(BUDGET))
        Task.objects.filter(pk=engagement.build.pk).update(
            is_completed=True, finishes_on=date(2026, 7, 3)
        )
        Task.objects.filter(pk=engagement.support.pk).update(finishes_on=date(2026, 7, 20))
        Task.objects.filter(pk=engagement.fixed.pk).update(
            is_milestone=True, finishes_on=date(2026, 7, 1)
        )
        draft = ActualDraft(
            type=ActualType.COST, work_on=date(2026, 7, 6),
            legal_entity_id=acme.entities["UK"].pk, transaction_class=TransactionClass.TIME,
            currency="GBP", amount=Decimal(COST), source_kind="test", source_id=1,
            project_id=engagement.project.pk, task_id=engagement.build.pk,
            resource_id=acme.resources["ben"].pk, role_id=acme.roles["SC"].pk, minutes=6000,
            unit="hour", price=Decimal("543.2198"),
        )  # fmt: skip
        posting.post(drafts=[draft], actor=acme.actors["fay"], at=AT, kind="test")
        for title, is_shown in (("Seen by the client", True), ("Between ourselves", False)):
            register.add_entry(
                project_id=engagement.project.pk, kind="risk", title=title, risk_type="cost",
                probability=3, impact=5, is_client_visible=is_shown,
                actor=acme.actors["priya"], at=AT, on=TODAY,
            )  # fmt: skip
        yield engagement


@pytest.fixture
def common(acme, work):
    return {"project_id": work.project.pk, "actor": acme.actors["priya"], "at": AT}


def published(common, **values):
    reports.start_draft(as_of=TODAY, **common)
    reports.edit_draft(lock_version=None, **({"summary": "All well"} | values), **common)
    return reports.publish_report(today_on=TODAY, **common)


@pytest.mark.parametrize(
    ("cadence", "last_on", "due_on"),
    [
        ("weekly", date(2026, 7, 3), date(2026, 7, 10)),
        ("fortnightly", date(2026, 12, 25), date(2027, 1, 8)),
        ("monthly", date(2026, 1, 31), date(2026, 2, 28)),
        ("monthly", date(2026, 12, 15), date(2027, 1, 15)),
        ("none", date(2026, 7, 3), None),
    ],
)
def test_next_due(cadence, last_on, due_on):
    assert reporting.next_due(cadence, last_on) == due_on


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_monthly_is_the_next_month(last_on):
    due_on = reporting.next_due("monthly", last_on)
    assert (due_on.year * 12 + due_on.month) - (last_on.year * 12 + last_on.month) == 1
    assert due_on.day <= last_on.day


def test_a_draft_is_filled_in_from_live_data(common):
    draft = reports.start_draft(as_of=TODAY, **common)
    assert draft.accomplishments == "Build finished"
    assert "Finish Support by 20 Jul" in draft.next_steps
    assert reports.start_draft(as_of=TODAY, **common).pk == draft.pk


def test_publishing_freezes_figures_milestones_and_register(common, work):
    report = published(common)
    content = reporting.from_json(report.content)
    assert (content.cost_amount, content.budget_amount) == (Decimal(COST), Decimal(BUDGET))
    assert [(m.name, m.state) for m in content.milestones] == [("Blueprint", "overdue")]
    assert [e.code for e in content.entries] == ["R-1", "R-2"]
    assert content.entries[0].level == "High (15)"
    assert reporting.as_json(reporting.from_json(report.content)) == report.content
    assert not ReportDraft.objects.exists()
    Task.objects.filter(pk=work.fixed.pk).update(name="Renamed")
    assert "Renamed" not in str(StatusReport.objects.get().content)
    with pytest.raises((DatabaseError, psycopg.Error)), transaction.atomic():
        StatusReport.objects.update(health="ok")
    assert published(common).number == 2


def test_refuses_a_day_to_come_no_words_and_somebody_elses_change(common, acme):
    draft = reports.start_draft(as_of=date(2026, 8, 1), **common)
    with pytest.raises(DomainError) as refused:
        reports.publish_report(today_on=TODAY, **common)
    assert refused.value.field == "as_of"
    edited = reports.edit_draft(lock_version=draft.lock_version, accomplishments="",
                                as_of=TODAY, **common)  # fmt: skip
    with pytest.raises(DomainError) as refused:
        reports.publish_report(today_on=TODAY, **common)
    assert refused.value.field == "summary"
    with pytest.raises(Conflict):
        reports.edit_draft(lock_version=edited.lock_version - 1, summary="Mine", **common)
    with pytest.raises(PermissionDenied):
        reports.start_draft(as_of=TODAY, **(common | {"actor": acme.actors["paul"]}))
    reports.discard_draft(**common)
    with pytest.raises(NotFound):
        reports.publish_report(today_on=TODAY, **common)


def test_is_overdue_the_day_after_it_was_due(common, work):
    reports.set_cadence(cadence="weekly", starts_on=date(2026, 7, 3), **common)
    assert selectors.overdue_reports(date(2026, 7, 4), date(2026, 7, 5)) == [
        (work.project.pk, date(2026, 7, 4))
    ]
    published(common)
    present = selectors.reporting_of(project=work.project, as_of=date(2026, 7, 17))
    assert (present.due_on, present.is_overdue) == (date(2026, 7, 16), True)
    with pytest.raises(DomainError):
        reports.set_cadence(cadence="weekly", starts_on=None, **common)


@pytest.mark.parametrize("edition", list(Edition))
def test_the_clients_edition_has_no_cost_and_only_what_is_shown_to_them(common, edition):
    content = reporting.from_json(published(common).content)
    sheet = sheet_of(content, edition)
    pdf = "".join(page.extract_text() for page in PdfReader(io.BytesIO(as_pdf(sheet))).pages)
    made = Document(io.BytesIO(as_docx(sheet, at=datetime(2026, 7, 9, tzinfo=UTC))))
    docx = "\n".join(p.text for p in made.paragraphs)
    docx += "\n".join(c.text for table in made.tables for row in table.rows for c in row.cells)
    # Its own language is checked for spelling, and the head of a table comes again on each page.
    assert 'w:val="en-GB"' in made.styles.element.xml
    assert made.tables[1]._tbl.xml.count("w:tblHeader") == 1
    assert made.tables[1].columns[0].cells[1].width > made.tables[1].columns[1].cells[1].width
    for text in (pdf.replace("\n", " "), docx):
        is_internal = edition is Edition.INTERNAL
        assert "Seen by the client" in text
        assert "All well" in text
        assert ("Between ourselves" in text) is is_internal
        for secret in ("54,321.98", "87,654.32", "CPI"):
            assert (secret in text) is is_internal, secret
    assert as_pdf(sheet) == as_pdf(sheet)


def test_sends_the_clients_edition_once(common, acme):
    report = published(common)
    ask = {"report_id": report.pk, "recipients": [CLIENT], "message": "", "request_key": "k"}
    [delivery] = report_mails.send_report(**ask, **common)
    assert [row.pk for row in report_mails.send_report(**ask, **common)] == [delivery.pk]
    sent = deliver(delivery_id=delivery.pk, actor=acme.actors["priya"], at=AT)
    assert sent.state == "sent"
    assert sent.document_sha256 == sha256(mail.outbox[0].attachments[0][1]).hexdigest()
    assert deliver(delivery_id=delivery.pk, actor=acme.actors["priya"], at=AT) is None
    [message] = mail.outbox
    assert message.to == [CLIENT]
    [(name, content, _)] = message.attachments
    assert name == "P-1-status-1.pdf"
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "54,321.98" not in text
    with pytest.raises(DomainError):
        report_mails.send_report(**(ask | {"recipients": ["nobody"]}), **common)


def test_an_e_mail_that_did_not_go_out_says_why_and_is_tried_again(common, acme, settings):
    report = published(common)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    ask = {"report_id": report.pk, "recipients": [CLIENT], "message": "", "request_key": "k"}
    [delivery] = report_mails.send_report(**ask, **common)
    for _ in range(mailing.MAX_ATTEMPTS):
        deliver(delivery_id=delivery.pk, actor=acme.actors["priya"], at=AT)
    reason = "The mail server did not answer 12 times"
    told = Notification.objects.get(event="projects.report.failed")
    assert (told.membership.name, told.body) == ("Priya", reason)
    assert AuditEntry.objects.get(event="projects.report.failed").sentence.endswith(reason)
    page = f"projects/{report.project_id}/reports/{report.pk}/"
    again = acme.url(f"projects/reports/deliveries/{delivery.pk}/retry/")
    shown = acme.client("priya").get(acme.url(page)).content.decode()
    assert reason in shown
    assert again in shown
    assert again not in acme.client("fay").get(acme.url(page)).content.decode()
    assert acme.client("paul").post(again).status_code in (403, 404)
    assert acme.client("priya").post(again).status_code == 302
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    deliver(delivery_id=delivery.pk, actor=acme.actors["priya"], at=AT)
    assert acme.client("priya").post(again).status_code == 409
    answer = Caller(token_of(acme, "priya")).get(
        f"/projects/{report.project_id}/status-reports/{report.pk}"
    )
    assert [(row["state"], row["by"]) for row in answer["deliveries"]] == [("sent", "Priya")]


def test_the_clients_edition_and_its_mail_are_in_the_clients_language(common, acme, work):
    Account.objects.filter(pk=work.project.account_id).update(language="de")
    report = published(common)
    Account.objects.update(language="en")
    ask = {"report_id": report.pk, "recipients": [CLIENT], "message": "", "request_key": "k"}
    [delivery] = report_mails.send_report(**ask, **common)
    deliver(delivery_id=delivery.pk, actor=acme.actors["priya"], at=AT)
    [message] = mail.outbox
    assert message.subject.startswith("Statusbericht 1: ")
    assert message.body.startswith("Sehr geehrte Damen und Herren,")
    text = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(message.attachments[0][1])).pages
    )
    for said in (
        "Zusammenfassung",
        "Projektleitung",
        "Meilenstein",
        "Hoch (15)",
        "09.07.2026",
        "Offen",
    ):
        assert said in text, said
    assert "Seen by the client" in text and "Project manager" not in text
    content = reporting.from_json(report.content)
    assert sheet_of(content, Edition.INTERNAL, language="en").title.startswith("Status report")


def test_pages_write_publish_and_give_files(acme, common, work):
    client = acme.client("priya")
    base = f"projects/{work.project.pk}/reports/"
    assert client.post(acme.url(base + "start/")).status_code == 302
    assert "draft/" in client.post(acme.url(base + "publish/"))["Location"]
    assert client.get(acme.url(base + "draft/")).status_code == 200
    words = {"lock_version": 1, "as_of": "2026-07-09", "health": "ok", "summary": "All well"}
    assert client.post(acme.url(base + "draft/"), words).status_code == 302
    assert client.post(acme.url(base + "publish/")).status_code == 302
    assert client.get(acme.url(base)).status_code == 200
    report = StatusReport.objects.get()
    page = f"{base}{report.pk}/"
    for path in ("", "send/", "client.pdf", "client.docx", "internal.pdf", "internal.docx"):
        assert client.get(acme.url(page + path)).status_code == 200, path
    assert client.get(acme.url(base + "cadence/")).status_code == 200
    # Ada manages projects and sees no cost: neither figures nor the internal edition.
    ada = acme.client("ada")
    text = ada.get(acme.url(page)).content.decode()
    assert "54,321" not in text
    assert "EAC" not in text.split("</main>", maxsplit=1)[0].split("<main", maxsplit=1)[1]
    assert ada.get(acme.url(page + "internal.pdf")).status_code == 404
    assert ada.get(acme.url(page + "client.pdf")).status_code == 200
    posted = {"request_key": "k", "recipients": CLIENT, "message": "Hello"}
    assert client.post(acme.url(page + "send/"), posted).status_code == 302
    assert ReportDelivery.objects.get().recipient == CLIENT
    assert acme.client("ben").get(acme.url(page)).status_code in (403, 404)


def test_api_writes_publishes_and_reads(acme, common, work):
    caller = Caller(token_of(acme, "priya"))
    base = f"/projects/{work.project.pk}"
    draft = caller.put(f"{base}/status-report-draft", {"summary": "Fine"})
    assert draft["summary"] == "Fine"
    made = caller.post(f"{base}/status-reports", None, 201)
    assert made["content"]["summary"] == "Fine"
    assert made["cost"]["amount"] == COST
    ada = Caller(token_of(acme, "ada"))
    seen = ada.get(f"{base}/status-reports/{made['id']}")
    assert seen["cost"] is None
    assert "54321" not in str(seen)
    assert [row["id"] for row in ada.get(f"{base}/status-reports")["items"]] == [made["id"]]
