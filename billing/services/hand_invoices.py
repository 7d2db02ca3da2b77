"""Invoices by hand: a draft without any approved work, to which lines are added and which is confirmed."""

from datetime import date, datetime

from django.db import transaction

from billing import policies
from billing.events import BillingEvent
from billing.models import Proposal
from billing.selectors import visibility
from billing.services import numbers
from billing.services.readiness import check_can_propose_all
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import DomainError
from sales.models import Contract

RUN_KEY = "by hand"


@transaction.atomic
def begin_invoice(*, contract_id: int, drafted_on: date, actor: Actor, at: datetime) -> Proposal:
    """An empty draft for the contract's customer, or the draft that is there; lines are then added.

    Locks the contract. Raises  PermissionDenied, NotFound; DomainError while the contract is on hold
    or not confirmed.
    Source  docs/rules/billing.md, B-26.
    """
    contract: Contract = visibility.one(
        visibility.contracts_visible_to(actor).select_related("legal_entity", "account"),
        contract_id,
        "contract",
        lock=True,
    )
    if refused := check_can_propose_all(actor, [contract.pk]).get(contract.pk):
        raise refused
    if reason := policies.why_not_billable(contract):
        raise DomainError(f"{reason}. Nothing can be invoiced.", field="contract")
    known: Proposal | None = Proposal.objects.filter(
        contract=contract, account_id=contract.account_id, state=Proposal.State.DRAFT
    ).first()
    if known is not None:
        return known
    number = numbers.next_number(kind=f"proposal {drafted_on.year}", actor=actor)
    made: Proposal = Proposal.objects.create(
        tenant_id=actor.tenant_id,
        contract=contract,
        account_id=contract.account_id,
        legal_entity_id=contract.legal_entity_id,
        currency=contract.currency,
        number=f"P-{drafted_on.year}-{number:04d}",
        cutoff_on=drafted_on,
        run_key=RUN_KEY,
        created_at=at,
    )
    audit.record(
        actor=actor, at=at, event=BillingEvent.PROPOSAL_DRAFTED, record_type="billing.Proposal",
        record_id=made.pk, sentence="Began an invoice by hand",
    )  # fmt: skip
    return made
