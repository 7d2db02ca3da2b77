"""What waits too long goes to the approver, then to their manager: rules of the firm, by schedule."""

from datetime import timedelta

import pytest

from psa.core.automation import shipped
from psa.core.automation.models import AutomationRule
from psa.core.automation.services import dry_runs, events, rules
from psa.core.automation.services.rules import RecipientInput, RuleInput
from psa.core.errors import DomainError
from psa.core.notifications.models import Notification
from psa.core.org.models import Resource
from tests.timeexpense.conftest import NOW, Scene
from timeexpense.services import approvals


@pytest.fixture
def seeded(scene: Scene) -> Scene:
    shipped.seed_rules(tenant_id=scene.firm.tenant.pk, at=NOW)
    Resource.objects.filter(code="PRIYA").update(manager=scene.firm.resources["paul"])
    return scene


def fire(scene: Scene, code: str, days: int) -> int:
    rule = AutomationRule.objects.get(code=code)
    return events.fire_deadlines(
        rule_id=rule.pk, actor=scene.actor("ada"), at=NOW + timedelta(days=days)
    )


def told(scene: Scene, name: str) -> list[tuple[str, str]]:
    rows = Notification.objects.filter(membership_id=scene.actor(name).membership_id)
    return list(rows.order_by("id").values_list("title", "path"))


def test_reminds_the_approver_then_tells_their_manager(seeded: Scene) -> None:
    seeded.submitted()
    assert [fire(seeded, "approvals_waiting", days) for days in (2, 3, 3, 4)] == [0, 1, 0, 0]
    assert [fire(seeded, "approvals_escalated", days) for days in (6, 7, 7)] == [0, 1, 0]
    priya = seeded.actor("priya").membership_id
    said = ("Waiting for approval: 1 entry at Priya", f"/acme/time/approvals/waiting/{priya}/")
    assert told(seeded, "priya") == told(seeded, "paul") == [said]


def test_leaves_what_was_decided_meanwhile(seeded: Scene) -> None:
    ids = seeded.submitted()
    approvals.approve_entries(
        entries=[("time", i) for i in ids], actor=seeded.actor("priya"), at=NOW
    )
    assert fire(seeded, "approvals_escalated", 7) == 0


def test_says_beforehand_whom_it_would_tell(seeded: Scene) -> None:
    seeded.submitted()
    rule = AutomationRule.objects.get(code="approvals_escalated")
    found = dry_runs.dry_run(
        rule_id=rule.pk, days=9, actor=seeded.actor("ada"), at=NOW + timedelta(days=8)
    ).found
    assert [one.names for one in found] == [("Paul",)]


def test_a_rule_acts_before_or_after_a_day_not_both(scene: Scene) -> None:
    rule = RuleInput(
        "Both", "deadline", "timeexpense.approval_waiting", "notify", lead_days=1, after_days=1,
        recipients=(RecipientInput("above", "approver"),),
    )  # fmt: skip
    with pytest.raises(DomainError, match="not both"):
        rules.save_rule(rule_id=None, rule=rule, actor=scene.actor("ada"), at=NOW)


def test_an_escalation_of_a_switched_on_rule_counts_from_then(seeded: Scene) -> None:
    seeded.submitted()
    AutomationRule.objects.update(created_at=NOW + timedelta(days=30))
    assert fire(seeded, "approvals_escalated", 7) == 0
