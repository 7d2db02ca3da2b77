"""Statements of account, by the API."""

from typing import Annotated, Any
from uuid import uuid4

from ninja import Field, Query

from billing.permissions import BillingPermission
from billing.rules.statement import Ageing, Statement
from billing.selectors import statements as selectors
from billing.services import statement_mails
from psa.core import clock
from psa.core.web.api import ApiRequest, In, Named, Out, shape
from psa.core.web.api.fields import CurrencyCode, Day, Email, Id, Number, Text

from .area import endpoints

AgeingOfStatement = shape(Ageing, "StatementAgeing", total=Number)
Movements = shape(Statement, "StatementMovements", ageing=AgeingOfStatement)


class AccountStatementOut(Out):
    """The account of a customer with one legal entity in one currency."""

    account: Named
    legal_entity: Named
    currency: str
    statement: Movements  # type: ignore[valid-type]


@endpoints.report("/accounts/{account_id}/statement", AccountStatementOut, BillingPermission.VIEW)
def get_statement(
    request: ApiRequest,
    account_id: Id,
    legal_entity_id: Id | None = Query(None),
    currency: CurrencyCode | None = Query(None, description="That of the latest invoice if blank."),
    from_on: Day | None = Query(None, description="The first day; three months if blank."),
    until_on: Day | None = Query(None, description="The last day, today if blank."),
) -> Any:
    """Opening balance, movements, closing balance and ageing of a customer's account."""
    page = selectors.statement_page(
        actor=request.actor,
        account_id=account_id,
        entity_id=legal_entity_id,
        currency=currency or "",
        from_on=from_on,
        until_on=until_on or clock.today(),
    )
    return {
        "account": page.account,
        "legal_entity": page.entity,
        "currency": page.currency,
        "statement": page.statement,
    }


class SendStatementIn(In):
    legal_entity_id: Id
    currency: CurrencyCode
    from_on: Day
    until_on: Day
    recipients: list[Email] = Field(min_length=1, max_length=20)
    message: Annotated[str, Text(4000, blank=False)]


class StatementDeliveryOut(Out):
    """A statement on its way to one address."""

    id: int
    recipient: str
    state: str
    outcome: str


class StatementDeliveriesOut(Out):
    deliveries: list[StatementDeliveryOut]


@endpoints.write(
    "POST",
    "/accounts/{account_id}/statement/send",
    StatementDeliveriesOut,
    BillingPermission.CONFIRM,
)
def send_statement(request: ApiRequest, account_id: Id, body: SendStatementIn) -> Any:
    """Mail the statement to these addresses; the same Idempotency-Key asks once."""
    page = selectors.statement_page(
        actor=request.actor,
        account_id=account_id,
        entity_id=body.legal_entity_id,
        currency=body.currency,
        from_on=body.from_on,
        until_on=body.until_on,
    )
    made = statement_mails.send_statement(
        page=page,
        recipients=body.recipients,
        message=body.message,
        request_key=request.headers.get("Idempotency-Key", "")[:80] or uuid4().hex,
        actor=request.actor,
        at=clock.now(),
    )
    return {"deliveries": made}
