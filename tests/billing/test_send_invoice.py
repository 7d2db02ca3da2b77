"""Invoices by e-mail: what goes out, what is kept, and what happens when the mail server is away."""

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core import mail
from PIL import Image
from pypdf import PdfReader

from billing.invoice_pdf import Detail
from billing.models import Invoice, InvoiceBalance, InvoiceDelivery
from billing.rules.types import Remainder
from billing.selectors import invoices as selectors
from billing.services import credits, deliveries, documents
from psa.core.documents import services as storing
from psa.core.documents.models import Document
from psa.core.documents.selectors import open_content
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.ledger.rules.types import TransactionClass
from psa.core.ledger.services import posting
from psa.core.notifications import mailing
from psa.core.notifications.models import Notification
from sales.models import Account, Contract
from tests.billing.scenario import (
    AT,
    Case,
    confirm,
    make_case,
    post_days,
    propose,
    time_draft,
)
from timeexpense.models import ExpenseEntry, ExpenseReport

pytestmark = [pytest.mark.django_db, pytest.mark.urls("psa.tenant_urls")]
CLIENT = "ap@kessler.example"


def invoice_of(case: Case) -> Invoice:
    Contract.objects.update(bill_to_email=CLIENT)
    post_days(case, 2)
    [draft] = propose(case)
    return confirm(case, draft)


def send(
    case: Case, invoice: Invoice, *to: str, key: str = "k", **values: object
) -> list[InvoiceDelivery]:
    given: dict[str, object] = {
        "message": "Dear Kessler", "detail": Detail.BY_ROLE, "with_backup": True,
        "actor": case.bill,
    }  # fmt: skip
    return deliveries.send_invoice(
        invoice_id=invoice.pk, recipients=to or (CLIENT,), request_key=key, at=AT,
        **(given | values),  # type: ignore[arg-type]
    )  # fmt: skip


def run_all() -> None:
    for pk in JobRun.objects.filter(state="queued").values_list("id", flat=True):
        jobs.run_now(pk)


def state_of(invoice: Invoice) -> str:
    rows = selectors.with_state(Invoice.objects.filter(pk=invoice.pk), today=date(2026, 7, 9))
    return str(rows.values_list("state", flat=True)[0])


def test_mails_the_document_and_the_backup_and_records_it(case: Case) -> None:
    invoice = invoice_of(case)
    assert state_of(invoice) == "confirmed"
    [delivery] = send(case, invoice)
    assert mail.outbox == []
    run_all()
    [message] = mail.outbox
    assert (message.to, message.body) == ([CLIENT], "Dear Kessler")
    assert message.subject == f"Invoice {invoice.number} from {invoice.snapshot['seller']['name']}"
    assert [name for name, _, _ in message.attachments] == [
        f"{invoice.number}.pdf", f"{invoice.number}-backup.pdf",
    ]  # fmt: skip
    delivery.refresh_from_db()
    assert (delivery.state, delivery.sent_at, delivery.attempts) == ("sent", AT, 1)
    assert InvoiceBalance.objects.get(invoice=invoice).sent_at == AT
    assert state_of(invoice) == "sent"


def test_sends_the_very_bytes_again(case: Case) -> None:
    invoice = invoice_of(case)
    send(case, invoice)
    run_all()
    send(case, invoice, "cfo@kessler.example", key="again")
    run_all()
    first, second = (message.attachments[0][1] for message in mail.outbox)
    assert first == second
    kept = documents.archived(invoice=invoice, detail=Detail.BY_ROLE, at=AT)
    with open_content(kept) as content:
        assert content.read() == first
    assert set(InvoiceDelivery.objects.values_list("document_sha256", flat=True)) == {kept.sha256}


def test_asks_once_for_one_request(case: Case) -> None:
    invoice = invoice_of(case)
    assert send(case, invoice)[0].pk == send(case, invoice)[0].pk
    run_all()
    assert len(mail.outbox) == 1


def test_a_delivered_mail_is_not_sent_by_the_next_round(case: Case) -> None:
    [delivery] = send(case, invoice_of(case))
    run_all()
    assert deliveries.deliver(delivery_id=delivery.pk, actor=case.bill, at=AT) is None
    assert len(mail.outbox) == 1


