"""The expense policy: what it finds, what blocks, and the approver's word."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from moneyed import Money

from psa.core.errors import Conflict, DomainError, NotFound, PermissionDenied
from tests.timeexpense.conftest import NOW, Scene
from tests.timeexpense.test_expenses import add, draft, picture
from timeexpense.models import ExpenseEntry, FlagAcknowledgement
from timeexpense.rules import expense_policy
from timeexpense.rules.expense_policy import PolicyFact, PolicyTerms, Rates
from timeexpense.selectors import policy
from timeexpense.services import approvals, expenses, policy_rules
from timeexpense.services.expense_kinds import KindFields
from timeexpense.services.expenses import Upload
from timeexpense.services.policy_rules import RuleDraft

ON = date(2026, 7, 8)
HOTEL = PolicyFact(
    3, "Lodging", ON, Money("420.00", "EUR"), Money("420.00", "EUR"), nights=2, people=3
)


@pytest.mark.parametrize(
    ("kind", "limit", "changes", "finds"),
    [
        ("per_entry", "420.00", {}, False),
        ("per_entry", "419.99", {}, True),
        ("per_day", "419.99", {}, True),
        ("per_night", "210.00", {}, False),
        ("per_night", "209.99", {}, True),
        ("per_person", "140.00", {}, False),
        ("per_person", "139.99", {}, True),
        ("receipt", "419.99", {}, True),
        ("receipt", "419.99", {"has_receipt": True}, False),
        ("justification", "100.00", {}, True),
        ("justification", "100.00", {"justification": "Trade fair"}, False),
        ("pre_approval", "100.00", {}, True),
        ("pre_approval", "100.00", {"is_approved_travel": True}, False),
        ("prohibited", None, {}, True),
        ("lodging_cap", None, {}, False),
        ("lodging_cap", None, {"lodging_cap": Money("209", "EUR")}, True),
    ],
)
def test_finds_by_kind(kind: str, limit: str | None, changes: dict[str, Any], finds: bool) -> None:
    rule = PolicyTerms(
        "R", "Rule", kind, False, None, date(2026, 1, 1),
        limit=Money(limit, "EUR") if limit else None,
    )  # fmt: skip
    fact = PolicyFact(**({n: getattr(HOTEL, n) for n in PolicyFact.__dataclass_fields__} | changes))
    found = expense_policy.policy_findings(fact, [rule], rates=Rates())
    assert [one.code for one in found] == (["policy:R"] if finds else [])


def test_converts_a_limit_at_the_days_rate_and_counts_who_was_there() -> None:
    rule = PolicyTerms("R", "Hotel", "per_night", True, 3, ON, limit=Money("170", "GBP"))
    rates = Rates({("GBP", "EUR", ON): Decimal("1.1764705882")})
    [one] = expense_policy.policy_findings(HOTEL, [rule], rates=rates)
    assert one.blocks
    assert (
        one.sentence == "Hotel: 420.00 EUR for 2 nights is above the limit of 200.00 EUR a night."
    )
    assert expense_policy.policy_findings(HOTEL, [rule], rates=Rates()) == ()
    assert expense_policy.people_of("Cleo, Jo; Max\n") == 4


def rule(scene: Scene, **changes: Any) -> None:
    values: dict[str, Any] = {
        "code": "4.2", "name": "Trains", "kind": "per_entry", "action": "flag",
        "valid_from": date(2026, 1, 1), "category_id": scene.firm.categories["travel"].pk,
        "limit_amount": Decimal(50), "currency": "GBP",
    }  # fmt: skip
    policy_rules.save_rule(
        rule_id=None, draft=RuleDraft(**(values | changes)), actor=scene.actor("fay"), at=NOW
    )


def submitted(scene: Scene) -> int:
    made = add(scene, Upload("ticket.png", picture()))
    report_id = ExpenseEntry.objects.get(pk=made.entry_id).report_id
    expenses.submit_report(report_id=report_id, actor=scene.actor("ben"), at=NOW)
    return made.entry_id


def approve(scene: Scene, entry_id: int, name: str = "priya") -> approvals.Approval:
    return approvals.approve_entries(
        entries=[("expense", entry_id)], actor=scene.actor(name), at=NOW
    )


def test_asks_the_approver_to_acknowledge_by_name_before_approving(scene: Scene) -> None:
    rule(scene)
    entry_id = submitted(scene)
    # 50 GBP are 58.82 EUR at 0.85.
    [refused] = approve(scene, entry_id).refused
    assert refused.reason.startswith(
        "Acknowledge first: Trains: 119.00 EUR is above the limit of 58.82"
    )
    for _ in range(2):
        policy_rules.acknowledge(
            entry_id=entry_id, code="policy:4.2", actor=scene.actor("priya"), at=NOW
        )
    seen = FlagAcknowledgement.objects.get()
    assert (seen.acknowledged_by_id, seen.acknowledged_at) == (
        scene.actor("priya").membership_id, NOW,
    )  # fmt: skip
    assert approve(scene, entry_id).approved_count == 1
    [violation] = policy.violations(actor=scene.actor("fay"))
    assert (violation.rule, violation.acknowledged_by) == ("4.2", "Priya")
    assert policy.violations(actor=scene.actor("mei")) == []


def test_looks_anew_at_what_was_changed_after_it_was_acknowledged(scene: Scene) -> None:
    rule(scene)
    entry_id = submitted(scene)
    ack = {"entry_id": entry_id, "code": "policy:4.2", "actor": scene.actor("priya"), "at": NOW}
    policy_rules.acknowledge(**ack)
    from timeexpense.services import returns

    returns.return_entries(
        entries=[("expense", entry_id)], reason="Why?", actor=scene.actor("priya"), at=NOW
    )
    ben = scene.actor("ben")
    expenses.change_expense(
        entry_id=entry_id, draft=draft(scene, amount="500", tax_amount=""), actor=ben, at=NOW
    )
    report_id = ExpenseEntry.objects.get(pk=entry_id).report_id
    expenses.submit_report(report_id=report_id, actor=ben, at=NOW)
    assert approve(scene, entry_id).approved_count == 0
    policy_rules.acknowledge(**ack)
    assert approve(scene, entry_id).approved_count == 1


def test_blocks_where_the_rule_says_so(scene: Scene) -> None:
    rule(scene, kind="justification", action="block", limit_amount=Decimal(0))
    with pytest.raises(DomainError) as refusal:
        add(scene)
    assert refusal.value.field == "justification"
    assert add(scene, kind_fields=KindFields(justification="The last train")).entry_id


def test_keeps_others_from_acknowledging(scene: Scene) -> None:
    rule(scene)
    entry_id = submitted(scene)
    for name, error in (("ben", PermissionDenied), ("mei", NotFound)):
        with pytest.raises(error):
            policy_rules.acknowledge(
                entry_id=entry_id, code="policy:4.2", actor=scene.actor(name), at=NOW
            )
    with pytest.raises(NotFound):
        policy_rules.acknowledge(
            entry_id=entry_id, code="receipt_missing", actor=scene.actor("priya"), at=NOW
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "mood"}, "kind"),
        ({"action": "shout"}, "action"),
        ({"limit_amount": None}, "limit_amount"),
        ({"limit_amount": Decimal("NaN")}, "limit_amount"),
        ({"limit_amount": Decimal("1.001")}, "limit_amount"),
        ({"currency": "ZZZ"}, "currency"),
        ({"valid_until": date(2026, 1, 1)}, "valid_until"),
        ({"category_id": 10**9}, "category"),
        ({"name": " "}, "name"),
    ],
)
def test_refuses_what_is_no_rule(scene: Scene, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        rule(scene, **changes)
    assert refusal.value.field == field


def test_takes_a_code_once_and_only_from_who_may(scene: Scene) -> None:
    rule(scene)
    with pytest.raises(Conflict):
        rule(scene)
    with pytest.raises(PermissionDenied):
        policy_rules.save_rule(
            rule_id=None,
            draft=RuleDraft("x", "X", "prohibited", "flag", ON),
            actor=scene.actor("priya"), at=NOW,
        )  # fmt: skip


def test_names_the_other_expense_of_a_duplicate(scene: Scene) -> None:
    add(scene, Upload("a.png", picture("red")))
    number = ExpenseEntry.objects.get().report.number
    again = add(scene, Upload("b.png", picture("red")), merchant="Other")
    sentence = (
        f"The same receipt is on another expense: {number} of Ben (Deutsche Bahn, 8 Jul 2026)."
    )
    assert [one.sentence for one in again.findings] == [sentence]
    alike = add(scene, Upload("c.png", picture("blue")))
    assert alike.findings[0].sentence.endswith(f"amount: {number} (Deutsche Bahn, 8 Jul 2026).")
