"""What the audit trail says of billing; mail and webhooks share the names."""

from enum import StrEnum


class BillingEvent(StrEnum):
    MILESTONE_READY = "billing.milestone.ready"
    PERIOD_DUE = "billing.retainer_period.due"
    RETAINER_TERMS = "billing.retainer.terms_set"
    RETAINER_RECONCILED = "billing.retainer_period.reconciled"
    FEE_POSTED = "billing.fee.posted"
    PROPOSAL_DRAFTED = "billing.proposal.drafted"
    PROPOSAL_REVIEWED = "billing.proposal.reviewed"
    PROPOSAL_CHANGED = "billing.proposal.changed"
    PROPOSAL_APPROVED = "billing.proposal.approved"
    APPROVAL_RULE_CHANGED = "billing.approval_rule.changed"
    PROPOSAL_CANCELLED = "billing.proposal.cancelled"
    INVOICE_CONFIRMED = "billing.invoice.confirmed"
    CREDIT_NOTE_CONFIRMED = "billing.credit_note.confirmed"
    REIMBURSED = "billing.reimbursement.recorded"
    RECEIVABLE_MOVED = "billing.receivable.moved"
    BILLING_TERMS = "billing.terms.set"
    DUNNED = "billing.invoice.dunned"
    DUNNING_LEVELS = "billing.dunning_levels.set"
    PAYMENT_RECORDED = "billing.payment.recorded"
    PAYMENT_REVERSED = "billing.payment.reversed"
    INVOICE_SENDING = "billing.invoice.sending"
    INVOICE_SENT = "billing.invoice.sent"
    INVOICE_NOT_SENT = "billing.invoice.not_sent"
