"""Whose price lists are searched, and in what order: the chains of list owners.

An owner is (kind, id), as `PriceList.owner_kind` and `owner_id` hold it. The nearest owner comes
first; units are given from the nearest up the tree (`org.selectors.units_up`).
Source: docs/rules/pricing.md, P-3.
"""

from collections.abc import Sequence
from typing import Final

Owner = tuple[str, int]

TENANT: Final = "tenant"
UNIT: Final = "unit"
ACCOUNT: Final = "account"
CONTRACT: Final = "contract"
QUOTE: Final = "quote"
VENDOR: Final = "vendor"
SUBCONTRACT: Final = "subcontract"
UNIT_PAIR: Final = "unit_pair"
ENTITY_PAIR: Final = "entity_pair"

# The fallback of every chain: one tenant, so no id is needed.
TENANT_OWNER: Final[Owner] = (TENANT, 0)
_HALF: Final = 2**31


def sales_owners(
    contract_id: int | None,
    account_id: int | None,
    unit_ids_up: Sequence[int],
    *,
    quote_id: int | None = None,
) -> tuple[Owner, ...]:
    """Contract or quote → account → contracting unit, up the tree → tenant."""
    return (
        *_one(CONTRACT, contract_id),
        *_one(QUOTE, quote_id),
        *_one(ACCOUNT, account_id),
        *_units(unit_ids_up),
        TENANT_OWNER,
    )


def cost_owners(unit_ids_up: Sequence[int]) -> tuple[Owner, ...]:
    """Resourcing unit, up the tree → tenant."""
    return (*_units(unit_ids_up), TENANT_OWNER)


def purchase_owners(subcontract_id: int | None, vendor_id: int | None) -> tuple[Owner, ...]:
    """Subcontract → vendor → tenant."""
    return (*_one(SUBCONTRACT, subcontract_id), *_one(VENDOR, vendor_id), TENANT_OWNER)


def transfer_owners(
    *,
    lending_unit_id: int,
    borrowing_unit_id: int,
    lending_entity_id: int,
    borrowing_entity_id: int,
) -> tuple[Owner, ...]:
    """Pair of units → pair of legal entities. The lender's cost plus markup is the last resort."""
    return (
        (UNIT_PAIR, pair_id(lending_unit_id, borrowing_unit_id)),
        (ENTITY_PAIR, pair_id(lending_entity_id, borrowing_entity_id)),
    )


def pair_id(lender_id: int, borrower_id: int) -> int:
    """One owner id for an ordered pair.

    Raises  ValueError for an id that is not positive or beyond 31 bits (a programming error).
    """
    if not (0 < lender_id < _HALF and 0 < borrower_id < _HALF):
        raise ValueError(f"({lender_id}, {borrower_id}) cannot be made into one owner id.")
    return lender_id * _HALF + borrower_id


def pair_of(owner_id: int) -> tuple[int, int]:
    """The (lender, borrower) that `pair_id` put together."""
    return divmod(owner_id, _HALF)


def _one(kind: str, owner_id: int | None) -> tuple[Owner, ...]:
    return () if owner_id is None else ((kind, owner_id),)


def _units(unit_ids_up: Sequence[int]) -> tuple[Owner, ...]:
    return tuple((UNIT, unit_id) for unit_id in unit_ids_up)
