"""Journeys and recalls granted inside a push message: by who may, as asked, once."""

from datetime import timedelta

import pytest

from psa.core.errors import Conflict
from psa.core.ledger.models import Actual
from psa.core.notifications import decisions
from psa.core.notifications.models import Notification
from tests.timeexpense.conftest import NOW, Scene
from tests.timeexpense.test_device_decisions import decide, message
from tests.timeexpense.test_travel import ask
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import TimeEntry, TravelRequest
from timeexpense.services import approvals, recalls, travel


def test_a_journey_is_approved_as_it_was_asked_for(scene: Scene) -> None:
    row = ask(scene)
    travel.submit_request(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    told = Notification.objects.get(event=TimeExpenseEvent.TRAVEL_SUBMITTED)
    shown = message(told)
    assert [one["title"] for one in shown["actions"]] == ["Approve", "Open"]
    assert "400" not in shown["title"] + shown["body"]
    assert len(shown["right"]) < decisions.LONGEST_RIGHT
    # Returned, changed and handed in again, it is another journey.
    travel.decide(
        request_id=row.pk, approve=False, reason="Too long", actor=scene.actor("priya"), at=NOW
    )
    assert "right" not in message(told)
    travel.submit_request(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    with pytest.raises(Conflict, match="since you were told"):
        decide(scene, shown["right"])
    right = message(told)["right"]
    assert decide(scene, right) == f"Approved {row.number}."
    assert TravelRequest.objects.get(pk=row.pk).state == TravelRequest.State.APPROVED
    with pytest.raises(Conflict, match="already"):
        decide(scene, right)
    assert Notification.objects.filter(event=TimeExpenseEvent.TRAVEL_DECIDED).count() == 2


def test_an_entry_is_taken_back_for_the_reason_that_was_read(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)

    def request(reason: str) -> Notification:
        recalls.request_recall(
            kind="time", entry_id=entry_id, reason=reason, actor=scene.actor("ben"), at=NOW
        )
        row: Notification = Notification.objects.filter(
            event=TimeExpenseEvent.RECALL_REQUESTED,
            membership_id=scene.actor("priya").membership_id,
        ).latest("id")
        return row

    first = message(request("Wrong day"))
    assert [one["title"] for one in first["actions"]] == ["Grant", "Open"]
    recalls.decline_recall(
        kind="time", entry_id=entry_id, reason="No", actor=scene.actor("priya"), at=NOW
    )
    second = request("Wrong project")
    with pytest.raises(Conflict, match="since you were told"):
        decide(scene, first["right"])
    posted = Actual.objects.count()
    assert decide(scene, message(second)["right"]) == "The entry can be changed again."
    assert TimeEntry.objects.get(pk=entry_id).state == "draft"
    assert Actual.objects.count() > posted
    second.decided_at = None
    assert "right" not in message(second, NOW + timedelta(minutes=5))
