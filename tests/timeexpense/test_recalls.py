"""Taking approved entries back, and what stands in the way."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum

from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.ledger.models import Actual
from psa.core.ledger.services import claims
from sales.models import ContractLine
from sales.services import parked
from tests.timeexpense.conftest import NOW, Scene, make_scene
from timeexpense import holders
from timeexpense.models import TimeEntry
from timeexpense.services import approvals, recalls, weeks
from timeexpense.services.recalls import EntryHeld


def approved(scene: Scene, *drafts: object) -> list[int]:
    ids = scene.submitted(*drafts)  # type: ignore[arg-type]
    done = approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )
    assert done.approved_count == len(ids)
    return ids


def grant(scene: Scene, entry_id: int, name: str = "priya", reason: str = "Wrong day") -> None:
    recalls.grant_recall(
        kind="time", entry_id=entry_id, actor=scene.actor(name), at=NOW, reason=reason
    )


def balances() -> dict[str, Decimal]:
    return dict(
        Actual.objects.order_by("actual_type").values_list("actual_type").annotate(t=Sum("amount"))
    )


def test_reverses_all_and_opens_the_entry_again(scene: Scene) -> None:
    (entry_id,) = approved(scene)
    recalls.request_recall(
        kind="time", entry_id=entry_id, reason="Wrong day", actor=scene.actor("ben"), at=NOW
    )
    grant(scene, entry_id)
    entry = TimeEntry.objects.get(pk=entry_id)
    assert (entry.state, entry.revision, entry.recall_reason) == ("draft", 2, "")
    assert set(balances().values()) == {Decimal(0)}
    # Handed in again, it posts anew under its next revision.
    weeks.submit_entries(entry_ids=[entry_id], actor=scene.actor("ben"), at=NOW)
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)
    assert balances()["cost"] == Decimal(500)
    assert Actual.objects.filter(source_kind="time_entry", revision=2).count() == 2


def test_is_refused_while_a_draft_invoice_holds_it(scene: Scene) -> None:
    (entry_id,) = approved(scene)
    sales = Actual.objects.get(source_id=entry_id, actual_type="unbilled_sales")
    claims.claim(
        actual_ids=[sales.pk], holder_kind="proposal", holder_id=7, actor=scene.actor("bill")
    )
    with pytest.raises(EntryHeld, match="proposal 7"):
        grant(scene, entry_id)
    assert TimeEntry.objects.get(pk=entry_id).state == "approved"


def test_names_the_holder_as_its_room_does(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holders, "_namers", {})
    holders.register("proposal", lambda i: f"invoice draft D-{i:04d}")
    assert holders.name_of("proposal", 7) == "invoice draft D-0007"
    assert holders.name_of("vendor_invoice", 3) == "vendor invoice 3"


def test_takes_released_work_back_too(db: None) -> None:
    scene = make_scene(not_to_exceed=Decimal("1500.00"))
    with scene.firm.scope():
        _, second = approved(scene, scene.draft(), scene.draft(work_on=date(2026, 7, 7)))
        ContractLine.objects.update(not_to_exceed_amount=Decimal("2000.00"))
        parked.release(
            contract_id=scene.work.contract.pk,
            actor=scene.actor("priya"),
            at=NOW,
            today_on=date(2026, 7, 9),
        )
        grant(scene, second)
        assert balances()["unbilled_sales"] == Decimal("1176.47")
        assert balances()["parked_sales"] == Decimal(0)
        assert balances()["cost"] == Decimal(500)


def test_is_for_approvers_and_finance(scene: Scene) -> None:
    (entry_id,) = approved(scene)
    with pytest.raises(PermissionDenied):
        grant(scene, entry_id, name="ben")
    with pytest.raises(NotFound):
        grant(scene, entry_id, name="bea")
    grant(scene, entry_id, name="fay")


def test_needs_a_reason_and_an_approved_entry(scene: Scene) -> None:
    (entry_id,) = approved(scene)
    with pytest.raises(DomainError, match="reason"):
        grant(scene, entry_id, reason=" ")
    grant(scene, entry_id)
    with pytest.raises(DomainError, match="only approved"):
        grant(scene, entry_id)


def test_can_be_declined(scene: Scene) -> None:
    (entry_id,) = approved(scene)
    recalls.request_recall(
        kind="time", entry_id=entry_id, reason="Wrong day", actor=scene.actor("ben"), at=NOW
    )
    recalls.decline_recall(
        kind="time", entry_id=entry_id, reason="It is right", actor=scene.actor("priya"), at=NOW
    )
    assert TimeEntry.objects.get(pk=entry_id).recall_reason == ""
