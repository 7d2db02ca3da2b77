"""Mail waits for the end of quiet hours; of a muted record nobody hears."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail

from psa.core.access.models import Membership
from psa.core.errors import DomainError, NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.notifications import jobs as mailing
from psa.core.notifications import services
from psa.core.notifications.models import Notification
from psa.core.notifications.rules import quiet
from tests.edges.api.callers import caller
from tests.factories import AT, Firm

LONDON = ZoneInfo("Europe/London")
NIGHT = (22 * 60, 7 * 60)


@pytest.mark.parametrize(
    ("at", "hours", "until"),
    [
        ("2026-07-01 21:59", NIGHT, None),
        ("2026-07-01 22:00", NIGHT, "2026-07-02 07:00"),
        ("2026-07-02 06:59", NIGHT, "2026-07-02 07:00"),
        ("2026-07-02 07:00", NIGHT, None),
        ("2026-07-01 12:30", (720, 780), "2026-07-01 13:00"),
        ("2026-07-01 12:30", (720, 720), None),
        ("2026-07-01 23:30", (1380, 0), "2026-07-02 00:00"),
    ],
)
def test_quiet_hours_end(at: str, hours: tuple[int, int], until: str | None) -> None:
    found = quiet.until(
        datetime.fromisoformat(at).replace(tzinfo=LONDON),
        from_minute=hours[0],
        until_minute=hours[1],
    )
    wanted = datetime.fromisoformat(until).replace(tzinfo=LONDON) if until else None
    assert found == wanted


def tell(firm: Firm, *names: str, path: str = "/projects/1/") -> list[Notification]:
    return services.notify(
        membership_ids=[firm.actors[name].membership_id or 0 for name in names],
        event="x", title="A thing", path=path, at=AT, email=True,
    )  # fmt: skip


def test_mail_waits_for_the_end_where_its_reader_is(acme: Firm) -> None:
    ben = acme.actors["ben"]
    with acme.scope():
        zone = ZoneInfo("Asia/Tokyo")
        Membership.objects.filter(pk=ben.membership_id).update(time_zone="Asia/Tokyo")
        here = AT.astimezone(zone)
        minute = here.hour * 60 + here.minute
        services.save_quiet_hours(
            actor=ben, from_minute=(minute - 60) % 1440, until_minute=(minute + 60) % 1440
        )
        quiet_one, loud_one = tell(acme, "ben", "fay")
        assert loud_one.email_after is None
        end = (AT + timedelta(minutes=60)).replace(second=0, microsecond=0)
        assert quiet_one.email_after == end
        arguments = {"arguments": {}, "actor": ben}
        assert [c.arguments["notification_id"] for c in mailing.plan(at=AT, **arguments)] == [
            loud_one.pk
        ]
        assert len(mailing.plan(at=end, **arguments)) == 2
        jobs.run_now(JobRun.objects.get(kind=services.EMAIL_JOB).pk)
        assert [message.to for message in mail.outbox] == [["fay@acme.example"]]
        services.save_quiet_hours(actor=ben, from_minute=None, until_minute=None)
        with pytest.raises(DomainError) as refusal:
            services.save_quiet_hours(actor=ben, from_minute=5, until_minute=None)
        assert refusal.value.field == "quiet_until"


def test_a_muted_record_tells_its_member_nothing_and_others_all(acme: Firm) -> None:
    ben = acme.actors["ben"]
    with acme.scope():
        (first,) = tell(acme, "ben")
        paths = services.mute_records(actor=ben, notification_ids=[first.pk])
        assert paths == ["/acme/projects/1/"]
        assert [row.membership_id for row in tell(acme, "ben", "fay")] == [
            acme.actors["fay"].membership_id
        ]
        assert len(tell(acme, "ben", path="/projects/2/")) == 1
        with pytest.raises(NotFound):
            services.mute_records(actor=acme.actors["fay"], notification_ids=[first.pk])
        services.unmute_records(payload={"paths": paths}, actor=ben, at=AT)
        assert len(tell(acme, "ben")) == 1


def test_are_set_on_the_page_and_by_program(acme: Firm) -> None:
    ben, url = acme.client("ben"), acme.url("notifications/preferences/")
    with acme.scope():
        (told,) = tell(acme, "ben")
    assert ben.post(url, {"quiet_from": "22:00"}).status_code == 422
    assert ben.post(url, {"quiet_from": "22:00", "quiet_until": "07:00"}).status_code == 302
    assert 'value="22:00"' in ben.get(url).content.decode()
    api = caller(acme, "ben")
    assert api.get("/quiet-hours") == {"from_time": "22:00", "until_time": "07:00"}
    api.put("/quiet-hours", {"from_time": "24:00", "until_time": None}, 422)
    saved = api.put("/quiet-hours", {"from_time": None, "until_time": None})
    assert saved == {"from_time": None, "until_time": None}
    api.post(f"/notifications/{told.pk}/mute-record", {}, 204)
    muted = ben.post(acme.url("notifications/mute-records/"), {"selected": [told.pk]}, follow=True)
    assert "no more" in muted.content.decode()
    with acme.scope():
        assert tell(acme, "ben") == []
