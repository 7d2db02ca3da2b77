"""Reviewing a draft: what is charged, at what quantity and price, and what is added to it.

Each change names the version of the proposal that the reviewer read, so that two reviewers cannot
overwrite each other; the first change puts the proposal in review.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Max

from billing import policies
from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine
from billing.permissions import BillingPermission
from billing.rules.types import Remainder
from billing.selectors import tax_determination, visibility
from billing.selectors.tax_determination import Supplied
from billing.services.proposal_lines import HOLDER
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.ledger.services import claims
from psa.core.money.rounding import EXACT, amount_for_minutes, round_to_minor
from psa.core.org.models import TenantParameters
from sales.models import ContractLine

Treatment = ProposalLine.Treatment
ADDED_KINDS = ("discount", "credit", "fee")


@dataclass(frozen=True, slots=True)
class LineChange:
    """What a reviewer types for one line; None leaves a part as it is."""

    minutes: int | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    description: str | None = None
    remainder: Remainder | None = None


@transaction.atomic
def start_review(*, proposal_id: int, actor: Actor, at: datetime) -> Proposal:
    """Mark a draft as in review, so that a billing run leaves it alone.

    Raises  PermissionDenied, NotFound, AlreadyConfirmed, ProposalEnded, Conflict if it is already.
    """
    actor.require(BillingPermission.REVIEW)
    proposal = visibility.get_proposal(actor=actor, proposal_id=proposal_id, lock=True)
    policies.check_can_become(proposal, Proposal.State.IN_REVIEW)
    mark_reviewed(proposal, actor, at)
    record_change(proposal, actor, at, BillingEvent.PROPOSAL_REVIEWED, "Started the review")
    return proposal


@transaction.atomic
def set_treatment(
    *,
    proposal_id: int,
    line_ids: Sequence[int],
    treatment: str,
    reason: str,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> Proposal:
    """Charge lines, give them away, leave them out, or hold them for the next invoice.

    Raises  PermissionDenied, NotFound, ProposalChanged, AlreadyConfirmed, ProposalEnded,
            DomainError for an unknown treatment, no line, or an added line that is not charged.
    """
    if treatment not in Treatment.values:
        raise DomainError("Choose how the lines are treated.", field="treatment")
    proposal = open_for_change(proposal_id, lock_version, actor)
    lines = ProposalLine.objects.filter(proposal=proposal, pk__in=set(line_ids))
    found = list(lines.values_list("id", "actual_id"))
    if not line_ids:
        raise DomainError("Choose at least one line.", field="line_ids")
    if len(found) != len(set(line_ids)):
        raise NotFound("Some of these lines are not on this proposal any more. Reload the page.")
    if treatment != Treatment.CHARGEABLE and any(actual is None for _, actual in found):
        raise DomainError(
            "A discount, credit or fee that was added is removed, not held or given away.",
            field="treatment",
        )
    lines.update(treatment=treatment, reason=reason.strip()[:200])
    mark_reviewed(proposal, actor, at)
    label = Treatment(treatment).label.lower()
    count = "1 line" if len(found) == 1 else f"{len(found):,} lines"
    record_change(
        proposal, actor, at, BillingEvent.PROPOSAL_CHANGED,
        f"Set {count} to {label}" + (f": {reason.strip()}" if reason.strip() else ""),
    )  # fmt: skip
    return proposal


@transaction.atomic
def change_line(
    *,
    proposal_id: int,
    line_id: int,
    change: LineChange,
    reason: str,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> ProposalLine:
    """Invoice a line at another quantity, price or text; the original amount is kept beside it.

    The amount is quantity × price, rounded once. Less than booked: the rest is written off or
    stays in the backlog, as `remainder` says. More than booked is checked against the contract's
    limits when the proposal is confirmed.
    Raises  DomainError without a reason, for a negative figure or a line with no such figure, and
            for the figures of a line that was added: a price of 0 or more would charge a discount;
            as `set_treatment`.
    """
    if not reason.strip():
        raise DomainError("Say why the line is changed; the reason is kept.", field="reason")
    proposal = open_for_change(proposal_id, lock_version, actor)
    line: ProposalLine | None = ProposalLine.objects.filter(proposal=proposal, pk=line_id).first()
    if line is None:
        raise NotFound("This line is not on this proposal any more. Reload the page.")
    if line.actual_id is None and (change.price is not None or change.quantity is not None):
        raise DomainError(
            "A discount, credit or fee that was added has an amount, not a price. Remove it and add "
            "it as it should be.",
            field="price" if change.price is not None else "quantity",
        )
    before = (line.minutes, line.quantity, line.description, line.remainder)
    _apply(proposal, line, change, _hours_per_day())
    line.reason = reason.strip()[:200]
    line.save()
    mark_reviewed(proposal, actor, at)
    names = ("minutes", "quantity", "description", "remainder")
    after = (line.minutes, line.quantity, line.description, line.remainder)
    record_change(
        proposal, actor, at, BillingEvent.PROPOSAL_CHANGED,
        f"Changed line {line.position}: {line.reason}",
        changes={n: (b, a) for n, b, a in zip(names, before, after, strict=True) if b != a},
    )  # fmt: skip
    return line


def _apply(
    proposal: Proposal, line: ProposalLine, change: LineChange, hours_per_day: Decimal
) -> None:
    if change.minutes is not None:
        if line.minutes is None:
            raise DomainError("This line has no hours; change its quantity.", field="minutes")
        if change.minutes < 0:
            raise DomainError("Hours are 0 or more.", field="minutes")
    if change.quantity is not None:
        if line.minutes is not None:
            raise DomainError("This line is in hours; change its hours.", field="quantity")
        if not change.quantity.is_finite() or change.quantity < 0:
            raise DomainError("A quantity is 0 or more.", field="quantity")
    if change.price is not None and (not change.price.is_finite() or change.price < 0):
        raise DomainError("A price is 0 or more.", field="price")
    is_repriced = any(v is not None for v in (change.minutes, change.quantity, change.price))
    line.minutes = line.minutes if change.minutes is None else change.minutes
    line.quantity = line.quantity if change.quantity is None else change.quantity
    line.price = line.price if change.price is None else change.price
    if change.description is not None:
        line.description = change.description.strip()[:400]
    if change.remainder is not None:
        line.remainder = change.remainder.value
    if is_repriced:
        line.amount = _amount(proposal, line, hours_per_day)


def _hours_per_day() -> Decimal:
    hours: Decimal = TenantParameters.objects.values_list("hours_per_day", flat=True).get()
    return hours


def _amount(proposal: Proposal, line: ProposalLine, hours_per_day: Decimal) -> Decimal:
    if line.minutes is not None:
        return amount_for_minutes(
            line.minutes, line.price, line.unit, hours_per_day, proposal.currency
        ).amount
    quantity = line.quantity if line.quantity is not None else Decimal(1)
    return round_to_minor(EXACT.multiply(quantity, line.price), proposal.currency)


@transaction.atomic
def change_lines(
    *,
    proposal_id: int,
    line_ids: Sequence[int],
    price: Decimal | None,
    description: str | None,
    reason: str,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> Proposal:
    """Invoice several lines at one price, or with one text; each keeps its original beside it.

    All of them or none. Raises  as `change_line`; DomainError without a line or a change.
    """
    if not reason.strip():
        raise DomainError("Say why the lines are changed; the reason is kept.", field="reason")
    if price is None and not (description or "").strip():
        raise DomainError("Type a price or a text for the lines.", field="price")
    proposal = open_for_change(proposal_id, lock_version, actor)
    lines = list(ProposalLine.objects.filter(proposal=proposal, pk__in=set(line_ids)))
    if not lines:
        raise DomainError("Choose at least one line.", field="line_ids")
    if len(lines) != len(set(line_ids)):
        raise NotFound("Some of these lines are not on this proposal any more. Reload the page.")
    if price is not None and any(line.actual_id is None for line in lines):
        raise DomainError(
            "A discount, credit or fee that was added has an amount, not a price. Untick it.",
            field="price",
        )
    hours_per_day = _hours_per_day()
    for line in lines:
        _apply(
            proposal, line, LineChange(price=price, description=description or None), hours_per_day
        )
        line.reason = reason.strip()[:200]
    ProposalLine.objects.bulk_update(
        lines, ["price", "amount", "description", "reason"], batch_size=1000
    )
    mark_reviewed(proposal, actor, at)
    count = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    what = (
        " and ".join(name for name, value in (("price", price), ("text", description)) if value)
        or "price"
    )
    record_change(
        proposal, actor, at, BillingEvent.PROPOSAL_CHANGED,
        f"Changed the {what} of {count}: {reason.strip()}",
    )  # fmt: skip
    return proposal


@transaction.atomic
def add_line(
    *,
    proposal_id: int,
    kind: str,
    contract_line_id: int,
    description: str,
    amount: Decimal,
    added_on: date,
    reason: str,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> ProposalLine:
    """Add a discount, a credit (both lower the invoice) or a fee. `amount` is typed positive.

    Raises  DomainError for an unknown kind, an amount that is not above 0, or no description;
            NotFound, PermissionDenied, ProposalChanged, AlreadyConfirmed, ProposalEnded.
    """
    if kind not in ADDED_KINDS:
        raise DomainError("Choose a discount, a credit or a fee.", field="kind")
    if not amount.is_finite() or amount <= 0:
        raise DomainError("The amount is more than 0.", field="amount")
    if not description.strip():
        raise DomainError("Describe the line as the customer will read it.", field="description")
    proposal = open_for_change(proposal_id, lock_version, actor)
    contract_line = ContractLine.objects.filter(
        pk=contract_line_id, contract_id=proposal.contract_id
    ).first()
    if contract_line is None:
        raise NotFound("This contract line is not one of the proposal's contract.")
    taxes = tax_determination.determination(proposal.legal_entity, [proposal.account_id])
    # A deduction is taxed as what it is taken off, not as a fee.
    what = Supplied("fee") if kind == "fee" else Supplied()
    code_id = taxes.code_for(contract_line.tax_code, proposal.account_id, what)
    signed = round_to_minor(amount, proposal.currency)
    if kind != "fee":
        signed = -signed
    rows = ProposalLine.objects.filter(proposal=proposal)
    line: ProposalLine = ProposalLine.objects.create(
        tenant_id=actor.tenant_id,
        proposal=proposal,
        position=(rows.aggregate(n=Max("position"))["n"] or 0) + 1,
        contract_line=contract_line,
        transaction_class="fee",
        work_on=added_on,
        description=description.strip()[:400],
        quantity=Decimal(1),
        unit="unit",
        price=signed,
        original_amount=Decimal(0),
        amount=signed,
        reason=reason.strip()[:200],
        tax_code_id=code_id,
    )
    mark_reviewed(proposal, actor, at)
    record_change(
        proposal, actor, at, BillingEvent.PROPOSAL_CHANGED,
        f"Added the {kind} “{line.description}”" + (f": {reason.strip()}" if reason.strip() else ""),
    )  # fmt: skip
    return line


@transaction.atomic
def remove_added_line(
    *, proposal_id: int, line_id: int, lock_version: int, actor: Actor, at: datetime
) -> Proposal:
    """Take a discount, credit or fee off again. Raises  NotFound for a line of work; as above."""
    proposal = open_for_change(proposal_id, lock_version, actor)
    line = ProposalLine.objects.filter(proposal=proposal, pk=line_id, actual__isnull=True).first()
    if line is None:
        raise NotFound("Only a discount, credit or fee that was added can be removed.")
    text = line.description
    line.delete()
    mark_reviewed(proposal, actor, at)
    record_change(proposal, actor, at, BillingEvent.PROPOSAL_CHANGED, f"Removed “{text}”")
    return proposal


@transaction.atomic
def cancel_proposal(
    *, proposal_id: int, reason: str, lock_version: int, actor: Actor, at: datetime
) -> Proposal:
    """Cancel a draft: its work is free for the next billing run.

    Raises  PermissionDenied, NotFound, ProposalChanged, AlreadyConfirmed, ProposalEnded.
    """
    proposal = open_for_change(proposal_id, lock_version, actor)
    policies.check_can_become(proposal, Proposal.State.CANCELLED)
    proposal.state = Proposal.State.CANCELLED
    proposal.note = reason.strip()[:400]
    proposal.lock_version += 1
    proposal.save(update_fields=["state", "note", "lock_version"])
    claims.release(holder_kind=HOLDER, holder_ids=[proposal.pk], at=at)
    record_change(
        proposal, actor, at, BillingEvent.PROPOSAL_CANCELLED,
        f"Cancelled the proposal{': ' + reason.strip() if reason.strip() else ''}",
    )  # fmt: skip
    return proposal


def open_for_change(proposal_id: int, lock_version: int, actor: Actor) -> Proposal:
    """The proposal under its row lock, unchanged since the reviewer read it."""
    actor.require(BillingPermission.REVIEW)
    proposal = visibility.get_proposal(actor=actor, proposal_id=proposal_id, lock=True)
    policies.check_can_change(proposal, lock_version)
    return proposal


def mark_reviewed(proposal: Proposal, actor: Actor, at: datetime) -> None:
    """One change more by this reviewer; an approval no longer covers what is there now."""
    proposal.state = Proposal.State.IN_REVIEW
    proposal.approved_by_id = proposal.approved_at = None
    proposal.reviewed_by_id = actor.membership_id
    proposal.reviewed_at = at
    proposal.lock_version += 1
    proposal.save(
        update_fields=[
            "state", "reviewed_by", "reviewed_at", "approved_by", "approved_at", "lock_version",
        ]
    )  # fmt: skip


def record_change(
    proposal: Proposal,
    actor: Actor,
    at: datetime,
    event: BillingEvent,
    sentence: str,
    changes: dict[str, tuple[object, object]] | None = None,
) -> None:
    audit.record(
        actor=actor,
        at=at,
        event=event,
        record_type="billing.Proposal",
        record_id=proposal.pk,
        sentence=sentence,
        changes=changes,
    )
