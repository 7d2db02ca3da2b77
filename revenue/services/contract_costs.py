"""Costs to obtain and fulfil a contract: capitalised, taken back, written off."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Case, Q, QuerySet, When

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger import selectors as ledger
from psa.core.ledger.models import FiscalPeriod, LedgerAccount, PostingProfile
from psa.core.ledger.rules.journals import Dimensions, EntryHeader, ProfileLine, profile_entry
from psa.core.ledger.rules.opening_balances import KEPT_BY_RECORDS
from psa.core.ledger.rules.posting_profiles import JournalEvent, Slot
from psa.core.ledger.services import journals
from psa.core.money.rounding import round_to_minor
from psa.core.org.models import LegalEntity
from revenue import cost_selectors
from revenue.events import RevenueEvent
from revenue.models import ContractCost, ContractCostCharge
from revenue.permissions import RevenuePermission
from sales.models import Contract

from .closing_rates import last_day

RECORD = "revenue.ContractCost"
SOURCE = "contract_cost"
KINDS_TO_RELIEVE = (
    LedgerAccount.Kind.EXPENSE, LedgerAccount.Kind.LIABILITY, LedgerAccount.Kind.EQUITY,
)  # fmt: skip
NEVER_RELIEVED = (*KEPT_BY_RECORDS, Slot.INTERCOMPANY_ACCRUED_COST, Slot.PROVISION)


class ChargedAlready(Conflict):
    """The cost has charges, so that it can be written off but not be taken back."""


class CapitalisedAlready(Conflict):
    """The same cost stands already: a form that was sent twice."""


@dataclass(frozen=True, slots=True)
class NewCost:
    """What is capitalised: in the entity's currency, from the account where it was booked."""

    kind: str
    description: str
    amount: Decimal
    booked_account_id: int
    capitalised_on: date
    starts_on: date
    ends_on: date


def booked_accounts(*, legal_entity_id: int) -> "QuerySet[LedgerAccount]":
    """Accounts that a cost may be moved out of, cost first: none that a sub-ledger agrees with."""
    kept = PostingProfile.objects.filter(
        Q(legal_entity_id=legal_entity_id) | Q(legal_entity__isnull=True), slot__in=NEVER_RELIEVED
    ).values("account_id")
    return (
        LedgerAccount.objects.filter(kind__in=KINDS_TO_RELIEVE)
        .exclude(pk__in=kept)
        .order_by(Case(When(kind=LedgerAccount.Kind.EXPENSE, then=0), default=1), "code")
    )


def usual_account(*, legal_entity_id: int) -> int:
    """Where such costs are written down to: what a form begins with."""
    return ledger.profile_book().account_for(
        Slot.CONTRACT_COST_AMORTISATION,
        event=JournalEvent.CONTRACT_COST,
        legal_entity_id=legal_entity_id,
    )


@transaction.atomic
def capitalise_cost(*, contract_id: int, cost: NewCost, actor: Actor, at: datetime) -> ContractCost:
    """Keep a cost of a contract as an asset: capitalised contract cost against where it was booked.

    Asked for twice, it is capitalised once. Locks the contract.
    Raises  PermissionDenied, NotFound, PeriodClosed; CapitalisedAlready; DomainError for a contract
            that is no longer or not yet confirmed, an amount finer than the currency, an account
            that a sub-ledger keeps, or a term without a day.
    Source  docs/rules/revenue.md, R-12; docs/rules/ledger.md, L-16.
    """
    actor.require(RevenuePermission.POST)
    contract = Contract.objects.select_for_update(no_key=True).filter(pk=contract_id).first()
    if contract is None:
        raise NotFound("There is no such contract, or it is not yours to see.")
    entity = LegalEntity.objects.get(pk=contract.legal_entity_id)
    _check(cost, contract, entity)
    _check_is_new(cost, contract)
    made = ContractCost.objects.create(
        tenant_id=actor.tenant_id,
        contract=contract,
        legal_entity=entity,
        kind=cost.kind,
        description=cost.description.strip(),
        amount=cost.amount,
        currency=entity.currency,
        booked_account_id=cost.booked_account_id,
        capitalised_on=cost.capitalised_on,
        starts_on=cost.starts_on,
        ends_on=cost.ends_on,
        created_at=at,
    )
    header = EntryHeader(
        event=JournalEvent.CONTRACT_COST,
        legal_entity_id=entity.pk,
        currency=entity.currency,
        posting_on=cost.capitalised_on,
        source_kind=SOURCE,
        source_ref=f"{contract.number}/{made.pk}/capitalised",
        description=f"Contract cost capitalised, {contract.number}: {made.description}"[:200],
    )
    own = dimensions_of(made)
    entry = profile_entry(
        header,
        ledger.profile_book(),
        [
            ProfileLine(Slot.CAPITALISED_CONTRACT_COST, cost.amount, own),
            ProfileLine(
                Slot.CONTRACT_COST_AMORTISATION, -cost.amount, own,
                gl_account_id=cost.booked_account_id,
            ),
        ],
    )  # fmt: skip
    made.journal_entry = journals.post_entries(drafts=[entry], actor=actor, at=at)[0]
    made.save(update_fields=["journal_entry"])
    audit.record(
        actor=actor, at=at, event=RevenueEvent.COST_CAPITALISED, record_type=RECORD,
        record_id=made.pk, sentence=f"capitalised a cost of {contract.number}: {made.description}",
    )  # fmt: skip
    return made


