"""Hours for payroll: by kind, each minute once, corrections as differences."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psa.core.errors import DomainError, PermissionDenied
from psa.core.org.models import ResourceException
from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense.models import PayrollExport, PayrollLine
from timeexpense.rules import payroll as rules
from timeexpense.rules.payroll import WorkedEntry
from timeexpense.selectors import payroll as selectors
from timeexpense.services import approvals, payroll, recalls


def approve(scene: Scene, minutes: int, on: date = MONDAY, note: str = "") -> int:
    [entry_id] = scene.submitted(scene.draft(minutes=minutes, work_on=on, internal_note=note))
    done = approvals.approve_entries(
        entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW
    )
    assert done.approved_count == 1, done
    return entry_id


def export(scene: Scene, name: str = "fay", last_on: date = date(2026, 7, 31)) -> PayrollExport:
    return payroll.export_period(
        legal_entity_id=scene.firm.entities["UK"].pk, starts_on=date(2026, 7, 1), last_on=last_on,
        actor=scene.actor(name), at=NOW,
    )  # fmt: skip


def lines(made: PayrollExport) -> list[tuple[date, str, int, str]]:
    rows = PayrollLine.objects.filter(export=made).order_by("work_on", "kind")
    return list(rows.values_list("work_on", "kind", "minutes", "reason"))


def test_hands_over_normal_overtime_and_leave(scene: Scene) -> None:
    approve(scene, 690, note="Cut-over at night")
    scene.submitted(
        scene.draft(work_on=MONDAY + timedelta(days=1))
    )  # Not approved: not handed over.
    ResourceException.objects.create(
        tenant=scene.firm.tenant, resource=scene.firm.resources["ben"], name="Leave",
        valid_from=date(2026, 7, 9), valid_until=date(2026, 7, 13),
    )  # fmt: skip
    made = export(scene)
    assert lines(made) == [
        (MONDAY, "normal", 600, ""),
        (MONDAY, "overtime", 90, "Cut-over at night"),
        (date(2026, 7, 9), "leave", 480, ""),
        (date(2026, 7, 10), "leave", 480, ""),
    ]
    name, content = selectors.as_csv(actor=scene.actor("fay"), export_id=made.pk)
    assert name == "payroll-UK-0001.csv"
    assert b"BEN,Ben,2026-07-06,overtime,90,1.50,Cut-over at night" in content


def test_hands_over_once_and_corrects_by_the_difference(scene: Scene) -> None:
    entry_id = approve(scene, 480)
    export(scene)
    with pytest.raises(DomainError, match="has all of this period"):
        export(scene)
    recalls.grant_recall(
        kind="time", entry_id=entry_id, reason="Half a day", actor=scene.actor("priya"), at=NOW
    )
    approve(scene, 240, on=MONDAY + timedelta(days=1))
    assert lines(export(scene)) == [
        (MONDAY, "normal", -480, ""), (MONDAY + timedelta(days=1), "normal", 240, ""),
    ]  # fmt: skip


def test_is_for_who_may_and_for_a_period(scene: Scene) -> None:
    approve(scene, 480)
    with pytest.raises(PermissionDenied):
        export(scene, "priya")
    for last_on in (date(2026, 6, 30), date(2026, 10, 1), date.max):
        with pytest.raises(DomainError):
            export(scene, last_on=last_on)
    assert selectors.exports(actor=scene.actor("priya")) == []


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 900)), max_size=6), max_size=5)
)
def test_hands_over_in_all_what_stands_however_often_it_runs(
    states: list[list[tuple[int, int]]],
) -> None:
    handed: dict[rules.PayKey, int] = {}
    now: dict[rules.PayKey, int] = {}
    for state in states:
        worked = [WorkedEntry(1, MONDAY + timedelta(days=n), minutes) for n, minutes in state]
        now, reasons = rules.standing(worked, {})
        for line in rules.to_hand_over(now, handed, reasons):
            key = (line.resource_id, line.work_on, line.kind)
            handed[key] = handed.get(key, 0) + line.minutes
        assert rules.to_hand_over(now, handed, reasons) == []
    assert {key: minutes for key, minutes in handed.items() if minutes} == now
