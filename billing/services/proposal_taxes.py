"""Tax codes of a proposal's lines as they are right today, not as they were when it was drafted."""

from datetime import datetime

from django.db.models import Q

from billing.events import BillingEvent
from billing.models import Proposal, ProposalLine
from billing.selectors.tax_determination import (
    Supplied,
    TaxDetermination,
    buyer_of,
    by_kind,
    codes_of,
)
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.org.models import LegalEntity

# What a reviewer took off: it is taxed as the contract line is, whatever its class.
DEDUCTION = Q(actual__isnull=True, amount__lt=0)


def settle_tax_codes(
    *, proposal: Proposal, entity: LegalEntity, actor: Actor, at: datetime
) -> None:
    """Give the lines the code that customer and entity ask for now; what changed is on record.

    Three queries when nothing changed, the proposal's customer being loaded. Raises  TaxSetupMissing.
    """
    lines = ProposalLine.objects.filter(proposal=proposal)
    used = list(
        lines.annotate(is_deduction=DEDUCTION)
        .order_by()
        .values_list(
            "contract_line_id",
            "contract_line__tax_code",
            "tax_code_id",
            "transaction_class",
            "category_id",
            "is_deduction",
        )
        .distinct()
    )
    taxes = TaxDetermination(
        entity,
        codes_of(entity),
        {proposal.account_id: buyer_of(proposal.account)},
        by_kind(entity),
    )
    names = {code.pk: code.code for code in taxes.codes}
    for contract_line_id, own, before, kind, category_id, is_deduction in used:
        what = Supplied() if is_deduction else Supplied(kind, category_id)
        after = taxes.code_for(own, proposal.account_id, what)
        if after == before:
            continue
        lines.annotate(is_deduction=DEDUCTION).filter(
            contract_line_id=contract_line_id, tax_code_id=before, transaction_class=kind,
            category_id=category_id, is_deduction=is_deduction,
        ).update(tax_code_id=after)  # fmt: skip
        audit.record(
            actor=actor, at=at, event=BillingEvent.PROPOSAL_CHANGED,
            record_type="billing.Proposal", record_id=proposal.pk,
            sentence=f"The tax is {names[after]} now, no longer {names[before]}",
        )  # fmt: skip
