"""Tax codes of a proposal's lines as they are right today, not as they were when it was drafted."""

from datetime import datetime

from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine
from billing.selectors.tax_determination import determination
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.org.models import LegalEntity
from sales.models import ContractLine


def settle_tax_codes(
    *, proposal: Proposal, entity: LegalEntity, actor: Actor, at: datetime
) -> None:
    """Give the lines the code that customer and entity ask for now; what changed is on record.

    Three queries when nothing changed. Raises  TaxSetupMissing.
    """
    lines = ProposalLine.objects.filter(proposal=proposal)
    pairs = lines.order_by().values_list("contract_line_id", "tax_code_id").distinct()
    found = determination(entity, [proposal.account_id])
    names = {code.pk: code.code for code in found.codes}
    own = dict(
        ContractLine.objects.filter(contract_id=proposal.contract_id).values_list("id", "tax_code")
    )
    for contract_line_id, before in list(pairs):
        after = found.code_for(own[contract_line_id], proposal.account_id)
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
