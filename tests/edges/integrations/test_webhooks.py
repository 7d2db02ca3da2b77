"""Events reach who wants them: signed, once, again after a failure, and never with a rate."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from standardwebhooks.webhooks import Webhook

from psa.core.audit import services as audit
from psa.core.errors import PermissionDenied
from psa.core.web import outgoing_tries
from psa.core.web.outgoing import RefusedTarget
from psa.edges.integrations.webhooks.models import Delivery, Endpoint
from psa.edges.integrations.webhooks.services import deliveries, endpoints
from tests.edges.api.callers import caller
from tests.factories import Firm
from tests.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving(settings, "/hook") as found:
        yield found


def now() -> datetime:
    return datetime.now(tz=UTC)


def add(firm: Firm, url: str, *events: str) -> Endpoint:
    return endpoints.create_endpoint(
        url=url, description="", events=events, actor=firm.actors["ada"], at=now()
    )


def happen(firm: Firm, event: str = "billing.invoice.confirmed") -> None:
    audit.record(
        actor=firm.actors["fay"], at=now(), event=event, record_type="billing.Invoice",
        record_id=7, sentence="confirmed INV-7", changes={"price": ("1234.57", "7654.31")},
    )  # fmt: skip


def tell(at: datetime | None = None) -> list[Delivery]:
    at = at or now()
    deliveries.collect(at=at)
    done = [deliveries.deliver(delivery_id=pk, at=at) for pk in deliveries.due(at=at)]
    return [one for one in done if one]


def test_an_event_is_told_signed_and_once(acme: Firm, receiver: Receiver) -> None:
    with acme.scope():
        endpoint = add(acme, receiver.url, "billing.invoice")
        happen(acme)
        happen(acme, "sales.account.created")
        [sent] = tell()
        assert sent.state == Delivery.State.SENT
        assert tell() == []
    [(headers, body)] = receiver.got
    told = Webhook(endpoints.secret_of(endpoint)).verify(body, headers)
    assert told["type"] == "billing.invoice.confirmed"
    assert told["data"]["record_id"] == 7
    assert headers["webhook-id"].startswith("evt_")


def test_what_is_told_holds_no_value(acme: Firm, receiver: Receiver) -> None:
    with acme.scope():
        add(acme, receiver.url)
        happen(acme)
        tell()
    sent = b"".join(body for _, body in receiver.got).decode()
    assert "7654.31" not in sent
    assert "INV-7" not in sent
    assert set(json.loads(sent)["data"]) == {"entry_id", "record_type", "record_id", "via"}


def test_what_fails_is_tried_again_later_and_later(acme: Firm, receiver: Receiver) -> None:
    receiver.status = 500
    at = now()
    with acme.scope():
        add(acme, receiver.url)
        happen(acme)
        [first] = tell(at)
        assert (first.state, first.attempts, first.outcome) == ("waiting", 1, "Answered 500")
        assert tell(at + timedelta(seconds=59)) == []
        for wait in outgoing_tries.WAITS:
            at += wait
            [last] = tell(at)
        assert last.state == Delivery.State.FAILED
        assert tell(at + timedelta(days=9)) == []
        receiver.status = 200
        deliveries.replay(delivery_id=last.pk, actor=acme.actors["ada"], at=at)
        [again] = tell(at)
        assert again.state == Delivery.State.SENT


def test_a_redirect_is_not_followed(acme: Firm, receiver: Receiver) -> None:
    receiver.status, receiver.location = 302, "http://169.254.169.254/"
    with acme.scope():
        add(acme, receiver.url)
        happen(acme)
        [tried] = tell()
    assert (tried.state, tried.answered_status) == ("waiting", 302)
    assert len(receiver.got) == 1


def test_a_private_network_is_refused_when_added_and_when_sent(
    acme: Firm, receiver: Receiver, settings: Any
) -> None:
    with acme.scope():
        with pytest.raises(RefusedTarget):
            add(acme, "https://10.0.0.1/hook")
        add(acme, receiver.url)
        happen(acme)
        settings.PSA_OUTGOING_TEST_HOSTS = frozenset()
        [tried] = tell()
    assert tried.state == "waiting"
    assert "https" in tried.outcome
    assert receiver.got == []


def test_what_commits_late_is_still_told(acme: Firm, receiver: Receiver) -> None:
    """The cursor stands before the last ten minutes, and a delivery's key makes it once."""
    with acme.scope():
        endpoint = add(acme, receiver.url)
        for _ in range(3):
            happen(acme)
        before = Endpoint.objects.get(pk=endpoint.pk).settled_entry_id
        assert deliveries.collect(at=now()) == 3
        assert deliveries.collect(at=now()) == 0
        assert Endpoint.objects.get(pk=endpoint.pk).settled_entry_id == before
        deliveries.collect(at=now() + timedelta(minutes=11))
        assert Endpoint.objects.get(pk=endpoint.pk).settled_entry_id > before


