"""Which rows of the room an actor may see; every read and write starts here."""

from typing import Any

from django.db.models import Q, QuerySet

from psa.core.actor import Actor
from psa.core.errors import NotFound
from sales.models import Account, Contract, ContractLine, Opportunity, Quote, QuoteLine
from sales.permissions import SalesPermission


def accounts_visible_to(actor: Actor) -> QuerySet[Account]:
    """All with `sales.view`; with `sales.view_own` one's own, nobody's, and those dealt with.

    Departments that pay are no customers and never among them.
    """
    accounts = Account.objects.exclude(kind=Account.Kind.DEPARTMENT)
    if actor.has(SalesPermission.VIEW):
        return accounts
    if not actor.has(SalesPermission.VIEW_OWN):
        return Account.objects.none()
    me = actor.membership_id
    return accounts.filter(
        Q(owner_id=me)
        | (Q(owner__isnull=True) if actor.has(SalesPermission.MANAGE) else Q(pk__in=[]))
        | Q(pk__in=Opportunity.objects.filter(owner_id=me).values("account_id"))
        | Q(pk__in=contracts_visible_to(actor).values("account_id"))
    )


def opportunities_visible_to(actor: Actor) -> QuerySet[Opportunity]:
    """All with `sales.view`; with `sales.view_own` those one owns."""
    if actor.has(SalesPermission.VIEW):
        return Opportunity.objects.all()
    if actor.has(SalesPermission.VIEW_OWN):
        return Opportunity.objects.filter(owner_id=actor.membership_id)
    return Opportunity.objects.none()


def quotes_visible_to(actor: Actor) -> QuerySet[Quote]:
    """The quotes of the opportunities one may see."""
    if actor.has(SalesPermission.VIEW):
        return Quote.objects.all()
    if actor.has(SalesPermission.VIEW_OWN):
        return Quote.objects.filter(opportunity__owner_id=actor.membership_id)
    return Quote.objects.none()


def contracts_visible_to(actor: Actor) -> QuerySet[Contract]:
    """All with `sales.view`; with `sales.view_own` those one owns or manages a project of."""
    if actor.has(SalesPermission.VIEW):
        return Contract.objects.all()
    if not actor.has(SalesPermission.VIEW_OWN):
        return Contract.objects.none()
    me = actor.membership_id
    # By the relation's name only: the projects room lies above this one and is not imported.
    managed = Contract.objects.filter(projects__manager__membership_id=me).values("pk")
    return Contract.objects.filter(Q(owner_id=me) | Q(pk__in=managed))


def get_account(*, actor: Actor, account_id: int, lock: bool = False) -> Account:
    """Raises  NotFound alike if absent, another tenant's, or not visible."""
    return _one(accounts_visible_to(actor), Account, account_id, lock, "customer")


def get_opportunity(*, actor: Actor, opportunity_id: int, lock: bool = False) -> Opportunity:
    """The opportunity with its stage and account. Raises  NotFound."""
    rows = opportunities_visible_to(actor).select_related("stage", "account", "owner")
    return _one(rows, Opportunity, opportunity_id, lock, "opportunity")


def get_quote(*, actor: Actor, quote_id: int, lock: bool = False) -> Quote:
    """The quote with its opportunity, stage and account. Raises  NotFound."""
    rows = quotes_visible_to(actor).select_related(
        "opportunity__stage",
        "opportunity__account",
        "opportunity__owner",
        "opportunity__contracting_unit__legal_entity",
    )
    return _one(rows, Quote, quote_id, lock, "quote")


def get_quote_line(*, actor: Actor, line_id: int) -> QuoteLine:
    """The quote line with its quote and opportunity. Raises  NotFound."""
    rows = QuoteLine.objects.filter(quote__in=quotes_visible_to(actor).values("pk")).select_related(
        "quote__opportunity"
    )
    return _one(rows, QuoteLine, line_id, False, "quote line")


def get_contract(*, actor: Actor, contract_id: int, lock: bool = False) -> Contract:
    """The contract with account, owner, unit and entity. Raises  NotFound."""
    rows = contracts_visible_to(actor).select_related(
        "account", "owner", "contracting_unit", "legal_entity", "quote"
    )
    return _one(rows, Contract, contract_id, lock, "contract")


def get_contract_line(*, actor: Actor, line_id: int) -> ContractLine:
    """The contract line with its contract. Raises  NotFound."""
    rows = ContractLine.objects.filter(
        contract__in=contracts_visible_to(actor).values("pk")
    ).select_related("contract")
    return _one(rows, ContractLine, line_id, False, "contract line")


def _one(rows: Any, model: type[Any], pk: int, lock: bool, noun: str) -> Any:
    if lock:
        # The bare row first, then the read with its relations: a locking query with joins, woken
        # by another's commit, would join the new foreign keys to rows it never read, and miss.
        list(model.objects.filter(pk=pk).select_for_update().values_list("pk"))
    try:
        return rows.get(pk=pk)
    except model.DoesNotExist:
        raise NotFound(f"This {noun} does not exist, or it is not yours to see.") from None
