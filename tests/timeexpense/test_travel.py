"""Travel requests: asked for, decided on, and settled beside their estimates."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from moneyed import Money

from projects.models import Project, ProjectApprover
from psa.core.errors import DomainError, NotFound, PermissionDenied
from psa.core.notifications.models import Notification
from psa.core.org.models import Resource
from tests.timeexpense.conftest import NOW, Scene
from tests.timeexpense.test_deciders import let_approve, member, stand_in
from tests.timeexpense.test_expense_policy import rule
from tests.timeexpense.test_expenses import draft
from timeexpense.events import TimeExpenseEvent
from timeexpense.models import TravelRequest
from timeexpense.selectors import travel as selectors
from timeexpense.services import expenses, travel
from timeexpense.services.travel import TravelDraft


def ask(scene: Scene, **changes: Any) -> TravelRequest:
    values: dict[str, Any] = {
        "project_id": scene.work.project.pk, "purpose": "Go-live", "destination": "Munich",
        "starts_on": date(2026, 7, 6), "ends_on": date(2026, 7, 9), "currency": "GBP",
        "estimate": "400.00",
    }  # fmt: skip
    return travel.save_request(
        request_id=None, draft=TravelDraft(**(values | changes)), actor=scene.actor("ben"), at=NOW
    )


def decide(scene: Scene, row: TravelRequest, name: str = "priya", **changes: Any) -> TravelRequest:
    values: dict[str, Any] = {"approve": True, "reason": ""} | changes
    return travel.decide(request_id=row.pk, actor=scene.actor(name), at=NOW, **values)


def approved(scene: Scene) -> TravelRequest:
    row = ask(scene)
    travel.submit_request(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    return decide(scene, row)


def test_is_decided_once_by_an_approver_of_the_project(scene: Scene) -> None:
    row = ask(scene)
    with pytest.raises(NotFound):
        decide(scene, row)  # A draft is its author's own.
    travel.submit_request(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    for name, error in (("bea", PermissionDenied), ("mei", NotFound)):
        with pytest.raises(error):
            decide(scene, row, name)
    with pytest.raises(DomainError):
        decide(scene, row, approve=False)
    # Until then its traveller may have it back, and nobody else.
    for name, error in (("priya", NotFound), ("bea", NotFound)):
        with pytest.raises(error):
            travel.take_back(request_id=row.pk, actor=scene.actor(name), at=NOW)
    back = travel.take_back(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    assert (back.state, back.submitted_at) == ("draft", None)
    with pytest.raises(NotFound):
        decide(scene, row)
    travel.submit_request(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    assert decide(scene, row).state == "approved"
    with pytest.raises(DomainError, match="nothing to take back"):
        travel.take_back(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
    with pytest.raises(DomainError):
        decide(scene, row, approve=False, reason="Too dear")


def test_goes_to_whoever_decides_on_such_work_and_to_their_deputies(scene: Scene) -> None:
    """Named approvers and deputies are told and may decide; where no customer is, the manager too."""
    let_approve(scene, "paul")
    project = scene.work.project
    ProjectApprover.objects.create(
        tenant=scene.firm.tenant, project=project, resource=scene.firm.resources["mei"]
    )
    stand_in(scene, "priya", "paul")

    def told_of(row: TravelRequest) -> set[str]:
        travel.submit_request(request_id=row.pk, actor=scene.actor("ben"), at=NOW)
        found = Notification.objects.filter(event=TimeExpenseEvent.TRAVEL_SUBMITTED)
        members = set(
            found.filter(path__endswith=f"/{row.pk}/").values_list("membership_id", flat=True)
        )
        names = {name for name in ("priya", "mei", "paul", "fay") if member(scene, name) in members}
        assert names == {
            name
            for name in ("priya", "mei", "paul", "fay")
            if row.pk in selectors.waiting_for(scene.actor(name))
        }
        return names

    row = ask(scene)
    assert told_of(row) == {"priya", "mei", "paul"}
    assert selectors.request_page(actor=scene.actor("paul"), request_id=row.pk).can_decide
    assert decide(scene, row, "paul").state == "approved"
    assert selectors.waiting_for(scene.actor("mei")) == set()

    # A journey of the approver's own is not the deputy's, and one for no customer is the manager's.
    assert not selectors.may_decide(TravelRequest(pk=row.pk), scene.actor("fay"))
    TravelRequest.objects.filter(pk=row.pk).update(
        state="submitted", resource=scene.firm.resources["priya"]
    )
    assert selectors.waiting_for(scene.actor("paul")) == set()
    assert selectors.waiting_for(scene.actor("mei")) == {row.pk}
    let_approve(scene, "fay")
    Resource.objects.filter(pk=scene.firm.resources["ben"].pk).update(
        manager=scene.firm.resources["fay"]
    )
    Project.objects.filter(pk=project.pk).update(is_internal=True)
    assert "fay" in told_of(ask(scene))

    # So is that of who approves for the project alone.
    Project.objects.filter(pk=project.pk).update(
        is_internal=False, manager=scene.firm.resources["ben"]
    )
    assert told_of(ask(scene)) == {"mei"}
    ProjectApprover.objects.all().delete()
    assert told_of(ask(scene)) == {"fay"}


def test_settles_in_the_estimates_currency(scene: Scene) -> None:
    row = approved(scene)
    report = expenses.create_report(
        title="Munich", travel_request_id=row.pk, actor=scene.actor("ben"), at=NOW
    )
    first, second = (
        expenses.add_expense(
            report_id=report.pk, draft=draft(scene, **changes), actor=scene.actor("ben"), at=NOW
        )
        for changes in ({}, {"amount": "320.00", "currency": "GBP", "merchant": "Hotel"})
    )
    found = selectors.settlement(row)
    # 119 EUR at 0.85 are 101.15 GBP.
    assert (found.spent, found.difference) == (Money("421.15", "GBP"), Money("21.15", "GBP"))
    assert "above_estimate" not in {one.code for one in first.findings}
    # The approver is told at the expense with which the estimate is passed.
    assert [one.sentence for one in second.findings if one.code == "above_estimate"] == [
        f"{row.number} comes to 421.15 GBP with this expense, 21.15 GBP above its estimate."
    ]
    outcomes = expenses.submit_report(report_id=report.pk, actor=scene.actor("ben"), at=NOW)
    assert ["above_estimate" in {finding.code for finding in one.findings} for one in outcomes] == [
        False,
        True,
    ]


def test_satisfies_a_rule_that_asks_for_it(scene: Scene) -> None:
    rule(scene, kind="pre_approval", action="block", limit_amount=Decimal(50))
    ben = scene.actor("ben")
    plain = expenses.create_report(title="Munich", actor=ben, at=NOW)
    with pytest.raises(DomainError) as refusal:
        expenses.add_expense(report_id=plain.pk, draft=draft(scene), actor=ben, at=NOW)
    assert "approved travel request" in refusal.value.message
    journey = expenses.create_report(
        title="Munich", travel_request_id=approved(scene).pk, actor=ben, at=NOW
    )
    assert expenses.add_expense(
        report_id=journey.pk, draft=draft(scene), actor=ben, at=NOW
    ).entry_id
    with pytest.raises(DomainError):
        expenses.create_report(
            title="Not approved", travel_request_id=ask(scene).pk, actor=ben, at=NOW
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"estimate": "0"}, "estimate"),
        ({"estimate": "NaN"}, "estimate"),
        ({"currency": "ZZZ"}, "currency"),
        ({"ends_on": date(2026, 7, 5)}, "ends_on"),
        ({"starts_on": date.min}, "starts_on"),
        ({"purpose": " "}, "purpose"),
        ({"destination": "x" * 200}, "destination"),
        ({"project_id": 10**9}, "project"),
    ],
)
def test_refuses_what_is_no_journey(scene: Scene, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        ask(scene, **changes)
    assert refusal.value.field == field