def test_only_who_manages_parameters_may_add_one(acme: Firm, receiver: Receiver) -> None:
    with acme.scope(), pytest.raises(PermissionDenied):
        endpoints.create_endpoint(
            url=receiver.url, description="", events=(), actor=acme.actors["ben"], at=now()
        )


def test_pages_and_api_show_the_log_and_replay(acme: Firm, receiver: Receiver) -> None:
    ada = caller(acme, "ada")
    made = ada.post("/webhooks", {"url": receiver.url, "events": ["sales"]}, 201)
    ada.post("/webhooks", {"url": "https://127.0.0.1/"}, 422)
    caller(acme, "amara").post(
        "/accounts", {"name": "Kessler", "country": "DE", "currency": "EUR"}, 201
    )
    with acme.scope():
        [sent] = tell()
    [row] = ada.get(f"/webhooks/{made['id']}/deliveries")["items"]
    assert (row["state"], row["event"]) == ("sent", "sales.account.created")
    browser = acme.client("ada")
    page = browser.get(acme.url(f"webhooks/{made['id']}/")).content.decode()
    assert "sales.account.created" in page
    assert browser.get(acme.url(f"webhooks/deliveries/{sent.pk}/")).status_code == 200
    assert browser.post(acme.url(f"webhooks/deliveries/{sent.pk}/replay/")).status_code == 302
    assert ada.post(f"/webhook-deliveries/{sent.pk}/replay")["state"] == "waiting"
    assert acme.client("ben").get(acme.url("webhooks/")).status_code == 404


def test_its_secret_stands_nowhere_in_the_clear(acme: Firm) -> None:
    ada = caller(acme, "ada")
    with acme.scope():
        made = endpoints.create_endpoint(
            url="https://hooks.example/psa", description="", events=[], is_active=False,
            actor=acme.actors["ada"], at=now(),
        )  # fmt: skip
        secret = endpoints.secret_of(made)
        renewed = endpoints.renew_secret(endpoint_id=made.pk, actor=acme.actors["ada"], at=now())
        assert endpoints.secret_of(renewed) != secret
    shown = ada.get(f"/webhooks/{made.pk}")["secret"]
    page = acme.client("ada").get(acme.url(f"webhooks/{made.pk}/")).content.decode()
    assert shown.startswith("whsec_") and shown in page
    with acme.scope():
        assert shown not in str(list(Endpoint.objects.values()))
        Endpoint.objects.update(sealed_secret="gAAAA-of-another-installation")
    assert ada.get(f"/webhooks/{made.pk}")["secret"] == ""
    page = acme.client("ada").get(acme.url(f"webhooks/{made.pk}/")).content.decode()
    assert "make a new one" in page


def test_a_secret_that_nobody_can_read_is_no_reason_to_stop(acme: Firm, receiver: Receiver) -> None:
    with acme.scope():
        add(acme, receiver.url)
        Endpoint.objects.update(sealed_secret="gAAAA-of-another-installation")
        happen(acme)
        assert {row.state for row in tell()} == {"waiting"}
    assert receiver.got == []


def test_the_migration_seals_what_stands_in_the_clear(acme: Firm) -> None:
    step = import_module("psa.edges.integrations.webhooks.migrations.0003_seal_secrets")
    with acme.scope():
        Endpoint.objects.create(
            tenant=acme.tenant, url="https://hooks.example/psa", secret="whsec_PLAIN",
            created_at=now(), settled_entry_id=0,
        )  # fmt: skip
    for _ in range(2):
        step.seal(apps, None)
        with acme.scope():
            row = Endpoint.objects.get()
            assert (row.secret, endpoints.secret_of(row)) == ("", "whsec_PLAIN")
    step.open_again(apps, None)
    with acme.scope():
        assert Endpoint.objects.get().secret == "whsec_PLAIN"
