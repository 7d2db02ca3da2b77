"""Receipts: given, read by a job, and made an expense by the person who looked at the reading."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.documents import selectors as document_selectors
from psa.core.documents import services as documents
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.tenancy.models import Tenant
from timeexpense import text_reader
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import ExpenseEntry, ExpenseReport, ReceiptReading
from timeexpense.permissions import TimeExpensePermission
from timeexpense.rules.receipts.lines import TextBox
from timeexpense.rules.receipts.reading import ReceiptText, read_receipt
from timeexpense.selectors import people
from timeexpense.selectors import receipt_readings as readings

from . import expenses
from .expenses import EntryResult, ExpenseDraft, Upload

JOB_KIND = "timeexpense.receipt_reading"
MOST_AT_ONCE = 20
_SPOKEN = {
    "merchant": "merchant", "spent_on": "date", "amount": "amount", "currency": "currency",
    "tax_amount": "tax",
}  # fmt: skip


@transaction.atomic
def give_receipts(
    *, report_id: int, uploads: Sequence[Upload], actor: Actor, at: datetime
) -> list[ReceiptReading]:
    """Keep receipts for one's own report and have each read by a job.

    Raises  NotFound; DomainError when nothing is read here, and of a file that is refused: then
    none is kept.
    """
    actor.require(TimeExpensePermission.ENTER)
    me = people.my_resource(actor)
    if not ExpenseReport.objects.filter(pk=report_id, resource_id=me.pk).exists():
        raise NotFound("There is no such expense report, or it is not yours to change.")
    if not text_reader.is_available():
        raise DomainError(
            "Receipts are not read on this server. Add an expense and attach the receipt to it.",
            field="file",
        )
    if not 1 <= len(uploads) <= MOST_AT_ONCE:
        raise DomainError(f"Choose between one and {MOST_AT_ONCE} receipts.", field="file")
    given = []
    for upload in uploads:
        reading: ReceiptReading = ReceiptReading.objects.create(
            tenant_id=actor.tenant_id,
            report_id=report_id,
            resource_id=me.pk,
            filename=upload.filename[:160],
            asked_at=at,
        )
        file = documents.store(
            record_type=readings.READING_OF,
            record_id=reading.pk,
            filename=upload.filename,
            content=upload.content,
            kind=expenses.RECEIPT,
            actor=actor,
            at=at,
        )
        reading.filename = file.filename
        reading.save(update_fields=["filename"])
        jobs.start(
            kind=JOB_KIND,
            key=str(reading.pk),
            title=f"Read {reading.filename}",
            arguments={"reading_id": reading.pk, "label": reading.filename},
            actor=actor,
            at=at,
        )
        given.append(reading)
    return given


@transaction.atomic
def read(*, reading_id: int, actor: Actor, at: datetime) -> ReceiptReading:
    """Read a receipt that waits for it; a file that cannot be read is kept with the reason.

    Once read it stays as it is. Raises  NotFound.
    """
    reading = _own(reading_id, actor)
    if reading.state != ReceiptReading.State.WAITING:
        return reading
    file = readings.file_of(reading.pk).get()
    try:
        with document_selectors.open_content(file) as content:
            boxes = text_reader.read_text(content.read(), file.content_type)
    except DomainError as refusal:
        reading.state, reading.refusal = ReceiptReading.State.UNREAD, refusal.message
        reading.read_at = at
        reading.save()
        return reading
    return record_text(reading_id=reading.pk, boxes=boxes, actor=actor, at=at)


@transaction.atomic
def record_text(
    *, reading_id: int, boxes: Sequence[TextBox], actor: Actor, at: datetime
) -> ReceiptReading:
    """Keep what the runs of text on a receipt seem to say, with how sure each is.

    Raises  NotFound.
    """
    reading = _own(reading_id, actor)
    home = Tenant.objects.values_list("currency", flat=True).get(pk=actor.tenant_id)
    found = read_receipt(boxes, home_currency=home, today=at.date())
    reading.percents = _put(reading, found)
    reading.read_at = at
    reading.state = ReceiptReading.State.READ
    if not reading.percents:
        reading.state = ReceiptReading.State.UNREAD
        reading.refusal = "It does not look like a receipt. Type what it says."
    reading.save()
    return reading


def _put(reading: ReceiptReading, found: ReceiptText) -> dict[str, int]:
    """Put the values on the row; how sure each is, by field."""
    given = {
        "merchant": found.merchant,
        "spent_on": found.spent_on,
        "amount": found.total,
        "currency": found.currency,
        "tax_amount": found.tax,
    }
    percents = {}
    for field, one in given.items():
        if one is not None:
            setattr(reading, field, one.value)
            percents[field] = one.percent
    return percents


@transaction.atomic
def add_expense(
    *,
    reading_id: int | None,
    report_id: int,
    draft: ExpenseDraft,
    receipts: Sequence[Upload] = (),
    actor: Actor,
    at: datetime,
) -> EntryResult:
    """Add an expense as the person confirmed it; with a reading, its receipt comes along.

    What counts is the draft: where it differs from the reading, the reading's record says that the
    person knew better. Without a reading it is `expenses.add_expense`.

    Raises  NotFound; Conflict when the receipt was added already; DomainError as there.
    """
    if reading_id is None:
        return expenses.add_expense(
            report_id=report_id, draft=draft, receipts=receipts, actor=actor, at=at
        )
    reading = _own(reading_id, actor)
    if reading.report_id != report_id:
        raise NotFound("There is no such receipt on this report.")
    if reading.state in (ReceiptReading.State.ADDED, ReceiptReading.State.DISCARDED):
        raise Conflict(f"The receipt “{reading.filename}” was dealt with already.")
    file = readings.file_of(reading.pk).get()
    with document_selectors.open_content(file) as content:
        made = expenses.add_expense(
            report_id=report_id,
            draft=draft,
            receipts=[Upload(file.filename, content), *receipts],
            actor=actor,
            at=at,
        )
    entry = ExpenseEntry.objects.get(pk=made.entry_id)
    reading.changed_fields = [
        field for field in readings.FIELDS
        if field in reading.percents and getattr(entry, field) != getattr(reading, field)
    ]  # fmt: skip
    reading.state, reading.entry_id = ReceiptReading.State.ADDED, entry.pk
    reading.save()
    changed = ", ".join(_SPOKEN[field] for field in reading.changed_fields)
    audit.record(
        actor=actor,
        at=at,
        event=TimeExpenseEvent.RECEIPT_CONFIRMED,
        record_type="timeexpense.ExpenseReport",
        record_id=report_id,
        sentence=f"Added an expense from the receipt “{reading.filename}”"
        + (f"; corrected what was read: {changed}." if changed else "."),
    )
    return made


@transaction.atomic
def discard(*, reading_id: int, actor: Actor, at: datetime) -> ReceiptReading:
    """Put a receipt aside that becomes no expense; its file stays.

    Raises  NotFound; Conflict when it became one.
    """
    reading = _own(reading_id, actor)
    if reading.state == ReceiptReading.State.ADDED:
        raise Conflict(f"The receipt “{reading.filename}” is an expense already.")
    reading.state = ReceiptReading.State.DISCARDED
    reading.save(update_fields=["state"])
    audit.record(
        actor=actor,
        at=at,
        event=TimeExpenseEvent.RECEIPT_DISCARDED,
        record_type="timeexpense.ExpenseReport",
        record_id=reading.report_id,
        sentence=f"Discarded the receipt “{reading.filename}”.",
    )
    return reading


def _own(reading_id: int, actor: Actor) -> ReceiptReading:
    """One's own reading under its row lock."""
    actor.require(TimeExpensePermission.ENTER)
    found: ReceiptReading | None = (
        readings.mine(actor).select_for_update(of=("self",)).filter(pk=reading_id).first()
    )
    if found is None:
        raise NotFound("There is no such receipt, or it is not yours.")
    return found
