"""One's own bank account: written whole, read back by its end alone (docs/adr/0059)."""

from datetime import datetime
from typing import Annotated, Any

from psa.core import clock
from psa.core.web.api import ApiRequest, Endpoints, In, Out
from psa.core.web.api.fields import Text
from timeexpense.permissions import TimeExpensePermission
from timeexpense.selectors import bank_accounts as selectors
from timeexpense.selectors import people
from timeexpense.services import bank_accounts

ENTER = TimeExpensePermission.ENTER
# Payment files are of it too: who may fetch them fetches people's accounts.
endpoints = Endpoints("bank_accounts", "Bank accounts and payment files", is_named_alone=True)


class BankAccountIn(In):
    holder: Annotated[str, Text(70, blank=False)]
    number: Annotated[str, Text(60, blank=False)]
    bic: Annotated[str, Text(11)] = ""


class BankAccountOut(Out):
    """Where one is paid; of the number its end alone."""

    holder: str
    number_end: str
    bic: str
    changed_at: datetime


class OwnBankAccount(Out):
    """The account; null when none was entered."""

    account: BankAccountOut | None


@endpoints.read("/bank-account", OwnBankAccount, ENTER)
def get_bank_account(request: ApiRequest) -> Any:
    """Where one's reimbursements are paid to."""
    return {"account": selectors.own_account(people.my_resource(request.actor).pk)}


@endpoints.write("PUT", "/bank-account", OwnBankAccount, ENTER, of=get_bank_account)
def set_bank_account(request: ApiRequest, body: BankAccountIn) -> Any:
    """Say where one's reimbursements are paid to. It is kept sealed."""
    bank_accounts.save_own_account(actor=request.actor, at=clock.now(), **body.values())
    return get_bank_account(request)
