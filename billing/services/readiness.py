"""What is billed in advance or at once becomes unbilled sales: milestones, periods, fees."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from billing.events import BillingEvent
from billing.models import ContractMilestone, RetainerPeriod
from billing.permissions import BillingPermission
from billing.selectors import visibility
from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, PermissionDenied
from psa.core.ledger.rules.types import (
    ActualDraft,
    ActualType,
    BillingType,
    TransactionClass,
)
from psa.core.ledger.services import posting
from psa.core.money.rounding import round_to_minor
from sales.models import Contract, ContractLine
from sales.services import funding

MILESTONE = "milestone"
RETAINER_PERIOD = "retainer_period"
FEE = "fee"


class AlreadyReady(Conflict):
    """The milestone was marked ready before."""


def check_can_propose(actor: Actor, contract_id: int) -> None:
    """Raises  PermissionDenied unless the actor may bill all contracts, or this one as their own."""
    for refusal in check_can_propose_all(actor, [contract_id]).values():
        raise refusal


def check_can_propose_all(
    actor: Actor, contract_ids: Collection[int]
) -> dict[int, PermissionDenied]:
    """Those the actor may not bill, with the refusal. One query at most.

    Raises  PermissionDenied for who may bill neither any contract nor their own.
    """
    if actor.has(BillingPermission.PROPOSE) or not contract_ids:
        return {}
    actor.require(BillingPermission.PROPOSE_OWN)
    own = set(
        visibility.own_contracts(actor).filter(pk__in=contract_ids).values_list("pk", flat=True)
    )
    return {
        pk: PermissionDenied(
            "You may bill the contracts that you own or manage a project of, and this is not one "
            "of them. Ask its owner or the billing manager."
        )
        for pk in contract_ids
        if pk not in own
    }


@transaction.atomic
def mark_milestone_ready(
    *, milestone_id: int, ready_on: date, actor: Actor, at: datetime
) -> ContractMilestone:
    """Post a milestone's amount as unbilled sales, once, so that the next billing run takes it.

    Raises  AlreadyReady, PermissionDenied, NotFound, PeriodClosed; DomainError if the contract is
            not confirmed.
    """
    seen = visibility.get_milestone(actor=actor, milestone_id=milestone_id)
    contract = _lock_contract(seen.contract_line.contract_id)
    check_can_propose(actor, contract.pk)
    milestone = visibility.get_milestone(actor=actor, milestone_id=milestone_id, lock=True)
    if milestone.state != ContractMilestone.State.NOT_STARTED:
        raise AlreadyReady(f"The milestone “{milestone.name}” was marked ready before.")
    _check_confirmed(contract)
    posting.post(
        drafts=funding.share_due(
            [
                _draft(
                    contract,
                    milestone.contract_line,
                    source=(MILESTONE, milestone.pk),
                    amount=milestone.amount,
                    work_on=ready_on,
                    description=milestone.name,
                    project_id=milestone.project_id,
                    task_id=milestone.task_id,
                )
            ]
        ),
        actor=actor,
        at=at,
        kind=MILESTONE,
    )
    milestone.state = ContractMilestone.State.READY
    milestone.ready_on = ready_on
    milestone.ready_by_id = actor.membership_id
    milestone.lock_version += 1
    milestone.save(update_fields=["state", "ready_on", "ready_by", "lock_version"])
    audit.record(
        actor=actor,
        at=at,
        event=BillingEvent.MILESTONE_READY,
        record_type="sales.Contract",
        record_id=contract.pk,
        sentence=f"Marked the milestone “{milestone.name}” ready to invoice",
    )
    return milestone


def contracts_with_due_periods(*, due_on: date) -> list[int]:
    """Contracts with a retainer period that has begun by `due_on` and is not posted. One query."""
    return list(
        RetainerPeriod.objects.filter(
            is_released=False,
            starts_on__lte=due_on,
            contract_line__contract__status=Contract.Status.CONFIRMED,
        )
        .order_by("contract_line__contract_id")
        .values_list("contract_line__contract_id", flat=True)
        .distinct()
    )


@transaction.atomic
def post_due_retainer_periods(
    *, contract_id: int, due_on: date, actor: Actor, at: datetime
) -> list[RetainerPeriod]:
    """Post the advance of each period of the contract that has begun, once; returns those posted.

    A retainer is billed in advance: the unbilled row is dated the period's first day.
    Raises  PermissionDenied, PeriodClosed.
    """
    check_can_propose(actor, contract_id)
    contract = _lock_contract(contract_id)
    if contract.status != Contract.Status.CONFIRMED:
        return []
    due = list(
        RetainerPeriod.objects.select_for_update(of=("self",))
        .select_related("contract_line")
        .filter(contract_line__contract_id=contract_id, is_released=False, starts_on__lte=due_on)
        .order_by("id")
    )
    if not due:
        return []
    posting.post(
        drafts=funding.share_due(
            [
                _draft(
                    contract,
                    period.contract_line,
                    source=(RETAINER_PERIOD, period.pk),
                    amount=period.amount,
                    work_on=period.starts_on,
                    description=f"{period.contract_line.name}, {period.starts_on:%B %Y}",
                )
                for period in due
            ]
        ),
        actor=actor,
        at=at,
        kind=RETAINER_PERIOD,
    )
    for period in due:
        period.is_released = True
        period.released_on = due_on
    RetainerPeriod.objects.bulk_update(due, ["is_released", "released_on"])
    audit.record(
        actor=actor,
        at=at,
        event=BillingEvent.PERIOD_DUE,
        record_type="sales.Contract",
        record_id=contract.pk,
        sentence=f"Posted {_counted(due)} of the retainer for invoicing",
    )
    return due


@transaction.atomic
def post_fee(
    *,
    contract_line_id: int,
    fee_id: int,
    amount: Decimal,
    description: str,
    charged_on: date,
    category_id: int | None,
    actor: Actor,
    at: datetime,
) -> int:
    """Post a one-off fee as unbilled sales; returns the actual's id.

    `fee_id` is the caller's own number for the fee: the same one posts once.
    Raises  AlreadyPosted, PermissionDenied, NotFound, DomainError if the amount is not above 0.
    """
    line = visibility.one(
        ContractLine.objects.filter(
            contract__in=visibility.contracts_visible_to(actor).values("pk")
        ),
        contract_line_id,
        "contract line",
    )
    check_can_propose(actor, line.contract_id)
    contract = _lock_contract(line.contract_id)
    _check_confirmed(contract)
    if not amount.is_finite() or amount <= 0:
        raise DomainError("A fee is more than 0.", field="amount")
    batch = posting.post(
        drafts=funding.share_due(
            [
                _draft(
                    contract,
                    line,
                    source=(FEE, fee_id),
                    amount=round_to_minor(amount, contract.currency),
                    work_on=charged_on,
                    description=description,
                    category_id=category_id,
                )
            ]
        ),
        actor=actor,
        at=at,
        kind=FEE,
    )
    audit.record(
        actor=actor,
        at=at,
        event=BillingEvent.FEE_POSTED,
        record_type="sales.Contract",
        record_id=contract.pk,
        sentence=f"Added the fee “{description}”",
    )
    return batch.actual_ids[0]


def _lock_contract(contract_id: int) -> Contract:
    contract: Contract = Contract.objects.select_for_update(of=("self",), no_key=True).get(
        pk=contract_id
    )
    return contract


def _check_confirmed(contract: Contract) -> None:
    if contract.status not in (Contract.Status.CONFIRMED, Contract.Status.COMPLETED):
        raise DomainError(
            f"Contract {contract.number} is {contract.get_status_display().lower()}; only a "
            "confirmed contract is invoiced."
        )


def _counted(periods: Sequence[RetainerPeriod]) -> str:
    return "1 period" if len(periods) == 1 else f"{len(periods)} periods"


def _draft(
    contract: Contract,
    line: ContractLine,
    *,
    source: tuple[str, int],
    amount: Decimal,
    work_on: date,
    description: str,
    project_id: int | None = None,
    task_id: int | None = None,
    category_id: int | None = None,
) -> ActualDraft:
    return ActualDraft(
        type=ActualType.UNBILLED_SALES,
        work_on=work_on,
        legal_entity_id=contract.legal_entity_id,
        transaction_class=TransactionClass.FEE,
        currency=contract.currency,
        amount=amount,
        source_kind=source[0],
        source_id=source[1],
        contracting_unit_id=contract.contracting_unit_id,
        resourcing_unit_id=contract.contracting_unit_id,
        project_id=project_id,
        task_id=task_id,
        contract_id=contract.pk,
        contract_line_id=line.pk,
        account_id=contract.account_id,
        category_id=category_id,
        billing_type=BillingType.CHARGEABLE,
        quantity=Decimal(1),
        unit="unit",
        price=amount,
        list_amount=amount,
        description=description,
    )
