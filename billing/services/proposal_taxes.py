"""Tax codes of a proposal's lines as they are right today, not as they were when it was drafted."""

from datetime import datetime

from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine
from billing.selectors.tax_determination import TaxDetermination, buyer_of, codes_of
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.org.models import LegalEntity


def settle_tax_codes(
    *, proposal: Proposal, entity: LegalEntity, actor: Actor, at: datetime
) -> None:
    """Give the lines the code that customer and entity ask for now; what changed is on record.

    Two queries when nothing changed, the proposal's customer being loaded. Raises  TaxSetupMissing.
    """
    lines = ProposalLine.objects.filter(proposal=proposal)
    used = list(
        lines.order_by()
        .values_list("contract_line_id", "contract_line__tax_code", "tax_code_id")
        .distinct()
    )
    taxes = TaxDetermination(
        entity, codes_of(entity), {proposal.account_id: buyer_of(proposal.account)}
    )
    names = {code.pk: code.code for code in taxes.codes}
    for contract_line_id, own, before in used:
        after = taxes.code_for(own, proposal.account_id)
        if after == before:
            continue
        lines.filter(contract_line_id=contract_line_id, tax_code_id=before).update(
            tax_code_id=after
        )
        audit.record(
            actor=actor, at=at, event=BillingEvent.PROPOSAL_CHANGED,
            record_type="billing.Proposal", record_id=proposal.pk,
            sentence=f"The tax is {names[after]} now, no longer {names[before]}",
        )  # fmt: skip
