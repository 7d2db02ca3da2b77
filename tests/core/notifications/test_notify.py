"""psa.core.notifications: notify, the bell, e-mail, pages"""

from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from psa.core.errors import NotFound
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobChunk, JobRun
from psa.core.notifications import events, selectors, services
from psa.core.notifications.models import Notification
from psa.core.tenancy.scope import tenant_scope
from tests.core.firms import NOW, Firms, Member, make_firms, url

_EVENT = "tests.approved"


@pytest.fixture
def firms(db: None) -> Iterator[Firms]:
    before = dict(events._events)
    events.register(events.Event(_EVENT, "Your week is approved", email=True))
    yield make_firms()
    events._events.clear()
    events._events.update(before)


def _notify(*members: Member, **options: object) -> list[Notification]:
    arguments = {"title": "Week 28 is approved", "path": "/time/week/28/", **options}
    with tenant_scope(members[0].tenant_id):
        return services.notify(
            membership_ids=[member.membership_id for member in members],
            event=_EVENT,
            at=NOW,
            **arguments,
        )


def _send_mail(member: Member) -> JobRun:
    with tenant_scope(member.tenant_id):
        run = JobRun.objects.filter(kind=services.EMAIL_JOB).latest("id")
        return jobs.run_now(run.pk)


def test_tells_each_member_once_with_a_link_inside_the_firm(firms: Firms) -> None:
    made = _notify(firms.ben, firms.ben, firms.priya)
    assert [row.membership_id for row in made] == sorted(
        [firms.ben.membership_id, firms.priya.membership_id]
    )
    assert {row.path for row in made} == {"/acme/time/week/28/"}
    _notify(firms.ben, path="/acme/time/week/28/")
    with tenant_scope(firms.ben.tenant_id):
        assert selectors.unread_count(firms.ben.actor) == 2
        assert selectors.unread_count(firms.ada.actor) == 0
        assert not JobRun.objects.exists()
        assert set(Notification.objects.values_list("path", flat=True)) == {"/acme/time/week/28/"}


def test_sends_mail_through_a_job_once(firms: Firms) -> None:
    _notify(firms.ben, email=True, body="By Priya.")
    assert mail.outbox == []
    assert _send_mail(firms.ben).result == {"sent": 1}
    assert _send_mail(firms.ben).state == JobRun.State.DONE
    [message] = mail.outbox
    assert message.to == ["ben@acme.example"]
    assert message.subject == "Week 28 is approved"
    assert "/acme/time/week/28/" in message.body


def test_keeps_mail_when_the_server_is_dead_and_sends_it_later(
    firms: Firms, monkeypatch: pytest.MonkeyPatch
) -> None:
    _notify(firms.ben, email=True)

    def refuse(*_: object, **__: object) -> int:
        raise ConnectionRefusedError("no mail server")

    with monkeypatch.context() as dead:
        dead.setattr(EmailBackend, "send_messages", refuse)
        run = _send_mail(firms.ben)
    with tenant_scope(firms.ben.tenant_id):
        assert run.state == JobRun.State.DONE
        [failure] = JobChunk.objects.get(run=run).failures
        assert "stays in the queue" in failure["reason"]
        assert Notification.objects.get().emailed_at is None
        first = jobs.queue_due_schedules(tenant_id=firms.ben.tenant_id, at=NOW)
        assert first == []  # the schedule is made now and due within a minute
        later = NOW.replace(minute=2)
        runs = jobs.queue_due_schedules(tenant_id=firms.ben.tenant_id, at=later)
        [due] = [run for run in runs if run.kind == services.EMAIL_JOB]
        jobs.run_now(due.pk)
        assert Notification.objects.get().emailed_at is not None
        even_later = NOW.replace(minute=4)
        runs = jobs.queue_due_schedules(tenant_id=firms.ben.tenant_id, at=even_later)
        assert services.EMAIL_JOB not in {run.kind for run in runs}  # nothing waits: no run
    assert len(mail.outbox) == 1


