"""Who may decide on what: the truth table, asked of the inbox and of the door alike."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from projects.models import Project, ProjectApprover
from psa.core.access.models import MembershipRole, Role
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.org.models import Resource, TenantParameters
from tests.timeexpense.conftest import MONDAY, NOW, Scene
from timeexpense.models import ApprovalDecision, ApprovalDelegation, ExpenseEntry, TimeEntry
from timeexpense.selectors import approvals as inbox
from timeexpense.selectors import deciders
from timeexpense.services import approvals, delegations, expenses, returns, routes
from timeexpense.services.expenses import ExpenseDraft
from timeexpense.services.routes import RouteInput

TODAY = NOW.date()
SOME_APPROVERS = ("priya", "mei", "fay", "paul", "rae")


def member(scene: Scene, name: str) -> int:
    return int(scene.actor(name).membership_id)


def let_approve(scene: Scene, *names: str) -> None:
    """Give people the role that approves, and their actors what it brings."""
    role = Role.objects.get(code="project_approver")
    for name in names:
        MembershipRole.objects.get_or_create(
            tenant=scene.firm.tenant, membership_id=member(scene, name), role=role
        )
        actor = scene.actor(name)
        scene.firm.actors[name] = type(actor)(
            actor.user_id, actor.membership_id, actor.tenant_id,
            actor.permissions | frozenset(role.permissions),
        )  # fmt: skip


def stand_in(scene: Scene, approver: str, delegate: str, by: str = "", **days: date) -> None:
    delegations.name_deputy(
        approver_id=member(scene, approver),
        delegate_id=member(scene, delegate),
        from_on=days.get("from_on", TODAY),
        until_on=days.get("until_on", TODAY),
        actor=scene.actor(by or approver),
        at=NOW,
    )


def who_decides(scene: Scene, entry_id: int) -> set[str]:
    """Those whose inbox shows the entry; the door, tried by each, has to agree."""
    shown = {
        name
        for name in ("priya", "mei", "fay", "paul", "ben", "bea")
        if inbox.to_approve(TimeEntry, scene.actor(name)).filter(pk=entry_id).exists()
    }
    row = TimeEntry.objects.select_related("resource").get(pk=entry_id)
    waits = deciders.Waits(row.awaits, row.project_id, row.route_id, row.resource_id)
    told = deciders.deciders_of([waits])[waits]
    for name in SOME_APPROVERS[:4]:
        if not scene.actor(name).has("timeexpense.approve"):
            continue
        tried = returns.return_entries(
            entries=[("time", entry_id)], reason="Try", actor=scene.actor(name), at=NOW
        )
        assert (not tried.refused) is (name in shown), name
        assert (member(scene, name) in told) is (name in shown), name
        TimeEntry.objects.filter(pk=entry_id).update(state="submitted", return_reason="")
    return shown


def test_manager_and_named_approvers_of_the_project(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    assert who_decides(scene, entry_id) == {"priya"}
    ProjectApprover.objects.create(
        tenant=scene.firm.tenant, project=scene.work.project, resource=scene.firm.resources["mei"]
    )
    assert who_decides(scene, entry_id) == {"priya", "mei"}


def test_work_for_no_customer_goes_to_the_persons_manager(scene: Scene) -> None:
    let_approve(scene, "paul")
    Project.objects.filter(pk=scene.work.project.pk).update(is_internal=True)
    Resource.objects.filter(code="BEN").update(manager=scene.firm.resources["paul"])
    (bens,) = scene.submitted()
    (beas,) = scene.submitted(name="bea")
    assert who_decides(scene, bens) == {"paul"}
    assert who_decides(scene, beas) == {"priya"}  # has no manager
    done = approvals.approve_entries(entries=[("time", bens)], actor=scene.actor("paul"), at=NOW)
    assert done.approved_count == 1


def test_a_manager_who_may_not_approve_leaves_it_to_the_project(scene: Scene) -> None:
    Project.objects.filter(pk=scene.work.project.pk).update(is_internal=True)
    Resource.objects.filter(code="BEN").update(manager=scene.firm.resources["bea"])
    (entry_id,) = scene.submitted()
    assert who_decides(scene, entry_id) == {"priya"}


def test_work_of_a_projects_only_approver_goes_to_their_manager(scene: Scene) -> None:
    """Else nobody could decide on it: an approver never approves their own."""
    let_approve(scene, "paul")
    Resource.objects.filter(code="PRIYA").update(manager=scene.firm.resources["paul"])
    (alone,) = scene.submitted(name="priya")
    assert who_decides(scene, alone) == {"paul"}
    done = approvals.approve_entries(entries=[("time", alone)], actor=scene.actor("paul"), at=NOW)
    assert done.approved_count == 1

    ProjectApprover.objects.create(
        tenant=scene.firm.tenant, project=scene.work.project, resource=scene.firm.resources["mei"]
    )
    (with_another,) = scene.submitted(
        scene.draft("priya", work_on=MONDAY + timedelta(1)), name="priya"
    )
    assert who_decides(scene, with_another) == {"mei"}


def test_a_deputy_decides_for_these_days_but_never_on_the_approvers_own(scene: Scene) -> None:
    (bens,) = scene.submitted()
    (own,) = scene.submitted(name="priya")
    stand_in(scene, "priya", "mei")
    assert who_decides(scene, bens) == {"priya", "mei"}
    assert who_decides(scene, own) == set()
    done = approvals.approve_entries(entries=[("time", bens)], actor=scene.actor("mei"), at=NOW)
    assert done.approved_count == 1
    decision = ApprovalDecision.objects.get(entry_id=bens, decision="approved")
    assert decision.decided_by_id == member(scene, "mei")
    assert decision.stands_in_for_id == member(scene, "priya")


def test_a_deputy_decides_on_nothing_of_their_own(scene: Scene) -> None:
    let_approve(scene, "ben")
    (entry_id,) = scene.submitted()
    stand_in(scene, "priya", "ben")
    assert who_decides(scene, entry_id) == {"priya"}


def test_a_deputys_deputy_gets_nothing(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    stand_in(scene, "priya", "mei")
    stand_in(scene, "mei", "fay")
    assert who_decides(scene, entry_id) == {"priya", "mei"}


def test_a_deputy_begins_and_ends_with_the_days(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    tomorrow = TODAY + timedelta(days=1)
    stand_in(scene, "priya", "mei", from_on=tomorrow, until_on=tomorrow)
    assert who_decides(scene, entry_id) == {"priya"}
    assert not delegations.is_turning(at=NOW)
    assert delegations.turn(at=NOW + timedelta(days=1)) == 1
    assert inbox.to_approve(TimeEntry, scene.actor("mei")).exists()
    later = NOW + timedelta(days=2)
    # Past the last day the door is shut, also while the clock's job has not run yet.
    late = approvals.approve_entries(
        entries=[("time", entry_id)], actor=scene.actor("mei"), at=later
    )
    assert late.refused
    assert delegations.is_turning(at=later)
    assert delegations.turn(at=later) == 1
    assert who_decides(scene, entry_id) == {"priya"}


def test_a_deputy_is_dismissed_at_once(scene: Scene) -> None:
    (entry_id,) = scene.submitted()
    stand_in(scene, "priya", "mei", until_on=TODAY + timedelta(days=9))
    row = ApprovalDelegation.objects.get()
    with pytest.raises(NotFound):
        delegations.end_deputy(delegation_id=row.pk, actor=scene.actor("fay"), at=NOW)
    delegations.end_deputy(delegation_id=row.pk, actor=scene.actor("priya"), at=NOW)
    delegations.end_deputy(delegation_id=row.pk, actor=scene.actor("priya"), at=NOW)
    assert who_decides(scene, entry_id) == {"priya"}


def test_who_names_whose_deputy(scene: Scene) -> None:
    with pytest.raises(NotFound):
        stand_in(scene, "priya", "mei", by="fay")
    with pytest.raises(DomainError, match="may not approve time"):
        stand_in(scene, "priya", "bea")
    with pytest.raises(DomainError, match="somebody else"):
        stand_in(scene, "priya", "priya")
    with pytest.raises(DomainError, match="before the first"):
        stand_in(scene, "priya", "mei", from_on=TODAY, until_on=TODAY - timedelta(days=1))
    stand_in(scene, "priya", "mei", by="ada")
    with pytest.raises(DomainError, match="already"):
        stand_in(scene, "priya", "mei")
    let_approve(scene, "ada", "paul")
    with pytest.raises(PermissionDenied):
        stand_in(scene, "priya", "ada", by="ada")
    Resource.objects.filter(code="PRIYA").update(manager=scene.firm.resources["paul"])
    stand_in(scene, "priya", "paul", by="paul")  # her manager takes over
    assert ApprovalDelegation.objects.count() == 2


def test_self_approval_is_a_parameter(scene: Scene) -> None:
    (own,) = scene.submitted(name="priya")
    assert who_decides(scene, own) == set()
    TenantParameters.objects.update(self_approval_allowed=True)
    assert inbox.to_approve(TimeEntry, scene.actor("priya")).filter(pk=own).exists()


# Levels


def spend(scene: Scene, amount: str, currency: str = "GBP") -> int:
    report = expenses.create_report(title="Trip", actor=scene.actor("ben"), at=NOW)
    expenses.add_expense(
        report_id=report.pk,
        draft=ExpenseDraft(
            category_id=scene.firm.categories["travel"].pk, spent_on=MONDAY, currency=currency,
            amount=amount, project_id=scene.work.project.pk, task_id=scene.work.build.pk,
            merchant="Airline", description=f"Flight {amount}",
        ),
        actor=scene.actor("ben"), at=NOW,
    )  # fmt: skip
    expenses.submit_report(report_id=report.pk, actor=scene.actor("ben"), at=NOW)
    return int(ExpenseEntry.objects.get(report=report).pk)


def finance_over(scene: Scene, amount: int, **changes: object) -> int:
    values = {
        "name": "Finance over 500", "level": 2, "entry_kind": "expense",
        "amount_over": Decimal(amount), "approver_role": "finance_manager",
    }  # fmt: skip
    made = routes.save_route(
        route=RouteInput(**(values | changes)),  # type: ignore[arg-type]
        actor=scene.actor("ada"), at=NOW,
    )  # fmt: skip
    return int(made.pk)


def approve_expense(scene: Scene, entry_id: int, name: str) -> approvals.Approval:
    return approvals.approve_entries(
        entries=[("expense", entry_id)], actor=scene.actor(name), at=NOW
    )


def test_the_manager_then_finance_above_an_amount(scene: Scene) -> None:
    finance_over(scene, 500)
    small, large = spend(scene, "500.00"), spend(scene, "500.01")
    assert approve_expense(scene, small, "priya").approved_count == 1
    assert approve_expense(scene, large, "fay").refused  # not her turn yet
    passed = approve_expense(scene, large, "priya")
    assert passed.decisions[0].outcome == "passed"
    assert passed.decisions[0].reason == "It waits for a further approval: Finance over 500."
    assert scene.rows(large, "expense_entry") == []
    assert approve_expense(scene, large, "priya").refused
    assert approve_expense(scene, large, "fay").approved_count == 1
    assert scene.rows(large, "expense_entry")
    decisions = ApprovalDecision.objects.filter(entry_id=large, entry_kind="expense")
    assert list(decisions.order_by("id").values_list("decision", flat=True)) == [
        "passed", "approved",
    ]  # fmt: skip


def test_an_amount_is_compared_in_the_entitys_currency(scene: Scene) -> None:
    finance_over(scene, 500)
    # 1 EUR is 0.85 GBP: 588.23 EUR are 500.00, 588.25 EUR are 500.01.
    assert approve_expense(scene, spend(scene, "588.23", "EUR"), "priya").approved_count == 1
    assert approve_expense(scene, spend(scene, "588.25", "EUR"), "priya").passed_count == 1


def test_nobody_approves_at_two_levels(scene: Scene) -> None:
    finance_over(scene, 500, approver_role="", approver_id=member(scene, "priya"))
    large = spend(scene, "900")
    assert approve_expense(scene, large, "priya").passed_count == 1
    assert "earlier level" in approve_expense(scene, large, "priya").refused[0].reason


def test_a_returned_entry_begins_at_the_first_level_again(scene: Scene) -> None:
    finance_over(scene, 500)
    large = spend(scene, "900")
    approve_expense(scene, large, "priya")
    returns.return_entries(
        entries=[("expense", large)], reason="Which flight?", actor=scene.actor("fay"), at=NOW
    )
    report_id = ExpenseEntry.objects.get(pk=large).report_id
    expenses.submit_report(report_id=report_id, actor=scene.actor("ben"), at=NOW)
    row = ExpenseEntry.objects.get(pk=large)
    assert (row.awaits, row.level, row.route_id) == ("project", 1, None)


def test_a_rule_of_the_first_level_takes_the_projects_place(scene: Scene) -> None:
    finance_over(scene, 0, level=1, entry_kind="time", amount_over=None)
    (entry_id,) = scene.submitted()
    assert who_decides(scene, entry_id) == {"fay"}


def test_refuses_rules_that_nobody_could_carry_out(scene: Scene) -> None:
    with pytest.raises(DomainError, match="Nobody with the role"):
        finance_over(scene, 5, approver_role="team_member")
    with pytest.raises(DomainError, match="may not approve time"):
        finance_over(scene, 5, approver_role="", approver_id=member(scene, "ben"))
    with pytest.raises(DomainError, match="one person or one role"):
        finance_over(scene, 5, approver_id=member(scene, "fay"))
    with pytest.raises(DomainError, match="are of expenses"):
        finance_over(scene, 5, entry_kind="time")
    with pytest.raises(PermissionDenied):
        routes.save_route(route=RouteInput("R"), actor=scene.actor("priya"), at=NOW)


def test_a_rule_with_entries_at_its_desk_stays_on(scene: Scene) -> None:
    route_id = finance_over(scene, 0, level=1, entry_kind="time", amount_over=None)
    (entry_id,) = scene.submitted()
    switch = {"route_id": route_id, "is_active": False, "actor": scene.actor("ada"), "at": NOW}
    with pytest.raises(DomainError, match="1 submitted entries wait"):
        routes.switch_route(**switch)
    approvals.approve_entries(entries=[("time", entry_id)], actor=scene.actor("fay"), at=NOW)
    assert not routes.switch_route(**switch).is_active
    (next_id,) = scene.submitted(scene.draft(work_on=MONDAY + timedelta(days=1)))
    assert who_decides(scene, next_id) == {"priya"}
