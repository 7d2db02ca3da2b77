"""The rules that come with the system; a firm switches them off or changes them."""

from datetime import datetime
from typing import Final

from django.db.models import Max

from psa.core.audit.models import AuditEntry
from psa.core.automation.models import AutomationRule, RuleCondition, RuleRecipient
from psa.core.automation.services.rules import ConditionInput, RecipientInput, RuleInput

EVENT, DEADLINE, WEEKLY, GATE = "event", "deadline", "weekly", "gate"
MILLION: Final = "1000000"
OVER_A_MILLION: Final = (ConditionInput("amount", "over", MILLION),)

SHIPPED: Final[dict[str, RuleInput]] = {
    "contract_over_a_million": RuleInput(
        "Contract over 1,000,000 needs the practice director",
        GATE, "sales.contract.confirm", "approval", approver_role="practice_leader",
        conditions=OVER_A_MILLION,
    ),
    "quote_over_a_million": RuleInput(
        "Winning a quote over 1,000,000 needs the practice director",
        GATE, "sales.quote.win", "approval", approver_role="practice_leader",
        conditions=OVER_A_MILLION,
    ),
    "plan_milestone_due": RuleInput(
        "Plan milestone due in 7 days reminds its manager",
        DEADLINE, "projects.milestone_due", "notify", message="Milestone due in 7 days",
        lead_days=7, recipients=(RecipientInput("person", "manager"),),
    ),
    "register_overdue": RuleInput(
        "Overdue risk, issue or action reminds its owner and the project's manager",
        DEADLINE, "projects.register_overdue", "notify", message="Overdue",
        recipients=(RecipientInput("person", "owner"), RecipientInput("person", "manager")),
    ),
    "report_overdue": RuleInput(
        "Overdue status report reminds the project's manager",
        DEADLINE, "projects.report_overdue", "notify", message="Status report overdue",
        recipients=(RecipientInput("person", "manager"),),
    ),
    "billing_milestone_due": RuleInput(
        "Billing milestone due in 7 days reminds the project's manager",
        DEADLINE, "billing.milestone_due", "notify", message="Billing milestone due in 7 days",
        lead_days=7, recipients=(RecipientInput("person", "manager"),),
    ),
    "approvals_waiting": RuleInput(
        "Approvals that wait for 3 days remind the approver",
        DEADLINE, "timeexpense.approval_waiting", "notify", message="Waiting for approval",
        after_days=3, recipients=(RecipientInput("person", "approver"),),
    ),
    "approvals_escalated": RuleInput(
        "Approvals that wait for 7 days go to the approver's manager",
        DEADLINE, "timeexpense.approval_waiting", "notify", message="Waiting for approval",
        after_days=7, recipients=(RecipientInput("above", "approver"),),
    ),
    "requests_escalated": RuleInput(
        "Approval requests that wait for 3 days remind those who decide",
        DEADLINE, "automation.request_waiting", "notify", message="Your approval is waited for",
        after_days=3, recipients=(RecipientInput("person", "approvers"),),
    ),
    "project_created": RuleInput(
        "New project: tell the practice leader",
        EVENT, "projects.project.created", "notify", message="New project",
        recipients=(RecipientInput("person", "practice_leader"),),
    ),
    "invoice_confirmed": RuleInput(
        "Invoice confirmed: tell the project's finance contact",
        EVENT, "billing.invoice.confirmed", "notify", message="Invoice confirmed",
        recipients=(RecipientInput("person", "finance_contact"),),
    ),
    "weekly_utilisation": RuleInput(
        "Utilisation of last week, on Mondays",
        WEEKLY, "timeexpense.utilisation", "notify", weekday=0,
        recipients=(
            RecipientInput("role", "practice_leader"), RecipientInput("role", "resource_manager"),
        ),
    ),
}  # fmt: skip


def seed_rules(*, tenant_id: int, at: datetime) -> int:
    """Give a firm the shipped rules that it lacks, each on from now; how many were added.

    Those it has stay as it left them. Idempotent.
    """
    known = set(AutomationRule.objects.exclude(code="").values_list("code", flat=True))
    newest = AuditEntry.objects.aggregate(last=Max("id"))["last"] or 0
    added = 0
    for code, rule in SHIPPED.items():
        if code in known:
            continue
        row = AutomationRule.objects.create(
            tenant_id=tenant_id, code=code, name=rule.name, trigger_kind=rule.trigger_kind,
            trigger=rule.trigger, action=rule.action, message=rule.message,
            lead_days=rule.lead_days, after_days=rule.after_days, weekday=rule.weekday,
            approver_role=rule.approver_role,
            active_after_entry_id=newest, created_at=at,
        )  # fmt: skip
        RuleCondition.objects.bulk_create(
            RuleCondition(
                tenant_id=tenant_id, rule=row, position=position, field=one.field,
                operator=one.operator, value=one.value,
            )
            for position, one in enumerate(rule.conditions, start=1)
        )  # fmt: skip
        RuleRecipient.objects.bulk_create(
            RuleRecipient(tenant_id=tenant_id, rule=row, kind=one.kind, key=one.key)
            for one in rule.recipients
        )
        added += 1
    return added
