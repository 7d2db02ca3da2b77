"""What is kept no longer is deleted; what is still wanted stays."""

from datetime import timedelta

import pytest

from psa.core.jobs.models import JobLogLine, JobRun
from psa.core.notifications.models import Notification
from psa.core.org.models import TenantParameters
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
        TenantParameters.objects.update(notification_retention_days=0, job_retention_days=0)
        told(acme, age=9999, read=True)
        assert retention.delete_old_notifications(at=AT) == 0
        assert not retention.is_needed()