def test_a_title_with_line_ends_makes_no_mail_headers(firms: Firms) -> None:
    _notify(firms.ben, email=True, title="Approved\r\nBcc: otto@globex.example")
    _send_mail(firms.ben)
    [message] = mail.outbox
    assert message.subject == "Approved Bcc: otto@globex.example"
    assert message.recipients() == ["ben@acme.example"]


@pytest.mark.parametrize(
    ("in_app", "email", "rows", "unread", "mails"),
    [
        (True, True, 1, 1, 1),
        (True, False, 1, 1, 0),
        (False, True, 1, 0, 1),
        (False, False, 0, 0, 0),
    ],
)
def test_follows_the_members_own_choice(
    firms: Firms, in_app: bool, email: bool, rows: int, unread: int, mails: int
) -> None:
    with tenant_scope(firms.ben.tenant_id):
        services.save_preferences(
            actor=firms.ben.actor, choices={_EVENT: services.Choice(in_app, email)}
        )
        services.save_preferences(
            actor=firms.ben.actor, choices={_EVENT: services.Choice(in_app, email)}
        )
    _notify(firms.ben, email=True)
    with tenant_scope(firms.ben.tenant_id):
        assert Notification.objects.count() == rows
        assert selectors.unread_count(firms.ben.actor) == unread
        assert Notification.objects.filter(email_wanted=True).count() == mails


def test_refuses_an_event_that_nobody_registered(firms: Firms) -> None:
    with tenant_scope(firms.ben.tenant_id), pytest.raises(NotFound):
        services.save_preferences(
            actor=firms.ben.actor, choices={"no.such": services.Choice(True, True)}
        )


def test_opening_one_marks_it_read_and_leads_on(firms: Firms) -> None:
    [row] = _notify(firms.ben)
    answer = firms.ben.signed_in().get(url(firms.ben, f"notifications/{row.pk}/"))
    assert (answer.status_code, answer["Location"]) == (302, "/acme/time/week/28/")
    with tenant_scope(firms.ben.tenant_id):
        assert selectors.unread_count(firms.ben.actor) == 0


def test_shows_nobody_elses(firms: Firms) -> None:
    [row] = _notify(firms.ben, title="For Ben alone")
    for member in (firms.priya, firms.ada, firms.otto):
        client = member.signed_in()
        assert client.get(url(member, f"notifications/{row.pk}/")).status_code == 404
        assert "For Ben alone" not in client.get(url(member, "notifications/")).content.decode()
        client.post(url(member, "notifications/mark-all-read/"))
    with tenant_scope(firms.ben.tenant_id):
        assert selectors.unread_count(firms.ben.actor) == 1


def test_lists_and_marks_all_read(firms: Firms) -> None:
    _notify(firms.ben)
    client = firms.ben.signed_in()
    page = client.get(url(firms.ben, "notifications/"))
    assert page.status_code == 200
    assert "Week 28 is approved" in page.content.decode()
    with CaptureQueriesContext(connection) as one:
        client.get(url(firms.ben, "notifications/"))
    for _ in range(20):
        _notify(firms.ben)
    with CaptureQueriesContext(connection) as many:
        client.get(url(firms.ben, "notifications/"))
    assert len(many) <= len(one)
    assert client.post(url(firms.ben, "notifications/mark-all-read/")).status_code == 302
    with tenant_scope(firms.ben.tenant_id):
        assert selectors.unread_count(firms.ben.actor) == 0


def test_saves_preferences_from_the_page(firms: Firms) -> None:
    client = firms.ben.signed_in()
    page = client.get(url(firms.ben, "notifications/preferences/"))
    assert "Your week is approved" in page.content.decode()
    with tenant_scope(firms.ben.tenant_id):
        known = [row.event for row in selectors.preferences(actor=firms.ben.actor)]
    field = f"event_{known.index(_EVENT)}"
    client.post(url(firms.ben, "notifications/preferences/"), {field: ["in_app"]})
    with tenant_scope(firms.ben.tenant_id):
        saved = {row.event: row for row in selectors.preferences(actor=firms.ben.actor)}
    assert (saved[_EVENT].in_app, saved[_EVENT].email) == (True, False)
