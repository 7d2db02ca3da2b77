"""psa.core.documents.services.store"""

import errno
import io
import os
import resource
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage
from PIL import Image

from psa.core.audit.models import AuditEntry
from psa.core.documents import selectors, services
from psa.core.documents.models import Document
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.tenancy.scope import tenant_scope
from tests.core.documents import files
from tests.core.documents.conftest import RECORD_ID, RECORD_TYPE
from tests.core.firms import NOW, Firms, Member


def _store(member: Member, filename: str, content: bytes, **options: object) -> Document:
    arguments = {"record_type": RECORD_TYPE, "record_id": RECORD_ID, "at": NOW, **options}
    with tenant_scope(member.tenant_id):
        return services.store(
            filename=filename,
            content=io.BytesIO(content),
            actor=member.actor,
            **arguments,
        )


def _bytes(document: Document) -> bytes:
    with selectors.open_content(document) as content:
        return content.read()


def test_keeps_a_pdf_as_it_is_under_its_hash(firms: Firms) -> None:
    document = _store(firms.priya, "order.pdf", files.PDF)
    assert _bytes(document) == files.PDF
    assert document.content_type == "application/pdf"
    assert document.storage_path == (
        f"{firms.priya.tenant_id}/{document.sha256[:2]}/{document.sha256}"
    )
    assert (Path(settings.MEDIA_ROOT) / document.storage_path).is_file()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "1", "CMYK"])
def test_draws_pictures_of_every_mode_anew(firms: Firms, kind: str, mode: str) -> None:
    if (kind, mode) in {("JPEG", "RGBA"), ("JPEG", "P"), ("PNG", "CMYK")}:
        mode = "RGB"  # the format itself has no such mode
    document = _store(firms.priya, "receipt.bin", files.picture(kind, mode=mode))
    with Image.open(io.BytesIO(_bytes(document))) as drawn:
        assert (drawn.format, drawn.size) == (kind, (20, 10))


def test_strips_place_comment_and_what_is_hidden_behind_a_photo(firms: Firms) -> None:
    content = files.jpeg_with_place()
    assert files.SECRET in content
    stored = _bytes(_store(firms.priya, "photo.jpg", content))
    assert files.SECRET not in stored
    assert b"<script" not in stored
    with Image.open(io.BytesIO(stored)) as drawn:
        assert drawn.size == (20, 40)  # upright now
        assert not drawn.getexif()


@pytest.mark.parametrize(
    ("filename", "content", "words"),
    [
        ("receipt.png", files.HTML, "web page"),
        ("receipt.png", b"\xef\xbb\xbf   \n" + files.HTML, "web page"),
        ("receipt.png", files.HTML.decode().encode("utf-16"), "web page"),
        ("logo.svg", files.SVG, "web page or drawing"),
        ("logo.png", files.SVG, "web page or drawing"),
        ("all.zip", files.archive(), "an archive"),
        ("receipt.pdf", files.archive(), "an archive"),
        ("all.gz", files.gzipped(), "an archive"),
        ("setup.pdf", b"MZ" + bytes(200), "a program"),
        ("run.png", b"\x7fELF" + bytes(200), "a program"),
        ("run.png", b"#!/bin/sh\nrm -rf /\n", "a program"),
        ("words.txt", b"just words", "not accepted here"),
        ("nothing.pdf", b"", "is empty"),
        ("half.pdf", files.PDF[:20], "not complete"),
        ("half.png", files.picture(size=(200, 200))[:90], "damaged"),
        ("bomb.png", files.bomb(), "more than 40 million points"),
        ("anim.gif", files.picture("GIF", mode="P"), "image/gif"),
    ],
)
def test_refuses_in_one_sentence(firms: Firms, filename: str, content: bytes, words: str) -> None:
    with pytest.raises(DomainError) as refusal:
        _store(firms.priya, filename, content)
    assert words in str(refusal.value)
    assert refusal.value.field == "file"
    with tenant_scope(firms.priya.tenant_id):
        assert not Document.objects.exists()


