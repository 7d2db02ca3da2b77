"""What is kept no longer is deleted; what is still wanted stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.jobs.models import JobLogLine, JobRun
from psa.core.notifications.models import Notification
from psa.core.org.models import TenantParameters
from psa.edges.exports.jobs import RECORD as EXPORTS
from psa.edges.setup import retention
from tests.factories import AT, Firm


@pytest.fixture
def days(acme: Firm) -> Firm:
    with acme.scope():
        TenantParameters.objects.update(notification_retention_days=30, job_retention_days=30)
    return acme


def told(firm: Firm, *, age: int, read: bool) -> Notification:
    made: Notification = Notification.objects.create(
        tenant=firm.tenant,
        membership_id=firm.actors["ben"].membership_id,
        event="x",
        title="x",
        created_at=AT - timedelta(days=age),
        read_at=AT if read else None,
    )
    return made


def test_deletes_read_notifications_past_their_days(days: Firm) -> None:
    with days.scope():
        old, unread, young = (
            told(days, age=31, read=True),
            told(days, age=31, read=False),
            told(days, age=29, read=True),
        )
        assert retention.delete_old_notifications(at=AT) == 1
        left = set(Notification.objects.values_list("pk", flat=True))
        assert left == {unread.pk, young.pk}
        assert old.pk not in left


def test_deletes_the_logs_of_ended_jobs_and_keeps_the_runs(days: Firm) -> None:
    with days.scope():
        for key, age in (("old", 31), ("young", 29)):
            run = JobRun.objects.create(
                tenant=days.tenant,
                kind="x",
                key=key,
                title=key,
                requested_at=AT,
                finished_at=AT - timedelta(days=age),
                state="done",
            )
            JobLogLine.objects.create(tenant=days.tenant, run=run, at=AT, text=key)
        assert retention.delete_old_job_logs(at=AT) == 1
        assert JobRun.objects.count() == 2
        assert list(JobLogLine.objects.values_list("text", flat=True)) == ["young"]


def test_keeps_everything_at_zero(acme: Firm) -> None:
    with acme.scope():
        TenantParameters.objects.update(
            notification_retention_days=0, job_retention_days=0, export_retention_days=0
        )
        told(acme, age=9999, read=True)
        assert retention.delete_old_notifications(at=AT) == 0
        assert not retention.is_needed()


def test_deletes_exported_files_with_their_bytes_unless_another_has_the_same(
    acme: Firm, django_capture_on_commit_callbacks: Any
) -> None:
    def exported(run_id: int, content: bytes, age: int, record_type: str = EXPORTS) -> Document:
        return documents.store_generated(
            record_type=record_type, record_id=run_id, filename="list.csv", content=content,
            content_type="text/csv", kind="export", at=AT - timedelta(days=age),
        )  # fmt: skip

    with acme.scope():
        old = exported(1, b"old", 31)
        shared = exported(2, b"shared", 31)
        young = exported(3, b"shared", 29)
        invoice = exported(4, b"invoice", 999, "billing.Invoice")
        with django_capture_on_commit_callbacks(execute=True):
            assert retention.delete_old_exports(at=AT) == 2
        left = set(Document.objects.values_list("pk", flat=True))
        assert left == {young.pk, invoice.pk}
    assert not default_storage.exists(old.storage_path)
    assert default_storage.exists(shared.storage_path)
