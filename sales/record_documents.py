"""Who sees and adds the documents of the room's records."""

from collections.abc import Callable

from psa.core.actor import Actor

from . import policies
from .models import ContractAmendment
from .permissions import SalesPermission
from .selectors import visibility

Check = Callable[[Actor, int], bool]


def _sees_account(actor: Actor, record_id: int) -> bool:
    return visibility.accounts_visible_to(actor).filter(pk=record_id).exists()


def _sees_opportunity(actor: Actor, record_id: int) -> bool:
    return visibility.opportunities_visible_to(actor).filter(pk=record_id).exists()


def _sees_quote(actor: Actor, record_id: int) -> bool:
    """A quote's document shows bill rates, so who sees it must see those too."""
    owners = visibility.quotes_visible_to(actor).filter(pk=record_id)
    owner_id = owners.values_list("opportunity__owner_id", flat=True).first()
    return owner_id is not None and policies.sees_bill(actor, owner_id)


def _sees_contract(actor: Actor, record_id: int) -> bool:
    return visibility.contracts_visible_to(actor).filter(pk=record_id).exists()


def _sees_amendment(actor: Actor, record_id: int) -> bool:
    """Documents of an amendment may quote rates, so who sees them must see those too."""
    owners = ContractAmendment.objects.filter(
        pk=record_id, contract__in=visibility.contracts_visible_to(actor).values("pk")
    )
    owner_id = owners.values_list("contract__owner_id", flat=True).first()
    return owner_id is not None and policies.sees_bill(actor, owner_id)


def _may_add(actor: Actor, _record_id: int) -> bool:
    return actor.has(SalesPermission.MANAGE)


RECORDS: dict[str, tuple[Check, Check]] = {
    "sales.Account": (_sees_account, _may_add),
    "sales.Opportunity": (_sees_opportunity, _may_add),
    "sales.Quote": (_sees_quote, _may_add),
    "sales.Contract": (_sees_contract, _may_add),
    "sales.ContractAmendment": (_sees_amendment, _may_add),
}
