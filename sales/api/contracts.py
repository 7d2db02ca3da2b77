"""Contracts: confirming, holding, limits, chargeability, agreed rates."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.custom_fields import selectors as custom_fields
from psa.core.custom_fields.api import ValuesIn, ValuesOut, own_values, with_values
from psa.core.errors import NotFound
from psa.core.ledger.rules.types import BillingType
from psa.core.web.api import ApiRequest, In, Named, Nothing, Out, shape
from psa.core.web.api.fields import (
    Day,
    Email,
    Id,
    Money,
    Number,
    OneOf,
    PositiveAmount,
    Rate,
    Text,
    Within,
)
from sales import policies
from sales.permissions import SalesPermission
from sales.selectors import contracts as selectors
from sales.selectors import limit_forecasts, visibility
from sales.services import contracts
from sales.services.contracts import HeaderFacts
from sales.views import lists as specs

from .area import SEES, endpoints
from .quotes import TermsOut

BalanceOut = shape(selectors.Balance, "ContractBalance", used=Money)


class ContractLineOut(Out):
    terms: TermsOut = Field(alias="line")
    value: Money
    balance: BalanceOut  # type: ignore[valid-type]
    remaining: Money
    not_to_exceed: Money | None
    is_near_limit: bool


class ContractLimitOut(Out):
    id: int
    limit_amount: Number
    warning_percent: Number | None
    account_id: int | None
    line_id: int | None


class LimitForecastOut(Out):
    """When a limit is reached, and by what: bookings, plan or pace. Amounts are for who sees rates."""

    of: str
    used_percent: Number
    is_reached: bool
    reached_on: date | None
    source: str
    planned_until: date | None
    room: Money | None
    worked_in_four_weeks: Money | None


class FundingOut(Out):
    """One payer; the share is that of the first step of the contract's latest split.

    A department of the firm pays by journal; `unit_id` is its unit, null for a customer.
    """

    position: int
    account: Named
    unit_id: int | None = Field(alias="account.org_unit_id")
    share_percent: Number | None
    limit_amount: Number | None
    invoiced: Money
    unbilled: Money
    parked: Money
    room: Money | None


class FixedRateOut(Out):
    """`to_currency` per 1 `from_currency`, as agreed on a day."""

    from_currency: str
    to_currency: str
    rate: Number
    agreed_on: Day


class FundingShareOut(Out):
    priority: int
    account: Named
    percent: Number


class FundingSplitOut(Out):
    """Who pays work from a day on, step by step; without a line, of the whole contract."""

    line: Named | None
    valid_from: Day
    shares: list[FundingShareOut]


class ChargeabilityRuleOut(Out):
    id: int
    line_id: int
    role_id: int | None
    category_id: int | None
    resource_id: int | None
    task_id: int | None
    billing_type: str


class OverrideOut(Out):
    id: int
    line_id: int
    role_id: int
    price: Number
    unit: str


class ContractOut(Out):
    """What was agreed with a customer, with its balances from the ledger."""

    id: int = Field(alias="contract.id")
    number: str = Field(alias="contract.number")
    name: str = Field(alias="contract.name")
    status: str = Field(alias="contract.status")
    account: Named = Field(alias="contract.account")
    owner: Named = Field(alias="contract.owner")
    contracting_unit_id: int = Field(alias="contract.contracting_unit_id")
    legal_entity_id: int = Field(alias="contract.legal_entity_id")
    quote_id: int | None = Field(alias="contract.quote_id")
    currency: str = Field(alias="contract.currency")
    fx_policy: str = Field(alias="contract.fx_policy")
    fixed_rates: list[FixedRateOut] = Field(
        description="The exchange rates that the contract agreed; none where each day has its own."
    )
    payment_terms_days: int = Field(alias="contract.payment_terms_days")
    bill_to_name: str = Field(alias="contract.bill_to_name")
    bill_to_address: str = Field(alias="contract.bill_to_address")
    bill_to_email: str = Field(alias="contract.bill_to_email")
    po_number: str = Field(alias="contract.po_number")
    po_amount: Number | None = Field(alias="contract.po_amount")
    starts_on: Day = Field(alias="contract.starts_on")
    ends_on: Day | None = Field(alias="contract.ends_on")
    hold_reason: str = Field(alias="contract.hold_reason")
    created_at: datetime = Field(alias="contract.created_at")
    value: Money
    original: Money
    balance: BalanceOut  # type: ignore[valid-type]
    remaining: Money
    recognised: Money
    lines: list[ContractLineOut]
    limits: list[ContractLimitOut]
    funding: list[FundingOut]
    funding_splits: list[FundingSplitOut] = Field(alias="splits")
    chargeability_rules: list[ChargeabilityRuleOut] = Field(alias="rules")
    agreed_rates: list[OverrideOut] = Field(
        alias="overrides", description="Empty unless you may see its bill rates."
    )
    lock_version: int = Field(alias="contract.lock_version")
    custom_fields: ValuesOut


class HeaderIn(In):
    name: Annotated[str, Text(160, blank=False)]
    owner_id: Id
    bill_to_name: Annotated[str, Text(160)] = ""
    bill_to_address: Annotated[str, Text(1000)] = ""
    bill_to_email: Email = ""
    po_number: Annotated[str, Text(40)] = ""
    po_amount: PositiveAmount | None = None
    custom_fields: ValuesIn


class HoldIn(In):
    reason: Annotated[str, Text(200, blank=False)]


class NotToExceedIn(In):
    limit_amount: PositiveAmount
    reason: Annotated[str, Text(200, blank=False)]


class ContractLimitIn(In):
    limit_amount: PositiveAmount
    warning_percent: Annotated[Decimal, Within(digits=5, places=2, least=1, most=100)] | None = None


class ChargeabilityRuleIn(In):
    """Which work of a line is charged how; what is left out means any."""

    billing_type: Annotated[str, OneOf(*BillingType)]
    role_id: Id | None = None
    category_id: Id | None = None


class OverrideIn(In):
    role_id: Id
    price: Rate
    unit: Annotated[str, OneOf("hour", "day")] = "hour"


@endpoints.list(
    "/contracts",
    specs.CONTRACTS,
    *SEES,
    name="Contract",
    also={"owner_id": "owner_id"},
    own=own_values(contracts.RECORD),
)
def list_contracts(request: ApiRequest) -> Any:
    """Contracts with value, invoiced and unbilled."""
    rows = selectors.contracts(actor=request.actor)
    return custom_fields.with_columns(specs.CONTRACTS, rows, contracts.RECORD)


@endpoints.report(
    "/contracts/{contract_id}/limit-forecasts",
    list[LimitForecastOut],  # type: ignore[valid-type]
    *SEES,
)
def get_limit_forecasts(request: ApiRequest, contract_id: Id) -> Any:
    """When each not-to-exceed limit will be reached: by bookings, else the plan, else recent work."""
    page = limit_forecasts.limit_forecasts(
        actor=request.actor, contract_id=contract_id, today=clock.today()
    )
    return [
        {
            "of": row.of,
            "used_percent": round(row.share, 2),
            "is_reached": row.is_reached,
            "reached_on": row.reached_on,
            "source": row.source.value,
            "planned_until": row.planned_until,
            "room": row.room if page.sees_bill else None,
            "worked_in_four_weeks": row.worked if page.sees_bill else None,
        }
        for row in page.rows
    ]


@endpoints.read("/contracts/{contract_id}", ContractOut, *SEES)
def get_contract(request: ApiRequest, contract_id: Id) -> Any:
    """One contract with lines, limits and balances."""
    page = selectors.contract_page(actor=request.actor, contract_id=contract_id)
    return with_values(page, record_type=contracts.RECORD, record_id=contract_id)


@endpoints.write(
    "PUT",
    "/contracts/{contract_id}",
    ContractOut,
    SalesPermission.MANAGE,
    of=get_contract,
    versioned=True,
)
def edit_contract(request: ApiRequest, contract_id: Id, body: HeaderIn) -> Any:
    """Replace the facts of a contract that are no terms."""
    facts = body.values()
    contracts.edit_header(
        contract_id=contract_id,
        lock_version=request.seen_version,
        custom=facts.pop("custom_fields"),
        facts=HeaderFacts(**facts),
        actor=request.actor,
        at=clock.now(),
    )
    return get_contract(request, contract_id=contract_id)


@endpoints.write(
    "POST",
    "/contracts/{contract_id}/confirm",
    ContractOut,
    SalesPermission.MANAGE,
    of=get_contract,
)
def confirm_contract(request: ApiRequest, contract_id: Id, body: Nothing) -> Any:
    """Confirm a draft: work on it can be billed."""
    contracts.confirm_contract(contract_id=contract_id, actor=request.actor, at=clock.now())
    return get_contract(request, contract_id=contract_id)


@endpoints.write(
    "POST", "/contracts/{contract_id}/hold", ContractOut, SalesPermission.MANAGE, of=get_contract
)
def hold_contract(request: ApiRequest, contract_id: Id, body: HoldIn) -> Any:
    """Put on hold; everybody who is stopped by it reads the reason."""
    contracts.hold_contract(
        contract_id=contract_id, reason=body.reason, actor=request.actor, at=clock.now()
    )
    return get_contract(request, contract_id=contract_id)


@endpoints.write(
    "POST", "/contracts/{contract_id}/resume", ContractOut, SalesPermission.MANAGE, of=get_contract
)
def resume_contract(request: ApiRequest, contract_id: Id, body: Nothing) -> Any:
    """Go on with a contract that is on hold."""
    contracts.resume_contract(contract_id=contract_id, actor=request.actor, at=clock.now())
    return get_contract(request, contract_id=contract_id)


@endpoints.write("POST", "/contract-lines/{line_id}/limit", ContractOut, SalesPermission.MANAGE)
def raise_not_to_exceed(request: ApiRequest, line_id: Id, body: NotToExceedIn) -> Any:
    """Raise a line's not-to-exceed limit."""
    raised = contracts.raise_not_to_exceed(
        line_id=line_id,
        actor=request.actor,
        at=clock.now(),
        today_on=clock.today(),
        **body.values(),
    )
    return get_contract(request, contract_id=raised.contract_id)