def test_refuses_what_is_over_the_limit_without_reading_it_all(
    firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_BYTES", 1024 * 1024)

    class Endless(io.RawIOBase):
        given = 0

        def seek(self, *_: int) -> int:
            return 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"%PDF-" + bytes(size - 5)

    endless = Endless()
    with tenant_scope(firms.priya.tenant_id), pytest.raises(DomainError) as refusal:
        services.store(
            record_type=RECORD_TYPE,
            record_id=RECORD_ID,
            filename="long.pdf",
            content=endless,  # type: ignore[arg-type]
            actor=firms.priya.actor,
            at=NOW,
        )
    assert "larger than 1 MB" in str(refusal.value)
    assert endless.given < 2 * 1024 * 1024


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\files\\order.pdf", "order.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("evil\u202efdp.exe", "evilfdp.pdf"),
        ("", "document.pdf"),
        ("...", "document.pdf"),
        ("CON.pdf", "document.pdf"),
        ("Rechnung Nº 7 – Müller & Söhne.PDF", "Rechnung Nº 7 – Müller & Söhne.pdf"),
        ("x" * 500 + ".pdf", "x" * 120 + ".pdf"),
        ('quo"te;name.html', "quo te;name.pdf"),
    ],
)
def test_makes_names_safe(firms: Firms, given: str, kept: str) -> None:
    assert _store(firms.priya, given, files.PDF).filename == kept


def test_counts_versions_of_one_name_and_keeps_them_all(firms: Firms) -> None:
    first = _store(firms.priya, "order.pdf", files.PDF)
    again = _store(firms.priya, "order.pdf", files.PDF)
    second = _store(firms.priya, "order.pdf", files.PDF + b"\n%%EOF")
    assert (first.pk, first.version) == (again.pk, 1)
    assert second.version == 2
    assert _bytes(first) == files.PDF
    with tenant_scope(firms.priya.tenant_id):
        rows = selectors.of_record(
            actor=firms.ada.actor, record_type=RECORD_TYPE, record_id=RECORD_ID
        )
        assert [row.version for row in rows] == [2]
        sentences = AuditEntry.objects.filter(event="documents.added").values_list(
            "sentence", flat=True
        )
        assert sorted(sentences) == [
            "Added the document “order.pdf”",
            "Added the document “order.pdf” (version 2)",
        ]


def test_refuses_who_may_not_see_or_add(firms: Firms) -> None:
    with pytest.raises(NotFound):
        _store(firms.ben, "order.pdf", files.PDF)
    with pytest.raises(NotFound):
        _store(firms.otto, "order.pdf", files.PDF)
    with pytest.raises(NotFound):
        _store(firms.priya, "order.pdf", files.PDF, record_id=8)
    with pytest.raises(NotFound):
        _store(firms.priya, "order.pdf", files.PDF, record_type="tests.Unknown")
    with pytest.raises(PermissionDenied):
        _store(firms.ada, "order.pdf", files.PDF)


def test_says_so_when_the_disk_is_full(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "save", full)
    with pytest.raises(DomainError, match="no room left"):
        _store(firms.priya, "order.pdf", files.PDF + b"% another one\n%%EOF")


def test_a_disk_that_fills_up_leaves_no_half_document(firms: Firms) -> None:
    """A real limit of the system on what a file may hold; nothing stays of what did not fit."""
    before = list(Path(settings.MEDIA_ROOT).rglob("*"))
    large = files.PDF + os.urandom(600_000) + b"\n%%EOF"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with tenant_scope(firms.priya.tenant_id):
        rows = Document.objects.count(), AuditEntry.objects.count()
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        with pytest.raises(DomainError, match="no room left") as refusal:
            _store(firms.priya, "order.pdf", large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert refusal.value.field == "file"
    with tenant_scope(firms.priya.tenant_id):
        assert (Document.objects.count(), AuditEntry.objects.count()) == rows
    assert [
        p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file() and p not in before
    ] == []
    assert _bytes(_store(firms.priya, "order.pdf", large)) == large  # and then there is room


def test_replaces_bytes_that_a_crash_left_half_written(firms: Firms) -> None:
    document = _store(firms.priya, "order.pdf", files.PDF)
    (Path(settings.MEDIA_ROOT) / document.storage_path).write_bytes(b"%PDF")
    copy = _store(firms.priya, "copy.pdf", files.PDF)
    assert _bytes(copy) == files.PDF


def test_generated_documents_are_the_same_row_for_the_same_bytes(firms: Firms) -> None:
    with tenant_scope(firms.priya.tenant_id):
        made = [
            services.store_generated(
                record_type=RECORD_TYPE,
                record_id=RECORD_ID,
                filename="Quote Q-7.pdf",
                content=files.PDF,
                content_type="application/pdf",
                kind="quote",
                at=NOW,
            )
            for _ in range(2)
        ]
    assert made[0].pk == made[1].pk
    assert (made[0].filename, made[0].uploaded_by_id) == ("Quote Q-7.pdf", None)
