"""Bank accounts of legal entities; of the number its end alone comes back."""

from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import OrgPermission
from psa.core.org import bank_accounts
from psa.core.org.services import entity_accounts, structure
from psa.core.web.api import ApiRequest, In, Out, shape
from psa.core.web.api.fields import CurrencyCode, Id, Text
from psa.edges.setup import selectors
from timeexpense.api.bank_accounts import endpoints

EntityAccountOut = shape(bank_accounts.AccountRow, "EntityBankAccountOut")
_MAIN = "/legal-entities/{entity_id}/main-bank-account"
_ALL, _ONE = (
    "/legal-entities/{entity_id}/bank-accounts",
    "/legal-entities/{entity_id}/bank-accounts/{account_id}",
)


class EntityAccountIn(In):
    name: Annotated[str, Text(80, blank=False)]
    currency: CurrencyCode
    bank_name: Annotated[str, Text(80)] = ""
    number: Annotated[str, Text(40)] = Field(
        "", description="Empty leaves that of a known account."
    )
    bic: Annotated[str, Text(20)] = ""
    is_default: bool = Field(False, description="Invoices in this currency name it.")
    is_active: bool = True


class MainAccountIn(In):
    """What is left out stays as it is."""

    bank_name: Annotated[str, Text(80)] = ""
    number: Annotated[str, Text(40)] = ""
    bic: Annotated[str, Text(20)] = ""


class MainAccountOut(Out):
    """Named where no other account is the default of the currency."""

    bank_name: str
    number_end: str
    bic: str


@endpoints.read(_MAIN, MainAccountOut, OrgPermission.MANAGE)
def get_main_bank_account(request: ApiRequest, entity_id: Id) -> Any:
    """Where an entity is paid unless another account is the default of the currency."""
    main = bank_accounts.details_of(selectors.entity(entity_id))
    return MainAccountOut(
        bank_name=main.bank_name, number_end=main.bank_iban[-4:], bic=main.bank_bic
    )


@endpoints.write("PATCH", _MAIN, MainAccountOut, OrgPermission.MANAGE, of=get_main_bank_account)
def edit_main_bank_account(request: ApiRequest, entity_id: Id, body: MainAccountIn) -> Any:
    """Change where an entity is paid; invoices already confirmed keep what they said."""
    stored_as = {"number": "bank_iban", "bic": "bank_bic"}
    structure.edit_entity(
        entity_id=entity_id,
        values={stored_as.get(name, name): value for name, value in body.given().items()},
        actor=request.actor,
        at=clock.now(),
    )
    return get_main_bank_account(request, entity_id=entity_id)


@endpoints.report(_ALL, list[EntityAccountOut], OrgPermission.MANAGE)  # type: ignore[valid-type]
def list_entity_bank_accounts(request: ApiRequest, entity_id: Id) -> Any:
    """The accounts beside the main one."""
    selectors.entity(entity_id)
    return bank_accounts.accounts_of(entity_id)


@endpoints.read(_ONE, EntityAccountOut, OrgPermission.MANAGE)
def get_entity_bank_account(request: ApiRequest, entity_id: Id, account_id: Id) -> Any:
    """One account of an entity."""
    return bank_accounts.account(entity_id, account_id)


@endpoints.write("POST", _ALL, EntityAccountOut, OrgPermission.MANAGE, status=201)
def add_entity_bank_account(request: ApiRequest, entity_id: Id, body: EntityAccountIn) -> Any:
    """Add an account; as the default of its currency it takes over from the former one."""
    made = entity_accounts.save_account(
        account_id=None,
        legal_entity_id=entity_id,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_entity_bank_account(request, entity_id=entity_id, account_id=made.pk)


@endpoints.write("PUT", _ONE, EntityAccountOut, OrgPermission.MANAGE, of=get_entity_bank_account)
def edit_entity_bank_account(
    request: ApiRequest, entity_id: Id, account_id: Id, body: EntityAccountIn
) -> Any:
    """Replace what is kept of an account; one that is not in use takes no payments."""
    entity_accounts.save_account(
        account_id=account_id,
        legal_entity_id=entity_id,
        actor=request.actor,
        at=clock.now(),
        **body.values(),
    )
    return get_entity_bank_account(request, entity_id=entity_id, account_id=account_id)
