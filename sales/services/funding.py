"""Who pays a contract: setting its splits, and sharing out what falls due in one amount."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.errors import Conflict, DomainError, NotFound
from psa.core.ledger.rules.types import ActualDraft
from sales import policies
from sales.models import Account, Contract, ContractLine, FundingShare, FundingSource
from sales.rules import funding as rules
from sales.rules.funding import FundingRule
from sales.selectors import funding, visibility
from sales.selectors import limits as contract_limits

from . import departments, parked
from .accrual_drafts import LEGS_APART
from .contracts import RECORD, contract_for_edit


class FundingExhausted(DomainError):
    """The payers of a contract have no room for what falls due."""


@dataclass(frozen=True, slots=True)
class PayerShare:
    """One payer in one step of a split; `limit_amount` is what they pay of the contract at most.

    A payer is a customer's account, or a department: then `unit_id` is its unit.
    """

    priority: int
    account_id: int | None
    percent: Decimal
    limit_amount: Decimal | None = None
    unit_id: int | None = None


@transaction.atomic
def set_split(
    *,
    contract_id: int,
    valid_from: date,
    shares: Sequence[PayerShare],
    line_id: int | None = None,
    actor: Actor,
    at: datetime,
    today_on: date,
) -> Contract:
    """Say who pays the work of a contract, or of one line, done on `valid_from` or later.

    What was posted stays with whom it was posted for. Limits are of payer and contract; a payer who
    is named without one has none. Work that waited for room is released, dated `today_on`. Takes
    the contract's lock, as approvals do: work approved at the same moment sees the old split whole
    or the new one.
    Raises  NotFound, PermissionDenied, PeriodClosed; Conflict if the contract is over; DomainError
            naming the step whose shares do not sum to 100 %, or a later split that stands.
    Source  docs/rules/sales.md, S-6 and S-9.
    """
    contract = contract_for_edit(contract_id=contract_id, actor=actor)
    policies.check_contract_is_live(contract)
    line = _line_of(contract, line_id)
    resolved, of_units = _resolved(shares, contract)
    limits = _limits_in(resolved)
    accounts = of_units | _accounts(actor, limits.keys() - of_units.keys())
    _check_shares(resolved)
    _check_refunds(contract)
    standing = FundingShare.objects.filter(contract=contract, line=line)
    later = standing.filter(valid_from__gt=valid_from).order_by("valid_from").first()
    if later is not None:
        raise DomainError(
            f"A split from {later.valid_from:%-d %b %Y} stands already. Start on that day or later.",
            field="valid_from",
        )
    standing.filter(valid_from=valid_from).delete()
    sources = _sources(contract, limits)
    FundingShare.objects.bulk_create(
        FundingShare(
            tenant_id=contract.tenant_id, contract=contract, line=line, valid_from=valid_from,
            priority=share.priority, position=position, source=sources[share.account_id],
            percent=share.percent,
        )
        for position, share in enumerate(resolved, start=1)
    )  # fmt: skip
    names = ", ".join(accounts[pk].name for pk in limits)
    of = f"“{line.name}”" if line is not None else "the contract"
    audit.record(
        actor=actor, at=at, event="sales.contract.funding_set", record_type=RECORD,
        record_id=contract.pk,
        sentence=f"set who pays {of} from {valid_from:%-d %b %Y}: {names}",
    )  # fmt: skip
    parked.release_freed_room(contract_ids=[contract.pk], actor=actor, at=at, today_on=today_on)
    return contract


def share_due(drafts: Sequence[ActualDraft]) -> list[ActualDraft]:
    """What falls due in one amount (milestone, retainer period, overage, fee), by payer.

    Each draft becomes one leg for each payer; those of contracts that their customer pays alone are
    as they were. The caller holds the contracts' locks. One query where nobody shares.
    Raises  FundingExhausted naming contract and amount: such an amount is not parked.
    Source  docs/rules/sales.md, S-6.
    """
    terms = funding.terms_of({one.contract_id for one in drafts if one.contract_id is not None})
    if not terms:
        return list(drafts)
    rooms = {
        contract_id: rules.rooms_of(limits)
        for contract_id, limits in contract_limits.limits_of(terms).items()
    }
    found: list[ActualDraft] = []
    for draft in drafts:
        split = terms.get(draft.contract_id or 0)
        payers = split.payers(draft.contract_line_id, draft.work_on) if split else None
        if payers is None or draft.contract_id is None:
            found.append(draft)
            continue
        result = rules.fund(
            Money(draft.amount, draft.currency),
            rules=payers.rules,
            rooms=rooms.get(draft.contract_id, {}),
        )
        if result.unfunded.amount:
            raise FundingExhausted(
                f"The payers of this contract have room for all but {result.unfunded} of "
                f"“{draft.description}”. Raise a payer's limit, or add who pays the rest."
            )
        rooms[draft.contract_id] = dict(result.rooms)
        for place, (source_id, account_id) in enumerate(payers.accounts):
            amount = result.amount_of(source_id).amount
            if amount:
                found.append(
                    replace(
                        draft, amount=amount, list_amount=amount, price=amount,
                        account_id=account_id, funding_source_id=source_id,
                        leg=draft.leg + LEGS_APART * place,
                    )
                )  # fmt: skip
    return found


def _line_of(contract: Contract, line_id: int | None) -> ContractLine | None:
    if line_id is None:
        return None
    line: ContractLine | None = contract.lines.filter(pk=line_id).first()
    if line is None:
        raise DomainError("Choose a line of this contract.", field="line")
    return line


@dataclass(frozen=True, slots=True)
class _Share:
    """A share whose payer is an account, of whatever kind."""

    priority: int
    account_id: int
    percent: Decimal
    limit_amount: Decimal | None


def _resolved(
    shares: Sequence[PayerShare], contract: Contract
) -> tuple[list[_Share], dict[int, Account]]:
    """The shares by account, and the accounts that are departments. Raises  DomainError."""
    units = {one.unit_id for one in shares if one.unit_id is not None}
    by_unit = departments.accounts_of(units, contract=contract)
    found = []
    for one in shares:
        if (one.account_id is None) == (one.unit_id is None):
            raise DomainError("A payer is a customer or a department.", field="shares")
        account_id = one.account_id if one.unit_id is None else by_unit[one.unit_id].pk
        assert account_id is not None  # one of the two is named
        found.append(_Share(one.priority, account_id, one.percent, one.limit_amount))
    return found, {account.pk: account for account in by_unit.values()}


def _limits_in(shares: Sequence[_Share]) -> dict[int, Decimal | None]:
    """The limit of each payer, in the order named. Raises  DomainError."""
    if not shares:
        raise DomainError("Name at least one payer, with 100 %.", field="shares")
    limits: dict[int, Decimal | None] = {}
    for share in shares:
        if share.limit_amount is not None and share.limit_amount < 0:
            raise DomainError("A limit cannot be negative.", field="limit_amount")
        known = limits.get(share.account_id)
        if known is not None and share.limit_amount not in (None, known):
            raise DomainError("A payer has one limit, whatever the step.", field="limit_amount")
        limits[share.account_id] = known if share.limit_amount is None else share.limit_amount
    return limits


def _accounts(actor: Actor, ids: Collection[int]) -> dict[int, Account]:
    found = {
        one.pk: one
        for one in visibility.accounts_visible_to(actor)
        .filter(pk__in=ids)
        .exclude(kind=Account.Kind.VENDOR)
    }
    if len(found) < len(ids):
        raise NotFound("This customer does not exist, or it is not yours to see.")
    return found


def _check_shares(shares: Sequence[_Share]) -> None:
    steps: dict[int, list[tuple[int, Decimal]]] = {}
    for share in shares:
        steps.setdefault(share.priority, []).append((share.account_id, share.percent))
    rules.check_rules([FundingRule(priority, tuple(step)) for priority, step in steps.items()])


def _check_refunds(contract: Contract) -> None:
    """A refund is credited on the one invoice of a period's advance."""
    refunding = contract.lines.filter(retainer_underuse_policy="refund").first()
    if refunding is not None:
        raise Conflict(
            f"“{refunding.name}” refunds what is unused on the invoice of its advance, so one "
            "customer pays it. Amend the line before others pay a share."
        )


def _sources(contract: Contract, limits: dict[int, Decimal | None]) -> dict[int, FundingSource]:
    """The contract's source of each payer, made where there is none, with the limit now agreed."""
    sources: dict[int, FundingSource] = {
        one.account_id: one for one in contract.funding_sources.order_by("-position")
    }
    last = max((one.position for one in sources.values()), default=0)
    for account_id, limit in limits.items():
        source = sources.get(account_id)
        if source is None:
            last += 1
            sources[account_id] = FundingSource.objects.create(
                tenant_id=contract.tenant_id, contract=contract, position=last,
                account_id=account_id, limit_amount=limit,
            )  # fmt: skip
        elif source.limit_amount != limit:
            source.limit_amount = limit
            source.save(update_fields=["limit_amount"])
    return sources
