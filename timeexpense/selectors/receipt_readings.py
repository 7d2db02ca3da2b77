"""Receipts that were read for their person: what they seem to say, and how sure that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from psa.core.actor import Actor
from psa.core.documents.models import Document
from psa.core.errors import NotFound
from timeexpense.models import ReceiptReading
from timeexpense.rules.receipts.reading import LIKELY_PERCENT

READING_OF = "timeexpense.ReceiptReading"
# As the expense's own fields are named.
FIELDS = ("merchant", "spent_on", "amount", "currency", "tax_amount")
_UNFINISHED = (
    ReceiptReading.State.WAITING,
    ReceiptReading.State.READ,
    ReceiptReading.State.UNREAD,
)


@dataclass(frozen=True, slots=True)
class Offer:
    """A value that was read for a field of the expense; `percent` is how sure that is."""

    field: str
    value: str | date | Decimal
    percent: int

    @property
    def is_likely(self) -> bool:
        return self.percent >= LIKELY_PERCENT


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A receipt on its way to an expense."""

    id: int
    report_id: int
    filename: str
    state: str
    asked_at: datetime
    refusal: str
    offers: tuple[Offer, ...]
    document_id: int | None
    is_picture: bool
    entry_id: int | None
    changed_fields: tuple[str, ...]

    @property
    def is_waiting(self) -> bool:
        return self.state == ReceiptReading.State.WAITING

    @property
    def can_be_added(self) -> bool:
        return self.state in _UNFINISHED

    def offer(self, field: str) -> Offer | None:
        return next((one for one in self.offers if one.field == field), None)


def mine(actor: Actor) -> "QuerySet[ReceiptReading]":
    """The readings of the actor's own receipts; nobody else has business with them."""
    return ReceiptReading.objects.filter(
        resource__membership_id=actor.membership_id, resource__membership_id__isnull=False
    )


def get_reading(*, actor: Actor, reading_id: int) -> ReadingRow:
    """One reading. Two queries. NotFound unless it is the actor's own."""
    found = mine(actor).filter(pk=reading_id).first()
    if found is None:
        raise NotFound("There is no such receipt, or it is not yours to see.")
    return _rows([found])[0]


def readings_to_check(*, actor: Actor, report_id: int) -> list[ReadingRow]:
    """What of one's own report is still read or to be checked, in the order given. Two queries."""
    return _rows(
        list(mine(actor).filter(report_id=report_id, state__in=_UNFINISHED).order_by("id")[:200])
    )


def count_to_check(*, actor: Actor, report_id: int) -> int:
    """How many receipts of one's own report wait for a look. One query."""
    return mine(actor).filter(report_id=report_id, state__in=_UNFINISHED).count()


def may_see(actor: Actor, reading_id: int) -> bool:
    """Whether the receipt is the actor's own. For the documents' register."""
    return mine(actor).filter(pk=reading_id).exists()


def may_add(actor: Actor, reading_id: int) -> bool:
    """Whether a file may be put on it: once, before it is read."""
    is_waiting = mine(actor).filter(pk=reading_id, state=ReceiptReading.State.WAITING).exists()
    return is_waiting and not file_of(reading_id).exists()


def file_of(reading_id: int) -> "QuerySet[Document]":
    """The receipt's file."""
    return Document.objects.filter(record_type=READING_OF, record_id=reading_id)


def _rows(readings: Sequence[ReceiptReading]) -> list[ReadingRow]:
    files = {
        record_id: (document_id, content_type)
        for record_id, document_id, content_type in Document.objects.filter(
            record_type=READING_OF, record_id__in=[one.pk for one in readings]
        ).values_list("record_id", "id", "content_type")
    }
    rows = []
    for one in readings:
        document_id, content_type = files.get(one.pk, (None, ""))
        rows.append(
            ReadingRow(
                one.pk, one.report_id, one.filename, one.state, one.asked_at, one.refusal,
                _offers(one), document_id, content_type.startswith("image/"), one.entry_id,
                tuple(one.changed_fields),
            )
        )  # fmt: skip
    return rows


def _offers(one: ReceiptReading) -> tuple[Offer, ...]:
    found = []
    for field in FIELDS:
        value = getattr(one, field)
        if field in one.percents and value not in (None, ""):
            found.append(Offer(field, value, int(one.percents[field])))
    return tuple(found)