@transaction.atomic
def take_back_cost(*, cost_id: int, reason: str, actor: Actor, at: datetime) -> ContractCost:
    """Undo a capitalisation that was a mistake, by its mirror on the same day.

    Raises  PermissionDenied, NotFound, PeriodClosed; ChargedAlready once a period was charged;
            DomainError without a reason.
    """
    cost = locked(cost_id, actor)
    _needs(reason, "it is taken back")
    if ContractCostCharge.objects.filter(cost=cost, reversed_at__isnull=True).exists():
        raise ChargedAlready(
            "A period was charged with this cost. Reverse its charges, latest first, or write off "
            "what is left."
        )
    if cost.journal_entry_id is not None:
        journals.reverse_entry(
            entry_id=cost.journal_entry_id, posting_on=cost.capitalised_on, actor=actor, at=at
        )
    cost.taken_back_at = at
    cost.save(update_fields=["taken_back_at"])
    audit.record(
        actor=actor, at=at, event=RevenueEvent.COST_TAKEN_BACK, record_type=RECORD,
        record_id=cost.pk, sentence=f"took a capitalised cost back: {reason.strip()}",
    )  # fmt: skip
    return cost


@transaction.atomic
def write_off_cost(
    *, cost_id: int, written_off_on: date, reason: str, actor: Actor, at: datetime
) -> ContractCostCharge:
    """Give up what is left of a capitalised cost: the contract ended, or will not bear it.

    Raises  PermissionDenied, NotFound, PeriodClosed; Conflict if the period or a later one is
            charged; DomainError without a reason, before it was capitalised, or when nothing is
            left.
    """
    cost = locked(cost_id, actor)
    _needs(reason, "it is written off")
    standing = cost_selectors.standing_of(cost)
    if not standing.carrying.amount:
        raise DomainError("Nothing is left of this cost.")
    if written_off_on < cost.capitalised_on:
        raise DomainError(
            f"It was capitalised on {cost.capitalised_on:%-d %b %Y}. Write it off on that day or "
            "later.",
            field="written_off_on",
        )
    period = FiscalPeriod.objects.filter(
        legal_entity_id=cost.legal_entity_id,
        starts_on__lte=written_off_on,
        ends_on__gt=written_off_on,
    ).first()
    if period is None:
        raise DomainError("No fiscal period has this day.", field="written_off_on")
    if standing.last_ends_on is not None and period.ends_on <= standing.last_ends_on:
        raise Conflict(
            f"{period.title} is charged already. Reverse that charge first, or write off later.",
            field="written_off_on",
        )
    header = EntryHeader(
        event=JournalEvent.CONTRACT_COST,
        legal_entity_id=cost.legal_entity_id,
        currency=cost.currency,
        posting_on=written_off_on,
        source_kind=SOURCE,
        source_ref=f"{cost.contract.number}/{cost.pk}/written-off/{standing.charge_count + 1}",
        description=f"Contract cost written off, {cost.contract.number}: {reason.strip()}"[:200],
    )
    amount, own = standing.carrying.amount, dimensions_of(cost)
    entry = profile_entry(
        header,
        ledger.profile_book(),
        [
            ProfileLine(Slot.CONTRACT_COST_AMORTISATION, amount, own),
            ProfileLine(Slot.CAPITALISED_CONTRACT_COST, -amount, own),
        ],
    )
    charge = ContractCostCharge.objects.create(
        tenant_id=actor.tenant_id,
        cost=cost,
        period=period,
        amortised_amount=0,
        impaired_amount=amount,
        carrying_amount=0,
        reason=reason.strip(),
        journal_entry=journals.post_entries(drafts=[entry], actor=actor, at=at)[0],
        posted_at=at,
    )
    audit.record(
        actor=actor, at=at, event=RevenueEvent.COST_WRITTEN_OFF, record_type=RECORD,
        record_id=cost.pk, sentence=f"wrote off a capitalised cost: {reason.strip()}",
    )  # fmt: skip
    return charge


