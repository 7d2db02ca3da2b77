"""Endpoints of documents beside records."""

from datetime import datetime
from typing import IO, Annotated, Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from ninja import File, Form
from ninja.files import UploadedFile

from psa.core import clock
from psa.core.web.api import ApiRequest, Endpoints, Out
from psa.core.web.api.fields import Id, Text

from . import selectors, services

endpoints = Endpoints("documents", "Documents")
RecordType = Annotated[str, Text(60, blank=False)]


class DocumentOut(Out):
    id: int
    filename: str
    content_type: str
    size: int
    version: int
    kind: str
    is_client_visible: bool
    uploaded_at: datetime


@endpoints.report("/records/{record_type}/{record_id}/documents", list[DocumentOut])
def list_documents(request: ApiRequest, record_type: RecordType, record_id: Id) -> Any:
    """The documents of a record, such as `sales.Quote` 12."""
    return list(
        selectors.of_record(actor=request.actor, record_type=record_type, record_id=record_id)
    )


@endpoints.write("POST", "/records/{record_type}/{record_id}/documents", DocumentOut, status=201)
def upload_document(
    request: ApiRequest,
    record_type: RecordType,
    record_id: Id,
    file: UploadedFile = File(...),
    is_client_visible: bool = Form(False),
) -> Any:
    """Put a picture or PDF on a record; the same name again is its next version."""
    return services.store(
        record_type=record_type,
        record_id=record_id,
        filename=file.name or "document",
        content=_content(file),
        actor=request.actor,
        at=clock.now(),
        is_client_visible=is_client_visible,
    )


@endpoints.file("/documents/{document_id}/content", "application/octet-stream")
def get_document_content(request: ApiRequest, document_id: Id) -> Any:
    """The file's bytes."""
    document = selectors.get_document(actor=request.actor, document_id=document_id)
    with selectors.open_content(document) as content:
        response = HttpResponse(content.read(), content_type="application/octet-stream")
    disposition = content_disposition_header(True, document.filename)
    response["Content-Disposition"] = disposition or "attachment"
    return response


def _content(file: UploadedFile) -> IO[bytes]:
    assert file.file is not None
    return file.file
