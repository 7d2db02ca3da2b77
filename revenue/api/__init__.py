"""Endpoints of the room: estimates, work in progress, the close, lent work."""

from . import intercompany, intercompany_payments, revenue
from .area import endpoints

__all__ = ["endpoints", "intercompany", "intercompany_payments", "revenue"]
