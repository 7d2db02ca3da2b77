"""Notifications reach channels of Slack and Teams: once, in plain words, without an amount."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from psa.core.errors import DomainError, PermissionDenied
from psa.core.notifications.services import anybody_wants, notify
from psa.core.web import outgoing_tries
from psa.core.web.outgoing import RefusedTarget
from psa.edges.integrations.channels.models import Channel, Post
from psa.edges.integrations.channels.rules import messages
from psa.edges.integrations.channels.rules.messages import Words
from psa.edges.integrations.channels.services import channels, deliveries
from tests.edges.api.callers import caller
from tests.factories import AT, Firm
from tests.receiver import Receiver, receiving

EVENT = "automation.approval.requested"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.PSA_PUBLIC_URL = "https://psa.example"
    settings.PSA_NOW = AT
    with receiving(settings, "/services/T1/B1/SECRET") as found:
        yield found


def add(firm: Firm, url: str, kind: str = "slack", language: str = "en") -> Channel:
    return channels.create_channel(
        name=f"#{kind}", kind=kind, url=url, language=language, events=[EVENT],
        actor=firm.actors["ada"], at=AT,
    )  # fmt: skip


def happen(
    firm: Firm, title: str = "Contract C-1 waits", body: str = "", event: str = EVENT
) -> None:
    """Two members are told; the channel is told once."""
    people = [firm.actors[name].membership_id for name in ("paul", "fay")]
    for person in people:
        notify(
            membership_ids=[person], event=event, title=title, body=body, path="/rules/7/", at=AT
        )


def tell(at: Any = AT) -> list[Post]:
    done = [deliveries.deliver(post_id=pk, at=at) for pk in deliveries.due(at=at)]
    return [one for one in done if one]


def test_a_channel_is_told_once_with_a_link_to_the_decision(acme: Firm, receiver: Receiver) -> None:
    with acme.scope():
        add(acme, receiver.url)
        assert anybody_wants(EVENT)
        happen(acme, body="Worth 1,234.57 GBP")
        happen(acme, event="timeexpense.past_cutoff")
        Channel.objects.update(events=[EVENT, "timeexpense.returned"])  # of before it was personal
        happen(acme, event="timeexpense.returned")
        assert not anybody_wants("timeexpense.returned")
        [sent] = tell()
        assert (sent.state, sent.outcome) == ("sent", "Slack took it")
        assert tell() == []
    [(headers, body)] = receiver.got
    assert headers["content-type"] == "application/json"
    told = json.loads(body)
    assert told["text"] == "Contract C-1 waits"
    assert told["blocks"][-1]["text"]["text"] == "<https://psa.example/acme/rules/7/|Open it>"
    assert "1,234" not in body.decode()


def test_an_amount_in_a_title_stays_out_of_message_and_log(acme: Firm, receiver: Receiver) -> None:
    with acme.scope():
        add(acme, receiver.url, kind="teams", language="de")
        happen(acme, title="Invoice over £1,234.57")
        assert Post.objects.get().title == "Your approval is asked for"
        tell()
    card = json.loads(receiver.got[0][1])["attachments"][0]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    [block] = card["content"]["body"]
    assert block["inlines"][0]["text"] == "Ihre Genehmigung wird erbeten"
    assert card["content"]["actions"][0]["title"] == "Öffnen"


def test_words_of_people_are_no_markup() -> None:
    words = Words("<!channel> [x](http://evil)", "*b*", "https://psa.example/a?b=1&c", "Open it")
    slack = messages.slack(words)
    assert slack["text"].startswith("&lt;!channel&gt;")
    assert {block["text"]["type"] for block in slack["blocks"][:2]} == {"plain_text"}
    assert slack["blocks"][2]["text"]["text"] == "<https://psa.example/a?b=1&amp;c|Open it>"
    body = messages.teams(words)["attachments"][0]["content"]["body"]
    assert {block["type"] for block in body} == {"RichTextBlock"}


def test_what_fails_is_tried_again_and_what_is_gone_at_once_given_up(
    acme: Firm, receiver: Receiver, settings: Any
) -> None:
    receiver.status, at = 500, AT
    ada = acme.actors["ada"]
    with acme.scope():
        channel = add(acme, receiver.url)
        happen(acme)
        [first] = tell(at)
        assert (first.state, first.attempts) == ("waiting", 1)
        assert first.outcome == "Slack did not take it (answer 500); it is tried again later"
        for wait in outgoing_tries.WAITS:
            at += wait
            [last] = tell(at)
        assert last.state == "failed"
        assert tell(at + timedelta(days=9)) == []
        receiver.status = 404
        assert deliveries.replay_failed(channel_id=channel.pk, actor=ada, at=at) == 1
        [gone] = tell(at)
        assert (gone.state, gone.attempts) == ("failed", 1)
        receiver.status = 200
        deliveries.replay(post_id=gone.pk, actor=ada, at=at)
        assert [row.state for row in tell(at)] == ["sent"]
        happen(acme, title="Another")
        before = len(receiver.got)
        settings.PSA_OUTGOING_TEST_HOSTS = frozenset()
        [refused] = tell(at)
        assert (refused.state, len(receiver.got)) == ("waiting", before)
        assert "https" in refused.outcome


def test_its_address_is_write_only_and_no_private_one(acme: Firm, receiver: Receiver) -> None:
    ada = caller(acme, "ada")
    sent = {"name": "#approvals", "kind": "slack", "url": receiver.url, "events": [EVENT]}
    made = ada.post("/channels", sent, 201)
    assert made["host"] == "127.0.0.1"
    ada.post("/channels", sent | {"name": "x", "url": "https://10.0.0.1/hook"}, 422)
    for unfit in ("no.event", "timeexpense.week_due"):
        ada.post("/channels", sent | {"name": "y", "events": [unfit]}, 422)
    browser, base = acme.client("ada"), acme.url(f"channels/{made['id']}/")
    for _ in ("a click", "and its double"):
        assert browser.post(f"{base}try/").status_code == 302
    with acme.scope():
        [tried] = tell()
        assert tried.state == "sent"
        assert tell() == []
    assert browser.post(f"{base}try/").status_code == 302  # at the same played instant
    with acme.scope():
        assert [(one.pk, one.state) for one in tell()] == [(tried.pk, "sent")]
        shown = str(list(Channel.objects.values()))
        with pytest.raises(PermissionDenied):
            channels.remove_channel(channel_id=made["id"], actor=acme.actors["ben"], at=AT)
        with pytest.raises((DomainError, RefusedTarget)):
            add(acme, "http://example.com/hook")
    edit = browser.get(f"{base}edit/").content.decode()
    typed = {
        "name": "#approvals", "kind": "slack", "url": "", "language": "de", "events": [EVENT],
        "is_active": "on", "lock_version": 1,
    }  # fmt: skip
    assert browser.post(f"{base}edit/", typed).status_code == 302
    page = browser.get(base).content.decode()
    log = browser.get(acme.url(f"channels/messages/{tried.pk}/")).content.decode()
    answers = str(ada.get(f"/channels/{made['id']}")) + str(ada.get("/channels")["items"])
    assert "My week is due" not in edit
    assert "Remove the channel #approvals?" in page
    for text in (shown, edit, page, log, answers):
        assert "SECRET" not in text
    assert "Slack took it" in log
    [row] = ada.get(f"/channels/{made['id']}/messages")["items"]
    assert ada.post(f"/channel-messages/{row['id']}/replay")["state"] == "waiting"
    with acme.scope():
        assert channels.address_of(Channel.objects.get()) == receiver.url
    assert acme.client("ben").get(base).status_code == 404