def test_waits_for_a_mail_server_that_is_away_and_then_goes_out(
    case: Case, settings: object
) -> None:
    invoice = invoice_of(case)
    [delivery] = send(case, invoice)
    backend = settings.EMAIL_BACKEND  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    run_all()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("waiting", 1)
    assert "The mail server did not take it (ConnectionRefusedError)" in delivery.outcome
    assert state_of(invoice) == "confirmed"
    settings.EMAIL_BACKEND = backend  # type: ignore[attr-defined]
    jobs.queue_due_schedules(tenant_id=case.firm.tenant.pk, at=AT)
    jobs.queue_due_schedules(tenant_id=case.firm.tenant.pk, at=AT + timedelta(minutes=6))
    run_all()
    delivery.refresh_from_db()
    assert (delivery.state, len(mail.outbox)) == ("sent", 1)


def test_gives_up_with_a_sentence_and_can_be_tried_again(case: Case, settings: object) -> None:
    invoice = invoice_of(case)
    [delivery] = send(case, invoice)
    backend = settings.EMAIL_BACKEND  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"  # type: ignore[attr-defined]
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # type: ignore[attr-defined]
    for _ in range(mailing.MAX_ATTEMPTS):
        deliveries.deliver(delivery_id=delivery.pk, actor=case.bill, at=AT)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.outcome) == (
        "failed", "The mail server did not answer 12 times",
    )  # fmt: skip
    [told] = Notification.objects.filter(event="billing.invoice.not_sent")
    assert told.membership_id == case.bill.membership_id
    settings.EMAIL_BACKEND = backend  # type: ignore[attr-defined]
    deliveries.retry_delivery(delivery_id=delivery.pk, actor=case.bill, at=AT)
    run_all()
    assert len(mail.outbox) == 1
    with pytest.raises(Conflict, match="went out"):
        deliveries.retry_delivery(delivery_id=delivery.pk, actor=case.bill, at=AT)


def test_a_credit_note_is_sent_as_one(case: Case) -> None:
    invoice = invoice_of(case)
    note = credits.full_credit(
        invoice_id=invoice.pk, remainder=Remainder.WRITE_OFF, reason="wrong", at=AT,
        credited_on=date(2026, 7, 9), actor=case.bill,
    )  # fmt: skip
    send(case, note, key="note")
    run_all()
    subjects = [message.subject for message in mail.outbox]
    assert [s.split(" from ")[0] for s in subjects] == [f"Credit note {note.number}"]


def test_sends_many_to_their_customers_and_tells_which_have_no_address(case: Case) -> None:
    first = invoice_of(case)
    Contract.objects.update(bill_to_email="")
    Account.objects.update(email="")
    post_days(case, 1)
    [draft] = propose(case, run_key="run 2")
    second = confirm(case, draft)
    run = deliveries.start_sending(invoice_ids=[first.pk, second.pk], actor=case.bill, at=AT)
    done = jobs.run_now(run.pk)
    run_all()
    assert done.result == {"invoices": 1}
    assert [message.to for message in mail.outbox] == [[CLIENT]]
    assert (
        "names no e-mail address"
        in JobChunk.objects.get(run_id=run.pk, position=2).failures[0]["reason"]
    )


@pytest.mark.parametrize(
    ("to", "said"),
    [((" ",), "at least one"), (("nobody",), "not an e-mail"), (("a@b.example\nBcc: x@y.example",), "not an"),
     (tuple(f"a{n}@b.example" for n in range(11)), "at most 10")],
)  # fmt: skip
def test_refuses_addresses_that_are_none(case: Case, to: tuple[str, ...], said: str) -> None:
    invoice = invoice_of(case)
    with pytest.raises(DomainError, match=said) as refused:
        send(case, invoice, *to)
    assert refused.value.field == "recipients"
    assert not InvoiceDelivery.objects.exists()


