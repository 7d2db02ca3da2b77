"""Moving lines between the open proposals of one contract and customer, or splitting one."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from billing import policies
from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine
from billing.permissions import BillingPermission
from billing.selectors import visibility
from billing.services import numbers, review
from billing.services.proposal_lines import HOLDER
from psa.core.actor import Actor
from psa.core.errors import DomainError, NotFound
from psa.core.ledger.services import claims
from sales.models import Contract


@transaction.atomic
def move_lines(
    *,
    proposal_id: int,
    line_ids: Sequence[int],
    target_id: int | None,
    lock_version: int,
    actor: Actor,
    at: datetime,
) -> Proposal:
    """Move lines to another open proposal of the same contract and customer, or to a new one.

    Returns the proposal that has them now; both are in review after. Locks the contract, then both
    proposals by id.
    Raises  NotFound, PermissionDenied, ProposalChanged, AlreadyConfirmed, ProposalEnded;
            DomainError without a line, or when nothing would stay on a proposal that is split.
    """
    actor.require(BillingPermission.REVIEW)
    seen = visibility.get_proposal(actor=actor, proposal_id=proposal_id)
    Contract.objects.select_for_update(of=("self",), no_key=True).get(pk=seen.contract_id)
    for pk in sorted({proposal_id, target_id or proposal_id}):
        visibility.get_proposal(actor=actor, proposal_id=pk, lock=True)
    source = review.open_for_change(proposal_id, lock_version, actor)
    lines = list(
        ProposalLine.objects.filter(proposal=source, pk__in=set(line_ids)).order_by("position")
    )
    if not lines:
        raise DomainError("Choose at least one line.", field="line_ids")
    if len(lines) != len(set(line_ids)):
        raise NotFound("Some of these lines are not on this proposal any more. Reload the page.")
    target = (
        _split_off(source, lines, actor, at)
        if target_id is None
        else _target(source, target_id, actor)
    )
    after = ProposalLine.objects.filter(proposal=target).aggregate(n=Max("position"))["n"] or 0
    for position, line in enumerate(lines, start=after + 1):
        line.proposal = target
        line.position = position
    ProposalLine.objects.bulk_update(lines, ["proposal", "position"], batch_size=1000)
    held = [line.actual_id for line in lines if line.actual_id is not None]
    if held:
        claims.release(holder_kind=HOLDER, holder_ids=[source.pk], at=at, actual_ids=held)
        claims.claim(actual_ids=held, holder_kind=HOLDER, holder_id=target.pk, actor=actor)
    count = "1 line" if len(lines) == 1 else f"{len(lines):,} lines"
    for proposal, sentence in (
        (source, f"Moved {count} to {target.number}"),
        (target, f"Took {count} of {source.number}"),
    ):
        review.mark_reviewed(proposal, actor, at)
        review.record_change(proposal, actor, at, BillingEvent.PROPOSAL_CHANGED, sentence)
    return target


def _target(source: Proposal, target_id: int, actor: Actor) -> Proposal:
    target = visibility.get_proposal(actor=actor, proposal_id=target_id, lock=True)
    policies.check_can_become(target, Proposal.State.CONFIRMED)
    if target.pk == source.pk or (target.contract_id, target.account_id) != (
        source.contract_id, source.account_id,
    ):  # fmt: skip
        raise DomainError(
            "Lines move between proposals of one contract and customer. Choose another one.",
            field="target",
        )
    return target


def _split_off(
    source: Proposal, lines: Sequence[ProposalLine], actor: Actor, at: datetime
) -> Proposal:
    if ProposalLine.objects.filter(proposal=source).count() == len(lines):
        raise DomainError(
            f"All lines of {source.number} are chosen; nothing would stay on it.", field="line_ids"
        )
    number = numbers.next_number(kind=f"proposal {source.cutoff_on.year}", actor=actor)
    made: Proposal = Proposal.objects.create(
        tenant_id=source.tenant_id,
        contract_id=source.contract_id,
        account_id=source.account_id,
        legal_entity_id=source.legal_entity_id,
        currency=source.currency,
        number=f"P-{source.cutoff_on.year}-{number:04d}",
        cutoff_on=source.cutoff_on,
        state=Proposal.State.IN_REVIEW,
        run_key=source.run_key,
        created_at=at,
    )
    return made
