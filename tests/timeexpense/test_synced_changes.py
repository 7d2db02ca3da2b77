"""What a phone sends: done once, answered the same each time, never over somebody else's change."""

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from PIL import Image

from psa.core.documents.models import Document
from psa.core.errors import DomainError
from psa.core.org.models import TransactionCategory
from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense.models import ExpenseEntry, ExpenseReport, SyncedChange, TimeEntry
from timeexpense.services import expenses, synced_changes, weeks
from timeexpense.services.cells import CellDraft
from timeexpense.services.expenses import ExpenseDraft, Upload
from timeexpense.services.synced_changes import Answer, TimeChange


def change(scene: Scene, change_id: UUID | None = None, **values: Any) -> TimeChange:
    change_id = change_id or uuid4()
    cell: dict[str, Any] = {
        "ref": str(change_id),
        "project_id": scene.work.project.pk,
        "task_id": scene.work.build.pk,
        "work_on": MONDAY,
        "typed": "7.5",
        "description": "Interfaces built",
        "client_key": None if values.get("entry_id") else change_id,
    }
    return TimeChange(change_id, CellDraft(**(cell | values)))


def sync(scene: Scene, *changes: TimeChange, name: str = "ben") -> list[Answer]:
    return synced_changes.sync_time(changes=changes, actor=scene.actor(name), at=NOW)


def test_makes_an_entry_once_and_answers_the_same_again(scene: Scene) -> None:
    sent = change(scene)
    (first,) = sync(scene, sent)
    (second,) = sync(scene, sent)
    assert first == second
    assert (first.status, first.minutes, first.version) == ("saved", 450, 1)
    assert TimeEntry.objects.count() == SyncedChange.objects.count() == 1


def test_does_not_bring_back_what_was_deleted_after_a_lost_answer(scene: Scene) -> None:
    sent = change(scene)
    (first,) = sync(scene, sent)
    TimeEntry.objects.all().delete()
    (second,) = sync(scene, sent)
    assert second == first
    assert not TimeEntry.objects.exists()


def test_changes_and_deletes_once(scene: Scene) -> None:
    (made,) = sync(scene, change(scene))
    edit = change(scene, typed="8", entry_id=made.entry_id, lock_version=made.version)
    assert sync(scene, edit) == sync(scene, edit)
    entry = TimeEntry.objects.get()
    assert (entry.minutes, entry.lock_version) == (480, 2)
    gone = change(scene, typed="", entry_id=entry.pk, lock_version=2)
    assert [one.status for one in sync(scene, gone, gone)] == ["deleted", "deleted"]
    again = change(scene, typed="0", entry_id=entry.pk, lock_version=2)
    assert [one.status for one in sync(scene, again)] == ["deleted"]


def test_shows_both_sides_of_a_conflict_and_keeps_neither(scene: Scene) -> None:
    (made,) = sync(scene, change(scene))
    TimeEntry.objects.update(minutes=300, description="At the desk", lock_version=2)
    mine = change(scene, typed="6", entry_id=made.entry_id, lock_version=1)
    (answer,) = sync(scene, mine)
    assert answer.status == "conflict" and answer.held is not None
    assert (answer.held.minutes, answer.held.description, answer.held.version) == (
        300, "At the desk", 2,
    )  # fmt: skip
    # The person decides for theirs: the same change, based on what stands now.
    chosen = replace(mine, cell=replace(mine.cell, lock_version=2))
    assert [one.status for one in sync(scene, chosen)] == ["saved"]
    assert TimeEntry.objects.get().minutes == 360


def test_says_when_the_entry_was_deleted_elsewhere(scene: Scene) -> None:
    (answer,) = sync(scene, change(scene, entry_id=999_999, lock_version=1))
    assert (answer.status, answer.held) == ("conflict", None)
    assert "deleted elsewhere" in answer.sentence


