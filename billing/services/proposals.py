"""Drafting invoices: one proposal per contract and paying customer, from what is unbilled.

One contract or many, through the same door: locked, read, decided and written together.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from billing import policies
from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine, SkippedContract
from billing.rules.tax_determination import TaxSetupMissing
from billing.rules.types import ProposedLine
from billing.selectors import due_work, limits, visibility
from billing.services import numbers, proposal_lines
from billing.services.proposal_lines import HOLDER, Added
from billing.services.readiness import check_can_propose_all
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError, NotFound
from psa.core.ledger.services.claims import ActualHeld
from sales.models import Contract

__all__ = ["HOLDER", "NothingToBill", "Proposed"]


class NothingToBill(DomainError):
    """The contract has no unbilled work up to the cut-off, and no draft either."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What became of one contract: its drafts, why it was passed over, or the refusal."""

    contract_id: int
    drafts: tuple[Proposal, ...] = ()
    skipped: str = ""
    refusal: DomainError | None = None


@transaction.atomic
def propose_invoices(
    *, contract_id: int, cutoff_on: date, run_key: str, actor: Actor, at: datetime
) -> list[Proposal]:
    """Draft the contract's invoices up to and including `cutoff_on`, and return its drafts.

    One draft per paying customer. A draft that exists gets what is new and keeps its lines;
    proposals in review are left alone. Running again adds nothing. A contract passed over (on
    hold, below the minimum, without tax code) is recorded for `run_key` with the reason, and [] is
    returned. Locks the contract.
    Raises  PermissionDenied, NotFound, NothingToBill; ActualHeld if another draft was faster.
    Source  docs/rules/billing.md, B-1 to B-4 and B-12.
    """
    [done] = _propose([contract_id], cutoff_on, run_key, actor, at)
    if done.refusal is not None:
        raise done.refusal
    return list(done.drafts)


@transaction.atomic
def propose_for_contracts(
    *, contract_ids: Sequence[int], cutoff_on: date, run_key: str, actor: Actor, at: datetime
) -> list[Proposed]:
    """`propose_invoices` for a batch, in the order given; a refusal is its contract's alone.

    A constant number of queries. When another draft was faster with some of the work, each
    contract is tried by itself. Raises  PermissionDenied without any permission to bill.
    """
    try:
        with transaction.atomic():
            return _propose(contract_ids, cutoff_on, run_key, actor, at)
    except ActualHeld as held:
        if len(contract_ids) == 1:
            return [Proposed(contract_ids[0], refusal=held)]
    return [
        one
        for contract_id in contract_ids
        for one in propose_for_contracts(
            contract_ids=[contract_id], cutoff_on=cutoff_on, run_key=run_key, actor=actor, at=at
        )
    ]


@dataclass(slots=True)
class _Decided:
    """What is to be drafted of one contract, by paying customer."""

    contract: Contract
    drafts: dict[int, Proposal] = field(default_factory=dict)
    added: dict[int, list[ProposedLine]] = field(default_factory=dict)
    # By paying customer: the code of each contract line.
    tax_codes: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    skipped: str = ""


def _propose(
    contract_ids: Sequence[int], cutoff_on: date, run_key: str, actor: Actor, at: datetime
) -> list[Proposed]:
    """Raises  ActualHeld, PermissionDenied; other refusals are in the answers."""
    refused: dict[int, DomainError] = {}
    contracts = _locked(contract_ids, actor, refused)
    refused |= check_can_propose_all(actor, contracts)
    billable = [contract for pk, contract in contracts.items() if pk not in refused]
    decided = _decide(billable, cutoff_on, refused)
    _keep_skips(decided, run_key, actor)
    fresh = _open_drafts(decided, cutoff_on, run_key, actor, at)
    added = [
        Added(one.drafts[account_id], lines, one.tax_codes[account_id])
        for one in decided
        for account_id, lines in one.added.items()
    ]
    proposal_lines.add(added, fresh_ids=fresh, actor=actor)
    _move_cutoffs([one.draft for one in added], cutoff_on)
    audit.record_many(
        actor=actor,
        at=at,
        event=BillingEvent.PROPOSAL_DRAFTED,
        record_type="billing.Proposal",
        items=[(one.draft.pk, _sentence(len(one.lines), cutoff_on), {}) for one in added],
    )
    done = {
        one.contract.pk: Proposed(
            one.contract.pk,
            tuple(sorted(one.drafts.values(), key=lambda proposal: proposal.pk)),
            one.skipped,
        )
        for one in decided
    }
    return [done.get(pk) or Proposed(pk, refusal=refused[pk]) for pk in contract_ids]


def _locked(
    contract_ids: Sequence[int], actor: Actor, refused: dict[int, DomainError]
) -> dict[int, Contract]:
    """The contracts under their locks, by id, so that two batches never deadlock. One query."""
    rows = (
        visibility.contracts_visible_to(actor)
        .select_for_update(of=("self",), no_key=True)
        .select_related("legal_entity", "account")
        .filter(pk__in=contract_ids)
        .order_by("pk")
    )
    found = {contract.pk: contract for contract in rows}
    for pk in contract_ids:
        if pk not in found:
            refused[pk] = NotFound("This contract does not exist, or it is not yours to see.")
    return found


