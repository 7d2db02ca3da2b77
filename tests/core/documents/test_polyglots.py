"""Files that are two things at once: refused, drawn anew, or handed out so that nothing runs."""

import pytest

from psa.core.documents.models import Document
from psa.core.tenancy.scope import tenant_scope
from tests.core.documents import files
from tests.core.documents.test_pages import _upload
from tests.core.firms import Firms, url

REFUSED = {
    "gif-and-script.gif", "gif-called-png.png", "page-before-pdf.pdf", "drawing-called-png.png",
    "bmp-and-script.png",
}  # fmt: skip
DRAWN_ANEW = {
    "png-and-archive.png", "png-with-page-in-text.png", "jpeg-and-script.jpg", "webp-and-page.webp",
}  # fmt: skip
ATTACHED = {"pdf-and-page.pdf", "pdf-and-archive.pdf"}


@pytest.mark.parametrize("name", files.polyglots())
def test_no_browser_runs_the_second_half(firms: Firms, name: str) -> None:
    client = firms.priya.signed_in()
    answer = _upload(client, firms.priya, name, files.polyglots()[name])
    with tenant_scope(firms.priya.tenant_id):
        kept = Document.objects.first()
    if name in REFUSED:
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert kept is None
        return
    assert kept is not None
    told = client.get(url(firms.priya, f"documents/{kept.pk}/download/"))
    body = b"".join(told.streaming_content)
    assert told["Content-Disposition"].startswith("attachment")
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    if name in DRAWN_ANEW:
        assert files.MARK not in body
        assert b"PK\x03\x04" not in body
    shown = client.get(url(firms.priya, f"documents/{kept.pk}/image/"))
    assert shown.status_code == (200 if name in DRAWN_ANEW else 404)


def test_each_is_judged() -> None:
    assert set(files.polyglots()) == REFUSED | DRAWN_ANEW | ATTACHED
