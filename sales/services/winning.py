"""From a won quote to its contract: the room's part of winning."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db import transaction
from moneyed import Money

from psa.core.actor import Actor
from psa.core.audit import services as audit
from psa.core.automation.services import approvals
from psa.core.errors import DomainError
from psa.core.money import fx
from psa.core.money import selectors as money
from psa.core.org.models import TenantParameters
from psa.core.tenancy.models import Tenant
from sales import policies
from sales.models import (
    Account,
    Contract,
    ContractLine,
    FundingSource,
    LineTerms,
    Quote,
    QuoteLine,
    RateOverride,
)
from sales.permissions import SalesPermission
from sales.selectors import visibility
from sales.services import changes, contract_prices, contract_rates, numbers, pipeline, sending

TERMS = [field.name for field in LineTerms._meta.fields if field.name != "tenant"]


class PricingChoice(StrEnum):
    """Which prices the contract's work has: the lists as they move on, the quoted rates, a copy."""

    SHARE_LISTS = "share_lists"
    KEEP_QUOTED = "keep_quoted"
    COPY_LISTS = "copy_lists"


@dataclass(frozen=True, slots=True)
class WonMilestone:
    """A milestone of a fixed price, in the contract's currency."""

    name: str
    due_on: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WonLine:
    """A contract line and what the other rooms need of the quote line it was made of.

    `planned_cost_amount` is the estimate's cost in the contracting entity's currency, at the
    rate of the day it was won; None where the line has no estimate.
    """

    line: ContractLine
    milestones: tuple[WonMilestone, ...]
    planned_cost_amount: Decimal | None
    planned_minutes: int


@dataclass(frozen=True, slots=True)
class WonQuote:
    """The contract made; `budget_cost_amount` is all planned cost in the firm's own currency."""

    contract: Contract
    lines: tuple[WonLine, ...]
    budget_cost_amount: Decimal | None


@transaction.atomic
def win_quote(
    *, quote_id: int, pricing_choice: str, won_on: date, actor: Actor, at: datetime
) -> WonQuote:
    """Turn a sent quote into a confirmed contract with its lines, funding and prices. Once.

    The opportunity's row is locked first, so of two people at once the second finds it won.
    Raises  AlreadyWon with the contract; Conflict if the quote is not open; DomainError naming a
            line that is not ready or a pricing choice that does not fit; ApprovalRequired where a
            rule of the firm wants somebody's approval first.
    """
    actor.require(SalesPermission.WIN)
    quote = visibility.get_quote(actor=actor, quote_id=quote_id)
    visibility.get_opportunity(actor=actor, opportunity_id=quote.opportunity_id, lock=True)
    quote = visibility.get_quote(actor=actor, quote_id=quote_id, lock=True)
    _check_not_won(quote)
    policies.check_can_win(quote)
    policies.check_is_open(quote.opportunity)
    if pricing_choice not in list(PricingChoice):
        raise DomainError("Choose which prices the contract has.", field="pricing_choice")
    sending.check_is_complete(quote)
    approvals.check_gate(gate="sales.quote.win", record_id=quote.pk, at=at)
    contract = _contract_of(quote, won_on=won_on, actor=actor, at=at)
    pairs = _lines_of(quote, contract)
    if pricing_choice == PricingChoice.KEEP_QUOTED:
        _keep_quoted_rates(pairs)
    elif pricing_choice == PricingChoice.COPY_LISTS:
        contract_prices.copy_lists(contract=contract, effective_on=won_on)
    _close(quote, won_on=won_on, actor=actor, at=at)
    audit.record(
        actor=actor, at=at, event="sales.contract.created", record_type="sales.Contract",
        record_id=contract.pk,
        sentence=f"won quote {quote.number} version {quote.version} as {contract.number}",
    )  # fmt: skip
    return _won(contract, pairs, won_on)


def _check_not_won(quote: Quote) -> None:
    if quote.status == Quote.Status.WON:
        contract_id = quote.contracts.values_list("pk", flat=True).first()
        raise policies.AlreadyWon(
            f"Quote {quote.number} was won before; its contract exists already.", contract_id
        )


def _contract_of(quote: Quote, *, won_on: date, actor: Actor, at: datetime) -> Contract:
    opportunity = quote.opportunity
    account: Account = opportunity.account
    lines = list(quote.lines.all())
    starts = [line.starts_on for line in lines if line.starts_on]
    ends = [line.ends_on for line in lines if line.ends_on]
    fx_policy = TenantParameters.objects.values_list("fx_policy", flat=True).first()
    contract: Contract = Contract.objects.create(
        tenant_id=actor.tenant_id,
        number=numbers.next_number(kind="contract", tenant_id=actor.tenant_id),
        name=opportunity.name,
        account=account,
        quote=quote,
        owner_id=opportunity.owner_id,
        contracting_unit=opportunity.contracting_unit,
        legal_entity_id=opportunity.contracting_unit.legal_entity_id,
        currency=quote.currency,
        fx_policy=fx_policy or "spot",
        payment_terms_days=account.payment_terms_days,
        bill_to_name=account.legal_name or account.name,
        bill_to_address=account.address,
        bill_to_email=account.email,
        original_amount=sum((line.value_amount for line in lines), Decimal(0)),
        starts_on=min(starts) if starts else won_on,
        # Open-ended as soon as one line is.
        ends_on=max(ends) if len(ends) == len(lines) else None,
        status=Contract.Status.CONFIRMED,
        created_at=at,
    )
    FundingSource.objects.create(
        tenant_id=actor.tenant_id, contract=contract, position=1, account=account
    )
    contract_rates.fix_rates(contract, on=won_on)
    return contract


