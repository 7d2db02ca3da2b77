"""Who sees and adds the documents of the room's records."""

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor

from .permissions import BillingPermission
from .selectors import visibility


def sees_invoice(actor: Actor, record_id: int) -> bool:
    """An invoice's document shows prices, so who sees it must see those too."""
    found = visibility.invoices_visible_to(actor).filter(pk=record_id)
    contract_id = found.values_list("contract_id", flat=True).first()
    return contract_id is not None and visibility.sees_bill_rates(actor, contract_id)


def sees_proposal(actor: Actor, record_id: int) -> bool:
    return visibility.proposals_visible_to(actor).filter(pk=record_id).exists()


def may_review(actor: Actor, _record_id: int) -> bool:
    return actor.has(BillingPermission.REVIEW)


def sees_statements(actor: Actor, _delivery_id: int) -> bool:
    """A statement shows the prices of all contracts of a customer."""
    return actor.has(BillingPermission.VIEW) and actor.has(PricingPermission.VIEW_BILL_RATES)


def nobody(_actor: Actor, _record_id: int) -> bool:
    """What the system keeps takes no other files."""
    return False
