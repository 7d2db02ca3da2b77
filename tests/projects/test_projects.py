"""Projects and their teams: making, editing, states, rights."""

from datetime import date
from decimal import Decimal

import pytest

from projects import policies, selectors
from projects.models import Project, TeamMember
from projects.services import projects, team
from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from psa.core.notifications.models import Notification
from tests.factories import AT, TODAY


@pytest.fixture
def priya(acme, engagement):
    with acme.scope():
        yield {"actor": acme.actors["priya"], "at": AT, "project_id": engagement.project.pk}


def test_a_project_of_a_contract_takes_its_customer_and_unit(acme, engagement):
    with acme.scope():
        made = projects.create_project(
            name=" Phase two ", manager_id=acme.resources["priya"].pk,
            starts_on=date(2026, 8, 1), contract_id=engagement.contract.pk,
            actor=acme.actors["priya"], at=AT,
        )  # fmt: skip
    assert made.name == "Phase two"
    assert made.account_id == engagement.account.pk
    assert made.contracting_unit_id == engagement.contract.contracting_unit_id
    assert made.status == "planning"


def test_numbers_follow_each_other(acme):
    with acme.scope():
        made = [
            projects.create_project(
                name=name, manager_id=acme.resources["priya"].pk, starts_on=TODAY,
                is_internal=True, actor=acme.actors["priya"], at=AT,
            ).code
            for name in ("One", "Two")
        ]  # fmt: skip
    assert made == ["P-0001", "P-0002"]


@pytest.mark.parametrize("name", ["ben", "rae", "fay", "mei", "sam"])
def test_making_one_needs_the_right(acme, name):
    with acme.scope(), pytest.raises(PermissionDenied):
        projects.create_project(
            name="Mine", manager_id=acme.resources["priya"].pk, starts_on=TODAY,
            actor=acme.actors[name], at=AT,
        )  # fmt: skip


def test_a_stale_edit_says_what_changed(priya):
    projects.edit_project(lock_version=1, name="ERP core rollout 2", **priya)
    with pytest.raises(Conflict, match="Priya changed name to “ERP core rollout 2”"):
        projects.edit_project(lock_version=1, description="Mine", **priya)


def test_the_trail_holds_no_budget(priya):
    projects.edit_project(lock_version=1, budget_cost_amount=Decimal("98765.43"), **priya)
    with pytest.raises(Conflict) as refused:
        projects.edit_project(lock_version=1, description="Mine", **priya)
    assert "98765" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        (["on_hold", "in_delivery", "completed", "closed"], None),
        (["completed", "in_delivery"], None),
        (["closed"], "cannot become closed"),
        (["planning"], "cannot become planning"),
        (["completed", "closed", "in_delivery"], "closed"),
    ],
)
def test_states_follow_the_table(priya, path, refused):
    def walk():
        for status in path:
            projects.change_status(status=status, reason="as agreed", **priya)

    if refused is None:
        walk()
        assert Project.objects.get(pk=priya["project_id"]).status == path[-1]
    else:
        with pytest.raises(DomainError, match=refused):
            walk()


def test_holding_needs_a_reason_and_ends_booking(acme, priya):
    ben = acme.resources["ben"].pk
    assert [p.code for p in selectors.bookable_projects(ben, TODAY)] == ["P-1"]
    with pytest.raises(DomainError, match="why"):
        projects.hold_project(reason=" ", **priya)
    projects.hold_project(reason="Budget frozen", **priya)
    assert selectors.bookable_projects(ben, TODAY) == []
    projects.resume_project(**priya)
    assert len(selectors.bookable_projects(ben, TODAY)) == 1


def test_adding_to_the_team_tells_the_person(acme, priya):
    team.add_team_member(resource_id=acme.resources["sam"].pk, valid_from=TODAY, **priya)
    told = Notification.objects.get(membership_id=acme.actors["sam"].membership_id)
    assert "on the team of ERP core rollout" in told.title
    with pytest.raises(Conflict, match="Sam is on the team"):
        team.add_team_member(resource_id=acme.resources["sam"].pk, valid_from=TODAY, **priya)


def test_agreed_rates_are_refused_from_who_may_not_see_them(acme, priya):
    values = {"resource_id": acme.resources["sam"].pk, "valid_from": TODAY}
    Project.objects.update(manager=acme.resources["mei"])
    acting = priya | {"actor": acme.actors["ada"]}
    team.add_team_member(bill_rate_override=Decimal(100), **values, **acting)
    member = TeamMember.objects.get(resource=acme.resources["sam"])
    assert member.bill_rate_override == 100


def test_membership_dates_are_half_open(acme, priya):
    member = TeamMember.objects.get(resource=acme.resources["ben"])
    team.change_team_member(member_id=member.pk, valid_until=date(2026, 7, 9), **priya)
    ben = acme.resources["ben"].pk
    assert selectors.bookable_projects(ben, date(2026, 7, 8))
    assert not selectors.bookable_projects(ben, date(2026, 7, 9))


def test_approvers_are_named_beside_the_manager(acme, priya):
    mei, priyas = acme.resources["mei"].pk, acme.resources["priya"].pk
    projects.set_approvers(resource_ids=[mei, priyas], **priya)
    project_id = priya["project_id"]
    assert selectors.approvers_of([project_id]) == {project_id: {mei, priyas}}
    assert list(selectors.approvable_projects(acme.actors["mei"])) == [Project.objects.get()]
    assert not selectors.approvable_projects(acme.actors["ben"]).exists()


@pytest.mark.parametrize(
    ("name", "sees"),
    [
        ("priya", True), ("rae", True), ("amara", True), ("bill", True), ("fay", True),
        ("paul", True), ("ada", True), ("mei", False), ("ben", False), ("bea", False),
        ("sam", False),
    ],
)  # fmt: skip
def test_who_sees_a_project(acme, engagement, name, sees):
    with acme.scope():
        assert policies.visible_to(acme.actors[name]).exists() is sees
        if not sees:
            with pytest.raises(NotFound):
                selectors.get_project(actor=acme.actors[name], project_id=engagement.project.pk)


@pytest.mark.parametrize(
    ("name", "cost", "bill"),
    [
        ("priya", True, True), ("fay", True, True), ("paul", True, True),
        ("bill", False, True), ("amara", False, True), ("ada", False, True),
        ("rae", False, False), ("mei", False, False), ("ben", False, False),
    ],
)  # fmt: skip
def test_who_sees_which_amounts(acme, engagement, name, cost, bill):
    actor = acme.actors[name]
    owner = acme.actors["priya"].membership_id
    assert policies.may_see_cost(actor, manager_membership_id=owner) is cost
    assert policies.may_see_bill(actor, manager_membership_id=owner) is bill


def test_a_manager_sees_no_amounts_of_anothers_project(acme):
    stranger = acme.actors["mei"].membership_id
    priya = acme.actors["priya"]
    assert not policies.may_see_cost(priya, manager_membership_id=stranger)
    assert not policies.may_see_cost(priya, manager_membership_id=None)