def _lines_of(quote: Quote, contract: Contract) -> list[tuple[QuoteLine, ContractLine]]:
    pairs = []
    for source in quote.lines.order_by("position").prefetch_related("details", "milestones"):
        made = ContractLine(
            tenant_id=contract.tenant_id,
            contract=contract,
            **{name: getattr(source, name) for name in TERMS},
        )
        made.save()
        pairs.append((source, made))
    return pairs


def _keep_quoted_rates(pairs: Sequence[tuple[QuoteLine, ContractLine]]) -> None:
    """Agree the quoted rate of each role on its line.

    Raises  DomainError if a line quotes one role at two rates: one rate per role can be agreed.
    """
    overrides = []
    for source, made in pairs:
        rates: dict[int, set[Decimal]] = defaultdict(set)
        names: dict[int, str] = {}
        for row in source.details.select_related("role"):
            if row.role is not None and row.bill_rate is not None:
                rates[row.role.pk].add(row.bill_rate)
                names[row.role.pk] = row.role.name
        for role_id, found in rates.items():
            if len(found) > 1:
                raise DomainError(
                    f"“{source.name}” quotes {names[role_id]} at different rates, so they cannot "
                    "be kept as one. Share or copy the price lists, or revise the quote.",
                    field="pricing_choice",
                )
            overrides.append(
                RateOverride(
                    tenant_id=made.tenant_id, line=made, role_id=role_id, price=found.pop()
                )
            )
    RateOverride.objects.bulk_create(overrides)


def _close(quote: Quote, *, won_on: date, actor: Actor, at: datetime) -> None:
    opportunity = quote.opportunity
    quote.status = Quote.Status.WON
    quote.decided_at = at
    changes.save(quote, {"status": None, "decided_at": None})
    Quote.objects.filter(
        opportunity=opportunity, status__in=(Quote.Status.DRAFT, Quote.Status.SENT)
    ).update(status=Quote.Status.SUPERSEDED, decided_at=at)
    before = opportunity.stage.name
    opportunity.stage = pipeline.seed_pipeline(tenant_id=actor.tenant_id)["won"]
    opportunity.closed_at = at
    opportunity.close_on = won_on
    changes.save(opportunity, {"stage": None, "closed_at": None, "close_on": None})
    Account.objects.filter(pk=opportunity.account_id, kind=Account.Kind.PROSPECT).update(
        kind=Account.Kind.CUSTOMER
    )
    audit.record(
        actor=actor, at=at, event="sales.opportunity.won", record_type="sales.Opportunity",
        record_id=opportunity.pk, sentence=f"won it with {quote.number} version {quote.version}",
        changes={"stage": (before, opportunity.stage.name)},
    )  # fmt: skip


def _won(
    contract: Contract, pairs: Sequence[tuple[QuoteLine, ContractLine]], won_on: date
) -> WonQuote:
    """The result with planned costs, converted at the rates of the day it was won.

    Raises  RateMissing if a rate is needed and there is none that is recent enough.
    """
    firm_currency = Tenant.objects.values_list("currency", flat=True).get(pk=contract.tenant_id)
    entity_currency = contract.legal_entity.currency
    terms = money.fx_terms()
    table = money.fx_table(
        currencies=[contract.currency, entity_currency, firm_currency],
        from_on=won_on,
        until_on=won_on,
        terms=terms,
    )

    def converted(amount: Decimal, to: str) -> Decimal:
        if not amount:
            return amount
        rate = table.rate(contract.currency, to, won_on, terms.base_currency, terms.max_age_days)
        return fx.convert(Money(amount, contract.currency), rate).amount

    lines, whole, is_estimated = [], Decimal(0), False
    for source, made in pairs:
        rows = list(source.details.all())
        cost = sum((row.cost_amount for row in rows if row.cost_amount is not None), Decimal(0))
        whole += cost
        is_estimated = is_estimated or bool(rows)
        lines.append(
            WonLine(
                line=made,
                milestones=tuple(
                    WonMilestone(m.name, m.due_on, m.amount)
                    for m in sorted(source.milestones.all(), key=lambda m: m.position)
                ),
                planned_cost_amount=converted(cost, entity_currency) if rows else None,
                planned_minutes=sum(row.minutes or 0 for row in rows),
            )
        )
    budget = converted(whole, firm_currency) if is_estimated else None
    return WonQuote(contract, tuple(lines), budget)