def _decide(
    contracts: Sequence[Contract], cutoff_on: date, refused: dict[int, DomainError]
) -> list[_Decided]:
    """What each contract's drafts get, read and judged together; nothing is written here."""
    passed_over = limits.exhausted_orders(contracts)
    for contract in contracts:
        if reason := policies.why_not_billable(contract):
            passed_over[contract.pk] = reason
    open_ones = [contract for contract in contracts if contract.pk not in passed_over]
    work = due_work.DueWork(open_ones, cutoff_on)
    drafts = _drafts_of(open_ones)
    decided = []
    for contract in contracts:
        one = _Decided(contract, skipped=passed_over.get(contract.pk, ""))
        if not one.skipped:
            try:
                _judge(one, work, drafts.get(contract.pk, {}), cutoff_on)
            except DomainError as error:
                refused[contract.pk] = error
                continue
        decided.append(one)
    return decided


def _judge(
    one: _Decided, work: due_work.DueWork, drafts: dict[int, Proposal], cutoff_on: date
) -> None:
    """Raises  NothingToBill, MixedCurrency, RateMissing."""
    contract = one.contract
    try:
        due = work.of(contract)
    except TaxSetupMissing as error:
        one.skipped = error.message
        return
    if not due.lines and not drafts:
        raise NothingToBill(
            f"Contract {contract.number} has nothing to invoice up to {cutoff_on:%-d %b %Y}."
        )
    minimum = work.minimum(contract)
    reasons = []
    for account_id, lines in sorted(due.lines.items()):
        reason = "" if account_id in drafts else due_work.why_wait(contract, lines, minimum)
        if reason:
            reasons.append(reason)
        else:
            one.added[account_id] = lines
    one.drafts = drafts
    one.tax_codes = due.tax_codes
    one.skipped = "; ".join(reasons)


def _drafts_of(contracts: Sequence[Contract]) -> dict[int, dict[int, Proposal]]:
    """Contract → paying customer → its draft, locked. One query."""
    rows = Proposal.objects.select_for_update().filter(
        contract__in=[contract.pk for contract in contracts], state=Proposal.State.DRAFT
    )
    found: dict[int, dict[int, Proposal]] = {}
    for row in rows.order_by("id"):
        found.setdefault(row.contract_id, {})[row.account_id] = row
    return found


def _keep_skips(decided: Sequence[_Decided], run_key: str, actor: Actor) -> None:
    """What this run passed over, and why; a contract that it drafts now is no longer among them."""
    drafted = [one.contract.pk for one in decided if not one.skipped]
    if drafted:
        SkippedContract.objects.filter(run_key=run_key, contract__in=drafted).delete()
    skipped = [one for one in decided if one.skipped]
    if skipped:
        SkippedContract.objects.bulk_create(
            [
                SkippedContract(
                    tenant_id=actor.tenant_id,
                    run_key=run_key,
                    contract=one.contract,
                    reason=one.skipped[:300],
                )
                for one in skipped
            ],
            update_conflicts=True,
            unique_fields=["tenant", "run_key", "contract"],
            update_fields=["reason"],
        )


def _open_drafts(
    decided: Sequence[_Decided], cutoff_on: date, run_key: str, actor: Actor, at: datetime
) -> Collection[int]:
    """A numbered draft for each customer who has none yet; their ids."""
    wanted = [
        (one, account_id)
        for one in decided
        for account_id in one.added
        if account_id not in one.drafts
    ]
    if not wanted:
        return ()
    first = numbers.next_number(kind=f"proposal {cutoff_on.year}", count=len(wanted), actor=actor)
    fresh = Proposal.objects.bulk_create(
        [
            Proposal(
                tenant_id=actor.tenant_id,
                contract=one.contract,
                account_id=account_id,
                legal_entity_id=one.contract.legal_entity_id,
                currency=one.contract.currency,
                number=f"P-{cutoff_on.year}-{number:04d}",
                cutoff_on=cutoff_on,
                run_key=run_key,
                created_at=at,
            )
            for number, (one, account_id) in enumerate(wanted, start=first)
        ]
    )
    for (one, account_id), draft in zip(wanted, fresh, strict=True):
        one.drafts[account_id] = draft
    return {draft.pk for draft in fresh}


def _move_cutoffs(drafts: Sequence[Proposal], cutoff_on: date) -> None:
    earlier = [draft for draft in drafts if draft.cutoff_on < cutoff_on]
    for draft in earlier:
        draft.cutoff_on = cutoff_on
    if earlier:
        Proposal.objects.filter(pk__in=[draft.pk for draft in earlier]).update(cutoff_on=cutoff_on)


def _sentence(count: int, cutoff_on: date) -> str:
    counted = "1 line" if count == 1 else f"{count:,} lines"
    return f"Drafted {counted} up to {cutoff_on:%-d %b %Y}"


def total_of(proposal: Proposal) -> Decimal:
    """Net sum of the chargeable lines. One query."""
    total = ProposalLine.objects.filter(
        proposal=proposal, treatment=ProposalLine.Treatment.CHARGEABLE
    ).aggregate(total=Sum("amount"))["total"]
    return total or Decimal(0)
