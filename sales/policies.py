"""What state allows: transitions of opportunities, quotes and contracts, and who sees rates."""

from psa.core.access.permissions import PricingPermission
from psa.core.actor import Actor
from psa.core.errors import Conflict, DomainError, PermissionDenied

from .models import Contract, Opportunity, OpportunityStage, Quote
from .permissions import SalesPermission

OPEN_OUTCOME, WON_OUTCOME, LOST_OUTCOME = "open", "won", "lost"
# From this stage of the pipeline on, what is offered has to be estimated.
PROPOSE_STAGE = "propose"

CONTRACT_TRANSITIONS: dict[str, frozenset[str]] = {
    Contract.Status.DRAFT: frozenset({Contract.Status.CONFIRMED, Contract.Status.CANCELLED}),
    Contract.Status.CONFIRMED: frozenset(
        {Contract.Status.ON_HOLD, Contract.Status.COMPLETED, Contract.Status.CANCELLED}
    ),
    Contract.Status.ON_HOLD: frozenset({Contract.Status.CONFIRMED, Contract.Status.CANCELLED}),
    Contract.Status.COMPLETED: frozenset({Contract.Status.CONFIRMED, Contract.Status.CLOSED}),
    Contract.Status.CANCELLED: frozenset(),
    Contract.Status.CLOSED: frozenset(),
}


class AlreadyWon(Conflict):
    """The quote was won before; `contract_id` is what came of it."""

    def __init__(self, message: str, contract_id: int | None) -> None:
        super().__init__(message)
        self.contract_id = contract_id


def sees_cost(actor: Actor, owner_id: int) -> bool:
    """Whether the actor may see cost by role and margin of what `owner_id` (a membership) sells."""
    return actor.has(PricingPermission.VIEW_COST_RATES) or (
        owner_id == actor.membership_id and actor.has(PricingPermission.VIEW_COST_RATES_OWN)
    )


def sees_bill(actor: Actor, owner_id: int) -> bool:
    """Whether the actor may see bill rates of what `owner_id` (a membership) sells."""
    return actor.has(PricingPermission.VIEW_BILL_RATES) or (
        owner_id == actor.membership_id and actor.has(PricingPermission.VIEW_BILL_RATES_OWN)
    )


def check_may_release_parked(actor: Actor, contract: Contract) -> None:
    """Who manages contracts, or a project of this one, picks the work that fills a limit.

    Raises  PermissionDenied.
    """
    if actor.has(SalesPermission.MANAGE):
        return
    # By the relation's name only: the projects room lies above this one and is not imported.
    if Contract.objects.filter(
        pk=contract.pk, projects__manager__membership_id=actor.membership_id
    ).exists():
        return
    raise PermissionDenied(
        "The contract's owner or the manager of one of its projects picks the work that fills a "
        "limit. Ask one of them."
    )


def may_release_parked(actor: Actor, contract: Contract) -> bool:
    try:
        check_may_release_parked(actor, contract)
    except PermissionDenied:
        return False
    return True


def check_version(record: object, lock_version: int | None) -> None:
    """Raises  Conflict if the record was changed since `lock_version` was read."""
    if lock_version is not None and record.lock_version != lock_version:  # type: ignore[attr-defined]
        raise Conflict(
            "Somebody else has changed this record since you opened it. "
            "Reload the page to see their changes, then make yours."
        )


def check_is_open(opportunity: Opportunity) -> None:
    """Raises  Conflict if the opportunity is won or lost."""
    if opportunity.stage.outcome != OPEN_OUTCOME:
        raise Conflict(
            f"Opportunity {opportunity.number} is {opportunity.stage.name.lower()} and cannot be "
            "changed any more."
        )


def check_can_move(
    opportunity: Opportunity,
    to: OpportunityStage,
    *,
    has_estimate: bool,
    estimate_required: bool,
    propose_position: int | None,
) -> None:
    """Raises  DomainError if the stage is an outcome, or an estimate is required and missing."""
    check_is_open(opportunity)
    if to.outcome == WON_OUTCOME:
        raise DomainError(
            "An opportunity is won by winning one of its quotes. Open the quote and win it.",
            field="stage",
        )
    if to.outcome == LOST_OUTCOME:
        raise DomainError("Losing an opportunity needs a reason: use “Lose”.", field="stage")
    is_late_stage = propose_position is not None and to.position >= propose_position
    if is_late_stage and estimate_required and not has_estimate:
        raise DomainError(
            f"Opportunity {opportunity.number} has no estimate yet. Create a quote and estimate "
            f"it by role before moving to {to.name}.",
            field="stage",
        )


def check_is_draft(quote: Quote) -> None:
    """Raises  Conflict if the quote is frozen: sent, decided or superseded."""
    if quote.status != Quote.Status.DRAFT:
        raise Conflict(
            f"Quote {quote.number} version {quote.version} is {quote.get_status_display().lower()} "
            "and cannot be changed. Revise it to make the next version."
        )


def is_frozen(quote: Quote) -> bool:
    return bool(quote.status != Quote.Status.DRAFT)


def check_can_revise(quote: Quote) -> None:
    """Raises  Conflict if the quote was won or replaced already."""
    if quote.status in (Quote.Status.WON, Quote.Status.SUPERSEDED):
        raise Conflict(
            f"Quote {quote.number} version {quote.version} is "
            f"{quote.get_status_display().lower()}; only the latest open version can be revised."
        )


def check_can_win(quote: Quote) -> None:
    """Raises  Conflict if the quote is not open, or was never sent."""
    if quote.status == Quote.Status.DRAFT:
        raise Conflict(
            f"Quote {quote.number} version {quote.version} is still a draft. Send it first: what "
            "the customer accepts has to be frozen."
        )
    if quote.status != Quote.Status.SENT:
        raise Conflict(
            f"Quote {quote.number} version {quote.version} is "
            f"{quote.get_status_display().lower()} and cannot be won."
        )


def check_contract_transition(contract: Contract, to: str) -> None:
    """Raises  Conflict if the contract's state does not lead to `to`."""
    if to not in CONTRACT_TRANSITIONS[contract.status]:
        raise Conflict(
            f"Contract {contract.number} is {contract.get_status_display().lower()} and cannot "
            f"become {Contract.Status(to).label.lower()}."
        )


def check_contract_is_live(contract: Contract) -> None:
    """Raises  Conflict if the contract is over: completed, cancelled or closed."""
    if contract.status in (
        Contract.Status.COMPLETED,
        Contract.Status.CANCELLED,
        Contract.Status.CLOSED,
    ):
        raise Conflict(
            f"Contract {contract.number} is {contract.get_status_display().lower()} and cannot be "
            "changed any more."
        )


def check_can_amend(contract: Contract) -> None:
    """Raises  Conflict unless the contract is binding and goes on: confirmed or on hold."""
    if contract.status == Contract.Status.DRAFT:
        raise Conflict(
            f"Contract {contract.number} is a draft: its terms are changed there. Amendments are "
            "for confirmed contracts."
        )
    check_contract_is_live(contract)


def may_amend(contract: Contract) -> bool:
    try:
        check_can_amend(contract)
    except Conflict:
        return False
    return True


def check_sees_rates(actor: Actor, contract: Contract) -> None:
    """Raises  PermissionDenied for who may not see the bill rates of the contract."""
    if not sees_bill(actor, contract.owner_id):
        raise PermissionDenied("Your role does not include the rates of this contract.")
