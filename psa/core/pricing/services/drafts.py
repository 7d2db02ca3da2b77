"""The lock every write on a price list takes."""

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import DomainError
from psa.core.pricing.models import PriceList
from psa.core.pricing.visibility import visible_list


class NotDraft(DomainError):
    """A list that is or was active: its lines are never edited in place."""


def locked_list(list_id: int, actor: Actor) -> PriceList:
    """The list, locked, for somebody who manages lists.

    Raises  NotFound if it is not theirs to see; PermissionDenied if they may only read it.
    """
    visible_list(actor, list_id)
    actor.require(PricingPermission.MANAGE_LISTS)
    row: PriceList = PriceList.objects.select_for_update(of=("self",)).get(pk=list_id)
    return row


def locked_draft(list_id: int, actor: Actor) -> PriceList:
    """The list, locked, if it is still a draft.

    Raises  as `locked_list`; NotDraft naming the way out.
    """
    row = locked_list(list_id, actor)
    if row.status != PriceList.Status.DRAFT:
        raise NotDraft(
            f"“{row.name}” is {row.get_status_display().lower()} and is not edited in place. Make "
            "a new version of it."
        )
    return row
