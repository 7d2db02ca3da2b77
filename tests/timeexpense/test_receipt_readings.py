"""Receipts: given, read, checked by their person, and made an expense."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from psa.core.audit.models import AuditEntry
from psa.core.documents.models import Document
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from tests.timeexpense.conftest import NOW, Scene, make_scene
from tests.timeexpense.test_expenses import draft, picture
from tests.timeexpense.test_receipt_text import boxes
from timeexpense import text_reader
from timeexpense.models import ExpenseEntry, ExpenseReport, ReceiptReading
from timeexpense.selectors import receipt_readings as selectors
from timeexpense.services import expenses, receipt_readings
from timeexpense.services.expenses import Upload

SLIP = boxes(
    "#Deutsche Bahn", "Datum: 08.07.2026", "Summe  119,00 €", "MwSt 19%  19,00", "VISA  119,00"
)  # fmt: skip
HAS_READER = text_reader.is_available()


@pytest.fixture(autouse=True)
def offered(settings: Any) -> None:
    settings.PSA_RECEIPT_READING = True
    settings.PSA_NOW = NOW


def report_of(scene: Scene, name: str = "ben") -> ExpenseReport:
    return expenses.create_report(title="Munich", actor=scene.actor(name), at=NOW)


def given(scene: Scene, report: ExpenseReport, content: BytesIO | None = None) -> ReceiptReading:
    (reading,) = receipt_readings.give_receipts(
        report_id=report.pk,
        uploads=[Upload("ticket.png", content or picture())],
        actor=scene.actor("ben"),
        at=NOW,
    )
    return reading


def was_read(scene: Scene, report: ExpenseReport) -> ReceiptReading:
    return receipt_readings.record_text(
        reading_id=given(scene, report).pk, boxes=SLIP, actor=scene.actor("ben"), at=NOW
    )


def add(scene: Scene, reading: ReceiptReading, **changes: Any) -> expenses.EntryResult:
    return receipt_readings.add_expense(
        reading_id=reading.pk,
        report_id=reading.report_id,
        draft=draft(scene, **changes),
        actor=scene.actor("ben"),
        at=NOW,
    )


def test_keeps_the_receipt_and_queues_its_reading(scene: Scene) -> None:
    reading = given(scene, report_of(scene))
    assert (reading.state, reading.filename) == ("waiting", "ticket.png")
    assert selectors.file_of(reading.pk).get().content_type == "image/png"
    assert JobRun.objects.get(kind=receipt_readings.JOB_KIND).key == str(reading.pk)


def test_offers_what_was_read_with_how_sure_it_is(scene: Scene) -> None:
    reading = was_read(scene, report_of(scene))
    row = selectors.get_reading(actor=scene.actor("ben"), reading_id=reading.pk)
    assert {one.field: one.value for one in row.offers} == {
        "merchant": "Deutsche Bahn", "spent_on": date(2026, 7, 8), "amount": Decimal(119),
        "currency": "EUR", "tax_amount": Decimal(19),
    }  # fmt: skip
    assert all(60 <= one.percent <= 99 for one in row.offers)


def test_becomes_an_expense_with_its_receipt_only_when_the_person_adds_it(scene: Scene) -> None:
    reading = was_read(scene, report_of(scene))
    assert not ExpenseEntry.objects.exists()
    made = add(scene, reading)
    entry = ExpenseEntry.objects.get(pk=made.entry_id)
    assert (entry.amount, entry.has_receipt) == (Decimal(119), True)
    reading.refresh_from_db()
    assert (reading.state, reading.entry_id, reading.changed_fields) == ("added", entry.pk, [])
    read, kept = Document.objects.order_by("id")
    assert (read.sha256, read.storage_path) == (kept.sha256, kept.storage_path)


def test_records_what_the_person_changed(scene: Scene) -> None:
    reading = was_read(scene, report_of(scene))
    add(scene, reading, amount="129.00", merchant="DB Fernverkehr")
    reading.refresh_from_db()
    assert reading.changed_fields == ["merchant", "amount"]
    assert AuditEntry.objects.get(event="timeexpense.receipt.confirmed").sentence == (
        "Added an expense from the receipt “ticket.png”; corrected what was read: merchant, amount."
    )


def test_adds_a_receipt_once(scene: Scene) -> None:
    reading = was_read(scene, report_of(scene))
    add(scene, reading)
    with pytest.raises(Conflict, match="dealt with already"):
        add(scene, reading)
    with pytest.raises(Conflict, match="an expense already"):
        receipt_readings.discard(reading_id=reading.pk, actor=scene.actor("ben"), at=NOW)
    assert ExpenseEntry.objects.count() == 1


def test_keeps_the_hash_of_a_photo_so_that_it_is_found_twice(scene: Scene) -> None:
    from PIL import Image

    photo = BytesIO()
    Image.radial_gradient("L").convert("RGB").save(photo, "JPEG", quality=90)
    report = report_of(scene)
    first = given(scene, report, photo)
    receipt_readings.record_text(reading_id=first.pk, boxes=SLIP, actor=scene.actor("ben"), at=NOW)
    add(scene, first)
    assert Document.objects.values("sha256").distinct().count() == 1


def test_is_the_persons_own(scene: Scene) -> None:
    reading = was_read(scene, report_of(scene))
    for name in ("priya", "fay"):
        with pytest.raises(NotFound):
            selectors.get_reading(actor=scene.actor(name), reading_id=reading.pk)
        with pytest.raises(NotFound):
            receipt_readings.give_receipts(
                report_id=reading.report_id,
                uploads=[Upload("x.png", picture())],
                actor=scene.actor(name),
                at=NOW,
            )


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x89PNG\r\n\x1a\nbroken", b"MZ program"])
def test_refuses_bad_files_and_keeps_none(scene: Scene, content: bytes) -> None:
    report = report_of(scene)
    with pytest.raises(DomainError) as refused:
        receipt_readings.give_receipts(
            report_id=report.pk,
            uploads=[Upload("good.png", picture()), Upload("bad.png", BytesIO(content))],
            actor=scene.actor("ben"),
            at=NOW,
        )
    assert refused.value.field == "file"
    assert not ReceiptReading.objects.exists()


def test_refuses_where_nothing_is_read(scene: Scene, settings: Any) -> None:
    settings.PSA_RECEIPT_READING = False
    with pytest.raises(DomainError, match="not read on this server"):
        given(scene, report_of(scene))


@pytest.mark.parametrize("lines", [(), ("1234",)])
def test_says_so_when_it_is_no_receipt(scene: Scene, lines: tuple[str, ...]) -> None:
    reading = given(scene, report_of(scene))
    read = receipt_readings.record_text(
        reading_id=reading.pk,
        boxes=boxes(*lines) if lines else [],
        actor=scene.actor("ben"),
        at=NOW,
    )
    assert (read.state == "unread") is (lines == ())


@pytest.fixture
def site(db: None) -> Iterator[Scene]:
    """The scene, out of scope: requests open their own."""
    yield make_scene()


def test_leads_from_the_photo_to_the_filled_form_and_to_the_expense(site: Scene) -> None:
    client = site.firm.client("ben")
    with site.firm.scope():
        report = report_of(site)
        work = f"{site.work.project.pk}:{site.work.build.pk}"
        category = site.firm.categories["travel"].pk
    page = client.get(site.firm.url(f"time/expenses/{report.pk}/"))
    assert "Read receipts" in page.content.decode()
    sent = client.post(site.firm.url(f"time/expenses/{report.pk}/receipts/"), {"file": [picture()]})
    assert sent.status_code == 302
    waiting = client.get(sent.url)
    assert "Reading" in waiting.content.decode()
    with site.firm.scope():
        reading = ReceiptReading.objects.get()
        receipt_readings.record_text(
            reading_id=reading.pk, boxes=SLIP, actor=site.actor("ben"), at=NOW
        )
    done = client.get(sent.url, headers={"HX-Request": "true"})
    form_url = done["HX-Redirect"]
    assert form_url.endswith(f"?receipt={reading.pk}")
    form = client.get(form_url).content.decode()
    for said in ('value="119.00"', 'value="Deutsche Bahn"', "97 % sure", "Compare each value"):
        assert said in form, said
    listed = client.get(site.firm.url(f"time/expenses/{report.pk}/receipts/")).content.decode()
    assert "Check and add" in listed
    added = client.post(
        form_url,
        {"category": category, "spent_on": "2026-07-08", "amount": "119.00", "currency": "EUR",
         "tax_amount": "19.00", "payment_method": "own", "work": work, "merchant": "DB",
         "description": "Train"},
    )  # fmt: skip
    assert added.status_code == 302, added.content.decode()[:3000]
    with site.firm.scope():
        assert ExpenseEntry.objects.get().merchant == "DB"
        assert ReceiptReading.objects.get().changed_fields == ["merchant"]
    assert client.get(form_url).status_code == 404


def test_offers_nothing_without_the_libraries(site: Scene, settings: Any) -> None:
    settings.PSA_RECEIPT_READING = False
    with site.firm.scope():
        report = report_of(site)
    client = site.firm.client("ben")
    page = client.get(site.firm.url(f"time/expenses/{report.pk}/")).content.decode()
    assert "Read receipts" not in page
    assert client.get(site.firm.url(f"time/expenses/{report.pk}/add/")).status_code == 200
    page = client.get(site.firm.url(f"time/expenses/{report.pk}/receipts/")).content.decode()
    assert "not read on this server" in page


@pytest.mark.skipif(not HAS_READER, reason="SKIPPED: requirements/ocr.txt is not installed")
def test_reads_drawn_receipts_by_the_job(scene: Scene) -> None:
    from bench.receipt_pictures import pictures

    drawn = pictures(3, 2)[0]
    reading = given(scene, report_of(scene), BytesIO(drawn.content))
    run = jobs.run_now(JobRun.objects.get(kind=receipt_readings.JOB_KIND).pk)
    assert run.state == "done"
    reading.refresh_from_db()
    assert (reading.state, reading.amount, reading.spent_on) == (
        "read", drawn.truth.total, drawn.truth.spent_on
    )  # fmt: skip
