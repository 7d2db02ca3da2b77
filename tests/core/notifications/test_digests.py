"""Digests: what waits is mailed in the morning of its reader, daily or on Mondays, once."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from psa.core.access.models import Membership
from psa.core.jobs import services as jobs
from psa.core.jobs import system_actor
from psa.core.notifications import digests, services
from psa.core.notifications.models import Notification
from psa.core.notifications.rules.digest import is_due
from psa.core.notifications.services import Choice
from psa.core.tenancy.scope import tenant_scope
from tests.core.firms import Firms, make_firms

BERLIN = ZoneInfo("Europe/Berlin")
WRITTEN = datetime(2026, 7, 9, 12, tzinfo=UTC)  # a Thursday


@pytest.fixture
def firms(db: None) -> Firms:
    return make_firms()


@pytest.mark.parametrize(
    ("rhythm", "now", "due"),
    [
        ("daily", datetime(2026, 7, 9, 20, tzinfo=BERLIN), False),
        ("daily", datetime(2026, 7, 10, 6, 59, tzinfo=BERLIN), False),
        ("daily", datetime(2026, 7, 10, 7, 0, tzinfo=BERLIN), True),
        ("weekly", datetime(2026, 7, 12, 23, tzinfo=BERLIN), False),
        ("weekly", datetime(2026, 7, 13, 7, 0, tzinfo=BERLIN), True),
    ],
)
def test_is_due_at_seven_where_the_reader_is(rhythm: str, now: datetime, due: bool) -> None:
    assert is_due(rhythm, created_at=WRITTEN, local_now=now) is due


def run_at(firms: Firms, at: datetime) -> None:
    with tenant_scope(firms.ben.tenant_id):
        run = jobs.start(
            kind=digests.KIND, key=at.isoformat(), title="Digests", arguments={}, at=at,
            actor=system_actor.acting_for(tenant_id=firms.ben.tenant_id, membership_id=None),
        )  # fmt: skip
        jobs.run_now(run.pk)


def test_gathers_into_one_mail_and_sends_it_once(firms: Firms) -> None:
    event = "notifications.test"
    from psa.core.notifications import events

    events.register(events.Event(event, "A test"))
    with tenant_scope(firms.ben.tenant_id):
        Membership.objects.filter(pk=firms.ben.membership_id).update(time_zone="America/New_York")
        services.save_preferences(
            actor=firms.ben.actor, choices={event: Choice(True, False, "daily")}
        )
        for number in (1, 2):
            services.notify(
                membership_ids=[firms.ben.membership_id, firms.priya.membership_id],
                event=event, title=f"Thing {number}", path="/time/", at=WRITTEN, email=False,
            )  # fmt: skip
    run_at(firms, datetime(2026, 7, 10, 10, 59, tzinfo=UTC))
    assert mail.outbox == []
    run_at(firms, datetime(2026, 7, 10, 11, 0, tzinfo=UTC))
    run_at(firms, datetime(2026, 7, 10, 11, 15, tzinfo=UTC))
    [sent] = mail.outbox
    assert sent.to == ["ben@acme.example"] and sent.subject == "2 notifications"
    assert "Thing 1" in sent.body and "/acme/time/" in sent.body


def test_dismissing_and_muting_are_taken_back(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id):
        rows = services.notify(
            membership_ids=[firms.ben.membership_id], event="x.y", title="Look", at=WRITTEN
        )
    client = firms.ben.signed_in()
    page = client.get("/acme/notifications/").content.decode()
    assert "1 unread notifications" in page or "1 unread" in page
    client.post("/acme/notifications/mark-read/", {"selected": str(rows[0].pk)})
    page = client.get("/acme/notifications/").content.decode()
    undo_url = "/" + page.partition('data-undo="/')[2].partition('"')[0].replace("&amp;", "&")
    assert client.post(undo_url).status_code == 200
    with tenant_scope(firms.ben.tenant_id):
        assert Notification.objects.get(pk=rows[0].pk).read_at is None
    client.post(f"/acme/notifications/{rows[0].pk}/mute/")
    with tenant_scope(firms.ben.tenant_id):
        again = services.notify(
            membership_ids=[firms.ben.membership_id], event="x.y", title="Again", at=WRITTEN
        )
    assert again == []
    other = firms.priya.signed_in().post(f"/acme/notifications/{rows[0].pk}/mute/")
    assert other.status_code == 404
