"""What is kept no longer is deleted; what is still wanted stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage

from psa.core.audit import services as audit
from psa.core.audit.models import AuditEntry
from psa.core.documents import services as documents
from psa.core.documents.models import Document
from psa.core.jobs.models import JobLogLine, JobRun
from psa.core.notifications.models import Notification
from psa.core.org.models import TenantParameters
from psa.edges.exports.jobs import RECORD as EXPORTS
from psa.edges.integrations.channels.models import Channel, Post
from psa.edges.integrations.webhooks.models import Delivery, Endpoint
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
            notification_retention_days=0, job_retention_days=0, export_retention_days=0,
            delivery_retention_days=0,
        )  # fmt: skip
        told(acme, age=9999, read=True)
        assert retention.delete_old_notifications(at=AT) == 0
        assert not retention.is_needed()


def test_deletes_what_channels_and_webhooks_were_sent_and_nothing_that_waits(acme: Firm) -> None:
    common = {"tenant": acme.tenant, "created_at": AT}
    with acme.scope():
        channel = Channel.objects.create(
            name="#a", kind="slack", sealed_url="x", host="x", **common
        )
        endpoint = Endpoint.objects.create(url="https://x.example", settled_entry_id=0, **common)
        for number, (state, age) in enumerate(
            (("sent", 91), ("failed", 91), ("waiting", 91), ("sent", 89))
        ):
            audit.record(
                actor=acme.actors["ada"], at=AT, event="x.done", record_type="x", record_id=number,
                sentence="Done.",
            )  # fmt: skip
            row = {"event": "x", "state": state, "tenant": acme.tenant}
            row["created_at"] = AT - timedelta(days=age)
            entry = AuditEntry.objects.latest("id")
            Delivery.objects.create(endpoint=endpoint, entry=entry, **row)
            Post.objects.create(channel=channel, title="x", fingerprint=str(number), **row)
        assert retention.delete_old_deliveries(at=AT) == 2  # what is not settled stays
        Endpoint.objects.update(settled_entry_id=entry.pk)
        assert retention.delete_old_deliveries(at=AT) == 2
        for kept in (Post, Delivery):
            assert sorted(kept.objects.values_list("state", flat=True)) == ["sent", "waiting"]


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
