"""Which rows of the room an actor may see, and whether with rates."""

from typing import Any

from django.db.models import Case, Expression, F, Q, QuerySet, When

from billing.models import ContractMilestone, Invoice, Payment, Proposal
from billing.permissions import BillingPermission
from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import NotFound
from sales.models import Account, Contract


def contracts_visible_to(actor: Actor) -> "QuerySet[Contract]":
    """Contracts whose billing one may see: all, or those one owns or manages a project of."""
    if actor.has(BillingPermission.VIEW):
        return Contract.objects.all()
    if actor.has(BillingPermission.VIEW_OWN):
        return own_contracts(actor)
    return Contract.objects.none()


def own_contracts(actor: Actor) -> "QuerySet[Contract]":
    """Contracts one owns or manages a project of."""
    me = actor.membership_id
    managed = Contract.objects.filter(projects__manager__membership_id=me).values("pk")
    return Contract.objects.filter(Q(owner_id=me) | Q(pk__in=managed))


def proposals_visible_to(actor: Actor) -> "QuerySet[Proposal]":
    return _of_contracts(Proposal.objects.all(), actor)


def invoices_visible_to(actor: Actor) -> "QuerySet[Invoice]":
    return _of_contracts(Invoice.objects.all(), actor)


def customers() -> "QuerySet[Account]":
    """Accounts that can owe something: a department pays by journal and owes nothing."""
    return Account.objects.exclude(kind=Account.Kind.DEPARTMENT)


def milestones_visible_to(actor: Actor) -> "QuerySet[ContractMilestone]":
    rows = ContractMilestone.objects.all()
    if actor.has(BillingPermission.VIEW):
        return rows
    return rows.filter(contract_line__contract__in=contracts_visible_to(actor).values("pk"))


def payments_visible_to(actor: Actor) -> "QuerySet[Payment]":
    """Payments are of customers, not contracts: for those who see all of billing."""
    return Payment.objects.all() if actor.has(BillingPermission.VIEW) else Payment.objects.none()


def _of_contracts(rows: "QuerySet[Any]", actor: Actor) -> "QuerySet[Any]":
    if actor.has(BillingPermission.VIEW):
        return rows
    return rows.filter(contract__in=contracts_visible_to(actor).values("pk"))


def sees_bill_rates(actor: Actor, contract_id: int) -> bool:
    """Whether prices of this contract's lines may be shown. One query at most."""
    if actor.has(PricingPermission.VIEW_BILL_RATES):
        return True
    if not actor.has(PricingPermission.VIEW_BILL_RATES_OWN):
        return False
    return own_contracts(actor).filter(pk=contract_id).exists()


def priced_contracts(actor: Actor, *, by: str = "contract") -> Q:
    """`sees_bill_rates` of many rows at once; `by` is the path from a row to its contract."""
    if actor.has(PricingPermission.VIEW_BILL_RATES):
        return Q(pk__isnull=False)
    if not actor.has(PricingPermission.VIEW_BILL_RATES_OWN):
        return Q(pk__in=())
    return Q(**{f"{by}__in": own_contracts(actor).values("pk")})


def priced(actor: Actor, amount: str, *, by: str = "contract") -> Expression | F:
    """A row's amount for a list, None where the actor does not see its contract's bill rates.

    docs/adr/0042: lists sort, filter and add up by this and never by the amount itself.
    """
    if actor.has(PricingPermission.VIEW_BILL_RATES):
        return F(amount)
    return Case(When(priced_contracts(actor, by=by), then=F(amount)), default=None)


def get_contract(*, actor: Actor, contract_id: int, lock: bool = False) -> Contract:
    """The contract with account and entity. Raises  NotFound."""
    rows = contracts_visible_to(actor).select_related("account", "legal_entity")
    return one(rows, contract_id, "contract", lock=lock)  # type: ignore[no-any-return]


def get_proposal(*, actor: Actor, proposal_id: int, lock: bool = False) -> Proposal:
    """The proposal with contract, customer and entity. Raises  NotFound."""
    rows = proposals_visible_to(actor).select_related("contract", "account", "legal_entity")
    return one(rows, proposal_id, "proposal", lock=lock)  # type: ignore[no-any-return]


def contract_of_proposal(*, actor: Actor, proposal_id: int) -> int:
    """The id of the proposal's contract, which is locked before the proposal. Raises  NotFound."""
    contract_id: int = one(
        proposals_visible_to(actor).values_list("contract_id", flat=True), proposal_id, "proposal"
    )
    return contract_id


def get_invoice(*, actor: Actor, invoice_id: int) -> Invoice:
    """The invoice with contract, customer and entity; NotFound alike if absent, another tenant's,
    or not visible."""
    rows = invoices_visible_to(actor).select_related(
        "contract", "account", "legal_entity", "proposal", "corrects", "confirmed_by"
    )
    return one(rows, invoice_id, "invoice")  # type: ignore[no-any-return]


def get_milestone(*, actor: Actor, milestone_id: int, lock: bool = False) -> ContractMilestone:
    """The milestone with its line and contract. Raises  NotFound."""
    rows = milestones_visible_to(actor).select_related("contract_line__contract")
    return one(rows, milestone_id, "milestone", lock=lock)  # type: ignore[no-any-return]


def get_payment(*, actor: Actor, payment_id: int) -> Payment:
    """The payment with customer and entity. Raises  NotFound."""
    rows = payments_visible_to(actor).select_related("account", "legal_entity")
    return one(rows, payment_id, "payment")  # type: ignore[no-any-return]


def one(rows: "QuerySet[Any]", pk: int, noun: str, *, lock: bool = False) -> Any:
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(f"This {noun} does not exist, or it is not yours to see.")
    return found
