"""The chart of accounts."""

from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import AccessPermission, LedgerPermission
from psa.core.ledger.models import LedgerAccount
from psa.core.ledger.services import chart
from psa.core.ledger.services.chart import AccountFacts
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import Id, OneOf, Text
from psa.edges.setup import lists_of_books, selectors_of_books

from .area import endpoints

MANAGE = AccessPermission.MANAGE_PARAMETERS
SEES_BOOKS = (MANAGE, LedgerPermission.POST)


class LedgerAccountOut(Out):
    id: int
    code: str
    name: str
    kind: str
    is_monetary: bool


class LedgerAccountIn(In):
    """Of an account that is posted to, the name alone may differ."""

    code: Annotated[str, Text(12, blank=False)]
    name: Annotated[str, Text(80, blank=False)]
    kind: Annotated[str, OneOf(*LedgerAccount.Kind.values)]
    is_monetary: bool = Field(False, description="Revalued at period end.")


@endpoints.list("/ledger-accounts", lists_of_books.CHART, *SEES_BOOKS, name="LedgerAccount")
def list_ledger_accounts(request: ApiRequest) -> Any:
    """The chart of accounts; every legal entity books on it."""
    return selectors_of_books.ledger_accounts()


@endpoints.read("/ledger-accounts/{account_id}", LedgerAccountOut, *SEES_BOOKS)
def get_ledger_account(request: ApiRequest, account_id: Id) -> Any:
    """One account."""
    return selectors_of_books.ledger_account(account_id)


@endpoints.write("POST", "/ledger-accounts", LedgerAccountOut, MANAGE, status=201)
def add_ledger_account(request: ApiRequest, body: LedgerAccountIn) -> Any:
    """Put an account into the chart."""
    facts = AccountFacts(**body.values())
    return chart.add_account(facts=facts, actor=request.actor, at=clock.now())


@endpoints.write(
    "PUT", "/ledger-accounts/{account_id}", LedgerAccountOut, MANAGE, of=get_ledger_account
)
def change_ledger_account(request: ApiRequest, account_id: Id, body: LedgerAccountIn) -> Any:
    """Replace an account's facts."""
    return chart.change_account(
        account_id=account_id,
        facts=AccountFacts(**body.values()),
        actor=request.actor,
        at=clock.now(),
    )


@endpoints.write(
    "DELETE", "/ledger-accounts/{account_id}", None, MANAGE, status=204, of=get_ledger_account
)
def remove_ledger_account(request: ApiRequest, account_id: Id) -> Any:
    """Take an account that nothing names out of the chart."""
    chart.remove_account(account_id=account_id, actor=request.actor, at=clock.now())
