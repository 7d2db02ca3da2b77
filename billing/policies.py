"""What a proposal, an invoice and a payment allow in the state they are in."""

from datetime import date

from moneyed import Money

from billing.models import Invoice, Payment, Proposal
from psa.core.errors import Conflict, DomainError
from sales.models import Contract

State = Proposal.State
TRANSITIONS: dict[str, frozenset[str]] = {
    State.DRAFT: frozenset({State.IN_REVIEW, State.APPROVED, State.CONFIRMED, State.CANCELLED}),
    State.IN_REVIEW: frozenset({State.APPROVED, State.CONFIRMED, State.CANCELLED}),
    State.APPROVED: frozenset({State.CONFIRMED, State.CANCELLED}),
    State.CONFIRMED: frozenset(),
    State.CANCELLED: frozenset(),
}
OPEN = frozenset({State.DRAFT, State.IN_REVIEW, State.APPROVED})
BILLABLE = frozenset({Contract.Status.CONFIRMED, Contract.Status.COMPLETED})


class AlreadyConfirmed(Conflict):
    """The proposal is an invoice already."""


class ProposalEnded(Conflict):
    """The proposal was cancelled."""


class OverCreditLimit(DomainError):
    """More of an invoice would be credited than whoever credits may."""


class ProposalChanged(Conflict):
    """Somebody else changed the proposal since it was read."""


def check_can_become(proposal: Proposal, state: str) -> None:
    """Raises  AlreadyConfirmed, ProposalEnded."""
    if state in TRANSITIONS[proposal.state]:
        return
    if proposal.state == State.CONFIRMED:
        raise AlreadyConfirmed(
            f"Proposal {proposal.number} is confirmed already. Open its invoice instead."
        )
    if proposal.state == State.CANCELLED:
        raise ProposalEnded(
            f"Proposal {proposal.number} was cancelled. Start a billing run to draft a new one."
        )
    label = proposal.get_state_display().lower()
    raise Conflict(f"Proposal {proposal.number} is {label} already.")


def check_can_approve(proposal: Proposal, membership_id: int | None) -> None:
    """Raises  DomainError when the approver reviewed it: two people look at such an invoice."""
    if proposal.reviewed_by_id is not None and proposal.reviewed_by_id == membership_id:
        raise DomainError(
            f"You reviewed proposal {proposal.number} yourself; somebody else approves it."
        )


def check_can_change(proposal: Proposal, lock_version: int) -> None:
    """Whether a reviewer who read `lock_version` may change the lines.

    Raises  AlreadyConfirmed, ProposalEnded, ProposalChanged.
    """
    check_can_become(proposal, State.CONFIRMED)
    if proposal.lock_version != lock_version:
        raise ProposalChanged(
            f"Somebody else changed proposal {proposal.number} while you looked at it. "
            "Reload the page, then make your change again."
        )


def why_not_billable(contract: Contract) -> str:
    """Why a contract cannot be invoiced now; "" when it can."""
    if contract.status == Contract.Status.ON_HOLD:
        reason = f": {contract.hold_reason}" if contract.hold_reason else ""
        return f"The contract is on hold{reason}"
    if contract.status not in BILLABLE:
        return f"The contract is {contract.get_status_display().lower()}, not confirmed"
    return ""


def check_can_credit(invoice: Invoice) -> None:
    """Raises  DomainError for a credit note: credits are not credited."""
    if invoice.kind not in (Invoice.Kind.INVOICE, Invoice.Kind.CHARGE):
        raise DomainError(f"{invoice.number} is a credit note. Credit the invoice it corrects.")


def check_is_no_charge(invoice: Invoice) -> None:
    """Raises  DomainError for what a department bears: it has no document and is sent to nobody."""
    if invoice.is_charge:
        raise DomainError(
            f"{invoice.number} is charged inside the firm, by journal. It has no document."
        )


def check_credit_within(invoice: Invoice, *, worth: Money, limit: Money) -> None:
    """Raises  OverCreditLimit when `worth`, all that is credited of the invoice, passes `limit`."""
    if worth > limit:
        raise OverCreditLimit(
            f"You may credit up to {limit} of an invoice, net; with this, {worth} of "
            f"{invoice.number} would be credited. Ask somebody who may credit more, such as the "
            "finance manager."
        )


def check_can_reverse(payment: Payment, reversed_on: date) -> None:
    """Raises  DomainError for a reversal, or a date before the payment's."""
    if payment.reverses_id is not None:
        raise DomainError(f"{payment.number} is itself a reversal. Record the payment again.")
    if reversed_on < payment.received_on:
        raise DomainError(
            f"A reversal is dated on or after the payment ({payment.received_on:%-d %b %Y}).",
            field="reversed_on",
        )
