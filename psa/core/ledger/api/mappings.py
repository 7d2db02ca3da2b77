"""Endpoints of account mappings: the numbers that accounts have in a package outside."""

from typing import Annotated, Any

from ninja import Field

from psa.core import clock
from psa.core.access.permissions import LedgerPermission
from psa.core.ledger import lists, mappings
from psa.core.ledger.rules.packages import MappedNumber, Package
from psa.core.ledger.services import mappings as services
from psa.core.ledger.services.mappings import MappingFacts
from psa.core.web.api import ApiRequest, In, Out
from psa.core.web.api.fields import Id, OneOf, Text

from .area import endpoints

EXPORT = LedgerPermission.EXPORT


class MappedAccountOut(Out):
    account_id: int
    code: str
    name: str
    is_used: bool
    number: str
    tax_code: str


class AccountMappingOut(Out):
    """A mapping with every account of the chart; an empty number: it has none there."""

    id: int
    name: str
    package: str
    entity_code: str
    tax_code: str
    dimension: str
    consultant_number: str
    client_number: str
    lines: list[MappedAccountOut]


class MappedAccountIn(In):
    account_id: Id
    number: Annotated[str, Text(20, blank=False)]
    tax_code: Annotated[str, Text(20)] = ""


class _MappingIn(In):
    name: Annotated[str, Text(60, blank=False)]
    package: Annotated[str, OneOf(*Package)]
    tax_code: Annotated[str, Text(20)] = Field("", description="Of lines without one of their own.")
    dimension: Annotated[str, Text(40)] = Field("", description="What projects are called there.")
    consultant_number: Annotated[str, Text(7)] = ""
    client_number: Annotated[str, Text(5)] = ""


class NewAccountMappingIn(_MappingIn):
    legal_entity_id: Id
    starts_with_own: bool = Field(False, description="Give each account its own number first.")


class AccountMappingIn(_MappingIn):
    """All of a mapping; an account that is left out has no number there."""

    accounts: list[MappedAccountIn] = Field(max_length=5000)


def _facts(given: dict[str, Any]) -> MappingFacts:
    return MappingFacts(**{name: given[name] for name in MappingFacts.__dataclass_fields__})


@endpoints.list("/account-mappings", lists.MAPPINGS, EXPORT, name="AccountMapping")
def list_account_mappings(request: ApiRequest) -> Any:
    """Mappings of accounts to packages outside."""
    return mappings.mapping_rows(actor=request.actor)


@endpoints.read("/account-mappings/{mapping_id}", AccountMappingOut, EXPORT)
def get_account_mapping(request: ApiRequest, mapping_id: Id) -> Any:
    """One mapping."""
    return mappings.mapping_page(actor=request.actor, mapping_id=mapping_id)


@endpoints.write("POST", "/account-mappings", AccountMappingOut, EXPORT, status=201)
def add_account_mapping(request: ApiRequest, body: NewAccountMappingIn) -> Any:
    """Name a package that an entity's journals go to."""
    given = body.values()
    made = services.add_mapping(
        legal_entity_id=given["legal_entity_id"],
        starts_with_own=given["starts_with_own"],
        facts=_facts(given),
        actor=request.actor,
        at=clock.now(),
    )
    return get_account_mapping(request, mapping_id=made.pk)


@endpoints.write(
    "PUT", "/account-mappings/{mapping_id}", AccountMappingOut, EXPORT, of=get_account_mapping
)
def change_account_mapping(request: ApiRequest, mapping_id: Id, body: AccountMappingIn) -> Any:
    """Replace a mapping's facts and numbers."""
    services.change_mapping(
        mapping_id=mapping_id,
        facts=_facts(body.values()),
        numbers={one.account_id: MappedNumber(one.number, one.tax_code) for one in body.accounts},
        actor=request.actor,
        at=clock.now(),
    )
    return get_account_mapping(request, mapping_id=mapping_id)


@endpoints.write(
    "DELETE", "/account-mappings/{mapping_id}", None, EXPORT, status=204, of=get_account_mapping
)
def remove_account_mapping(request: ApiRequest, mapping_id: Id) -> Any:
    """Remove a mapping; exports that were taken by it repeat as before."""
    services.remove_mapping(mapping_id=mapping_id, actor=request.actor, at=clock.now())
