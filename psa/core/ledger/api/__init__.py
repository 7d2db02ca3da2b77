"""Endpoints of the two ledgers: records, statements, the close, exports and their mappings."""

from . import ledger, mappings
from .area import endpoints
from .ledger import RehearsalOut

__all__ = ["RehearsalOut", "endpoints", "ledger", "mappings"]
