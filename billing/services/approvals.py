"""Approving invoices that the firm's rule says two people look at."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from billing import policies
from billing.events import BillingEvent
from billing.models import InvoiceApprovalRule, Proposal
from billing.permissions import BillingPermission
from billing.rules.approval import ReviewedLine
from billing.selectors import approvals as selectors
from billing.selectors import visibility
from psa.core.access.permissions import AccessPermission
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from psa.core.tenancy.models import Tenant


class ApprovalMissing(DomainError):
    """The firm's rule asks for an approval that the proposal does not have."""


@transaction.atomic
def approve_proposal(
    *, proposal_id: int, lock_version: int, actor: Actor, at: datetime
) -> Proposal:
    """Approve a proposal as it is; any later change asks for approval again.

    Raises  PermissionDenied, NotFound, ProposalChanged, AlreadyConfirmed, ProposalEnded, Conflict
            if it is approved; DomainError for whoever reviewed it.
    """
    actor.require(BillingPermission.APPROVE)
    proposal = visibility.get_proposal(actor=actor, proposal_id=proposal_id, lock=True)
    policies.check_can_change(proposal, lock_version)
    policies.check_can_become(proposal, Proposal.State.APPROVED)
    policies.check_can_approve(proposal, actor.membership_id)
    proposal.state = Proposal.State.APPROVED
    proposal.approved_by_id = actor.membership_id
    proposal.approved_at = at
    proposal.lock_version += 1
    proposal.save(update_fields=["state", "approved_by", "approved_at", "lock_version"])
    audit.record(
        actor=actor,
        at=at,
        event=BillingEvent.PROPOSAL_APPROVED,
        record_type="billing.Proposal",
        record_id=proposal.pk,
        sentence="Approved the proposal for confirmation",
    )
    return proposal


def check_approved(
    proposal: Proposal, *, net: Decimal, lines: Sequence[ReviewedLine], on: date
) -> None:
    """Raises  ApprovalMissing naming why approval is needed; RateMissing."""
    if proposal.state == Proposal.State.APPROVED:
        return
    reasons = selectors.why_needs_approval(net=Money(net, proposal.currency), lines=lines, on=on)
    if reasons:
        raise ApprovalMissing(
            f"Proposal {proposal.number} needs approval: {' and '.join(reasons)}. Ask finance to "
            "approve it, then confirm."
        )


@transaction.atomic
def change_approval_rule(
    *, over_amount: Decimal | None, over_percent: Decimal | None, actor: Actor, at: datetime
) -> InvoiceApprovalRule:
    """Say from which net amount, and from which adjustment, an invoice is approved.

    Empty asks for no approval. Raises  PermissionDenied, DomainError for a negative figure.
    """
    actor.require(AccessPermission.MANAGE_PARAMETERS)
    for field, value in (("over_amount", over_amount), ("over_percent", over_percent)):
        if value is not None and (not value.is_finite() or value < 0):
            raise DomainError("This is 0 or more, or empty.", field=field)
    Tenant.objects.select_for_update().get(pk=actor.tenant_id)
    rule, _ = InvoiceApprovalRule.objects.get_or_create(tenant_id=actor.tenant_id)
    changes: dict[str, tuple[object, object]] = {
        name: (before, after)
        for name, before, after in (
            ("over_amount", rule.over_amount, over_amount),
            ("over_percent", rule.over_percent, over_percent),
        )
        if before != after
    }
    if not changes:
        return rule
    rule.over_amount, rule.over_percent = over_amount, over_percent
    rule.save(update_fields=["over_amount", "over_percent"])
    audit.record(
        actor=actor,
        at=at,
        event=BillingEvent.APPROVAL_RULE_CHANGED,
        record_type="billing.InvoiceApprovalRule",
        record_id=rule.pk,
        sentence="Changed which invoices need approval",
        changes=changes,
    )
    return rule
