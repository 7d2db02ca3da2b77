"""Pages of rules: the builder, the switch, the log; only for who may configure."""

import pytest

from psa.core.automation.models import AutomationRule
from psa.core.automation.services import rules
from psa.core.automation.services.rules import ConditionInput, RecipientInput, RuleInput
from psa.core.errors import DomainError, PermissionDenied
from tests.factories import AT, Firm

NEW = "rules/new/?when=event:billing.invoice.confirmed"
DATA = {
    "name": "Large invoices to Fay",
    "action": "notify",
    "message": "A large invoice",
    "condition_1_0": "amount",
    "condition_1_1": "over",
    "condition_1_2": "50000",
    "roles": ["finance_manager"],
}


def test_builds_a_rule_in_two_steps(acme: Firm) -> None:
    ada = acme.client("ada")
    first = ada.post(acme.url("rules/new/"), {"when": "event:billing.invoice.confirmed"})
    assert first["Location"] == acme.url(NEW)
    assert "When: Invoice confirmed." in ada.get(acme.url(NEW)).content.decode()
    assert ada.post(acme.url(NEW), DATA).status_code == 302
    with acme.scope():
        row = AutomationRule.objects.get(name="Large invoices to Fay")
        [condition] = row.conditions.all()
        assert (condition.field, condition.operator, condition.value) == ("amount", "over", "50000")
        [recipient] = row.recipients.all()
        assert (recipient.kind, recipient.key) == ("role", "finance_manager")
    page = ada.get(acme.url(f"rules/{row.pk}/")).content.decode()
    assert "Net amount in the firm&#x27;s currency is over 50,000" in page
    edit = acme.url(f"rules/{row.pk}/edit/")
    assert 'value="50000"' in ada.get(edit).content.decode()
    assert ada.post(edit, {**DATA, "condition_1_2": "60000"}).status_code == 302
    assert "Nothing was sent" in ada.get(acme.url(f"rules/{row.pk}/dry-run/")).content.decode()
    assert ada.post(acme.url(f"rules/{row.pk}/switch/"), {"is_active": "no"}).status_code == 302
    with acme.scope():
        assert not AutomationRule.objects.get(pk=row.pk).is_active


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("condition_1_2", "a lot"),
        ("condition_1_1", "contains"),
        ("condition_1_0", "cost_rate"),
        ("roles", []),
        ("name", ""),
    ],
)
def test_refuses_what_does_not_fit(acme: Firm, field: str, value: object) -> None:
    ada = acme.client("ada")
    assert ada.post(acme.url(NEW), {**DATA, field: value}).status_code == 422
    with acme.scope():
        assert not AutomationRule.objects.filter(code="").exists()


def test_opens_every_moment_in_the_builder(acme: Firm) -> None:
    ada = acme.client("ada")
    for when in (
        "event:sales.contract.created",
        "deadline:projects.milestone_due",
        "weekly:timeexpense.utilisation",
        "gate:sales.contract.confirm",
        "event:nothing.we.know",
    ):
        assert ada.get(acme.url(f"rules/new/?when={when}")).status_code == 200, when


def test_lists_the_shipped_rules(acme: Firm) -> None:
    page = acme.client("ada").get(acme.url("rules/")).content.decode()
    assert "Contract over 1,000,000 needs the practice director" in page
    assert "7 days before: milestone of a plan is due" in page
    assert "Each Monday: utilisation of last week by unit" in page


@pytest.mark.parametrize("name", ["ben", "priya", "fay", "paul"])
def test_does_not_exist_for_others(acme: Firm, name: str) -> None:
    with acme.scope():
        pk = AutomationRule.objects.earliest("pk").pk
    client = acme.client(name)
    for path in ("", "new/", "runs/", f"{pk}/", f"{pk}/edit/", f"{pk}/dry-run/"):
        assert client.get(acme.url(f"rules/{path}")).status_code == 404, path


def test_needs_the_permission_and_a_fitting_action(acme: Firm) -> None:
    gate = RuleInput("x", "gate", "sales.quote.win", "notify")
    event = RuleInput("x", "event", "sales.quote.sent", "approval", approver_role="administrator")
    member = RuleInput(
        "x", "event", "sales.quote.sent", "notify", recipients=(RecipientInput("member", "", 0),)
    )
    digest = RuleInput(
        "x", "weekly", "timeexpense.utilisation", "notify",
        conditions=(ConditionInput("amount", "over", "1"),),
        recipients=(RecipientInput("role", "administrator"),),
    )  # fmt: skip
    with acme.scope():
        for rule in (gate, event, member, digest):
            with pytest.raises(DomainError):
                rules.save_rule(rule_id=None, rule=rule, actor=acme.actors["ada"], at=AT)
        with pytest.raises(PermissionDenied):
            rules.save_rule(rule_id=None, rule=gate, actor=acme.actors["fay"], at=AT)
