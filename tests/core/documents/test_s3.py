"""Documents in a store that speaks S3"""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from pytest_django import DjangoCaptureOnCommitCallbacks

from psa.core.documents import backends, selectors, services, stored
from psa.core.documents.models import Document
from psa.core.errors import NotFound
from psa.core.tenancy.scope import tenant_scope
from psa.edges.operations.services import stored_documents
from tests.core.documents import files
from tests.core.documents.conftest import RECORD_ID, RECORD_TYPE
from tests.core.firms import NOW, Firms, Member, url
from tests.s3 import Bucket, documents_in, new_bucket, running_store

_PART = f"documents/of/{RECORD_TYPE}/{RECORD_ID}/"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_store() as address:
        yield address


@pytest.fixture
def bucket(endpoint: str) -> Iterator[Bucket]:
    with documents_in(new_bucket(endpoint)) as made:
        yield made


def _store(member: Member, filename: str, content: bytes) -> Document:
    with tenant_scope(member.tenant_id):
        return services.store(
            record_type=RECORD_TYPE,
            record_id=RECORD_ID,
            filename=filename,
            content=io.BytesIO(content),
            actor=member.actor,
            at=NOW,
        )


def test_are_encrypted_below_their_firm_and_given_out_by_their_page_alone(
    firms: Firms, bucket: Bucket
) -> None:
    document = _store(firms.priya, "order.pdf", files.PDF)
    assert bucket.names() == [f"{firms.priya.tenant_id}/{document.sha256[:2]}/{document.sha256}"]
    kept = bucket.client.get_object(Bucket=bucket.name, Key=document.storage_path)
    assert kept["ServerSideEncryption"] == "AES256"
    assert kept["Body"].read() == files.PDF
    grants = bucket.client.get_object_acl(Bucket=bucket.name, Key=document.storage_path)["Grants"]
    assert all(grant["Grantee"]["Type"] == "CanonicalUser" for grant in grants)  # nobody else
    with pytest.raises(NotImplementedError):
        default_storage.url(document.storage_path)

    address = url(firms.priya, f"documents/{document.pk}/download/")
    answer = firms.priya.signed_in().get(address)
    assert b"".join(answer.streaming_content) == files.PDF  # type: ignore[attr-defined]
    assert answer["Content-Disposition"].startswith("attachment")
    assert firms.ben.signed_in().get(address).status_code == 404

    before = kept["LastModified"]
    _store(firms.priya, "copy.pdf", files.PDF)  # the same bytes are put once
    assert (
        bucket.client.head_object(Bucket=bucket.name, Key=document.storage_path)["LastModified"]
        == before
    )
    bucket.client.put_object(Bucket=bucket.name, Key=document.storage_path, Body=b"%PDF")
    _store(firms.priya, "again.pdf", files.PDF)  # what is short is put anew
    assert stored.sha256(document.storage_path) == document.sha256


def test_what_expires_goes_and_what_the_store_lost_is_said(
    firms: Firms,
    bucket: Bucket,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    uploaded = _store(firms.priya, "order.pdf", files.PDF)
    with tenant_scope(firms.priya.tenant_id):
        made = services.store_generated(
            record_type=RECORD_TYPE,
            record_id=RECORD_ID,
            filename="people.csv",
            content=b"name\nPriya\n",
            content_type="text/csv",
            kind="export",
            at=NOW,
        )
        assert len(bucket.names()) == 2
        with django_capture_on_commit_callbacks(execute=True):
            services.delete_generated(
                record_type=RECORD_TYPE, before=NOW + timedelta(days=1), limit=10
            )
    assert bucket.names() == [uploaded.storage_path]
    with pytest.raises(NotFound, match="is not in storage"):
        selectors.open_content(made)


def test_are_copied_out_and_into_another_bucket(
    firms: Firms, bucket: Bucket, endpoint: str, tmp_path: Path
) -> None:
    _store(firms.priya, "order.pdf", files.PDF)
    _store(firms.priya, "photo.png", files.picture())
    keys, tar = bucket.names(), tmp_path / "documents.tar"
    assert stored_documents.pack(tar) == 2
    with documents_in(new_bucket(endpoint)) as other:
        stored_documents.unpack(tar, 2)
        assert other.names() == keys
        other.client.put_object(Bucket=other.name, Key=keys[0], Body=b"rot")
        with pytest.raises(stored_documents.DamagedDocuments, match=keys[0]):
            stored_documents.pack(tmp_path / "again.tar")


def test_a_store_that_does_not_answer_refuses_the_upload_in_a_sentence(firms: Firms) -> None:
    nobody = Bucket("documents", "http://127.0.0.1:1")
    with documents_in(nobody):
        answer = firms.priya.signed_in().post(
            url(firms.priya, _PART + "upload/"),
            {"file": SimpleUploadedFile("order.pdf", files.PDF)},
            headers={"HX-Request": "true"},
        )
    assert answer.status_code == 422
    assert "The document store does not answer just now." in answer.content.decode()
    with tenant_scope(firms.priya.tenant_id):
        assert not Document.objects.exists()


def test_half_a_setting_is_refused_before_anything_is_served() -> None:
    assert backends.storage_of(backends.S3()) == {"BACKEND": backends.ON_DISK}
    with pytest.raises(RuntimeError, match="PSA_S3_SECRET_KEY"):
        backends.storage_of(backends.S3(bucket="documents", access_key="only"))
    with pytest.raises(RuntimeError, match="PSA_S3_ENCRYPTION"):
        backends.storage_of(backends.S3(bucket="documents", kms_key="key"))
    chosen = backends.storage_of(backends.S3(bucket="documents", encryption="aws:kms", kms_key="k"))
    assert chosen["OPTIONS"]["object_parameters"] == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "k",
    }