@transaction.atomic
def reverse_charge(
    *, charge_id: int, reason: str, actor: Actor, at: datetime
) -> ContractCostCharge:
    """Take the latest charge of a cost back; its period must still be open.

    Raises  PermissionDenied, NotFound, PeriodClosed; Conflict if it is reversed, or a later one
            stands; DomainError without a reason.
    """
    actor.require(RevenuePermission.POST)
    rows = ContractCostCharge.objects.filter(pk=charge_id)
    # The cost's lock: nobody charges a later period or writes the rest off meanwhile.
    cost = ContractCost.objects.select_for_update().filter(pk__in=rows.values("cost_id")).first()
    if cost is None:
        raise NotFound("There is no such charge, or it is not yours to see.")
    charge = rows.select_related("cost__contract", "period__legal_entity").get()
    _needs(reason, "it is reversed")
    if charge.reversed_at is not None:
        raise Conflict("This charge is reversed already.")
    if ContractCostCharge.objects.filter(
        cost=charge.cost, reversed_at__isnull=True, period__starts_on__gt=charge.period.starts_on
    ).exists():
        raise Conflict("A later charge of this cost stands. Reverse that one first.")
    if charge.journal_entry is not None:
        journals.reverse_entry(
            entry_id=charge.journal_entry.pk,
            posting_on=min(charge.journal_entry.entry_on, last_day(charge.period)),
            actor=actor,
            at=at,
            is_closing=True,
        )
    charge.reversed_at = at
    charge.save(update_fields=["reversed_at"])
    audit.record(
        actor=actor, at=at, event=RevenueEvent.CHARGE_REVERSED, record_type=RECORD,
        record_id=charge.cost_id,
        sentence=f"reversed the charge of {charge.period.title}: {reason.strip()}",
    )  # fmt: skip
    return charge


def dimensions_of(cost: ContractCost) -> Dimensions:
    contract = cost.contract
    return Dimensions(
        contract_id=contract.pk,
        unit_id=contract.contracting_unit_id,
        customer_id=contract.account_id,
    )


def locked(cost_id: int, actor: Actor) -> ContractCost:
    """The cost under its lock, for who may post, unless it was taken back."""
    actor.require(RevenuePermission.POST)
    cost: ContractCost | None = (
        ContractCost.objects.select_for_update(of=("self",))
        .select_related("contract", "legal_entity")
        .filter(pk=cost_id)
        .first()
    )
    if cost is None:
        raise NotFound("There is no such capitalised cost, or it is not yours to see.")
    if cost.taken_back_at is not None:
        raise Conflict("This cost was taken back.")
    return cost


def _needs(reason: str, what: str) -> None:
    if not reason.strip():
        raise DomainError(f"Say why {what}.", field="reason")
    if len(reason) > 300 or "\0" in reason:
        raise DomainError("The reason has at most 300 characters.", field="reason")


def _check_is_new(cost: NewCost, contract: Contract) -> None:
    """Under the contract's lock. Two costs alike in all else are told apart by what they were for."""
    same = ContractCost.objects.filter(
        contract=contract,
        kind=cost.kind,
        description=cost.description.strip(),
        amount=cost.amount,
        booked_account_id=cost.booked_account_id,
        capitalised_on=cost.capitalised_on,
        starts_on=cost.starts_on,
        ends_on=cost.ends_on,
        taken_back_at__isnull=True,
    )
    if same.exists():
        raise CapitalisedAlready(
            "This cost is capitalised already. If it is another one, say in its description what "
            "it was for.",
            field="description",
        )


def _check(cost: NewCost, contract: Contract, entity: LegalEntity) -> None:
    if contract.status in (Contract.Status.DRAFT, Contract.Status.CANCELLED):
        raise DomainError(
            f"{contract.number} is {contract.get_status_display().lower()}. Costs are capitalised "
            "for a confirmed contract."
        )
    if cost.kind not in ContractCost.Kind.values:
        raise DomainError("Choose whether it is to obtain or to fulfil the contract.", "kind")
    if not cost.description.strip():
        raise DomainError("Say what the cost was for.", field="description")
    if not cost.amount.is_finite() or cost.amount <= 0:
        raise DomainError("Capitalise more than 0.", field="amount")
    if round_to_minor(cost.amount, entity.currency) != cost.amount:
        raise DomainError(
            f"{cost.amount} has more decimals than {entity.currency}.", field="amount"
        )
    if cost.ends_on < cost.starts_on:
        raise DomainError("The term must have at least one day.", field="ends_on")
    account = booked_accounts(legal_entity_id=entity.pk).filter(pk=cost.booked_account_id)
    if not account.exists():
        raise DomainError(
            "Choose an account of cost, liabilities or equity that no sub-ledger keeps.",
            field="booked_account_id",
        )
