"""Customers, prospects and vendors, with their contacts."""

from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.custom_fields import selectors as custom_fields
from psa.core.custom_fields.api import ValuesIn, ValuesOut, own_values, with_values
from psa.core.documents.language import LANGUAGES
from psa.core.web.api import ApiRequest, In, Named, Out
from psa.core.web.api.fields import (
    CountryCode,
    CurrencyCode,
    Email,
    Id,
    Number,
    OneOf,
    PositiveAmount,
    Text,
)
from sales.models import CHOSEN_KINDS
from sales.permissions import SalesPermission
from sales.selectors import accounts as selectors
from sales.services import accounts
from sales.services.accounts import AccountFacts
from sales.views import lists as specs

from .area import SEES, endpoints


class ContactOut(Out):
    id: int
    name: str
    email: str
    phone: str
    job_title: str
    is_billing: bool


class AccountOut(Out):
    """A customer, prospect or vendor."""

    id: int
    code: str
    name: str
    kind: str
    legal_name: str
    country: str
    address: str
    tax_id: str
    is_consumer: bool
    industry: str
    currency: str
    payment_terms_days: int
    credit_limit_amount: Number | None
    email: str
    language: str
    owner: Named | None
    parent: Named | None
    contacts: list[ContactOut]
    lock_version: int
    custom_fields: ValuesOut


class AccountIn(In):
    name: Annotated[str, Text(120, blank=False)]
    country: CountryCode
    currency: CurrencyCode
    kind: Annotated[str, OneOf(*dict(CHOSEN_KINDS))] = "prospect"
    legal_name: Annotated[str, Text(160)] = ""
    address: Annotated[str, Text(1000)] = ""
    tax_id: Annotated[str, Text(40)] = ""
    is_consumer: bool = False
    industry: Annotated[str, Text(60)] = ""
    payment_terms_days: int = Field(30, ge=0, le=365)
    credit_limit_amount: PositiveAmount | None = None
    email: Email = ""
    language: Annotated[str, OneOf("", *dict(LANGUAGES))] = Field(
        "", description="Of its documents; empty: as the entity that writes them."
    )
    owner_id: Id | None = None
    parent_id: Id | None = None
    custom_fields: ValuesIn


class NewAccount(AccountIn):
    is_no_duplicate: bool = Field(
        False, description="True when a refusal named look-alikes and this is none of them."
    )


class ContactIn(In):
    name: Annotated[str, Text(120, blank=False)]
    email: Email = ""
    phone: Annotated[str, Text(40)] = ""
    job_title: Annotated[str, Text(80)] = ""
    is_billing: bool = False


@endpoints.list(
    "/accounts",
    specs.ACCOUNTS,
    *SEES,
    also={"owner_id": "owner_id"},
    name="Account",
    own=own_values(accounts.RECORD),
)
def list_accounts(request: ApiRequest) -> Any:
    """Customers, prospects and vendors."""
    rows = selectors.accounts(actor=request.actor)
    return custom_fields.with_columns(specs.ACCOUNTS, rows, accounts.RECORD)


@endpoints.read("/accounts/{account_id}", AccountOut, *SEES)
def get_account(request: ApiRequest, account_id: Id) -> Any:
    """One customer with its contacts."""
    page = selectors.account_page(actor=request.actor, account_id=account_id)
    return with_values(page.account, record_type=accounts.RECORD, record_id=account_id)


@endpoints.write("POST", "/accounts", AccountOut, SalesPermission.MANAGE, status=201)
def create_account(request: ApiRequest, body: NewAccount) -> Any:
    """Add a customer; a possible duplicate is refused unless said to be none."""
    facts = body.values()
    made = accounts.create_account(
        is_no_duplicate=facts.pop("is_no_duplicate"),
        custom=facts.pop("custom_fields"),
        facts=AccountFacts(**facts),
        actor=request.actor,
        at=clock.now(),
    )
    return get_account(request, account_id=made.pk)


@endpoints.write(
    "PUT",
    "/accounts/{account_id}",
    AccountOut,
    SalesPermission.MANAGE,
    of=get_account,
    versioned=True,
)
def edit_account(request: ApiRequest, account_id: Id, body: AccountIn) -> Any:
    """Replace a customer's facts."""
    facts = body.values()
    accounts.edit_account(
        account_id=account_id,
        lock_version=request.seen_version,
        custom=facts.pop("custom_fields"),
        facts=AccountFacts(**facts),
        actor=request.actor,
        at=clock.now(),
    )
    return get_account(request, account_id=account_id)


@endpoints.write(
    "POST", "/accounts/{account_id}/contacts", AccountOut, SalesPermission.MANAGE, status=201
)
def add_contact(request: ApiRequest, account_id: Id, body: ContactIn) -> Any:
    """Add a person at the customer."""
    accounts.add_contact(
        account_id=account_id, actor=request.actor, at=clock.now(), **body.values()
    )
    return get_account(request, account_id=account_id)
