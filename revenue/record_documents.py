"""Who sees and adds the documents of the room's records."""

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor

from .models import IntercompanyInvoice
from .permissions import RevenuePermission


def sees_intercompany_invoice(actor: Actor, record_id: int) -> bool:
    """It shows what people cost, so who sees it must see that too."""
    may = actor.has(RevenuePermission.VIEW) and actor.has(PricingPermission.VIEW_COST_RATES)
    return may and IntercompanyInvoice.objects.filter(pk=record_id).exists()


def may_post(actor: Actor, _record_id: int) -> bool:
    return actor.has(RevenuePermission.POST)
