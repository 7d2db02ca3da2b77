"""Reads of documents; every one asks the record's room first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.core.files.storage import default_storage
from django.db.models import Window
from django.db.models.functions import RowNumber

from psa.core.actor import Actor
from psa.core.errors import NotFound

from . import registry
from .models import Document


@dataclass(frozen=True, slots=True)
class DocumentRow:
    id: int
    filename: str
    content_type: str
    size: int
    version: int
    kind: str
    is_client_visible: bool
    uploaded_by: str
    uploaded_at: datetime

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")


def of_record(
    *, actor: Actor, record_type: str, record_id: int, with_old_versions: bool = False
) -> Sequence[DocumentRow]:
    """The documents of one record, newest first; of each name the newest version. One query.

    Raises  NotFound when the record is not the actor's to see.
    """
    registry.check_can_see(actor=actor, record_type=record_type, record_id=record_id)
    rows = (
        Document.objects.filter(record_type=record_type, record_id=record_id)
        .annotate(turn=Window(RowNumber(), partition_by=["kind", "filename"], order_by="-version"))
        .order_by("-id")
    )
    if not with_old_versions:
        rows = rows.filter(turn=1)
    return [
        DocumentRow(
            id=number,
            filename=filename,
            content_type=content_type,
            size=size,
            version=version,
            kind=kind,
            is_client_visible=is_client_visible,
            uploaded_by=uploaded_by or "System",
            uploaded_at=uploaded_at,
        )
        for (
            number, filename, content_type, size, version, kind,
            is_client_visible, uploaded_by, uploaded_at,
        ) in rows.values_list(
            "id", "filename", "content_type", "size", "version", "kind",
            "is_client_visible", "uploaded_by__name", "uploaded_at",
        )
    ]  # fmt: skip


def get_document(*, actor: Actor, document_id: int) -> Document:
    """One version. NotFound alike if absent, another tenant's, or on a record not to be seen."""
    document: Document | None = Document.objects.filter(pk=document_id).first()
    if document is None or not registry.can_see(
        actor=actor, record_type=document.record_type, record_id=document.record_id
    ):
        raise NotFound("There is no such document, or it is not yours to see.")
    return document


def open_content(document: Document) -> IO[bytes]:
    """The stored bytes; the caller closes them. Raises  NotFound when storage has lost them; StoreAway."""
    try:
        opened: IO[bytes] = default_storage.open(document.storage_path, "rb")
    except FileNotFoundError as error:
        raise NotFound(
            f"The content of “{document.filename}” is not in storage. Tell your administrator the "
            f"document's number, {document.pk}."
        ) from error
    return opened
