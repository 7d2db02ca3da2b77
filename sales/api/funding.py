"""Who pays a contract, by the API."""

from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.web.api import ApiRequest, In
from psa.core.web.api.fields import Day, Id, Percent, PositiveAmount
from sales.permissions import SalesPermission
from sales.services import funding
from sales.services.funding import PayerShare

from .area import endpoints
from .contracts import ContractOut, get_contract

Step = Annotated[int, Field(ge=1, le=99)]


class PayerShareIn(In):
    """One payer in one step; without a limit they pay whatever their share comes to.

    A payer is a customer (`account_id`) or a department of the contract's entity (`unit_id`).
    """

    priority: Step = 1
    account_id: Id | None = None
    unit_id: Id | None = None
    percent: Percent
    limit_amount: PositiveAmount | None = None


class FundingIn(In):
    """Who pays work from a day on; of one line, or without it of the whole contract."""

    valid_from: Day
    line_id: Id | None = None
    shares: list[PayerShareIn] = Field(min_length=1, max_length=50)


@endpoints.write(
    "PUT", "/contracts/{contract_id}/funding", ContractOut, SalesPermission.MANAGE, of=get_contract
)
def set_funding(request: ApiRequest, contract_id: Id, body: FundingIn) -> Any:
    """Say who pays. What was posted stays with whom it was posted for."""
    funding.set_split(
        contract_id=contract_id,
        valid_from=body.valid_from,
        line_id=body.line_id,
        shares=[
            PayerShare(one.priority, one.account_id, one.percent, one.limit_amount, one.unit_id)
            for one in body.shares
        ],
        actor=request.actor,
        at=clock.now(),
        today_on=clock.today(),
    )
    return get_contract(request, contract_id=contract_id)