@endpoints.write(
    "PUT", "/contracts/{contract_id}/limit", ContractOut, SalesPermission.MANAGE, of=get_contract
)
def set_contract_limit(request: ApiRequest, contract_id: Id, body: ContractLimitIn) -> Any:
    """Set the limit of the whole contract."""
    contracts.set_contract_limit(
        contract_id=contract_id,
        actor=request.actor,
        at=clock.now(),
        today_on=clock.today(),
        **body.values(),
    )
    return get_contract(request, contract_id=contract_id)


@endpoints.write("DELETE", "/contract-limits/{limit_id}", ContractOut, SalesPermission.MANAGE)
def remove_contract_limit(request: ApiRequest, limit_id: Id) -> Any:
    """Take a limit away."""
    contract = contracts.remove_contract_limit(
        limit_id=limit_id, actor=request.actor, at=clock.now(), today_on=clock.today()
    )
    return get_contract(request, contract_id=contract.pk)


@endpoints.write(
    "POST", "/contract-lines/{line_id}/rules", ContractOut, SalesPermission.MANAGE, status=201
)
def add_chargeability_rule(request: ApiRequest, line_id: Id, body: ChargeabilityRuleIn) -> Any:
    """Say what of a line is charged how."""
    line = visibility.get_contract_line(actor=request.actor, line_id=line_id)
    contracts.add_chargeability_rule(
        line_id=line_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_contract(request, contract_id=line.contract_id)


@endpoints.write("DELETE", "/chargeability-rules/{rule_id}", ContractOut, SalesPermission.MANAGE)
def remove_chargeability_rule(request: ApiRequest, rule_id: Id) -> Any:
    """Take a chargeability rule away."""
    contract = contracts.remove_chargeability_rule(
        rule_id=rule_id, actor=request.actor, at=clock.now()
    )
    return get_contract(request, contract_id=contract.pk)


@endpoints.write("PUT", "/contract-lines/{line_id}/rates", ContractOut, SalesPermission.MANAGE)
def set_agreed_rate(request: ApiRequest, line_id: Id, body: OverrideIn) -> Any:
    """Agree a role's bill rate on a line."""
    line = visibility.get_contract_line(actor=request.actor, line_id=line_id)
    if not policies.sees_bill(request.actor, line.contract.owner_id):
        raise NotFound("There is nothing at this address, or it is not yours to see.")
    contracts.set_rate_override(
        line_id=line_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_contract(request, contract_id=line.contract_id)


@endpoints.write("DELETE", "/agreed-rates/{override_id}", ContractOut, SalesPermission.MANAGE)
def remove_agreed_rate(request: ApiRequest, override_id: Id) -> Any:
    """Take an agreed rate away."""
    contract = contracts.remove_rate_override(
        override_id=override_id, actor=request.actor, at=clock.now()
    )
    return get_contract(request, contract_id=contract.pk)
