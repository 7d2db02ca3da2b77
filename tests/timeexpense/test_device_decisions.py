"""Approving inside a push message: told who decides, offered what is clean, done once, refused politely."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from psa.core.access.models import MembershipRole
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.models import Actual
from psa.core.notifications import decisions, devices, services
from psa.core.notifications.models import Notification, PushDelivery
from tests.core.notifications.test_devices import save
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from tests.timeexpense.test_save_cells import cell
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import EntryState, TimeEntry
from timeexpense.services import approvals, cells, week_notices, weeks

LATER = NOW + timedelta(minutes=5)


def hand_in(scene: Scene, *drafts: Any) -> Notification:
    """Ben's week handed in, and what Priya's phone is told of it."""
    save(scene.firm, "https://push.example.com/1", "priya")
    scene.enter(*(drafts or (scene.draft(), scene.draft(work_on=MONDAY + timedelta(days=1)))))
    weeks.submit_week(week_starts_on=MONDAY, actor=scene.actor("ben"), at=NOW)
    row: Notification = Notification.objects.get(event=TimeExpenseEvent.HANDED_IN)
    return row


def message(row: Notification, at: datetime = NOW) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(devices.payload_of(row, at=at))
    return shown


def decide(scene: Scene, right: str, name: str = "priya", at: datetime = LATER) -> str:
    return decisions.decide(right=right, actor=scene.actor(name), at=at)


def states() -> list[str]:
    return list(TimeEntry.objects.order_by("id").values_list("state", flat=True))


def test_tells_who_decides_without_a_rate_and_without_ringing_the_bell(scene: Scene) -> None:
    row = hand_in(scene)
    assert row.membership_id == scene.actor("priya").membership_id and row.read_at == NOW
    assert row.title == f"{scene.firm.resources['ben'].name} handed in the week of 6 Jul 2026"
    assert row.body == "2 entries wait for your decision, 16:00 hours."
    assert PushDelivery.objects.count() == 1
    told = message(row)
    assert [one["title"] for one in told["actions"]] == ["Approve", "Open"]
    assert told["decide"] == "/acme/notifications/decide/"
    assert "16" not in told["right"][:4] and len(told["right"]) < decisions.LONGEST_RIGHT


def test_tells_nobody_without_a_device(scene: Scene, django_assert_num_queries: Any) -> None:
    scene.enter(scene.draft())
    weeks.submit_week(week_starts_on=MONDAY, actor=scene.actor("ben"), at=NOW)
    assert not Notification.objects.exists()
    with django_assert_num_queries(3):
        assert not services.anybody_wants(TimeExpenseEvent.HANDED_IN)


def test_approves_once(scene: Scene) -> None:
    row = hand_in(scene)
    right = message(row)["right"]
    assert decide(scene, right) == "Approved 2 entries."
    posted = Actual.objects.count()
    assert states() == [EntryState.APPROVED] * 2 and posted
    with pytest.raises(Conflict, match="already"):
        decide(scene, right)
    assert Actual.objects.count() == posted
    row.refresh_from_db()
    assert row.decided_at == LATER and "actions" not in message(row)


def test_two_devices_approve_once(scene: Scene) -> None:
    row = hand_in(scene)
    first, second = message(row)["right"], message(row)["right"]
    assert first != second
    decide(scene, first)
    with pytest.raises(Conflict):
        decide(scene, second)


def test_refuses_what_changed_and_approves_nothing_of_it(scene: Scene) -> None:
    right = message(hand_in(scene))["right"]
    changed, other = TimeEntry.objects.order_by("id")
    weeks.recall_submitted(entries=[("time", changed.pk)], actor=scene.actor("ben"), at=NOW)
    typed = cell(scene, "5", entry_id=changed.pk, lock_version=changed.lock_version)
    cells.save_cells(cells=[typed], actor=scene.actor("ben"), at=NOW)
    weeks.submit_entries(entry_ids=[changed.pk], actor=scene.actor("ben"), at=NOW)
    with pytest.raises(Conflict, match="since you were told"):
        decide(scene, right)
    assert states() == [EntryState.SUBMITTED] * 2
    approvals.approve_entries(entries=[("time", other.pk)], actor=scene.actor("priya"), at=NOW)
    with pytest.raises(Conflict):
        decide(scene, right)


def test_is_over_after_four_hours(scene: Scene) -> None:
    right = message(hand_in(scene))["right"]
    with pytest.raises(DomainError, match="too late"):
        decide(scene, right, at=NOW + timedelta(hours=4, seconds=1))
    assert states() == [EntryState.SUBMITTED] * 2


@pytest.mark.parametrize("right", ["", "x", "gAAAAA", "ü" * 10, "a" * 5000])
def test_refuses_a_right_that_it_did_not_write(scene: Scene, right: str) -> None:
    with pytest.raises(NotFound):
        decide(scene, right)


def test_refuses_somebody_elses_right(scene: Scene) -> None:
    right = message(hand_in(scene))["right"]
    with pytest.raises(NotFound):
        decide(scene, right, "fay")
    assert states() == [EntryState.SUBMITTED] * 2


def test_leaves_exceptions_to_the_page(scene: Scene) -> None:
    row = hand_in(scene)
    flagged = TimeEntry.objects.order_by("id")[0]
    TimeEntry.objects.filter(pk=flagged.pk).update(flags=[{"code": "x", "sentence": "Look at it."}])
    told = message(row)
    assert told["actions"][0]["title"] == "Approve 1 of 2"
    assert decide(scene, told["right"]) == "Approved 1 entry."
    assert states() == [EntryState.SUBMITTED, EntryState.APPROVED]


def test_offers_nothing_where_all_are_exceptions_or_the_right_is_lost(scene: Scene) -> None:
    row = hand_in(scene)
    TimeEntry.objects.update(flags=[{"code": "x", "sentence": "Look at it."}])
    assert "right" not in message(row)
    TimeEntry.objects.update(flags=[])
    MembershipRole.objects.filter(membership_id=row.membership_id).delete()
    assert "right" not in message(row)


def test_what_is_past_the_cutoff_is_approved_from_its_message(scene: Scene) -> None:
    hand_in(scene)
    week_notices.tell_due(
        kind="cutoff", week_starts_on=MONDAY, zones=["UTC", ""], actor=scene.actor("priya"),
        at=NOW + timedelta(days=7),
    )  # fmt: skip
    row = Notification.objects.filter(event=TimeExpenseEvent.PAST_CUTOFF).get(
        membership_id=scene.actor("priya").membership_id
    )
    at = NOW + timedelta(days=7)
    assert decide(scene, message(row, at)["right"], at=at) == "Approved 2 entries."


def test_answers_the_device_in_words(db: None, settings: Any) -> None:
    settings.PSA_NOW = LATER
    made = make_scene()
    with made.firm.scope():
        right = message(hand_in(made))["right"]

    def post(client: Client, body: Any) -> Any:
        url = made.firm.url("notifications/decide/")
        return client.post(url, data=body, content_type="application/json")

    priya = made.firm.client("priya")
    assert post(Client(), {"right": right}).status_code in (302, 404)
    assert post(priya, "{").status_code == 400
    assert post(made.firm.client("fay"), {"right": right}).status_code == 422
    done = post(priya, {"right": right})
    assert done.status_code == 200 and done.json() == {"title": "Approved 2 entries.", "body": ""}
    again = post(priya, {"right": right})
    assert again.status_code == 422
    assert again.json() == {
        "title": "Nothing was decided",
        "body": "You decided on this already.",
    }


def test_says_no_amount_on_a_screen() -> None:
    assert decisions.told_on_screen("The limit of €1,200 is reached.") == "Open it to see why."
