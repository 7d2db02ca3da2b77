"""Putting files beside records."""

import errno
import hashlib
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import IO

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import Max

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.tenancy.scope import current_tenant_id, tenant_scope

from . import antivirus, naming, registry, sniffing
from .models import Document

MAX_BYTES = 25 * 1024 * 1024
_PIECE = 256 * 1024
_IN_MEMORY = 1024 * 1024
_ATTEMPTS = 5
logger = logging.getLogger(__name__)


def store(
    *,
    record_type: str,
    record_id: int,
    filename: str,
    content: IO[bytes],
    kind: str = "attachment",
    actor: Actor,
    at: datetime,
    is_client_visible: bool = False,
) -> Document:
    """Put an uploaded file on a record; a new version when the record has one of this name.

    The content decides what it is; pictures are drawn anew, so that nothing rides along. The same
    file once more gives the document that is there.
    Raises  NotFound, PermissionDenied (see registry); DomainError with field "file" when it is too
    large, empty, infected, damaged or of a kind that is not accepted, or when the disk is full;
    StoreAway.
    """
    registry.check_can_add(actor=actor, record_type=record_type, record_id=record_id)
    shown = naming.spoken_filename(filename)
    with _spooled(content, shown) as (received, size):
        antivirus.check(received, shown)
        content_type = sniffing.content_type_of(received, shown)
        name = naming.safe_filename(filename, sniffing.EXTENSIONS[content_type])
        if content_type == sniffing.PDF:
            sniffing.check_pdf_ends(received, size, shown)
        elif not _was_drawn(received, content_type):
            drawn = sniffing.re_encoded(received, content_type, shown)
            received.seek(0)
            received.truncate()
            received.write(drawn)
            size = len(drawn)
        document, is_new = _add(
            tenant_id=actor.tenant_id,
            record_type=record_type,
            record_id=record_id,
            filename=name,
            content=received,
            size=size,
            content_type=content_type,
            kind=kind,
            membership_id=actor.membership_id,
            at=at,
            is_client_visible=is_client_visible,
        )
    if is_new:
        version = f" (version {document.version})" if document.version > 1 else ""
        audit.record(
            actor=actor,
            at=at,
            event="documents.added",
            record_type=record_type,
            record_id=record_id,
            sentence=f"Added the document “{name}”{version}",
        )
    return document


def _was_drawn(content: IO[bytes], content_type: str) -> bool:
    """Whether exactly these bytes are kept already: drawing a photo anew would change its hash."""
    known = Document.objects.filter(
        sha256=_sha256(content), content_type=content_type, uploaded_by__isnull=False
    )
    return known.exists()


def store_generated(
    *,
    record_type: str,
    record_id: int,
    filename: str,
    content: bytes,
    content_type: str,
    kind: str,
    at: datetime,
    is_client_visible: bool = False,
) -> Document:
    """Put a file that the system made on a record, in the open tenant scope; same bytes, same row.

    Raises  DomainError when the disk is full; StoreAway.
    """
    tenant_id = current_tenant_id()
    if tenant_id is None:
        raise RuntimeError("store_generated needs the scope of the record's tenant")
    extension = filename.rpartition(".")[2]
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as made:
        made.write(content)
        document, _ = _add(
            tenant_id=tenant_id,
            record_type=record_type,
            record_id=record_id,
            filename=naming.safe_filename(filename, extension),
            content=made,
            size=len(content),
            content_type=content_type,
            kind=kind,
            membership_id=None,
            at=at,
            is_client_visible=is_client_visible,
        )
    return document


def delete_generated(*, record_type: str, before: datetime, limit: int) -> int:
    """Delete files that the system made on records of a kind before a moment; how many.

    Their bytes go once that is committed, unless another document has the same ones.
    """
    old = Document.objects.filter(
        record_type=record_type, uploaded_by__isnull=True, uploaded_at__lt=before
    )
    rows = list(old.order_by("id").values_list("id", "tenant_id", "storage_path")[:limit])
    Document.objects.filter(pk__in=[number for number, _, _ in rows]).delete()
    for tenant_id, path in {(tenant_id, path) for _, tenant_id, path in rows}:
        transaction.on_commit(partial(_forget_bytes, tenant_id, path), robust=True)
    return len(rows)


def _forget_bytes(tenant_id: int, path: str) -> None:
    with tenant_scope(tenant_id):
        if not Document.objects.filter(storage_path=path).exists():
            default_storage.delete(path)


def _add(
    *,
    tenant_id: int,
    record_type: str,
    record_id: int,
    filename: str,
    content: IO[bytes],
    size: int,
    content_type: str,
    kind: str,
    membership_id: int | None,
    at: datetime,
    is_client_visible: bool,
) -> tuple[Document, bool]:
    """The row of these bytes under this name, and whether it is a new one."""
    sha256 = _sha256(content)
    versions = Document.objects.filter(
        record_type=record_type, record_id=record_id, kind=kind, filename=filename
    )
    for attempt in range(1, _ATTEMPTS + 1):
        latest = versions.order_by("-version").first()
        if latest is not None and latest.sha256 == sha256:
            return latest, False
        try:
            with transaction.atomic():
                document = Document.objects.create(
                    tenant_id=tenant_id,
                    record_type=record_type,
                    record_id=record_id,
                    kind=kind,
                    filename=filename,
                    content_type=content_type,
                    size=size,
                    sha256=sha256,
                    storage_path=_keep(tenant_id, sha256, size, content),
                    version=(versions.aggregate(last=Max("version"))["last"] or 0) + 1,
                    is_client_visible=is_client_visible,
                    uploaded_by_id=membership_id,
                    uploaded_at=at,
                )
        except IntegrityError:
            if attempt == _ATTEMPTS:  # somebody else took the version, each time
                raise
        else:
            return document, True
    raise AssertionError("unreachable: the last attempt returns or raises")


def _keep(tenant_id: int, sha256: str, size: int, content: IO[bytes]) -> str:
    """Where the bytes lie: named by their hash, each tenant for itself; written once.

    A crash in mid-write can leave a short file under that name, hence the look at its size.
    """
    path = f"{tenant_id}/{sha256[:2]}/{sha256}"
    try:
        if default_storage.exists(path):
            if default_storage.size(path) == size:
                return path
            default_storage.delete(path)
        content.seek(0)
        return default_storage.save(path, File(content, name=path))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        logger.exception("no room to store a document of tenant %s", tenant_id)
        _remove_short(path, size)
        raise DomainError(
            "The file could not be stored because the server has no room left. Nothing was "
            "changed; tell your administrator, then upload it again.",
            field="file",
        ) from error


def _remove_short(path: str, size: int) -> None:
    """Give back the room that a write without end took; bytes that are whole stay."""
    try:
        if default_storage.exists(path) and default_storage.size(path) != size:
            default_storage.delete(path)
    except OSError:
        logger.exception("could not remove the half-written %s", path)


@contextmanager
def _spooled(content: IO[bytes], filename: str) -> Iterator[tuple[IO[bytes], int]]:
    """A copy that can be read again, made piece by piece and never larger than the limit."""
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as copy:
        size = 0
        content.seek(0)
        while piece := content.read(_PIECE):
            size += len(piece)
            if size > MAX_BYTES:
                raise too_large(filename)
            copy.write(piece)
        yield copy, size


def too_large(filename: str) -> DomainError:
    """The refusal of a file over the limit."""
    return DomainError(
        f"“{filename}” is larger than {MAX_BYTES // (1024 * 1024)} MB, the most one file may have.",
        field="file",
    )


def _sha256(content: IO[bytes]) -> str:
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    content.seek(0)
    return digest.hexdigest()
