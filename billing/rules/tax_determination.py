"""How a supply is taxed: by the seller's country, and the customer's country and status."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from psa.core.errors import DomainError

# fmt: off
EU: Final = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
# Where a business is told by its tax number; elsewhere no such number need exist.
NUMBERED: Final = EU | {"GB"}
INDIA: Final = "IN"


class Supply(StrEnum):
    """What kind of supply a tax code is for, when the kind decides."""

    DOMESTIC = "domestic"
    INTERSTATE = "interstate"  # India: IGST instead of CGST and SGST
    REVERSE_CHARGE = "reverse_charge"
    OUTSIDE_SCOPE = "outside_scope"  # not taxable here: export of a service


class TaxSetupMissing(DomainError):
    """What decides the tax is not filled in, or no code is set up for the supply."""


@dataclass(frozen=True, slots=True)
class Seller:
    name: str
    country: str
    tax_id: str


@dataclass(frozen=True, slots=True)
class Buyer:
    """`is_consumer` is a private person; everybody else is a business."""

    name: str
    country: str
    tax_id: str
    is_consumer: bool = False


def supply_of(seller: Seller, buyer: Buyer) -> Supply:
    """The kind of a service's supply.

    At home the domestic rate; in India between two states IGST, the states being the first two
    digits of the GST numbers (a consumer is served where the seller is). Inside the EU a business
    with a tax number accounts for the tax itself, a consumer pays the seller's rate. From the
    United Kingdom to a business with a tax number in the EU, and from the EU to one in the United
    Kingdom, the same. All else abroad is outside the scope: consultancy is supplied where the
    customer is.
    Raises  TaxSetupMissing naming the record and what to fill in.
    Source  docs/rules/billing.md, B-18.
    """
    if not buyer.country:
        raise TaxSetupMissing(
            f"{buyer.name} has no country. Fill it in on the customer.", field="tax_code"
        )
    if buyer.country == seller.country:
        return _in_india(seller, buyer) if seller.country == INDIA else Supply.DOMESTIC
    if seller.country in EU and buyer.country in EU and buyer.is_consumer:
        return Supply.DOMESTIC
    is_numbered = seller.country in NUMBERED and buyer.country in NUMBERED
    if is_numbered and not buyer.is_consumer:
        if not buyer.tax_id.strip():
            raise TaxSetupMissing(
                f"{buyer.name} ({buyer.country}) has no tax number, which {seller.name} needs to "
                "leave the tax to it. Fill in the customer's tax number, or say that it is a "
                "consumer.",
                field="tax_code",
            )
        return Supply.REVERSE_CHARGE
    return Supply.OUTSIDE_SCOPE


def _in_india(seller: Seller, buyer: Buyer) -> Supply:
    if buyer.is_consumer:
        return Supply.DOMESTIC
    states = []
    for party, words in ((seller, "the legal entity"), (buyer, "the customer")):
        state = party.tax_id.strip()[:2]
        if not (len(state) == 2 and state.isascii() and state.isdecimal()):
            hint = " or say that it is a consumer" if party is buyer else ""
            raise TaxSetupMissing(
                f"{party.name} has no GST number, which says its state: between two states IGST is "
                f"due. Fill in the tax number of {words}{',' + hint if hint else ''}.",
                field="tax_code",
            )
        states.append(state)
    return Supply.DOMESTIC if states[0] == states[1] else Supply.INTERSTATE