def test_refuses_who_may_not_confirm_and_knows_no_other_tenants_invoice(case: Case) -> None:
    invoice = invoice_of(case)
    for name in ("priya", "ben", "paul"):
        if name in case.firm.actors:
            with pytest.raises(PermissionDenied):
                send(case, invoice, actor=case.firm.actors[name])
    with pytest.raises(NotFound):
        deliveries.retry_delivery(delivery_id=10**9, actor=case.bill, at=AT)


def test_does_not_know_another_tenants_delivery(db: None) -> None:
    acme, globex = make_case(), make_case("globex")
    with acme.scope():
        [delivery] = send(acme, invoice_of(acme))
    with globex.scope(), pytest.raises(NotFound):
        deliveries.retry_delivery(delivery_id=delivery.pk, actor=globex.bill, at=AT)


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 60), "navy").save(file, "PNG")
    return file.getvalue()


def expense_with_receipts(case: Case) -> None:
    """Ben's taxi of 87.50, with a picture and a PDF as receipts, ready to be invoiced."""
    ben = case.firm.resources["ben"]
    report = ExpenseReport.objects.create(
        tenant_id=case.bill.tenant_id, number="X-1", resource=ben, title="Trip", created_at=AT
    )
    taxi = case.firm.categories["travel"]
    entry = ExpenseEntry.objects.create(
        tenant_id=case.bill.tenant_id, report=report, resource=ben, project=case.work.project,
        category=taxi, spent_on=date(2026, 6, 16), currency="EUR", amount=Decimal("87.50"),
        has_receipt=True, state="approved",
    )  # fmt: skip
    for name, content, kind in (
        ("taxi.png", picture(), "image/png"), ("hotel.pdf", b"%PDF-1.4 hotel", "application/pdf"),
    ):  # fmt: skip
        storing.store_generated(
            record_type="timeexpense.ExpenseEntry", record_id=entry.pk, filename=name,
            content=content, content_type=kind, kind="attachment", at=AT,
        )  # fmt: skip
    draft = time_draft(case, on=date(2026, 6, 16), description="Taxi to the plant")
    posting.post(
        drafts=[
            type(draft)(**{
                **{f: getattr(draft, f) for f in draft.__dataclass_fields__},
                "transaction_class": TransactionClass.EXPENSE, "source_kind": "expense_entry",
                "source_id": entry.pk, "minutes": None, "quantity": Decimal(1), "unit": "unit",
                "price": Decimal("87.50"), "amount": Decimal("87.50"),
                "list_amount": Decimal("87.50"), "category_id": taxi.pk,
            })
        ],
        actor=case.fay, at=AT, kind="approval",
    )  # fmt: skip


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_the_backup_holds_timesheets_and_receipts(case: Case) -> None:
    expense_with_receipts(case)
    invoice = invoice_of(case)
    send(case, invoice)
    run_all()
    attached = {name: content for name, content, _ in mail.outbox[0].attachments}
    assert list(attached)[2:] == ["hotel.pdf"]
    said = text_of(attached[f"{invoice.number}-backup.pdf"])
    for part in (
        "Ben", "Integration design", "16:00", "Taxi to the plant", "R1, R2", "€87.50",
        "Receipt R1: taxi.png", "hotel.pdf",
    ):  # fmt: skip
        assert part in said, part


def test_the_backup_of_work_billed_again_still_finds_its_receipts(case: Case) -> None:
    expense_with_receipts(case)
    first = invoice_of(case)
    credits.full_credit(
        invoice_id=first.pk, remainder=Remainder.BACKLOG, reason="wrong order number", at=AT,
        credited_on=date(2026, 7, 9), actor=case.bill,
    )  # fmt: skip
    [again] = propose(case, run_key="run 2")
    second = confirm(case, again, on=date(2026, 7, 9))
    document = deliveries.backup_of(invoice=second, at=AT)
    assert document is not None
    with open_content(document) as content:
        assert "Receipt R1: taxi.png" in text_of(content.read())


def test_leaves_the_backup_out_when_asked(case: Case) -> None:
    send(case, invoice_of(case), with_backup=False)
    run_all()
    assert len(mail.outbox[0].attachments) == 1
    assert not Document.objects.filter(kind=deliveries.BACKUP_KIND).exists()
