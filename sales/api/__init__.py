"""Endpoints of the room: customers, opportunities, quotes, contracts, their payers and amendments."""

from . import accounts, amendments, contracts, funding, opportunities, parked, quotes
from .area import endpoints

__all__ = [
    "accounts",
    "amendments",
    "contracts",
    "endpoints",
    "funding",
    "opportunities",
    "parked",
    "quotes",
]
