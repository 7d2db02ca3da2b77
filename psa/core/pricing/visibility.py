"""Who may see which price lists and traces: a cost list does not exist for the others."""

from typing import Any

from django.db.models import QuerySet

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound

from .models import PriceList
from .rules.types import PriceContext

LIST_PERMISSIONS = (
    PricingPermission.VIEW_SALES_LISTS,
    PricingPermission.VIEW_ALL_LISTS,
    PricingPermission.MANAGE_LISTS,
)


def visible_to(actor: Actor) -> QuerySet[Any]:
    """The price lists the actor may see: all, those of sales, or none."""
    lists = PriceList.objects.all()
    if actor.has(PricingPermission.VIEW_ALL_LISTS):
        return lists
    if actor.has(PricingPermission.VIEW_SALES_LISTS):
        return lists.filter(context=PriceContext.SALES)
    return lists.none()


def visible_list(actor: Actor, list_id: int) -> PriceList:
    """One list. NotFound alike if it is absent, another tenant's, or not the actor's to see."""
    found: PriceList | None = visible_to(actor).filter(pk=list_id).first()
    if found is None:
        raise NotFound("This price list does not exist, or it is not yours to see.")
    return found


def may_see_prices(actor: Actor, context: PriceContext) -> bool:
    """Whether the actor sees prices of this context everywhere, and not only on own records."""
    if context is PriceContext.SALES:
        return actor.has(PricingPermission.VIEW_BILL_RATES)
    return actor.has(PricingPermission.VIEW_COST_RATES)
