"""Many at once, on many connections: posted once, and never past a limit."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier

from django.db import connections
from django.db.models import Sum

from psa.core.ledger.models import Actual
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import ApprovalDecision, TimeEntry
from timeexpense.services import approvals, cells
from timeexpense.services.cells import CellDraft


def at_once(scene: Scene, calls: list[Callable[[], object]]) -> list[object]:
    barrier = Barrier(len(calls))

    def one(call: Callable[[], object]) -> object:
        try:
            barrier.wait(30)
            with scene.firm.scope():
                return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_twenty_approvals_of_one_entry_post_it_once(committed_database: str) -> None:
    scene = make_scene()
    with scene.firm.scope():
        (entry_id,) = scene.submitted()

    def approve() -> int:
        done = approvals.approve_entries(
            entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW
        )
        return done.approved_count

    assert sum(at_once(scene, [approve] * 20)) == 1  # type: ignore[arg-type]
    with scene.firm.scope():
        assert Actual.objects.count() == 2
        assert ApprovalDecision.objects.count() == 1


def test_two_approvals_never_pass_one_limit(committed_database: str) -> None:
    scene = make_scene(not_to_exceed=Decimal("1500.00"))
    with scene.firm.scope():
        ids = scene.submitted(*[scene.draft(work_on=MONDAY + timedelta(days=n)) for n in range(4)])

    def approve(entry_id: int) -> Callable[[], object]:
        return lambda: approvals.approve_entries(
            entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW
        )

    at_once(scene, [approve(entry_id) for entry_id in ids])
    with scene.firm.scope():
        sums = dict(Actual.objects.values_list("actual_type").annotate(total=Sum("amount")))
        assert sums["unbilled_sales"] == Decimal("1500.00")
        assert sums["unbilled_sales"] + sums["parked_sales"] == 4 * Decimal("1176.47")


def test_a_day_never_holds_more_than_24_hours(committed_database: str) -> None:
    scene = make_scene()

    def save(number: int) -> Callable[[], object]:
        draft = CellDraft(
            str(number), scene.work.project.pk, date(2026, 7, 8), "10", scene.work.build.pk,
            activity=f"a{number}", internal_note="Cut-over",
        )  # fmt: skip
        return lambda: cells.save_cells(cells=[draft], actor=scene.actor("ben"), at=NOW)

    at_once(scene, [save(number) for number in range(6)])
    with scene.firm.scope():
        assert TimeEntry.objects.aggregate(total=Sum("minutes"))["total"] == 1200