def test_holds_what_is_sent_against_the_rules_of_the_grid(scene: Scene) -> None:
    too_long, fine = change(scene, typed="25h"), change(scene, task_id=scene.work.fixed.pk)
    first, second = sync(scene, too_long, fine)
    assert first.status == "failed" and "24 hours" in first.sentence
    assert second.status == "saved"
    # A refusal is not the last word: corrected, the same change goes through.
    corrected = replace(too_long, cell=replace(too_long.cell, typed="5"))
    assert [one.status for one in sync(scene, corrected)] == ["saved"]


def test_refuses_an_id_that_somebody_else_used(scene: Scene) -> None:
    sent = change(scene)
    sync(scene, sent)
    (answer,) = sync(scene, sent, name="priya")
    assert answer.status == "failed" and "somebody else" in answer.sentence


def test_costs_the_same_for_one_and_for_many(
    scene: Scene, django_assert_max_num_queries: Any
) -> None:
    days = [MONDAY + timedelta(days=n) for n in range(4)]
    sent = [
        change(scene, work_on=on, task_id=task.pk, typed="1")
        for on in days
        for task in (scene.work.build, scene.work.fixed)
    ]
    with django_assert_max_num_queries(40):
        assert {one.status for one in sync(scene, *sent)} == {"saved"}


def draft(scene: Scene, **values: Any) -> ExpenseDraft:
    given: dict[str, Any] = {
        "category_id": TransactionCategory.objects.filter(transaction_class="expense")[0].pk,
        "spent_on": MONDAY,
        "currency": "GBP",
        "amount": "42.50",
        "project_id": scene.work.project.pk,
        "task_id": scene.work.build.pk,
        "merchant": "Station kiosk",
    }
    return ExpenseDraft(**(given | values))


def photo() -> Upload:
    content = BytesIO()
    Image.new("RGB", (80, 120), "white").save(content, "JPEG")
    content.seek(0)
    return Upload("receipt-1.jpg", content)


def send(scene: Scene, change_id: UUID, **values: Any) -> synced_changes.ExpenseAnswer:
    return synced_changes.sync_expense(
        change_id=change_id,
        draft=draft(scene, **values),
        receipts=[photo()],
        title="Expenses of July 2026",
        actor=scene.actor("ben"),
        at=NOW,
    )


def test_keeps_an_expense_with_its_photo_once(scene: Scene) -> None:
    change_id = uuid4()
    assert send(scene, change_id) == send(scene, change_id)
    entry = ExpenseEntry.objects.get()
    assert entry.has_receipt and entry.merchant == "Station kiosk"
    assert Document.objects.filter(record_type="timeexpense.ExpenseEntry").count() == 1


def test_gathers_expenses_in_a_report_until_it_is_handed_in(scene: Scene) -> None:
    first, second = send(scene, uuid4()), send(scene, uuid4(), amount="7", merchant="Taxi")
    assert first.report_id == second.report_id
    expenses.submit_report(report_id=first.report_id, actor=scene.actor("ben"), at=NOW)
    third = send(scene, uuid4(), amount="9", merchant="Café")
    assert third.report_id != first.report_id
    assert ExpenseReport.objects.count() == 2


def test_leaves_nothing_of_an_expense_that_is_refused(scene: Scene) -> None:
    with pytest.raises(DomainError):
        send(scene, uuid4(), amount="nothing")
    assert not ExpenseReport.objects.exists() and not SyncedChange.objects.exists()


def test_keeps_a_submitted_entry_as_it_is(scene: Scene) -> None:
    (made,) = sync(scene, change(scene))
    assert made.entry_id
    weeks.submit_entries(entry_ids=[made.entry_id], actor=scene.actor("ben"), at=NOW)
    (answer,) = sync(scene, change(scene, typed="1", entry_id=made.entry_id, lock_version=1))
    assert answer.status == "failed" and "Take it back first" in answer.sentence


def test_forgets_answers_that_nobody_asks_for_any_more(scene: Scene) -> None:
    sync(scene, change(scene))
    assert synced_changes.forget(at=NOW + timedelta(days=399)) == 0
    later = NOW + timedelta(days=401)
    assert synced_changes.has_old(at=later) and synced_changes.forget(at=later) == 1
