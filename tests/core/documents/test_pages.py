"""The documents part, uploads and downloads over HTTP"""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from psa.core.documents import services
from psa.core.documents.models import Document
from psa.core.tenancy.scope import tenant_scope
from tests.core.documents import files
from tests.core.documents.conftest import RECORD_ID, RECORD_TYPE
from tests.core.firms import Firms, Member, url

_PART = f"documents/of/{RECORD_TYPE}/{RECORD_ID}/"
_HTMX = {"HX-Request": "true"}


def _upload(client: Client, member: Member, name: str, content: bytes) -> object:
    file = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(url(member, _PART + "upload/"), {"file": file}, headers=_HTMX)


def _document(member: Member) -> Document:
    with tenant_scope(member.tenant_id):
        found: Document = Document.objects.get()
        return found


def test_uploads_and_lists_without_javascript_too(firms: Firms) -> None:
    client = firms.priya.signed_in()
    file = SimpleUploadedFile("order.pdf", files.PDF)
    answer = client.post(url(firms.priya, _PART + "upload/"), {"file": file}, follow=True)
    assert answer.status_code == 200
    assert "order.pdf" in answer.content.decode()
    assert _document(firms.priya).uploaded_by_id == firms.priya.membership_id


def test_is_internal_unless_marked_for_the_client(firms: Firms) -> None:
    client, address = firms.priya.signed_in(), url(firms.priya, _PART + "upload/")
    for name, more in (("plan.pdf", {}), ("offer.pdf", {"is_client_visible": "on"})):
        file = SimpleUploadedFile(name, files.PDF)
        assert client.post(address, {"file": file, **more}, headers=_HTMX).status_code == 200
    with tenant_scope(firms.priya.tenant_id):
        seen = dict(Document.objects.values_list("filename", "is_client_visible"))
    assert seen == {"plan.pdf": False, "offer.pdf": True}


def test_shows_a_refusal_in_the_form(firms: Firms) -> None:
    answer = _upload(firms.priya.signed_in(), firms.priya, "receipt.png", files.HTML)
    assert answer.status_code == 422
    assert "its content is a web page" in answer.content.decode()
    assert 'id="of_record"' in answer.content.decode()


def test_lets_pass_by_what_is_over_the_limit(firms: Firms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psa.core.documents.uploads.MAX_BYTES", 200_000)
    answer = _upload(firms.priya.signed_in(), firms.priya, "big.pdf", files.PDF + bytes(400_000))
    assert answer.status_code == 422
    assert "“big.pdf” is larger than 25 MB" in answer.content.decode()
    assert services.MAX_BYTES == 25 * 1024 * 1024


def test_checks_the_form_token(firms: Firms) -> None:
    client = firms.priya.signed_in()
    client.handler.enforce_csrf_checks = True
    answer = _upload(client, firms.priya, "order.pdf", files.PDF)
    assert answer.status_code == 403
    with tenant_scope(firms.priya.tenant_id):
        assert not Document.objects.exists()


def test_sends_downloads_that_no_browser_runs(firms: Firms) -> None:
    client = firms.priya.signed_in()
    _upload(client, firms.priya, 'quo"te ü.pdf', files.PDF)
    number = _document(firms.priya).pk
    answer = client.get(url(firms.ada, f"documents/{number}/download/"))
    assert b"".join(answer.streaming_content) == files.PDF
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''quo%20te")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "no-store" in answer["Cache-Control"]
    assert client.get(url(firms.priya, f"documents/{number}/image/")).status_code == 404


def test_shows_pictures_in_pages(firms: Firms) -> None:
    client = firms.priya.signed_in()
    _upload(client, firms.priya, "receipt.html", files.picture())
    document = _document(firms.priya)
    assert document.filename == "receipt.png"
    answer = client.get(url(firms.priya, f"documents/{document.pk}/image/"))
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("inline")
    assert answer["Content-Security-Policy"].startswith("sandbox")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_hides_documents_from_who_may_not_see_the_record(firms: Firms) -> None:
    _upload(firms.priya.signed_in(), firms.priya, "order.pdf", files.PDF)
    number = _document(firms.priya).pk
    for member in (firms.ben, firms.otto):
        client = member.signed_in()
        for path in (f"documents/{number}/download/", f"documents/{number}/image/", _PART):
            assert client.get(url(member, path)).status_code == 404, (member, path)
        assert _upload(client, member, "x.pdf", files.PDF).status_code == 404
    assert _upload(firms.ada.signed_in(), firms.ada, "x.pdf", files.PDF).status_code == 403


def test_lists_any_number_with_the_same_queries(firms: Firms) -> None:
    client = firms.priya.signed_in()
    counts = []
    for number in range(12):
        _upload(client, firms.priya, f"order {number}.pdf", files.PDF)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(url(firms.priya, _PART), headers=_HTMX)
        counts.append(len(queries))
    assert answer.content.decode().count("/download/") == 12
    assert max(counts[1:]) <= counts[0]
