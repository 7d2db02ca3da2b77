"""Approving: what is posted, what is refused, and what the rest does meanwhile."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from projects.models import Project
from projects.services import budgets
from psa.core.errors import PermissionDenied
from psa.core.jobs import services as jobs
from psa.core.jobs.models import JobRun
from psa.core.ledger.models import Actual, FiscalPeriod
from psa.core.notifications.models import Notification
from psa.core.org.models import JobRole, TenantParameters
from psa.core.pricing.models import PriceLine, PriceList, UnpricedEntry
from psa.core.pricing.services import unpriced
from sales.models import ChargeabilityRule
from tests.factories import make_firm
from tests.timeexpense.conftest import MONDAY, NOW, Scene, make_scene
from timeexpense.models import ApprovalDecision, TimeEntry
from timeexpense.services import approval_sets, approvals, returns
from timeexpense.services.refusals import Adjustment


def approve(scene: Scene, ids: list[int], name: str = "priya", **more: object):
    return approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=scene.actor(name), at=NOW, **more
    )


def test_posts_cost_and_unbilled_sales(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    done = approve(scene, [entry_id])
    assert [d.outcome for d in done.decisions] == ["approved"]
    # A senior's day: 1,000 GBP sells, 500 costs; the contract is in EUR at 0.85.
    assert scene.rows(entry_id) == [
        ("cost", "chargeable", 480, Decimal("500.0000"), "GBP"),
        ("unbilled_sales", "chargeable", 480, Decimal("1176.4700"), "EUR"),
    ]
    entry = TimeEntry.objects.get(pk=entry_id)
    assert (entry.state, entry.decided_by_id) == ("approved", scene.actor("priya").membership_id)
    assert ApprovalDecision.objects.get(entry_id=entry_id).decision == "approved"


def test_bills_six_of_eight_hours(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    approve(scene, [entry_id], adjustments={entry_id: Adjustment(360, "Rework is ours")})
    assert [row[:3] for row in scene.rows(entry_id)] == [
        ("cost", "chargeable", 480),
        ("unbilled_sales", "chargeable", 360),
        ("unbilled_sales", "non_chargeable", 120),
    ]
    amounts = [row[3] for row in scene.rows(entry_id)]
    assert amounts == [Decimal(500), Decimal("882.35"), Decimal(0)]
    entry = TimeEntry.objects.get(pk=entry_id)
    assert (entry.billable_minutes, entry.billable_reason) == (360, "Rework is ours")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (Adjustment(360, " "), "why another time"),
        (Adjustment(-1, "Less"), "between 0 and 24"),
        (Adjustment(1441, "More"), "between 0 and 24"),
        (Adjustment(360, "x" * 201), "200 characters"),
    ],
)
def test_refuses_an_adjustment_that_makes_no_sense(
    scene: Scene, change: Adjustment, words: str
) -> None:
    (entry_id,) = scene.submitted()
    done = approve(scene, [entry_id], adjustments={entry_id: change})
    assert words in done.refused[0].reason
    assert scene.rows(entry_id) == []


def test_approves_once(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    approve(scene, [entry_id])
    again = approve(scene, [entry_id])
    assert again.refused[0].reason == "It is approved; there is nothing left to decide."
    assert len(scene.rows(entry_id)) == 2


@pytest.mark.parametrize(
    ("policy", "approved", "said"),
    [("off", 1, ()), ("warn", 1, ("The budget of P-1 is used up.",)), ("block", 0, ())],
)
def test_keeps_to_the_budget_as_the_firm_says(
    scene: Scene, policy: str, approved: int, said: tuple[str, ...]
) -> None:
    TenantParameters.objects.update(budget_control=policy)
    Project.objects.filter(pk=scene.work.project.pk).update(budget_cost_amount=500)
    first, second = scene.submitted(scene.draft(), scene.draft(work_on=MONDAY + timedelta(days=1)))
    assert approve(scene, [first]).approved_count == 1  # 500.00 GBP: the budget, to the penny
    done = approve(scene, [second])
    assert done.approved_count == approved
    assert tuple(done.warnings) == said
    if policy == "block":
        assert "The budget of P-1 is used up. Ask its manager" in done.refused[0].reason


def test_a_project_may_say_otherwise_and_finance_may_let_it_pass(scene: Scene) -> None:
    TenantParameters.objects.update(budget_control="off")
    pk = scene.work.project.pk
    Project.objects.filter(pk=pk).update(budget_cost_amount=500, budget_control="block")
    days = [MONDAY + timedelta(days=n) for n in range(3)]
    first, second, third = scene.submitted(*(scene.draft(work_on=on) for on in days))
    assert approve(scene, [first]).approved_count == 1
    assert approve(scene, [second]).approved_count == 0
    budgets.override_budget(
        project_id=pk, extra_amount=Decimal(200), reason="Change agreed", at=NOW,
        actor=scene.actor("fay"),
    )  # fmt: skip
    assert approve(scene, [second]).approved_count == 1  # crosses it, and still passes
    assert approve(scene, [third]).approved_count == 0


def test_leaves_ones_own_entry_to_another_approver(scene: Scene) -> None:
    (entry_id,) = scene.submitted(name="priya")
    assert "your own" in approve(scene, [entry_id]).refused[0].reason
    TenantParameters.objects.update(self_approval_allowed=True)
    assert approve(scene, [entry_id]).approved_count == 1


def test_hides_entries_of_projects_that_others_approve(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    done = approve(scene, [entry_id, 10**9], name="mei")
    reasons = {one.reason for one in done.refused}
    assert reasons == {"There is no such entry, or it is not yours to approve."}


def test_needs_the_permission(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    with pytest.raises(PermissionDenied):
        approve(scene, [entry_id], name="ben")


def test_cannot_reach_another_tenants_entry(db: None) -> None:
    acme = make_scene()
    with acme.firm.scope():
        (entry_id,) = acme.submitted()
    globex = make_firm("globex", cast={"otto": "project_manager"})
    with globex.scope():
        done = approvals.approve_entries(
            entries=[("time", entry_id)], actor=globex.actors["otto"], at=NOW
        )
        assert done.refused[0].reason.startswith("There is no such entry")
    with acme.firm.scope():
        assert acme.rows(entry_id) == []


def test_lets_the_rest_go_on_when_one_has_no_price(scene: Scene) -> None:
    PriceLine.objects.filter(role=scene.firm.roles["CO"]).delete()
    good, bad = (
        scene.submitted(scene.draft("ben"))[0],
        scene.submitted(scene.draft("bea"), name="bea")[0],
    )
    done = approve(scene, [bad, good])
    assert [d.outcome for d in done.decisions] == ["refused", "approved"]
    entry = TimeEntry.objects.get(pk=bad)
    assert entry.state == "submitted"
    assert "no cost price" in entry.blocked_reason
    waiting = UnpricedEntry.objects.get(resolved_at=None)
    assert (waiting.source_kind, waiting.source_id) == ("time_entry", bad)


def test_is_taken_up_again_when_there_is_a_price(scene: Scene) -> None:
    lines = list(PriceLine.objects.filter(role=scene.firm.roles["CO"]))
    PriceLine.objects.filter(role=scene.firm.roles["CO"]).delete()
    (entry_id,) = scene.submitted(scene.draft("bea"), name="bea")
    approve(scene, [entry_id], adjustments={entry_id: Adjustment(360, "Rework")})
    for line in lines:
        line.pk = None
        line.save(force_insert=True)
    done = unpriced.replay_waiting(actor=scene.actor("fay"), at=NOW)
    assert (done.priced, done.waiting, done.failures) == (1, 0, ())
    assert TimeEntry.objects.get(pk=entry_id).state == "approved"
    assert [row[2] for row in scene.rows(entry_id)] == [480, 360, 120]
    assert unpriced.replay_waiting(actor=scene.actor("fay"), at=NOW).priced == 0


def test_posts_late_work_to_the_open_period_and_keeps_its_day(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    FiscalPeriod.objects.filter(starts_on__lt=date(2026, 8, 1)).update(state="closed")
    approve(scene, [entry_id])
    row = Actual.objects.filter(source_id=entry_id, source_kind="time_entry").first()
    assert (row.work_on, row.posted_on) == (MONDAY, date(2026, 8, 1))


def test_refuses_late_work_where_the_tenant_does(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    TenantParameters.objects.update(late_work_policy="refuse")
    FiscalPeriod.objects.filter(starts_on__lt=date(2026, 8, 1)).update(state="closed")
    done = approve(scene, [entry_id])
    assert "6 Jul 2026 lies in a closed period" in done.refused[0].reason
    assert TimeEntry.objects.get(pk=entry_id).blocked_reason == done.refused[0].reason


def test_keeps_an_entry_that_no_period_takes(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    FiscalPeriod.objects.update(state="closed")
    done = approve(scene, [entry_id])
    assert done.approved_count == 0
    assert TimeEntry.objects.get(pk=entry_id).blocked_reason
    assert Actual.objects.count() == 0


def test_parks_what_crosses_a_limit(db: None) -> None:
    scene = make_scene(not_to_exceed=Decimal("1500.00"))
    with scene.firm.scope():
        ids = scene.submitted(scene.draft(), scene.draft(work_on=date(2026, 7, 7)))
        done = approve(scene, ids)
        kinds = [(row[0], row[3]) for row in scene.rows(ids[1])]
        assert ("unbilled_sales", Decimal("323.5300")) in kinds
        assert ("parked_sales", Decimal("852.9400")) in kinds
        assert done.warnings
        assert not any(char.isdigit() for warning in done.warnings for char in warning)


def test_tells_the_person_why_an_entry_came_back(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    returns.return_entries(
        entries=[("time", entry_id)], reason="Which interface?", actor=scene.actor("priya"), at=NOW
    )
    entry = TimeEntry.objects.get(pk=entry_id)
    assert (entry.state, entry.return_reason) == ("returned", "Which interface?")
    told = Notification.objects.get(membership_id=scene.actor("ben").membership_id)
    assert "Which interface?" in told.body


def test_approves_all_clean_and_leaves_exceptions(scene: Scene) -> None:
    clean, flagged = scene.submitted(
        scene.draft(), scene.draft(work_on=date(2026, 7, 7), description="")
    )
    done = approval_sets.approve_all_clean(actor=scene.actor("priya"), at=NOW)
    assert done.approved_count == 1
    assert TimeEntry.objects.get(pk=clean).state == "approved"
    assert TimeEntry.objects.get(pk=flagged).state == "submitted"


def test_runs_a_large_set_as_one_job(scene: Scene) -> None:
    days = [date(2026, 6, 29).toordinal() + n for n in range(11)]
    drafts = [
        scene.draft(minutes=60, work_on=date.fromordinal(d), description=f"{d} {n}")
        for d in days
        for n in range(5)
    ]
    ids = scene.submitted(*drafts)
    run = approval_sets.approve_set(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )
    assert isinstance(run, JobRun)
    again = approval_sets.approve_set(
        entries=[("time", i) for i in ids], actor=scene.actor("priya"), at=NOW
    )
    assert again.pk == run.pk
    done = jobs.run_now(run.pk)
    assert done.state == "done"
    assert done.result == {"approved": 55, "refused": 0}
    assert TimeEntry.objects.filter(state="approved").count() == 55


def test_asks_as_many_queries_for_forty_entries_as_for_four(scene: Scene) -> None:
    first = [scene.draft(minutes=60, description=f"a{n}") for n in range(4)]
    many = [
        scene.draft(minutes=30, description=f"b{n}", work_on=date(2026, 7, 7 + n % 2))
        for n in range(40)
    ]
    few_ids, many_ids = scene.submitted(*first), scene.submitted(*many)
    with CaptureQueriesContext(connection) as few:
        approve(scene, few_ids)
    with CaptureQueriesContext(connection) as lots:
        approve(scene, many_ids)
    assert len(lots) <= len(few)
    assert len(few) < 62


def test_names_no_price_in_any_reason(scene: Scene) -> None:
    PriceList.objects.filter(context="sales").update(valid_until=date(2026, 1, 1))
    (entry_id,) = scene.submitted()
    reason = approve(scene, [entry_id]).refused[0].reason
    assert not any(figure in reason for figure in ("500", "1000", "1,000", "800", "400"))


@pytest.mark.parametrize("agreed", [False, True])
def test_charges_nothing_for_a_role_that_is_not_charged_unless_the_line_says_so(
    scene: Scene, agreed: bool
) -> None:
    role = scene.firm.roles["SC"]
    JobRole.objects.filter(pk=role.pk).update(billing_type="non_chargeable")
    if agreed:
        ChargeabilityRule.objects.create(
            tenant=scene.firm.tenant, line=scene.work.time_line, role=role,
            billing_type="chargeable",
        )  # fmt: skip
    (entry_id,) = scene.submitted(scene.draft(minutes=60))
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("priya"), at=NOW)
    types = set(Actual.objects.values_list("actual_type", flat=True))
    assert types == ({"cost", "unbilled_sales"} if agreed else {"cost"})
