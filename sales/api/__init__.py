"""Endpoints of the room: customers, opportunities, quotes and contracts."""

from . import accounts, contracts, opportunities, parked, quotes
from .area import endpoints

__all__ = ["accounts", "contracts", "endpoints", "opportunities", "parked", "quotes"]
